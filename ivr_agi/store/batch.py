"""Gives each line of the journal to its call, and says which calls are over. Core, no I/O."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.journal.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = (
    "Batch",
    "LineSorter",
    "OpenCall",
    "OpenPiece",
    "pack_lines",
    "unpack_events",
    "unpack_lines",
)

LOST_S = 90_000.0
"""Age at which a call without an end is over: no call may take more than a day."""
REBOOT_S = 60.0
"""So far the monotonic clock goes back only when the machine has started again, s."""
NAMELESS = "?"
"""Begins the id of a call that ended before Asterisk had said its own."""

_decode = msgspec.json.Decoder(Event).decode
_decode_lines = msgspec.json.Decoder(Event).decode_lines


def pack_lines(lines: Iterable[bytes]) -> bytes:
    """Compress lines. The fastest level: a time line is written once and hardly ever read."""
    return zlib.compress(b"\n".join(lines), 1)


def unpack_lines(packed: bytes) -> list[bytes]:
    """Return the lines that :func:`pack_lines` has compressed."""
    return zlib.decompress(packed).split(b"\n")


def unpack_events(packed: bytes) -> list[Event]:
    """Return the events of lines that :func:`pack_lines` has compressed."""
    return _decode_lines(zlib.decompress(packed))


@dataclass(slots=True)
class OpenCall:
    """A call whose end has not been read."""

    unique_id: str
    lines: list[bytes] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    n_stored: int = 0
    """Lines that are in ``open_lines``."""
    has_ended: bool = False

    @property
    def started(self) -> float:
        """When it began, seconds since 1970."""
        return self.events[0].time

    def add(self, line: bytes, event: Event) -> None:
        """Take a line."""
        self.lines.append(line)
        self.events.append(event)
        if event.event == "call_ended":
            self.has_ended = True


@dataclass(frozen=True, slots=True)
class OpenPiece:
    """New lines of a call that goes on."""

    unique_id: str
    begin: Event
    """The call's first event."""
    first: int
    """Number of the first of the lines in the call."""
    lines: list[bytes]
    events: list[Event]


@dataclass(slots=True)
class Batch:
    """What a block of lines comes to."""

    n_bad: int = 0
    ended: list[OpenCall] = field(default_factory=list)
    late: dict[str, list[bytes]] = field(default_factory=dict)
    """Lines after their call's end, by unique id."""
    machine: list[tuple[float, str, bytes]] = field(default_factory=list)
    """Events of no call: when, name, line."""
    going_on: list[OpenCall] = field(default_factory=list)
    """Open calls that have new lines."""

    def hand_over(self) -> list[OpenPiece]:
        """Return the new lines of the calls that go on, which count as stored from now on."""
        pieces = []
        for call in self.going_on:
            first = call.n_stored
            new = call.lines[first:], call.events[first:]
            pieces.append(OpenPiece(call.unique_id, call.events[0], first, *new))
            call.n_stored = len(call.lines)
        return pieces


class LineSorter:
    """The open calls of a node.

    Args:
        is_stored: Whether a call that is not open has been stored, by its unique id.
    """

    def __init__(self, is_stored: Callable[[str], bool]) -> None:
        self._is_stored = is_stored
        self._open: dict[str, OpenCall] = {}
        self._last_at_s, self._booted, self._newest = 0.0, 0.0, 0.0

    @property
    def open_calls(self) -> list[OpenCall]:
        """The calls whose end has not been read."""
        return list(self._open.values())

    def take_up(self, unique_id: str, lines: list[bytes]) -> None:
        """Take stored lines of an open call; in their order."""
        key = "" if unique_id.startswith(NAMELESS) else unique_id
        call = self._open.setdefault(key, OpenCall(unique_id))
        for line in lines:
            call.add(line, _decode(line))
        call.n_stored = len(call.lines)
        if (last := call.events[-1]).at_s > self._last_at_s:
            self._note_clock(last)

    def take(self, lines: Iterable[bytes]) -> Batch:
        """Give each line to its call; lines that are no events are counted.

        A call is far too old, and over, by the newest line, not by the clock: what is read may be
        days old.
        """
        batch, touched = Batch(), {}
        calls, decode = self._open, _decode
        for line in lines:  # millions: no call of a function of ours in the common case
            try:
                event = decode(line)
            except msgspec.MsgspecError:
                batch.n_bad += 1
                continue
            key, name = event.call, event.event
            call = calls.get(key)
            if call is None or name == "call_started":
                call = self._begin(batch, event, line)
                if call is None:
                    continue
            call.lines.append(line)
            call.events.append(event)
            if name == "call_ended":
                call.has_ended = True
            touched[key] = call
        for key, call in touched.items():
            if calls.get(key) is call:
                if call.has_ended:
                    batch.ended.append(calls.pop(key))
                else:
                    batch.going_on.append(call)
        for key in [
            key for key, call in calls.items() if call.events[-1].time < self._newest - LOST_S
        ]:
            batch.ended.append(calls.pop(key))
        return batch

    def _begin(self, batch: Batch, event: Event, line: bytes) -> OpenCall | None:
        """Return the call that a line begins; None: it belongs to no open one."""
        key, starts = event.call, event.event == "call_started"
        if not key and event.event not in ("call_started", "call_ended"):
            batch.machine.append((event.time, event.event, line))
            return None
        if key and starts:
            self._look_at_clock(batch, event)
        if not starts and (key in batch.late or self._is_stored(key)):
            batch.late.setdefault(key, []).append(line)
            return None
        if key in self._open:
            batch.ended.append(self._open.pop(key))
        call = self._open[key] = OpenCall(key or f"{NAMELESS}{event.at_s:.6f}")
        return call

    def _look_at_clock(self, batch: Batch, event: Event) -> None:
        self._newest = max(self._newest, event.time)
        if event.at_s > self._last_at_s:
            self._note_clock(event)
        elif self._has_rebooted(event):
            self._end_all(batch)
            self._note_clock(event)

    def _note_clock(self, event: Event) -> None:
        self._last_at_s, self._booted = event.at_s, event.time - event.at_s

    def _has_rebooted(self, event: Event) -> bool:
        """Whether both clocks say so: lines that waited for a disk are old by one of them only."""
        booted_s = abs(event.time - event.at_s - self._booted)
        return event.at_s < self._last_at_s - REBOOT_S and booted_s > REBOOT_S

    def _end_all(self, batch: Batch) -> None:
        """The machine has started again: no call of before goes on."""
        batch.ended += self._open.values()
        self._open.clear()
