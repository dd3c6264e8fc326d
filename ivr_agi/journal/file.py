"""The file that many processes append whole lines to, and that is rotated by whoever writes. Shell.

Each append takes a lock of the file for some microseconds. So whoever could write only a part of
its lines (a full disk) can take that part back, a part that a killed process has left is taken
back by the next one, and nobody writes into a file that has been sealed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import time
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.errors import ConfigError
from ivr_agi.journal.event import Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ("DEFAULT_ROTATE_BYTES", "JournalFile", "sealed_files")

DEFAULT_ROTATE_BYTES = 64 << 20
"""A larger file is sealed."""
ROTATE_S = 86_400.0
"""An older one, too: files are deleted whole, days after they were read."""
LOCK_S = 2.0
"""Longest wait for whoever else writes, which takes microseconds. It may have been stopped."""
FIRST_LINE_BYTES = 4096
"""Longest first line that is looked at."""


class JournalFile:
    """A journal file that is open for appending.

    Args:
        path: The file.
        rotate_bytes: A larger file is sealed: renamed, and never written again.

    Raises:
        ConfigError: The file cannot be opened.
    """

    def __init__(self, path: Path, *, rotate_bytes: int = DEFAULT_ROTATE_BYTES) -> None:
        self._path = path
        self._rotate_bytes = rotate_bytes
        self._begun_at: float | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = self._open()
        except OSError as exc:
            reason = f"cannot open the journal: {exc.strerror}"
            raise ConfigError(reason, path=str(path), key="journal.file") from exc

    def append(self, lines: bytes) -> None:
        """Append whole lines: all of them, or none.

        Raises:
            OSError: They could not be written; nothing of them is in the file.
        """
        with self._locked():
            size = os.fstat(self._fd).st_size
            if size and self._is_due(size):
                self._seal()
                size = os.fstat(self._fd).st_size  # another process may have begun the new file
            size = self._mend(size)
            text = lines if size else _header() + lines
            try:
                n_written = os.write(self._fd, text)
            except OSError:
                n_written = 0
                raise
            finally:
                if n_written < len(text):
                    os.ftruncate(self._fd, size)
            if n_written < len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        """Close it."""
        os.close(self._fd)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self._path, flags, 0o640)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the file that has the name now."""
        while True:
            _lock(self._fd)
            try:
                with contextlib.suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(self._fd), self._path.stat()):
                        yield
                        return
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)
            self._reopen()

    def _reopen(self) -> None:
        fd = self._open()
        os.close(self._fd)
        self._fd, self._begun_at = fd, None

    def _is_due(self, size: int) -> bool:
        if self._begun_at is None:
            self._begun_at = _begun_at(self._fd)
        return size >= self._rotate_bytes or time.time() - self._begun_at >= ROTATE_S

    def _seal(self) -> None:
        """Rename the file, which is never written again, and begin another one, locked as well."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        sealed = self._path.with_name(f"{self._path.name}.{stamp}-{secrets.token_hex(3)}")
        self._path.rename(sealed)
        before, self._fd = self._fd, self._open()
        _lock(self._fd)
        os.close(before)
        self._begun_at = None

    def _mend(self, size: int) -> int:
        """Take back a part of a line that a killed process has left; return the size."""
        if not size or os.pread(self._fd, 1, size - 1) == b"\n":
            return size
        end, step = size, 4096
        while end:
            start = max(0, end - step)
            found = os.pread(self._fd, end - start, start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        os.ftruncate(self._fd, end)
        return end


def sealed_files(path: Path) -> list[Path]:
    """Return the files that had the name ``path`` before, the oldest first."""
    found = []
    for file in path.parent.glob(f"{path.name}.*"):
        with contextlib.suppress(OSError):
            if file.suffix != ".gz" and file.is_file():
                found.append((file.stat().st_mtime_ns, file))
    return [file for _, file in sorted(found)]


def _lock(fd: int) -> None:
    deadline = time.monotonic() + LOCK_S
    while True:
        try:
            return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise OSError(errno.EAGAIN, "another process holds its lock") from None
            time.sleep(0.002)


def _header() -> bytes:
    entry = Event(
        at_s=round(time.monotonic(), 6),
        event="journal_file",
        time=round(time.time(), 3),
        data={"id": secrets.token_hex(16)},
    )
    return msgspec.json.encode(entry) + b"\n"


def _begun_at(fd: int) -> float:
    """Return when the first line of a file was written, seconds since 1970."""
    line = os.pread(fd, FIRST_LINE_BYTES, 0).split(b"\n", 1)[0]
    try:
        return msgspec.json.decode(line, type=Event).time
    except msgspec.MsgspecError:
        return os.fstat(fd).st_mtime
