"""Which calls each worker has, in shared memory: those that it takes with it have no end. Shell.

A worker enters a call when it begins, and takes it out a moment after its end, when the journal's
line has been written. The parent finds those of a dead worker here, and writes what is missing.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.flow.run.results import Status
from ivr_agi.journal import Event, Journal, JournalFile, sealed_files

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("LostCall", "Roll", "end_lost_calls")

SLOTS = 2048
"""Calls of one worker; more are not on the roll."""
TAIL_BYTES = 16_000_000
"""End of the journal that is searched for lines of a lost call."""
_ENTRY = struct.Struct("dB151s")
_MARKS = (b'"call_started"', b'"call_ended"')


@dataclass(frozen=True)
class LostCall:
    """A call whose worker has died."""

    call: str
    """Asterisk's unique id."""
    began_at: float
    """Monotonic seconds."""


class Roll:
    """The calls of all workers. Made before they are forked.

    Args:
        n_workers: Number of workers.
        fd: Memory that a server of before has left; ``None`` makes new memory.
    """

    def __init__(self, n_workers: int, fd: int | None = None) -> None:
        n_bytes = n_workers * SLOTS * _ENTRY.size
        if fd is None:
            fd = os.memfd_create("ivr-agi roll")
            os.ftruncate(fd, n_bytes)
        self.fd = fd
        """The memory, to be handed on."""
        self._map = mmap.mmap(fd, n_bytes)
        self._free: list[int] | None = None

    def close(self) -> None:
        """Unmap the memory in this process."""
        self._map.close()
        os.close(self.fd)

    def enter(self, worker: int, call: str, now: float) -> int:
        """Enter a call of this process's worker; return its slot, -1 if there is none."""
        if self._free is None:
            self._free = list(range(SLOTS))
        if not self._free:
            return -1
        slot = self._free.pop()
        name = call.encode("utf-8", "replace")[:151]
        _ENTRY.pack_into(self._map, self._at(worker, slot), now, len(name), name)
        return slot

    def leave(self, worker: int, slot: int) -> None:
        """Take a call out."""
        if slot >= 0 and self._free is not None and not self._map.closed:
            self._clear(worker, slot)
            self._free.append(slot)

    def take(self, worker: int) -> list[LostCall]:
        """Take out all calls of a worker that has died."""
        found = []
        for slot in range(SLOTS):
            began_at, length, name = _ENTRY.unpack_from(self._map, self._at(worker, slot))
            if began_at:
                found.append(LostCall(name[:length].decode("utf-8", "replace"), began_at))
                self._clear(worker, slot)
        return found

    def _clear(self, worker: int, slot: int) -> None:
        _ENTRY.pack_into(self._map, self._at(worker, slot), 0.0, 0, b"")

    def _at(self, worker: int, slot: int) -> int:
        return (worker * SLOTS + slot) * _ENTRY.size


def end_lost_calls(file: Path, lost: list[LostCall]) -> int:
    """Write the ends that are missing in the journal; return how many.

    Raises:
        ConfigError: The journal cannot be opened.
        OSError: It cannot be read or written.
    """
    known = _read_tail(file)
    lines: list[bytes] = []
    n_ended = 0
    for call in lost:
        mine = {
            event.event
            for event in known
            if event.call == call.call and event.at_s >= call.began_at - 0.001
        }
        journal = Journal(call=call.call, write=lines.append)
        if "call_ended" in mine:
            continue
        if "call_started" not in mine:
            journal.record("call_started")
        journal.record("call_ended", status=Status.FAILED.value, error="its worker has died")
        n_ended += 1
    if lines:
        journal_file = JournalFile(file)
        try:
            journal_file.append(b"".join(lines))
        finally:
            journal_file.close()
    return n_ended


def _read_tail(file: Path) -> list[Event]:
    """Return the last starts and ends of calls."""
    text = b""
    for part in [*sealed_files(file)[-1:], file]:
        with contextlib.suppress(FileNotFoundError), part.open("rb") as journal:
            journal.seek(max(0, part.stat().st_size - TAIL_BYTES))
            text += journal.read() + b"\n"
    found = []
    for line in text.splitlines():
        if any(mark in line for mark in _MARKS):
            try:
                found.append(msgspec.json.decode(line, type=Event))
            except msgspec.MsgspecError:
                continue  # the first one is cut
    return found
