"""State shared by the processes of one machine: a small JSON file with a lock.

A call may be a process of its own, and tokens, refusals and the health of endpoints must outlive
it. The file has mode 0600, because it may hold a token. Shell; file access takes a fraction of a
millisecond, but :meth:`SharedFile.change` may wait for the lock: call it in a thread if its body
is slow.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ("SharedFile",)

_log = logging.getLogger("ivr_agi.sis")

_Entry = TypeVar("_Entry")


class SharedFile(Generic[_Entry]):
    """Entries by name, in a file or (without one) in memory.

    A file that cannot be read, or that others may read, counts as empty: its contents can be learnt
    again.

    Args:
        kind: Type of an entry, for msgspec.
        path: The file; created on the first write.
    """

    def __init__(self, kind: type[_Entry], path: Path | None = None) -> None:
        self._kind = kind
        self._path = path
        self._memory: dict[str, _Entry] = {}

    def read(self) -> dict[str, _Entry]:
        """Return all entries, as a copy."""
        if self._path is None:
            return dict(self._memory)
        try:
            with self._path.open("rb") as file:
                return self._parse(file.fileno(), file.read())
        except FileNotFoundError:
            return {}
        except OSError as exc:
            _log.warning("%s: cannot be read: %s", self._path, exc.strerror)
            return {}

    @contextlib.contextmanager
    def change(self) -> Iterator[dict[str, _Entry]]:
        """Yield all entries to change; no other process changes them meanwhile.

        They are written when the block ends without an error. If the file cannot be written, there
        is a warning, and each process keeps its own entries.
        """
        with self._locked():
            entries = self.read()
            yield entries
            self._write(entries)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        if self._path is None:
            yield
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            _log.warning("%s: cannot be locked: %s", self._path, exc.strerror)
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _parse(self, fd: int, data: bytes) -> dict[str, _Entry]:
        status = os.fstat(fd)
        if status.st_mode & 0o077 or status.st_uid != os.geteuid():
            _log.warning("%s: ignored, because others may have read or written it", self._path)
            return {}
        try:
            return msgspec.json.decode(data, type=dict[str, self._kind])  # type: ignore[name-defined]  # known at run time
        except (msgspec.MsgspecError, UnicodeError):
            _log.warning("%s: ignored, because it is damaged", self._path)
            return {}

    def _write(self, entries: dict[str, _Entry]) -> None:
        if self._path is None:
            self._memory = dict(entries)
            return
        aside = self._path.with_suffix(f".{os.getpid()}.new")
        try:
            fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(msgspec.json.encode(entries))
            aside.replace(self._path)
        except OSError as exc:
            _log.warning("%s: cannot be written: %s", self._path, exc.strerror)
            self._path, self._memory = None, dict(entries)
