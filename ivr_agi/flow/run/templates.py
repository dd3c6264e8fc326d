"""Templates in prompts and values: Jinja2 in its sandbox. Core, no I/O.

A caller's words and a service's answer are only values in a template, never its source. Jinja2 is
imported with the first template: a flow without one starts faster.
"""

from __future__ import annotations

import functools
import urllib.parse
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import FlowError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2.sandbox import SandboxedEnvironment

__all__ = ("check_syntax", "evaluate", "find_names", "render_template")

MAX_LENGTH = 4000
"""Maximum length of the result, characters."""

_MARKS = ("{{", "{%", "{#")


def render_template(text: str, values: Mapping[str, Any], *, quote: bool = False) -> str:
    """Fill a template in.

    Args:
        text: The template.
        values: Its variables.
        quote: Quote every value as part of a URL.

    Raises:
        FlowError: It cannot be filled in, e.g. because a variable has no value.
    """
    if not any(mark in text for mark in _MARKS):
        return text
    from jinja2 import TemplateError

    try:
        rendered: str = _compile(text, quote=quote).render(values)
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as exc:
        raise FlowError(f"template {_shorten(text)}: {_reason(exc)}") from None
    if len(rendered) > MAX_LENGTH:
        raise FlowError(f"template {_shorten(text)}: more than {MAX_LENGTH} characters")
    return rendered


def evaluate(expression: str, values: Mapping[str, Any]) -> Any:
    """Return the value of an expression; unknown variables are false.

    Raises:
        FlowError: It cannot be evaluated.
    """
    from jinja2 import TemplateError

    try:
        return _compile_expression(expression)(values)
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as exc:
        raise FlowError(f"expression {_shorten(expression)}: {_reason(exc)}") from None


def check_syntax(text: str, *, expression: bool = False) -> str | None:
    """Return the syntax error of a template or expression, or None."""
    if not expression and not any(mark in text for mark in _MARKS):
        return None
    from jinja2 import TemplateError

    try:
        _compile_expression(text) if expression else _compile(text)
    except TemplateError as exc:
        return f"template: {exc.message}"
    except RecursionError:
        return "template: nested too deeply"
    return None


def find_names(text: str, *, expression: bool = False) -> set[str]:
    """Return the variables that a template reads."""
    if not expression and not any(mark in text for mark in _MARKS):
        return set()
    from jinja2 import meta

    source = f"{{{{ {text} }}}}" if expression else text
    return set(meta.find_undeclared_variables(_environment().parse(source)))


@functools.cache
def _environment(*, quote: bool = False) -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, finalize=_quote if quote else None
    )
    environment.globals = {}  # only values: no range(), no lipsum()
    return environment


@functools.lru_cache(maxsize=1024)
def _compile(text: str, *, quote: bool = False) -> Any:
    return _environment(quote=quote).from_string(text)


@functools.lru_cache(maxsize=1024)
def _compile_expression(expression: str) -> Any:
    from jinja2 import Undefined

    environment = _environment().overlay(undefined=Undefined)
    return environment.compile_expression(expression)


def _quote(value: Any) -> Any:
    from jinja2 import Undefined

    return value if isinstance(value, Undefined) else urllib.parse.quote(str(value), safe="")


def _reason(exc: Exception) -> str:
    """Describe an error without any values: they may be the caller's."""
    from jinja2 import UndefinedError

    return str(exc) if isinstance(exc, UndefinedError) else type(exc).__name__


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else f"{line[:57]}...")
