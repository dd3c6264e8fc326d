"""Warnings for the administrator: why calls go on without speech, or are not taken. Core, no I/O.

Each reason is one line in the log at once. While it lasts, it is told once a minute, with the
number of times since: a service that is down must not fill the log with a line a call.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ivr_agi.journal import Event

__all__ = ("Notices",)

_log = logging.getLogger("ivr_agi.serve")

EVERY_S = 60.0
"""Seconds between two lines about the same."""
_UNKNOWN = "no reason was given"
_WARNED_OF = {
    "speech_unavailable": "a call has no speech: {error}",
    "keys_only": "a call goes on by keys only: {error}",
    "call_refused": "a call is refused: {reason}",
    "prompt_not_cached": "a prompt was played, and cannot be cached: {error}",
    "failover": "{error}; the call goes on at {next}",
    "table_refused": "hot-word table {table} is not used, words are heard less well: {error}; "
    "ivr-agi vocabulary sync makes it again",
}
_SUBJECTS = ("table", "failed")
"""Fields that tell two reasons of one kind apart."""


@dataclass
class _Kind:
    last_s: float
    n_since: int = 0


class Notices:
    """Turns events of calls into warnings; give it to each journal as its listener."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def __call__(self, event: Event) -> None:
        """Note an event."""
        text = _WARNED_OF.get(event.event)
        if text is None:
            return
        subject = next((event.data[name] for name in _SUBJECTS if name in event.data), "")
        key = event.event, str(subject)
        kind = self._kinds.get(key)
        if kind is not None and event.at_s < kind.last_s + EVERY_S:
            kind.n_since += 1
            return
        if kind is not None and kind.n_since:
            text += f" ({kind.n_since} more since the last such line)"
        self._kinds[key] = _Kind(event.at_s)
        _log.warning("%s", text.format_map(_Told(event.data)))


class _Told(dict[str, Any]):
    """The fields of an event."""

    def __missing__(self, name: str) -> str:
        return _UNKNOWN
