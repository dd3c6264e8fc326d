"""What the slot tests share."""

from __future__ import annotations

from typing import Any

from ivr_agi.language.slots import Parsed, Reason, Rejected, Slot


def read(slot: Slot[Any], text: str) -> Any:
    """Return the value, or the reason of the refusal."""
    return outcome(slot.parse(text))


def outcome(result: Parsed[Any] | Rejected) -> Any:
    """Return the value, or the reason of the refusal."""
    return result.value if isinstance(result, Parsed) else result.reason


def check_reasons(slot: Slot[Any], expected: Any) -> None:
    """A reason that a table expects is one the slot says it has."""
    if isinstance(expected, Reason):
        assert expected in slot.reasons
