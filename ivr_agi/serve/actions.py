"""What can be done to a machine and taken back: folders, files, links, blocks of text, commands.

Shell. Each says what it would do before it does it. Doing one again changes nothing, and nothing
that an administrator has changed is overwritten or deleted.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ("Action", "Block", "Command", "Folder", "Link", "TextFile")


class Action(Protocol):
    """One thing that an installation does."""

    def missing(self) -> str:
        """Return what it would do, as a line for people; empty if it is done already."""

    def do(self) -> None:
        """Do it.

        Raises:
            ConfigError: It cannot be done.
        """

    def leftover(self, *, purge: bool) -> str:
        """Return what :meth:`undo` would leave, because it is the administrator's; else empty."""

    def removable(self, gone: set[str], *, purge: bool) -> str:
        """Return what :meth:`undo` would delete, where ``gone`` is deleted before; else empty."""

    def undo(self, *, purge: bool) -> str:
        """Take it back; return what was deleted, empty if there was nothing to delete.

        Args:
            purge: Also delete what is the administrator's.

        Raises:
            ConfigError: It cannot be taken back.
        """


@dataclass(frozen=True)
class Folder:
    """A folder; with ``owner``, that of another user (``user:group``).

    One that belongs to other programs as well (``is_shared``) is made, but never taken out.
    """

    path: Path
    owner: str = ""
    mode: int = 0o755
    is_shared: bool = False

    def missing(self) -> str:
        """As :class:`Action` says."""
        if self.path.is_dir():
            return ""
        return f"make   {self.path}" + (f", for {self.owner}" if self.owner else "")

    def do(self) -> None:
        """As :class:`Action` says."""
        if self.path.is_dir():
            return
        with _told(self.path):
            self.path.mkdir(parents=True, mode=self.mode)
            self.path.chmod(self.mode)
            if self.owner:
                shutil.chown(self.path, *self.owner.split(":"))

    def leftover(self, *, purge: bool) -> str:
        """As :class:`Action` says."""
        if self.is_shared or purge or not self.path.is_dir():
            return ""
        return str(self.path) if any(self.path.iterdir()) else ""

    def removable(self, gone: set[str], *, purge: bool) -> str:
        """As :class:`Action` says."""
        if self.is_shared or not self.path.is_dir():
            return ""
        is_empty = {str(each) for each in self.path.iterdir()} <= gone
        return str(self.path) if purge or is_empty else ""

    def undo(self, *, purge: bool) -> str:
        """As :class:`Action` says."""
        if not self.removable(set(), purge=purge):
            return ""
        with _told(self.path):
            if purge:
                shutil.rmtree(self.path)
            else:
                self.path.rmdir()
        return str(self.path)


@dataclass(frozen=True)
class TextFile:
    """A file. It is the administrator's from the beginning (``is_theirs``), or ours."""

    path: Path
    text: str
    mode: int = 0o644
    is_theirs: bool = False

    def missing(self) -> str:
        """As :class:`Action` says."""
        there = self._read()
        if there is None:
            return f"write  {self.path}"
        return "" if self.is_theirs or there == self.text else f"renew  {self.path}"

    def do(self) -> None:
        """As :class:`Action` says."""
        if self.missing():
            with _told(self.path):
                _write(self.path, self.text, self.mode)

    def leftover(self, *, purge: bool) -> str:
        """As :class:`Action` says."""
        keeps = self.is_theirs and self._read() not in (None, self.text) and not purge
        return str(self.path) if keeps else ""

    def removable(self, gone: set[str], *, purge: bool) -> str:
        """As :class:`Action` says."""
        return "" if self._read() is None or self.leftover(purge=purge) else str(self.path)

    def undo(self, *, purge: bool) -> str:
        """As :class:`Action` says."""
        if not self.removable(set(), purge=purge):
            return ""
        with _told(self.path):
            self.path.unlink()
        return str(self.path)

    def _read(self) -> str | None:
        try:
            return self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    path: Path
    target: Path

    def missing(self) -> str:
        """As :class:`Action` says."""
        is_there = self.path.exists() or self._is_ours()  # in an image it leads nowhere yet
        return "" if is_there else f"link   {self.path} to {self.target}"

    def do(self) -> None:
        """As :class:`Action` says."""
        if self.missing():
            with _told(self.path):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.unlink(missing_ok=True)  # one that leads nowhere
                self.path.symlink_to(self.target)

    def leftover(self, *, purge: bool) -> str:
        """As :class:`Action` says."""
        is_another = self.path.exists() and not self._is_ours()
        return str(self.path) if is_another else ""

    def removable(self, gone: set[str], *, purge: bool) -> str:
        """As :class:`Action` says."""
        return str(self.path) if self._is_ours() else ""

    def undo(self, *, purge: bool) -> str:
        """As :class:`Action` says."""
        if not self._is_ours():
            return ""
        with _told(self.path):
            self.path.unlink()
        return str(self.path)

    def _is_ours(self) -> bool:
        return self.path.is_symlink() and self.path.readlink() == self.target


@dataclass(frozen=True)
class Block:
    """Lines at the end of a file that belongs to somebody else, between two marks."""

    path: Path
    text: str
    is_there: str
    """Matches a file that says the same already, by whoever wrote it."""
    begin: str = "; --- ivr-agi: ivr-agi install --remove takes these lines out ---"
    end: str = "; --- ivr-agi: end ---"

    def missing(self) -> str:
        """As :class:`Action` says."""
        text = self._read()
        if self.begin in text or re.search(self.is_there, text, re.MULTILINE):
            return ""
        n_lines = len(self.text.splitlines())
        return f"add    {n_lines} line{'s' * (n_lines != 1)} to {self.path}"

    def do(self) -> None:
        """As :class:`Action` says."""
        if not self.missing():
            return
        text = self._read()
        separator = "" if not text or text.endswith("\n") else "\n"
        with _told(self.path):
            self._put(f"{text}{separator}{self.begin}\n{self.text.rstrip()}\n{self.end}\n")

    def leftover(self, *, purge: bool) -> str:
        """As :class:`Action` says."""
        return ""

    def removable(self, gone: set[str], *, purge: bool) -> str:
        """As :class:`Action` says."""
        return f"our lines in {self.path}" if f"{self.begin}\n" in self._read() else ""

    def undo(self, *, purge: bool) -> str:
        """As :class:`Action` says."""
        if not (line := self.removable(set(), purge=purge)):
            return ""
        before, _, after = self._read().partition(f"{self.begin}\n")
        with _told(self.path):
            self._put(before + after.partition(f"{self.end}\n")[2])
        return line

    def _read(self) -> str:
        # Whatever its encoding, it is written back as it was.
        with contextlib.suppress(OSError):
            return self.path.read_text(encoding="utf-8", errors="surrogateescape")
        return ""

    def _put(self, text: str) -> None:
        status = self.path.stat() if self.path.exists() else None
        _write(self.path, text, status.st_mode & 0o777 if status else 0o644)
        if status is not None and (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(self.path, status.st_uid, status.st_gid)


@dataclass(frozen=True)
class Command:
    """A command of the system. One that fails is told, and ends nothing."""

    words: tuple[str, ...]
    undo_words: tuple[str, ...] = ()
    why: str = ""

    def missing(self) -> str:
        """As :class:`Action` says."""
        return f"run    {' '.join(self.words)}" if self.words else ""

    def do(self) -> None:
        """As :class:`Action` says."""
        _run(self.words)

    def leftover(self, *, purge: bool) -> str:
        """As :class:`Action` says."""
        return ""

    def removable(self, gone: set[str], *, purge: bool) -> str:
        """As :class:`Action` says."""
        return ""

    def undo(self, *, purge: bool) -> str:
        """As :class:`Action` says."""
        _run(self.undo_words)
        return ""


def _run(words: tuple[str, ...]) -> None:
    if not words:
        return
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=120, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise ConfigError(f"{' '.join(words)}: {exc}") from exc
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
        raise ConfigError(f"{' '.join(words)}: {lines[-1][:200]}")


def _write(path: Path, text: str, mode: int) -> None:
    """Write atomically, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.ivr-agi-new")
    aside.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(
        os.open(aside, flags, mode), "w", encoding="utf-8", errors="surrogateescape"
    ) as f:
        f.write(text)
    aside.chmod(mode)
    aside.replace(path)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as exc:
        raise ConfigError(f"{exc.strerror}: run it as root", path=str(path)) from exc
    except (OSError, LookupError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else str(exc)
        raise ConfigError(reason or str(exc), path=str(path)) from exc
