"""Recordings, found as Asterisk finds them and read as samples.

Asterisk plays them by name. Samples are needed if a recording is a part of a longer prompt, if it
stands in for a synthesis, and if the call is recorded. Reading blocks: call it in a thread.

Source: ``main/file.c`` ``fileexists_core()``: the language's folder, then the part before its last
``_``, then none.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.audio.g711 import alaw_to_pcm, ulaw_to_pcm
from ivr_agi.audio.wav import read_wav
from ivr_agi.audio.wideband import WIDEBAND_RATE_HZ, wideband_to_pcm
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("MAX_FILE_BYTES", "Recordings")

MAX_FILE_BYTES = 16_000 * 600
"""Larger files are left to Asterisk: they are music or a mistake."""


class Recordings:
    """Asterisk's sound files.

    Args:
        folder: Asterisk's ``sounds`` folder.
        language: The channel's language.
    """

    def __init__(self, folder: Path, language: str = "") -> None:
        self._folder = folder
        self._language = language

    def read(self, name: str) -> bytes | None:
        """Return a sound's samples (s16le mono 8 kHz).

        Args:
            name: As STREAM FILE takes it: no extension, absolute or relative.

        Returns:
            None if there is no readable file of that name: ``.sln``, ``.ulaw``, ``.alaw``, ``.wav``
            (8 kHz, 16 bit, mono), at most ten minutes long, or ``.sln16``, ``.wav16`` (the same at
            16 kHz), at most five.
        """
        for base in self._places(name):
            for suffix, read in _READERS.items():
                path = Path(f"{base}{suffix}")
                try:
                    if path.is_file() and path.stat().st_size <= MAX_FILE_BYTES:
                        return read(path)
                except (OSError, ConfigError):
                    continue  # another format of it may be readable
        return None

    def _places(self, name: str) -> Iterator[Path]:
        plain, language = Path(name), self._language
        while True:
            yield (
                plain.parent / language / plain.name
                if plain.is_absolute()
                else (self._folder / language / plain)
            )
            if not language:
                return
            language = language.rpartition("_")[0]


def _read_sln(path: Path) -> bytes:
    pcm = path.read_bytes()
    return pcm[: len(pcm) // 2 * 2]


_READERS: dict[str, Callable[[Path], bytes]] = {
    ".sln": _read_sln,
    ".ulaw": lambda path: ulaw_to_pcm(path.read_bytes()),
    ".alaw": lambda path: alaw_to_pcm(path.read_bytes()),
    ".wav": read_wav,
    ".sln16": lambda path: wideband_to_pcm(path.read_bytes()),
    ".wav16": lambda path: wideband_to_pcm(read_wav(path, rate_hz=WIDEBAND_RATE_HZ)),
}
