"""One thing that happened: a line of the journal. Core, no I/O."""

from __future__ import annotations

from typing import Any

import msgspec

from ivr_agi.journal.schema import FORMAT_VERSION

__all__ = ("Event",)


class Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="v",
    tag=FORMAT_VERSION,
    gc=False,
):
    """One thing that happened; ``v`` of its line is the version of the format.

    No garbage collector looks at events: they are plain data, and there are millions of them.

    A line without ``v`` is of the first version, which has the same fields, but fewer.
    """

    at_s: float
    """Monotonic seconds."""
    event: str
    """What happened, e.g. ``voice_start``."""
    call: str = ""
    """Asterisk's unique id of the call."""
    time: float = 0.0
    """Wall clock, seconds since 1970."""
    data: dict[str, Any] = {}
    """Details of the event, e.g. ``{"text": "sales"}``."""
