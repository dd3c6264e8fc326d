"""Prompts as files that Asterisk opens by name: recorded, cached, or still being synthesised.

A synthesised prompt is a headless ``.sln`` file (s16le mono 8 kHz) that Asterisk plays while it
grows (``asterisk.md`` 1). It gets its cache name, a digest of everything that shapes the sound,
only when the service has said END NORMAL: a broken synthesis is never served again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import os
import time
import weakref
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.errors import ConfigError, IvrError, SpeechError, SpeechProtocolError
from ivr_agi.sis.messages import SynthesisConfig

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.journal import Journal

__all__ = (
    "Prompt",
    "PromptFile",
    "PromptStore",
    "Recording",
    "Synthesize",
    "Text",
    "prepare_prompts",
)

Synthesize = Callable[[str, SynthesisConfig], AsyncGenerator[bytes, None]]
"""Text and voice in, PCM chunks (s16le mono 8 kHz) out; returns at END NORMAL, else SpeechError."""

SUFFIX = ".sln"
SILENCE_S = 20
"""Length of the silent file that is played while only keys and words are waited for."""
STALE_S = 3600
"""A part file this old belongs to no call any more."""


@dataclass(frozen=True)
class Text:
    """A prompt that is synthesised."""

    text: str


@dataclass(frozen=True)
class Recording:
    """A recorded prompt, by the name that Asterisk knows it by (no extension)."""

    name: str


Prompt = Text | Recording


class _Samples(bytearray):
    """Samples that can be referred to weakly, as plain bytes cannot."""


_shared: weakref.WeakValueDictionary[Path, _Samples] = weakref.WeakValueDictionary()
"""Of the prompts that are played just now: hundreds of calls hear the same few. What is complete
never changes, its name says what is in it."""


class PromptFile:
    """A synthesised prompt on disk, complete or still arriving.

    Args:
        path: The file.
        n_samples: Samples in it so far.
        complete: It is whole.
    """

    def __init__(self, path: Path, *, n_samples: int = 0, complete: bool = False) -> None:
        self.path = path
        self.n_samples = n_samples
        self.complete = complete
        self.error: IvrError | None = None
        """Why it will never be complete."""
        self._pcm: bytearray | None = None if complete else bytearray()
        self._changed = asyncio.Event()

    @property
    def name(self) -> str:
        """What STREAM FILE is given: the absolute path without extension."""
        return str(self.path.with_suffix(""))

    def pcm(self) -> bytearray:
        """Return its samples (s16le mono 8 kHz); they grow while it is synthesised."""
        if self._pcm is None:
            self._pcm = _shared.get(self.path)
        if self._pcm is None:
            self._pcm = _shared[self.path] = _Samples(self.path.read_bytes())
        return self._pcm

    def has(self, n_samples: int) -> bool:
        """True where that many samples can be played now, or no more will come."""
        return self.complete or self.error is not None or self.n_samples >= n_samples

    async def wait_for(self, n_samples: int) -> None:
        """Wait until that many samples are there, or all that there are.

        Raises:
            IvrError: The synthesis failed, :class:`SpeechError`, or the file cannot be written.

        Cancellation: safe.
        """
        while not self.has(n_samples):
            self._changed.clear()
            await self._changed.wait()
        if self.error is not None:
            raise self.error

    def grow(self, chunk: bytes) -> None:
        """Note that ``chunk`` was appended."""
        pcm = self.pcm()
        pcm += chunk
        self.n_samples = len(pcm) // SAMPLE_BYTES
        self._changed.set()

    def finish(self, error: IvrError | None = None) -> None:
        """Note that nothing more will come: it is complete, or it broke off."""
        self.complete = error is None
        self.error = error
        self._changed.set()


class PromptStore:
    """The prompt cache of one installation, used by one call.

    Args:
        directory: Where the files are; made if it is not there. Asterisk must be able to read it.
        synthesize: Gives the audio of a text.
        config: The voice.
        service_kind: What else shapes the sound: the host of the service that is preferred.
        current_kind: Gives the host that speaks now; default: always the preferred one.
        journal: Gets ``synthesis_first_audio`` and ``synthesis_end``.
        silence: What :func:`prepare_prompts` gave for this directory; it is called where left out.

    Raises:
        ConfigError: The directory cannot be written.
    """

    def __init__(
        self,
        directory: Path,
        synthesize: Synthesize,
        config: SynthesisConfig,
        *,
        service_kind: str,
        current_kind: Callable[[], str] | None = None,
        journal: Journal,
        silence: str = "",
    ) -> None:
        self._directory = directory.absolute()
        self._synthesize = synthesize
        self.config = config
        """The voice; another one may be set between prompts."""
        self._service_kind = service_kind
        self._current_kind = current_kind or (lambda: service_kind)
        self._journal = journal
        self._parts: list[Path] = []
        self._fills: set[asyncio.Task[None]] = set()
        self.silence = silence or prepare_prompts(directory)
        """Name of the silent file, as STREAM FILE takes it."""

    def open(self, text: str) -> PromptFile:
        """Return the file of a text; its synthesis is started if it is not cached.

        Raises:
            ConfigError: The file cannot be written.
        """
        for kind in (self._service_kind, self._current_kind()):
            path = self._path(text, kind)
            with contextlib.suppress(FileNotFoundError):
                n_samples = path.stat().st_size // SAMPLE_BYTES
                return PromptFile(path, n_samples=n_samples, complete=True)
        part = path.with_name(f"{path.stem}.part-{os.getpid()}-{next(_part_numbers)}{SUFFIX}")
        try:
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        except OSError as exc:
            raise _cannot_write(self._directory, exc) from exc
        self._parts.append(part)
        file = PromptFile(part)
        fill = asyncio.get_running_loop().create_task(self._fill(file, fd, text))
        self._fills.add(fill)
        fill.add_done_callback(self._fills.discard)
        return file

    async def close(self) -> None:
        """Stop what is still being synthesised and remove what is not complete."""
        for fill in list(self._fills):
            fill.cancel()
        await asyncio.gather(*self._fills, return_exceptions=True)
        for part in self._parts:
            part.unlink(missing_ok=True)
        self._parts.clear()

    def _path(self, text: str, kind: str) -> Path:
        shape = msgspec.json.encode([kind, self.config, text])
        return self._directory / f"{hashlib.sha256(shape).hexdigest()[:32]}{SUFFIX}"

    async def _fill(self, file: PromptFile, fd: int, text: str) -> None:
        try:
            await self._receive(file, fd, text)
            # A second name, not a new one: Asterisk may be about to open the first. Under the host
            # that spoke: the preferred voice is never replaced by that of a stand-in.
            with contextlib.suppress(FileExistsError):
                os.link(file.path, self._path(text, self._current_kind()))
        except (SpeechError, ConfigError) as exc:  # ConfigError: SSML that is wrong
            self._journal.record("synthesis_end", reason="ERROR", error=str(exc))
            file.finish(exc)
        except OSError as exc:
            self._journal.record("synthesis_end", reason="ERROR", error=str(exc.strerror))
            file.finish(_cannot_write(self._directory, exc))
        else:
            audio_ms = file.n_samples * 1000 // SAMPLE_RATE_HZ
            self._journal.record("synthesis_end", reason="NORMAL", audio_ms=audio_ms)
            file.finish()
        finally:
            os.close(fd)

    async def _receive(self, file: PromptFile, fd: int, text: str) -> None:
        chunks = self._synthesize(text, self.config)
        async with contextlib.aclosing(chunks):
            async for chunk in chunks:
                if not file.n_samples:
                    self._journal.record("synthesis_first_audio")
                os.write(fd, chunk)
                file.grow(chunk)
        if not file.n_samples:
            raise SpeechProtocolError("the synthesis ended NORMAL without any audio")


def prepare_prompts(directory: Path) -> str:
    """Make a prompt cache ready: the folder, without what broken calls left, and the silent file.

    Returns:
        Name of the silent file, as STREAM FILE takes it.

    Raises:
        ConfigError: The directory cannot be written.
    """
    directory = directory.absolute()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _remove_stale(directory)
        return _make_silence(directory)
    except OSError as exc:
        raise _cannot_write(directory, exc) from exc


_part_numbers = itertools.count()
"""Of this process, whose calls share the folder."""


def _make_silence(directory: Path) -> str:
    path = directory / f"silence-{SILENCE_S}s{SUFFIX}"
    if not path.exists():
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(bytes(SILENCE_S * SAMPLE_RATE_HZ * SAMPLE_BYTES))
        temporary.replace(path)
    return str(path.with_suffix(""))


def _remove_stale(directory: Path) -> None:
    before = time.time() - STALE_S
    for part in directory.glob(f"*.part-*{SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            if part.stat().st_mtime < before:
                part.unlink()


def _cannot_write(directory: Path, exc: OSError) -> ConfigError:
    return ConfigError(
        f"cannot write prompts: {exc.strerror}", path=str(directory), key="paths.spool"
    )
