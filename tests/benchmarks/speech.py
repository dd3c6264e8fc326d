"""A folder of recordings with a manifest, made of sounds: no person's voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.noises import amplitude, to_pcm
from ivr_agi.audio.wav import write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_agi.audio.levels import Samples

HEAD = "file\tlang\tkind\ttext\tspeaker\taccent\tsource\tlicence\n"
_DIGITS = "zero one two three four five six seven eight nine".split()
_ZH_DIGITS = "零一二三四五六七八九"
_WORDS = "sales support billing returns orders opening closing repair".split()


def a_sound(hertz: float, seconds: float = 0.4) -> Samples:
    """A tone at -26 dBFS with 50 ms of silence around it."""
    n = round(8000 * seconds)
    tone = np.sin(2 * np.pi * hertz * np.arange(n) / 8000) * amplitude(-23.0)
    return np.concatenate((np.zeros(400), tone, np.zeros(400)))


def a_folder(place: Path) -> Path:
    """Write recordings of every kind, a few of each."""
    entries = [
        *(("en", "digit", text, "en-01") for text in _DIGITS),
        *(("zh", "digit", text, "zh-01") for text in _ZH_DIGITS),
        *(("en", "word", text, "en-02") for text in _WORDS),
        ("en", "letter", "b", "en-02"),
        ("en", "yesno", "yes", "en-02"),
        ("zh", "oog", "出生", "zh-02"),
        ("zh", "word", "人工", "zh-02"),
        ("-", "noise", "doing_the_dishes", "noise-01"),
    ]
    lines = [HEAD]
    for number, (language, kind, text, speaker) in enumerate(entries):
        seconds = 13.0 if kind == "noise" else 0.4
        write_wav(place / f"r{number}.wav", to_pcm(a_sound(300 + 20 * number, seconds)))
        lines.append(f"r{number}.wav\t{language}\t{kind}\t{text}\t{speaker}\tUS\tnobody\tCC0\n")
    (place / "manifest.tsv").write_text("".join(lines), encoding="utf-8")
    return place
