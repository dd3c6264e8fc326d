"""The prompt cache: a folder of whole ``.sln`` files, shared by the processes of an installation.

A file is called ``{text}-{shape}.sln``: a digest of language and text, and one of everything
that shapes the sound. So the names are the index: the versions of a text in other voices are the
files whose names begin alike. A file gets its name by a hard link when it is whole and on disk;
two processes that synthesise the same text do the same work twice and the first one's file stays.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import itertools
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.dialogue.prompt.file import PROMPT_SUFFIX
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from ivr_agi.dialogue.prompt.file import PromptFile
    from ivr_agi.sis.wire.messages import SynthesisConfig

__all__ = ("DEFAULT_LIMIT_BYTES", "IN_USE_S", "STALE_S", "Fill", "PromptCache")

DEFAULT_LIMIT_BYTES = 500 << 20
"""Default size limit: nine hours of speech."""
SILENCE_S = 20
"""Length of the silent file that plays while only keys and words are awaited."""
STALE_S = 3600
"""Age in seconds at which an unfinished file belongs to no call any more."""
IN_USE_S = 600
"""Seconds after its last use in which a file is kept, whatever the limit: it may be playing."""
MEMORY = Path("/dev/shm")
"""Memory as a folder: where growing files are, if the cache's own folder is read-only."""
SWEEP_SHARE = 50
"""The folder is swept each time a fiftieth of the limit was added."""


class Fill:
    """A prompt that is being synthesised, for all calls of this process that need it.

    Args:
        file: The growing file.
    """

    def __init__(self, file: PromptFile) -> None:
        self.file = file
        self.task: asyncio.Task[None] | None = None
        """The task that synthesises."""
        self.n_users = 0
        """Number of calls that may be playing it."""


class PromptCache:
    """The files of one folder. One object serves all calls of a process.

    All methods use the local disk and are short, except :meth:`keep`, :meth:`sweep` and
    :meth:`versions`, which must run in a thread.

    Args:
        directory: Folder of the files; created if missing. Asterisk must be able to read it.
        limit_bytes: Size limit of all files together.
        clock: Returns wall clock seconds, as in the times of files.

    Raises:
        ConfigError: The silent file is not there, and the directory cannot be written.
    """

    def __init__(
        self,
        directory: Path,
        *,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.directory = directory.absolute()
        self.fills: dict[Path, Fill] = {}
        """What is being synthesised, by its future name."""
        self.down_until = 0.0
        """When a service that did not answer is asked again, in monotonic seconds."""
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._counter = itertools.count()
        self._n_bytes_added = 0
        self._silent = self.directory / f"silence-{SILENCE_S}s{PROMPT_SUFFIX}"
        self.silence = str(self._silent.with_suffix(""))
        """Name of the silent file, as STREAM FILE takes it."""
        self._folder = self.directory
        """Where growing files are."""
        self.ensure()
        with contextlib.suppress(OSError):  # read-only: what is cached can be played
            self._remove_stale()

    def ensure(self) -> None:
        """Make the folder and the silent file, if somebody has cleared them away.

        Raises:
            ConfigError: They are not there, and cannot be made.
        """
        if self._silent.exists():
            can_write = os.access(self.directory, os.W_OK)
            self._folder = self.directory if can_write else self._aside or self.directory
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._make_silence()
        except OSError as exc:
            raise self.cannot_write(exc) from exc

    def path(self, text: str, config: SynthesisConfig, kind: str) -> Path:
        """Return the path that a text has, or would have.

        Args:
            text: The text.
            config: The voice.
            kind: What else determines the sound: the host of the service.
        """
        shape = _digest(kind, config, text)
        return self.directory / f"{_text_digest(text, config)}-{shape}{PROMPT_SUFFIX}"

    def find(self, path: Path) -> int | None:
        """Return the number of samples of a cached file, and mark it as used.

        A file that is empty or does not hold whole samples was left by a crash or a full disk, and
        is removed.
        """
        try:
            n_bytes = path.stat().st_size
            if n_bytes and n_bytes % SAMPLE_BYTES == 0:
                # Not our file, or a read-only folder: it can be played all the same.
                with contextlib.suppress(OSError):
                    os.utime(path, (now := self._clock(), now))
                return n_bytes // SAMPLE_BYTES
            with contextlib.suppress(OSError):
                path.unlink()
        except OSError:  # not there, or out of reach
            return None
        return None

    def versions(self, text: str, config: SynthesisConfig) -> list[Path]:
        """Return the files of a text in any voice of its language, the last used first."""
        found = []
        for path in self.directory.glob(f"{_text_digest(text, config)}-*{PROMPT_SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                is_whole = stat.st_size and not stat.st_size % SAMPLE_BYTES
                if _is_cached(path.name) and is_whole:
                    found.append((stat.st_mtime, path))
        return [path for _, path in sorted(found, reverse=True)]

    def share(self, path: Path, fill: Fill) -> None:
        """Offer what is being synthesised to other calls of this process, until it is done."""
        self.fills[path] = fill
        if fill.task is not None:
            fill.task.add_done_callback(lambda _: self.unshare(fill))

    def unshare(self, fill: Fill) -> None:
        """Offer it to no more calls."""
        for path in [path for path, known in self.fills.items() if known is fill]:
            del self.fills[path]

    def new_part(self, stem: str = "joined") -> Path:
        """Return a path for a growing file that no other process uses.

        In memory, if the folder is read-only: such a prompt is played, and not cached.
        """
        return self._folder / f"{stem}.part-{os.getpid()}-{next(self._counter)}{PROMPT_SUFFIX}"

    @functools.cached_property
    def _aside(self) -> Path | None:
        """A folder of ours in memory, which other users may read; None: there is none."""
        folder = MEMORY / f"ivr-agi-{os.getuid()}"
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                return None  # somebody else made it
        except OSError:
            return None
        self._remove_stale(folder)
        return folder

    def keep(self, part: Path, path: Path) -> None:
        """Give a complete file its name in the cache.

        The name is an additional one, because Asterisk may be about to open the first. The file is
        synced before, so that after a power cut a name never stands for half a file.

        Raises:
            OSError: The file cannot be kept. The cache is unchanged.
        """
        fd = os.open(part, os.O_RDONLY)
        try:
            os.fsync(fd)
            n_bytes = os.fstat(fd).st_size
        finally:
            os.close(fd)
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
        self._n_bytes_added += n_bytes
        if self._n_bytes_added * SWEEP_SHARE > self._limit_bytes:
            self._n_bytes_added = 0
            self.sweep()

    def sweep(self) -> int:
        """Remove the least recently used files until the rest is within the limit.

        Returns:
            Number of removed files; 0 if another process is already sweeping.
        """
        with (self.directory / ".sweep").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return 0
            self._remove_stale()
            return self._remove_oldest()

    def cannot_write(self, exc: OSError) -> ConfigError:
        """Return the error that names the setting."""
        return ConfigError(
            f"cannot write prompts: {exc.strerror or 'the disk hangs'}",
            path=str(self.directory),
            key="paths.spool",
        )

    def _remove_oldest(self) -> int:
        files, n_bytes, n_removed = [], 0, 0
        with os.scandir(self.directory) as entries:
            for entry in entries:
                if _is_cached(entry.name):
                    with contextlib.suppress(FileNotFoundError):
                        stat = entry.stat()
                        n_bytes += stat.st_size
                        files.append((stat.st_mtime, stat.st_size, entry))
        in_use_since = self._clock() - IN_USE_S
        for used_at, size, entry in sorted(files, key=lambda file: file[0]):
            if n_bytes <= self._limit_bytes or used_at > in_use_since:
                break
            with contextlib.suppress(FileNotFoundError):
                os.unlink(entry.path)
            n_bytes -= size
            n_removed += 1
        return n_removed

    def _remove_stale(self, folder: Path | None = None) -> None:
        before = self._clock() - STALE_S
        for part in (folder or self.directory).glob(f"*.part-*{PROMPT_SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                if part.stat().st_mtime < before:
                    part.unlink()

    def _make_silence(self) -> None:
        temporary = self._silent.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(bytes(SILENCE_S * SAMPLE_RATE_HZ * SAMPLE_BYTES))
        temporary.replace(self._silent)


def _is_cached(name: str) -> bool:
    """True for complete prompts: neither a growing file nor the silent one."""
    return name.endswith(PROMPT_SUFFIX) and ".part-" not in name and not name.startswith("silence")


def _text_digest(text: str, config: SynthesisConfig) -> str:
    """Digest of a text and its language."""
    return _digest(config.property.partition("_")[0], text)[:20]


def _digest(*shape: object) -> str:
    return hashlib.sha256(msgspec.json.encode(shape)).hexdigest()[:32]
