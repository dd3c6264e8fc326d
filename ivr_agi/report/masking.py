"""Takes words and numbers out of a call's events, and leaves what happened. Core, no I/O."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from ivr_agi.journal.schema import EVENTS, FIELDS

if TYPE_CHECKING:
    from ivr_agi.journal.event import Event

__all__ = ("mask_event",)

NUMBERS = frozenset({"called", "caller", "channel", "error", "extension", "file", "target"})
"""Fields that are not the caller's words, but may hold a number."""


def mask_event(event: Event) -> Event:
    """Return an event whose words are x and whose digits are 0, of the same length.

    A field that the schema does not know is left out.
    """
    kind = EVENTS.get(event.event)
    if kind is None:
        return msgspec.structs.replace(event, data={})
    data = {name: _mask(name, value) for name, value in event.data.items() if name in kind.fields}
    return msgspec.structs.replace(event, data=data)


def _mask(name: str, value: Any) -> Any:
    if FIELDS[name].is_callers and name != "score":
        return _mask_words(value)
    if name in NUMBERS or name == "result":
        return re.sub(r"\d", "0", str(value))
    return value


def _mask_words(value: Any) -> Any:
    if isinstance(value, str):
        return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "0", value))
    if isinstance(value, dict):
        return {name: _mask_words(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_mask_words(item) for item in value]
    return None if value is None else _mask_words(str(value))
