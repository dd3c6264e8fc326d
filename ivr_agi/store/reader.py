"""Reads journal files on from where they were read to, in blocks of whole lines. Shell."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.journal import Event, sealed_files

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("JournalBlock", "JournalReader", "ReadPlace", "file_name_of", "first_line_of")

BLOCK_BYTES = 8 << 20
"""Read at once, unless told otherwise."""
MAX_FIRST_LINE_BYTES = 65_536
"""Longest first line."""
MAX_LINE_BYTES = 64 << 20
"""What has no end by then is no line."""


@dataclass(frozen=True)
class ReadPlace:
    """How far a file was read."""

    name: str
    """Last name of the file."""
    n_bytes: int = 0
    n_lines: int = 0
    """Lines that were read, bad ones included."""
    n_bad: int = 0
    """Lines that are no events."""


@dataclass(frozen=True)
class JournalBlock:
    """Lines that follow each other in a file."""

    file_id: str
    lines: list[bytes]
    place: ReadPlace
    """Behind them."""


class JournalReader:
    """Reads a journal: its file and those that were sealed.

    A file is known by the id in its first line, whatever its name is; one of an older version by
    its whole first line.

    Args:
        path: The journal file.
        places: How far files were read, by id.
    """

    def __init__(self, path: Path, places: dict[str, ReadPlace]) -> None:
        self._path = path
        self._places = dict(places)
        self._ids: dict[tuple[int, int], str] = {}

    def next_block(self, n_bytes: int = BLOCK_BYTES) -> JournalBlock | None:
        """Return the next lines, the oldest file first; None: there are no more now.

        Files that cannot be read are passed over, and tried again the next time.
        """
        for path in [*sealed_files(self._path), self._path]:
            with contextlib.suppress(OSError), path.open("rb") as file:
                if (block := self._read_on(path, file.fileno(), n_bytes)) is not None:
                    return block
        return None

    def commit(self, block: JournalBlock, n_bad: int) -> ReadPlace:
        """Note that a block is dealt with, and how many of its lines were bad."""
        place = replace(block.place, n_bad=block.place.n_bad + n_bad)
        self._places[block.file_id] = place
        return place

    def behind_bytes(self) -> int:
        """Return how many bytes have not been read."""
        behind = 0
        for path in [*sealed_files(self._path), self._path]:
            with contextlib.suppress(OSError), path.open("rb") as file:
                file_id = self._id_of(file.fileno())
                place = self._places.get(file_id) if file_id else None
                read = place.n_bytes if place is not None else 0
                behind += max(0, os.fstat(file.fileno()).st_size - read)
        return behind

    def _read_on(self, path: Path, fd: int, n_bytes: int) -> JournalBlock | None:
        file_id = self._id_of(fd)
        if file_id is None:
            return None
        place = self._places.get(file_id) or ReadPlace(path.name)
        if os.fstat(fd).st_size <= place.n_bytes:
            return None
        text = os.pread(fd, n_bytes, place.n_bytes)
        end = text.rfind(b"\n") + 1
        while not end and len(text) == n_bytes < MAX_LINE_BYTES:  # one long line
            n_bytes *= 8
            text = os.pread(fd, n_bytes, place.n_bytes)
            end = text.rfind(b"\n") + 1
        if not end:
            if len(text) < MAX_LINE_BYTES and path == self._path:
                return None  # a part of a line, which is finished or taken back
            end = len(text)  # nobody will end it
        lines = text[:end].split(b"\n")
        if not lines[-1]:
            lines.pop()
        behind = ReadPlace(path.name, place.n_bytes + end, place.n_lines + len(lines), place.n_bad)
        return JournalBlock(file_id, lines, behind)

    def _id_of(self, fd: int) -> str | None:
        status = os.fstat(fd)
        key = (status.st_dev, status.st_ino)
        if (known := self._ids.get(key)) is not None and known in self._places:
            if self._places[known].n_bytes <= status.st_size:
                return known
        found = _read_id(fd)
        if found is not None:
            self._ids[key] = found
        return found


def _read_id(fd: int) -> str | None:
    """Return a file's id; None: it has no whole line yet."""
    line, newline, _ = os.pread(fd, MAX_FIRST_LINE_BYTES, 0).partition(b"\n")
    return file_name_of(line) if newline else None


def first_line_of(file: Path) -> bytes | None:
    """Return a file's first line, None if it has no whole one.

    Raises:
        OSError: It cannot be read.
    """
    with file.open("rb") as opened:
        line, newline, _ = opened.read(MAX_FIRST_LINE_BYTES).partition(b"\n")
    return line if newline else None


def file_name_of(first_line: bytes) -> str:
    """Return the id of a file by its first line."""
    with contextlib.suppress(msgspec.MsgspecError):
        event = msgspec.json.decode(first_line, type=Event)
        if event.event == "journal_file":
            return str(event.data.get("id", ""))
    return "line-" + hashlib.sha256(first_line).hexdigest()[:32]
