"""Warnings for the administrator: why calls go on without speech, or are not taken. Core, no I/O.

Each reason is one line in the log at once. While it lasts, it is told once a minute, with the
number of times since: a service that is down must not fill the log with a line a call.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_agi.journal import Event

__all__ = ("Notices",)

_log = logging.getLogger("ivr_agi.serve")

EVERY_S = 60.0
"""Seconds between two lines about the same."""
_WARNED_OF = {
    "speech_unavailable": ("a call has no speech: %s", "error"),
    "keys_only": ("a call goes on by keys only: %s", "error"),
    "call_refused": ("a call is refused: %s", "reason"),
}


@dataclass
class _Kind:
    last_s: float
    n_since: int = 0


class Notices:
    """Turns events of calls into warnings; give it to each journal as its listener."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}

    def __call__(self, event: Event) -> None:
        """Note an event."""
        found = _WARNED_OF.get(event.event)
        if found is None:
            return
        text, field = found
        kind = self._kinds.get(event.event)
        if kind is not None and event.at_s < kind.last_s + EVERY_S:
            kind.n_since += 1
            return
        if kind is not None and kind.n_since:
            text += f" ({kind.n_since} more since the last such line)"
        self._kinds[event.event] = _Kind(event.at_s)
        _log.warning(text, event.data.get(field, "no reason was given"))
