"""Recordings of people with a manifest, and the lines that they are heard over.

A folder has ``manifest.tsv`` (columns ``file``, ``lang``, ``kind``, ``text``, ``speaker``) and the
WAV files that it names, 8 kHz, 16 bit, mono. Everything that is drawn is drawn by name, so that
the same folder always gives the same sentences.
"""

from __future__ import annotations

import csv
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.noises import amplitude, closed_lips, over_ulaw, to_pcm, to_samples, tones, white
from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.audio.wav import read_wav
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ivr_agi.audio.levels import Samples

__all__ = (
    "LEAD_S",
    "LINES",
    "LineUnderneath",
    "Lines",
    "SpokenRecording",
    "active_dbfs",
    "draw",
    "join",
    "noise_clips",
    "read_recordings",
    "voice_edges",
)

MANIFEST_COLUMNS = ("file", "lang", "kind", "text", "speaker")
LEAD_S, TAIL_S = 1.2, 1.2
"""The line before and after a sentence."""
QUIET_DBFS, NOISY_DBFS = -75.0, -61.0
KITCHEN = ("doing_the_dishes", "running_tap")
BABBLE_VOICES = 6
BABBLE_S = 12.0
CLIP_S = 6.0
"""Length of a noise; it sets in after :data:`LEAD_S`."""
_FRAME = SAMPLE_RATE_HZ // 100
_EDGE_DB = 30.0
"""A frame this much below the loudest one is still voice."""
_ABOVE_NOISE_DB = 10.0


@dataclass(frozen=True)
class SpokenRecording:
    """One entry of the manifest."""

    file: str
    language: str
    """``en``, ``zh``; ``-`` for a noise."""
    kind: str
    """``digit``, ``letter``, ``word``, ``noise``, ..."""
    text: str
    speaker: str
    samples: Samples


@dataclass(frozen=True)
class LineUnderneath:
    """What lies under a sentence."""

    name: str
    noise: str = ""
    """``kitchen`` or ``babble``; empty: nothing but the line's own noise."""
    snr_db: float = 0.0
    dbfs: float = QUIET_DBFS
    """The line's own noise."""


LINES = (
    LineUnderneath("quiet"),
    LineUnderneath("-61 dBFS", dbfs=NOISY_DBFS),
    *(LineUnderneath(f"kitchen {snr} dB", "kitchen", snr) for snr in (20, 10, 5)),
    *(LineUnderneath(f"babble {snr} dB", "babble", snr) for snr in (20, 10, 5)),
)
"""Every line that a sentence is heard over."""


def read_recordings(folder: Path) -> list[SpokenRecording]:
    """Read a folder of recordings.

    Raises:
        ConfigError: There is no manifest, it lacks a column, or a file of it cannot be read.
    """
    manifest = folder / "manifest.tsv"
    try:
        with manifest.open(encoding="utf-8", newline="") as file:
            entries = list(csv.DictReader(file, delimiter="\t"))
    except OSError as exc:
        raise ConfigError(f"cannot read: {exc.strerror}", path=str(manifest)) from exc
    recordings = []
    for number, entry in enumerate(entries, start=2):
        missing = [column for column in MANIFEST_COLUMNS if not entry.get(column)]
        if missing:
            raise ConfigError(f"has no {missing[0]!r}", path=str(manifest), line=number)
        file_, language, kind, text, speaker = (entry[column] for column in MANIFEST_COLUMNS)
        pcm = read_wav(folder / file_)
        recordings.append(SpokenRecording(file_, language, kind, text, speaker, to_samples(pcm)))
    if not recordings:
        raise ConfigError("names no recording", path=str(manifest))
    return recordings


def draw(*names: object) -> np.random.Generator:
    """Return chance that depends on names only."""
    return np.random.default_rng(zlib.crc32(repr(names).encode()))


def _levels_db(samples: Samples) -> Samples:
    frames = samples[: samples.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    levels: Samples = 10 * np.log10(np.mean(frames**2, axis=1) / 32768**2 + 1e-12)
    return levels


def voice_edges(samples: Samples) -> tuple[int, int]:
    """Return where a recording's voice begins and ends, in samples.

    It is what is within 30 dB of the loudest 10 ms and 10 dB above the softest ones, for 30 ms.
    """
    levels = _levels_db(samples)
    noise = float(np.quantile(levels, 0.05))
    floor = max(levels.max() - _EDGE_DB, min(noise + _ABOVE_NOISE_DB, levels.max() - 6))
    loud = levels > floor
    lasting = [at for at in range(len(loud) - 2) if loud[at : at + 3].all()]
    if not lasting:
        return 0, samples.size
    return lasting[0] * _FRAME, min(samples.size, (lasting[-1] + 3) * _FRAME)


def active_dbfs(samples: Samples) -> float:
    """Return the level of a recording's voice."""
    begin, end = voice_edges(samples)
    return float(10 * np.log10(np.mean(samples[begin:end] ** 2) / 32768**2 + 1e-12))


def join(recordings: Sequence[SpokenRecording], name: object) -> Samples:
    """Say words one after the other, 80 to 200 ms apart."""
    chance = draw("join", name)
    pieces = []
    for recording in recordings:
        begin, end = voice_edges(recording.samples)
        margin = SAMPLE_RATE_HZ // 50
        pieces += [
            recording.samples[max(0, begin - margin) : end + margin],
            np.zeros(int(chance.integers(SAMPLE_RATE_HZ * 4 // 100, SAMPLE_RATE_HZ * 16 // 100))),
        ]
    joined: Samples = np.concatenate(pieces[:-1])
    return joined


class Lines:
    """Puts sentences on lines.

    Args:
        recordings: All of the folder: its noises, and the voices of the babble.
    """

    def __init__(self, recordings: Sequence[SpokenRecording]) -> None:
        self._kitchen = [each for each in recordings if each.text in KITCHEN]
        self._voices = [
            each for each in recordings if each.kind in ("word", "digit", "number", "letter")
        ]

    def over(self, line: LineUnderneath, sentence: Samples, name: str) -> bytes:
        """Return a sentence as the service gets it, s16le, over G.711, with the line around it.

        Raises:
            ConfigError: The folder has no recording that the line needs.
        """
        chance = draw("line", line.name, name)
        lead, tail = (np.zeros(round(seconds * SAMPLE_RATE_HZ)) for seconds in (LEAD_S, TAIL_S))
        samples = np.concatenate((lead, sentence, tail))
        samples = samples + white(samples.size, line.dbfs, chance)
        if line.noise:
            noise = self.noise(line.noise, samples.size, chance)
            level = active_dbfs(sentence) - line.snr_db
            samples = samples + noise * (amplitude(level) / np.sqrt(np.mean(noise**2)))
        return over_ulaw(to_pcm(samples))

    def noise(self, kind: str, n: int, chance: np.random.Generator) -> Samples:
        """Return that many samples of ``kitchen`` or ``babble``.

        Raises:
            ConfigError: The folder has no recording of it.
        """
        if kind == "kitchen":
            if not self._kitchen:
                raise ConfigError(f"the folder has no noise named {' or '.join(KITCHEN)}")
            source = self._kitchen[int(chance.integers(len(self._kitchen)))].samples
            at = int(chance.integers(max(1, source.size - n)))
            clip: Samples = np.resize(source[at:], n)
            return clip
        if not self._voices:
            raise ConfigError("the folder has no voices for a babble")
        babble: Samples = np.sum([self._talk(n, chance) for _ in range(BABBLE_VOICES)], axis=0)
        return babble

    def _talk(self, n: int, chance: np.random.Generator) -> Samples:
        """One voice that says word after word."""
        said: list[Samples] = []
        length = -int(chance.integers(SAMPLE_RATE_HZ))
        while length < n:
            word = self._voices[int(chance.integers(len(self._voices)))].samples
            begin, end = voice_edges(word)
            pause = np.zeros(int(chance.integers(SAMPLE_RATE_HZ // 20, SAMPLE_RATE_HZ // 3)))
            said += [word[begin:end], pause]
            length += end - begin + pause.size
        return np.concatenate(said)[-n:]


def noise_clips(
    recordings: Sequence[SpokenRecording], lines: Lines
) -> Iterator[tuple[str, Samples]]:
    """Yield noises by kind (``noise``, ``hum``, ``babble``), each of which sets in on a quiet line.

    The noises are those of the folder. A hum is that of the mains (50 and 60 Hz, three levels), or
    a voice's of 0.4 s (four pitches).
    """
    n = round(CLIP_S * SAMPLE_RATE_HZ)
    for recording in recordings:
        if recording.kind == "noise":
            for at in range(0, max(1, recording.samples.size - n + 1), n):
                yield "noise", recording.samples[at : at + n]
    for hertz in (50, 60):
        for dbfs in (-45.0, -35.0, -25.0):
            yield "hum", tones(n, tuple(hertz * k for k in range(1, 12)), dbfs - 10)
    for hertz in (100, 130, 180, 220):
        yield "hum", closed_lips(hertz)
    for number in range(20):
        sound = lines.noise("babble", n, draw("babble", number))
        yield "babble", sound * (amplitude(-36.0) / np.sqrt(np.mean(sound**2)))
