"""A prompt's file: recorded, on disk, or still growing, and who waits for it. Asyncio shell.

Headless ``.sln`` (s16le mono 8 kHz), which Asterisk plays while it grows (``asterisk.md`` 1). It
grows in threads, so that a slow disk holds up no other call; samples count once they are written.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ivr_agi.audio.frames import SAMPLE_BYTES
from ivr_agi.threads import FILES, run_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ivr_agi.errors import IvrError

__all__ = ("PROMPT_SUFFIX", "PromptFile", "remove_files")

_log = logging.getLogger("ivr_agi.dialogue")

PROMPT_SUFFIX = ".sln"

MAX_UNWRITTEN_BYTES = 64 * 1024
"""Four seconds of sound. Whoever feeds a file on a slower disk waits."""


class _Samples(bytearray):
    """Samples that support weak references, which plain bytes do not."""


_shared: weakref.WeakValueDictionary[Path, _Samples] = weakref.WeakValueDictionary()
"""Samples of the prompts that are playing: hundreds of calls hear the same few. A complete file
never changes, and its name identifies what is in it."""


class _Output:
    """A growing file on disk. One thread at a time writes; who is last closes it."""

    def __init__(self, path: Path, mode: int) -> None:
        self._path = path
        self._mode = mode
        self._fd = -1
        self._is_used = self._is_closed = False
        self._lock = threading.Lock()

    def begin(self) -> None:
        with self._used():
            pass

    def write(self, pcm: bytes | bytearray) -> None:
        with self._used() as fd:
            rest = memoryview(pcm)
            while rest:  # a disk that is nearly full takes less than it is given
                rest = rest[os.write(fd, rest) :]

    def close(self) -> None:
        """Close it, or let the thread that still writes do so: then it was given up."""
        with self._lock:
            self._is_closed = True
            if not self._is_used:
                self._close()

    @contextlib.contextmanager
    def _used(self) -> Iterator[int]:
        with self._lock:
            if self._is_closed:
                raise OSError(errno.EBADF, "the file was given up")
            self._is_used = True
        try:
            if self._fd < 0:
                self._fd = self._open()
            yield self._fd
        finally:
            with self._lock:
                self._is_used = False
                if self._is_closed:
                    self._close()
                    with contextlib.suppress(OSError):
                        self._path.unlink()

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        try:
            return os.open(self._path, flags, self._mode)
        except FileNotFoundError:  # somebody has cleared the folder away
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, flags, self._mode)

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class PromptFile:
    """A prompt on disk, complete or still arriving.

    Args:
        path: The file; of a recording, its name for Asterisk.
        n_samples: Number of samples so far.
        complete: Nothing more will come.
        output: Where :meth:`append` writes; closed by :meth:`finish`.
        pcm: Samples of a recording; None if they are in the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        n_samples: int = 0,
        complete: bool = False,
        output: _Output | None = None,
        pcm: bytes | None = None,
    ) -> None:
        self.path = path
        self.name = str(path.with_suffix(""))
        """The argument of STREAM FILE: an absolute path without extension, or a recording's."""
        self.n_samples = n_samples
        self.complete = complete
        self.error: IvrError | None = None
        """Why it will never be complete, if so."""
        self.trace_id: str | None = None
        """The service's id of the latest session that contributed to it."""
        self.is_recording = pcm is not None
        """True for a file of Asterisk's, which may exist in several formats."""
        self._output = output
        self._arrived = bytearray()
        self._pcm: bytes | bytearray | None = self._arrived if output is not None else pcm
        self._ends: list[int] = []
        """Every length that it has had, in samples."""
        self._changed = asyncio.Event()
        self._unwritten = bytearray()
        self._writing: asyncio.Task[None] | None = None
        self._failure: OSError | None = None

    @classmethod
    def create(cls, path: Path, *, mode: int = 0o644) -> Self:
        """Return one that will grow. :meth:`begin`, or its first samples, make it on disk."""
        return cls(path, output=_Output(path, mode))

    @classmethod
    def recorded(cls, name: str, pcm: bytes) -> Self:
        """Return a recording whose samples are known.

        Args:
            name: Asterisk's name of it. Asterisk plays the format that suits the call best.
            pcm: Its samples (s16le mono 8 kHz).
        """
        file = cls(Path(name), n_samples=len(pcm) // SAMPLE_BYTES, complete=True, pcm=pcm)
        file.name = name
        return file

    def pcm(self) -> bytes | bytearray:
        """Return its samples (s16le mono 8 kHz); a bytearray grows while the text is synthesised.

        A complete file is read from the disk unless some call still holds its samples, because a
        long call has many prompts. The result is empty if the file is gone, although Asterisk may
        have it open and play it.
        """
        if self._pcm is not None:
            return self._pcm
        samples = _shared.get(self.path)
        if samples is None:
            try:
                samples = _shared[self.path] = _Samples(self.path.read_bytes())
            except OSError:
                return b""
        return samples

    def has(self, n_samples: int) -> bool:
        """True if that many samples can be played now, or no more will come."""
        return self.complete or self.error is not None or self.n_samples >= n_samples

    async def wait_for(self, n_samples: int) -> None:
        """Wait until that many samples are there, or all that there are.

        Raises:
            IvrError: The synthesis failed (a ``SpeechError``), or the file cannot be written.

        Cancellation: safe.
        """
        while not self.has(n_samples):
            self._changed.clear()
            await self._changed.wait()
        if self.error is not None:
            raise self.error

    def end_near(self, position_samples: int) -> int:
        """Return the position at which Asterisk reached the end of the file, to the sample.

        It is one of the lengths that the growing file has had. Our clock knows the position only to
        a frame or two.
        """
        ends = self._ends or [self.n_samples]
        return min(ends, key=lambda n_samples: abs(n_samples - position_samples))

    async def begin(self) -> None:
        """Make the empty file.

        Raises:
            OSError: It cannot be made.

        Cancellation: safe; a file that is made all the same is removed.
        """
        await run_in(FILES, self._growing().begin)

    async def append(self, pcm: bytes) -> None:
        """Write samples, which may be cut anywhere, and wait until they are written.

        Raises:
            OSError: They cannot be written; the disk is full, say.

        Cancellation: safe; what was given is still written until :meth:`finish`.
        """
        await self.feed(pcm)
        await self.flush()

    async def feed(self, pcm: bytes) -> None:
        """Take what arrived, to be written with what else has arrived by then.

        Waits only for a disk that is slower than what arrives. A thread costs as much as a hundred
        short writes, so chunks that come together are written together.

        Raises:
            OSError: What was given before cannot be written.

        Cancellation: safe, as with :meth:`append`.
        """
        self._growing()
        self._unwritten += pcm
        if self._writing is None and self._failure is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())
        if self._failure is not None or len(self._unwritten) > MAX_UNWRITTEN_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Wait until all that arrived is written.

        Raises:
            OSError: It cannot be written.

        Cancellation: safe; it is still written.
        """
        if self._writing is not None:
            await asyncio.wait([self._writing])
        if self._failure is not None:
            raise self._failure

    async def _write(self) -> None:
        try:
            while self._unwritten and self._output is not None:
                pcm, self._unwritten = self._unwritten, bytearray()
                await run_in(FILES, self._output.write, pcm)
                if self._output is None:  # given up meanwhile
                    return
                self._arrived += pcm
                self.n_samples = len(self._arrived) // SAMPLE_BYTES
                self._ends.append(self.n_samples)
                self._changed.set()
        except OSError as exc:
            self._failure = exc
        finally:
            self._writing = None

    def _growing(self) -> _Output:
        if self._output is None:
            raise OSError(errno.EBADF, "nothing can be added to this file any more")
        return self._output

    async def pad(self) -> None:
        """Write all that arrived, and fill up a last sample of which only half came.

        Raises:
            OSError: It cannot be written.
        """
        await self.flush()
        if len(self._arrived) % SAMPLE_BYTES:
            await self.append(b"\0")

    def finish(self, error: IvrError | None = None) -> None:
        """Mark the file as complete, or as broken off with an error."""
        if self._output is not None:
            self._output.close()
            self._output = None
            if self._writing is not None:
                self._writing.cancel()
            self._arrived, self._pcm = bytearray(), None  # whoever has them keeps them
        self.complete = error is None
        self.error = error
        self._changed.set()


def remove_files(paths: Iterable[Path]) -> None:
    """Remove files of prompts that were given up. A disk that refuses keeps them."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            _log.warning("a prompt that was given up is left there: %s", exc)
