"""Sound files on disk, found as Asterisk finds them."""

from __future__ import annotations

import logging
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.simulator.playback import ALAW, SLIN, SLIN16, ULAW, HeadlessSound, WavSound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.simulator.playback import SoundFile

__all__ = ("SoundFolder",)

_log = logging.getLogger("ivr_agi.simulator")

_HEADLESS = {".sln": SLIN, ".ulaw": ULAW, ".alaw": ALAW, ".sln16": SLIN16}
_SUFFIXES = (".sln", ".ulaw", ".alaw", ".wav", ".sln16")  # Asterisk prefers the line's rate


class SoundFolder:
    """Opens sounds by the names that STREAM FILE takes: no suffix, absolute or relative."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, language: str) -> SoundFile | None:
        """Open a sound, or None where no file of that name can be played.

        The language's own folder comes first, then the part before its last ``_``, then none.
        Source: ``main/file.c`` ``fileexists_core()``.
        """
        for path in self._candidates(name, language):
            try:
                # Never open a FIFO: that would block us, as it does Asterisk's channel thread.
                if path.is_file():
                    return self._open(path)
            except (OSError, wave.Error, EOFError) as exc:
                _log.warning("cannot play %s: %s", path, exc)
        return None

    def _candidates(self, name: str, language: str) -> Iterator[Path]:
        plain = Path(name)
        while True:
            if plain.is_absolute():
                base = plain.parent / language / plain.name
            else:
                base = self._folder / language / plain
            for suffix in _SUFFIXES:
                yield Path(f"{base}{suffix}")
            if not language:
                return
            language = language.rpartition("_")[0]

    @staticmethod
    def _open(path: Path) -> SoundFile:
        file = path.open("rb", buffering=0)  # unbuffered, to see what is appended meanwhile
        codec = _HEADLESS.get(path.suffix)
        if codec is not None:
            return HeadlessSound(file, codec)
        try:
            return WavSound(file)
        except (wave.Error, EOFError):
            file.close()
            raise
