"""Makes options and choices from the data of a call. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import structs

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.listed import OptionsFrom
from ivr_agi.flow.file.slots import ListedOption
from ivr_agi.flow.run.templates import evaluate, render_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ivr_agi.flow.file.slots import SlotSpec
    from ivr_agi.flow.run.values import Values

__all__ = ("MAX_OPTIONS", "Listed", "list_options", "filled_slot")

MAX_OPTIONS = 200
"""Entries of a list that are compared with what was said."""


class Listed(NamedTuple):
    """One entry."""

    value: str
    words: list[str]
    key: str | None


def list_options(source: OptionsFrom, values: Values) -> list[Listed]:
    """Return an option for each entry of a list; entries without a value are left out.

    Raises:
        FlowError: It is no list, or too long, or a template cannot be filled in.
    """
    known = values.visible(secrets=True)
    items = evaluate(source.each, known)
    if items is None or items == "":
        items = []
    if not isinstance(items, list | tuple):
        raise FlowError(f"each: {source.each} is no list, but {type(items).__name__}")
    if len(items) > MAX_OPTIONS:
        raise FlowError(f"each: {source.each} has {len(items)} entries, more than {MAX_OPTIONS}")
    found = []
    for item in items:
        scope = {**known, "item": item}
        value = render_template(source.value or "{{ item }}", scope).strip()
        words = [word for text in source.words for word in _words(text, scope)] or [value]
        key = render_template(source.key, scope).strip() if source.key else None
        if value:
            found.append(Listed(value, words, key or None))
    return found


def filled_slot(spec: SlotSpec, values: Values) -> SlotSpec:
    """Return a slot with its limits filled in, and with options from data as a list.

    Raises:
        FlowError: As :func:`list_options`, or a limit is none.
    """
    spec = spec.filled(lambda text: values.fill(text, secrets=True))
    if not isinstance(spec.options, OptionsFrom):
        return spec
    options = [
        ListedOption(value=one.value, words=one.words, key=one.key)
        for one in list_options(spec.options, values)
    ]
    return structs.replace(spec, options=options)


def _words(text: str, scope: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words that a template gives: one text, or each of a list."""
    lone = text.strip()
    if lone.startswith("{{") and lone.endswith("}}") and lone.count("{{") == 1:
        found = evaluate(lone[2:-2], scope)
        if isinstance(found, list | tuple):
            yield from (word for each in found if (word := str(each).strip()))
            return
    if word := render_template(text, scope).strip():
        yield word
