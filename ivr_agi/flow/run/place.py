"""Where a call was in its flows when it was connected to somebody, to go on there. Core, no I/O."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ("CallPlace", "PlaceFrame", "decode_place", "encode_place")


class PlaceFrame(msgspec.Struct, frozen=True, kw_only=True):
    """An active flow."""

    name: str
    step: str
    """The step that it is in: a ``call`` of the next one, or the last one's ``transfer``."""
    values: dict[str, Any]
    """Its variables. Those of secure steps are gone: they are never written."""
    history: list[str]
    """Steps that asked something."""


class CallPlace(msgspec.Struct, frozen=True, kw_only=True):
    """What a call needs to go on where it was."""

    frames: list[PlaceFrame]
    """The active flows, the first one first."""
    language: str
    result: str
    slots: dict[str, str]
    """Answers for the dialplan."""
    counts: dict[str, int]
    """Steps, questions and misses so far: the limits are those of all the call."""
    is_slow: bool = False
    """The caller needs more time."""
    announcement: str = ""
    """What whoever is called hears first."""
    must_accept: bool = False
    """They are asked whether they take the call."""
    uniqueid: str = ""
    """Asterisk's name of the channel: no other one may go on here."""


def encode_place(place: CallPlace) -> bytes:
    """Return a place as JSON; what JSON does not have (dates, ...) becomes text."""
    return msgspec.json.encode(place, enc_hook=str)


def decode_place(data: bytes) -> CallPlace:
    """Return a place from JSON.

    Raises:
        ValueError: It is none.
    """
    return msgspec.json.decode(data, type=CallPlace)
