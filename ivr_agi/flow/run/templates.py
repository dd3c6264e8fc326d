"""Templates in prompts and values: Jinja2 in its sandbox. Core, no I/O.

A caller's words and a service's answer are only values in a template, never its source. They are
data: a field named ``items`` is the field, and JSON's null is no value. Whatever a template raises
is a :class:`~ivr_agi.errors.FlowError`. Jinja2 is imported with the first template: a flow without
one starts faster.
"""

from __future__ import annotations

import enum
import functools
import html
import math
import re
import urllib.parse
from datetime import date, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import FlowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jinja2.runtime import Context
    from jinja2.sandbox import SandboxedEnvironment

__all__ = ("Quote", "check_syntax", "evaluate", "find_names", "render_template")

MAX_LENGTH = 4000
"""Maximum length of the result, characters."""

MAX_ITEMS = 100_000
"""Characters of a text or entries of a list that an operator may make."""
MAX_BITS = 4096
"""Of a whole number that an operator may make."""

MAX_ROUNDS = 10_000
"""Rounds of loops and calls of macros in one template: more would hold up other calls."""
MAX_PRODUCT = 10_000_000
"""Of the sizes of what a filter or a method takes: ``replace`` may make as much."""

_MARKS = ("{{", "{%", "{#")
_WIDE = re.compile(r"%[^a-zA-Z%]*(?:\d{4}|\*)")
"""A field of a ``%`` format that is wider than a text may be."""
_WIDE_FIELD = re.compile(r"\{[^{}]*:[^{}]*(?:\d{5}|\{)")
"""The same of ``format()``; one within another may be as wide as it likes."""
_WITH_WIDTH = frozenset(
    {"batch", "center", "expandtabs", "indent", "ljust", "rjust", "round"}
    | {"slice", "to_bytes", "tojson", "truncate", "wordwrap", "zfill"}
)
_WITH_FORMAT = frozenset({"format", "format_map"})
_WITH_TEXTS = frozenset({"join", "replace"})
"""Filters and methods that make more than they are given."""
_DATA = (str, int, float, list, tuple, dict, bytes, Decimal, date, time, timedelta)
_COUNTED = "counted rounds"
"""The filter that all loops have; no template can name it."""


class Quote(enum.StrEnum):
    """How values are quoted that are filled in; false for not at all."""

    NO = ""
    URL = "url"
    """As one part of a URL."""
    XML = "xml"
    """As text or as an attribute's value."""


def render_template(text: str, values: Mapping[str, Any], *, quote: Quote = Quote.NO) -> str:
    """Fill a template in.

    Args:
        text: The template.
        values: Its variables.
        quote: How every value is quoted.

    Raises:
        FlowError: It cannot be filled in, e.g. because a variable has no value.
    """
    if not any(mark in text for mark in _MARKS):
        return text
    try:
        rendered: str = _compile(text, quote=quote).render(values)
    except Exception as exc:  # noqa: BLE001  # a template is a program of the user's
        raise FlowError(f"template {_shorten(text)}: {_reason(exc)}") from None
    if len(rendered) > MAX_LENGTH:
        raise FlowError(f"template {_shorten(text)}: more than {MAX_LENGTH} characters")
    return rendered


def evaluate(expression: str, values: Mapping[str, Any]) -> Any:
    """Return the value of an expression; unknown variables are false.

    Raises:
        FlowError: It cannot be evaluated.
    """
    try:
        found = _compile_expression(expression)(values)
        return None if found is None else _checked(found)
    except Exception as exc:  # noqa: BLE001  # a template is a program of the user's
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
    except (RecursionError, MemoryError):
        return "template: nested too deeply"
    except Exception as exc:  # noqa: BLE001  # it is compiled, and constants are computed
        return f"template: {type(exc).__name__}"
    return None


def find_names(text: str, *, expression: bool = False) -> set[str]:
    """Return the variables that a template reads."""
    if not expression and not any(mark in text for mark in _MARKS):
        return set()
    from jinja2 import meta

    source = f"{{{{ {text} }}}}" if expression else text
    return set(meta.find_undeclared_variables(_environment().parse(source)))


@functools.cache
def _environment(*, quote: Quote = Quote.NO) -> SandboxedEnvironment:
    from jinja2 import StrictUndefined, pass_context

    environment = _environment_class()(
        undefined=StrictUndefined,
        autoescape=False,
        finalize=functools.partial(_quoted, quote) if quote else _checked,
    )
    environment.globals = {}  # only values: no range(), no lipsum()
    environment.filters = {
        name: _bounded(name, function) for name, function in environment.filters.items()
    } | {_COUNTED: pass_context(_counted)}
    environment.tests["none"] = lambda value: value is None or _is_undefined(value)
    return environment


@functools.cache
def _limited_class() -> type[SandboxedEnvironment]:
    """Make the sandbox in which nothing goes on for ever, or makes what nothing can hold."""
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Limited(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"+", "*", "**", "%"})

        def _parse(self, *args: Any) -> nodes.Template:
            template = super()._parse(*args)
            for loop in template.find_all(nodes.For):
                loop.iter = nodes.Filter(loop.iter, _COUNTED, [], [], None, None)
            return template

        def call(__self, __context: Context, __obj: Any, *args: Any, **named: Any) -> Any:
            _count(__context)
            bare = getattr(__obj, "__wrapped__", __obj)  # the sandbox has its own format()
            name, of = getattr(bare, "__name__", ""), getattr(bare, "__self__", None)
            _check_arguments(name, of, *args, *named.values())
            return super().call(__context, __obj, *args, **named)

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            _check_operands(operator, left, right)
            return super().call_binop(context, operator, left, right)

    return Limited


@functools.cache
def _environment_class() -> type[SandboxedEnvironment]:
    """Make the sandbox in which values are data."""
    from jinja2 import StrictUndefined, Undefined
    from jinja2.runtime import Context

    class NoValue(StrictUndefined):
        """JSON's null: false, equal to none, replaced by ``default()``; otherwise an error."""

        __slots__ = ()

        def __bool__(self) -> bool:  # type: ignore[override]  # no error
            return False

        def __eq__(self, other: object) -> bool:  # type: ignore[override]  # no error
            return other is None or isinstance(other, Undefined)

        def __ne__(self, other: object) -> bool:  # type: ignore[override]  # no error
            return not self == other

        __hash__ = Undefined.__hash__  # type: ignore[assignment]  # as above

    class OnlyAMethod(NoValue):
        """A method of a mapping where a field of its name may be meant: no value until called."""

        __slots__ = ("method",)

        def __init__(self, name: object, method: Callable[..., Any]) -> None:
            super().__init__(f"{str(name)!r} is no value, but a method")
            self.method = method

    def known(name: object, value: Any, obj: object = None) -> Any:
        if isinstance(obj, dict) and callable(value) and not isinstance(value, Undefined):
            return OnlyAMethod(name, value)
        return NoValue(f"{str(name)!r} has no value") if value is None else value

    class Values(Context):
        rounds_left = MAX_ROUNDS

        def resolve_or_missing(self, key: str) -> Any:
            return known(key, super().resolve_or_missing(key))

    class Sandbox(_limited_class()):  # type: ignore[misc]  # it is made at run time
        context_class = Values

        def getattr(self, obj: Any, attribute: str) -> Any:
            if isinstance(obj, dict) and attribute in obj:
                return known(attribute, obj[attribute])
            return known(attribute, super().getattr(obj, attribute), obj)

        def getitem(self, obj: Any, argument: Any) -> Any:
            return known(argument, super().getitem(obj, argument), obj)

        def call(__self, __context: Context, __obj: Any, *args: Any, **named: Any) -> Any:
            method = __obj.method if isinstance(__obj, OnlyAMethod) else __obj
            return super().call(__context, method, *args, **named)

    return Sandbox


def _check_operands(operator: str, left: Any, right: Any) -> None:
    """Refuse what would take all memory, or for ever.

    Raises:
        OverflowError: The result would be too large.
    """
    sizes = [len(item) for item in (left, right) if isinstance(item, str | list | tuple)]
    whole = [item for item in (left, right) if isinstance(item, int)]
    match operator:
        case "+" if sum(sizes) > MAX_ITEMS:
            raise OverflowError
        case "*" if sizes and whole and sizes[0] * whole[0] > MAX_ITEMS:
            raise OverflowError
        case "*" if len(whole) == 2 and sum(item.bit_length() for item in whole) > MAX_BITS:
            raise OverflowError
        case "**" if len(whole) == 2 and left.bit_length() * abs(right) > MAX_BITS:
            raise OverflowError
        case "%" if isinstance(left, str) and _WIDE.search(left):
            raise OverflowError


def _count(context: Any) -> None:
    """Count a round of a loop, or a call.

    Raises:
        OverflowError: The template has had too many.
    """
    context.rounds_left -= 1
    if context.rounds_left < 0:
        raise OverflowError


def _counted(context: Any, items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _count(context)
        yield item


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a filter that refuses what would give more than anything can hold."""

    @functools.wraps(function)
    def bounded(*args: Any, **named: Any) -> Any:
        _check_arguments(name, *args, *named.values())
        return function(*args, **named)

    return bounded


def _check_arguments(name: str, *values: Any) -> None:
    """Refuse a width that no text has, and texts that give too many others.

    Args:
        name: Of the filter or the method.
        values: Its arguments, beginning with what it is applied to.

    Raises:
        OverflowError: The result would be too large.
    """
    if name in _WITH_WIDTH and any(
        isinstance(value, int) and value > MAX_ITEMS for value in values[1:]
    ):
        raise OverflowError
    if name in _WITH_FORMAT and any(
        _WIDE.search(value) or _WIDE_FIELD.search(value)
        for value in values
        if isinstance(value, str)
    ):
        raise OverflowError
    sizes = [len(value) for value in values if isinstance(value, str | list | tuple)]
    if name in _WITH_TEXTS and math.prod(size or 1 for size in sizes) > MAX_PRODUCT:
        raise OverflowError


@functools.lru_cache(maxsize=1024)
def _compile(text: str, *, quote: Quote = Quote.NO) -> Any:
    return _environment(quote=quote).from_string(text)


@functools.lru_cache(maxsize=1024)
def _compile_expression(expression: str) -> Any:
    from jinja2 import Undefined

    environment = _environment().overlay(undefined=Undefined)
    return environment.compile_expression(expression)


def _is_undefined(value: Any) -> bool:
    from jinja2 import Undefined

    return isinstance(value, Undefined)


def _checked(value: Any) -> Any:
    """Return what is filled in: data, and not nothing."""
    from jinja2 import UndefinedError

    if _is_undefined(value):
        return value  # says so itself
    if value is None:
        raise UndefinedError("a value is null")
    if callable(value) or not isinstance(value, _DATA):
        raise UndefinedError(
            "this is no value, but a method, or a filter's results: add | list or | join"
        )
    return value


def _quoted(quote: Quote, value: Any) -> Any:
    known = _checked(value)
    if _is_undefined(known):
        return known
    if quote is Quote.URL:
        return urllib.parse.quote(str(known), safe="")
    text = "".join(char for char in str(known) if char >= " " or char in "\t\n\r")
    return html.escape(text)


def _reason(exc: Exception) -> str:
    """Describe an error without any values: they may be the caller's."""
    from jinja2 import UndefinedError

    return str(exc) if isinstance(exc, UndefinedError) else type(exc).__name__


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else f"{line[:57]}...")
