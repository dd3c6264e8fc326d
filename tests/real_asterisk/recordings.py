"""The human recordings of asterisk-core-sounds-en-wav: words that a caller may say to a menu.

One speaker, studio quality, 8 kHz. What is said comes from the package's own index.
"""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import numpy as np
import soxr

from benchmarks.asterisk.instance import SOUNDS
from ivr_agi.audio.wav import read_wav

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.asterisk.chroot import Chroot

__all__ = ("DIGITS", "MENU", "OTHER_WORDS", "Recordings", "faster")

RATE_HZ = 8000
INDEX = "/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"


def _names(folder: str, names: str) -> list[str]:
    return [f"{folder}{name}" for name in names.split()]


DIGITS = _names("digits/", "0 1 2 3 4 5 6 7 8 9")

MENU = [
    *_names("digits/day-", "0 1 2 3 4 5 6"),
    *_names("digits/mon-", "0 1 2 3 4 5 6 7 8 9 10 11"),
    *(f"phonetic/{letter}_p" for letter in "abcdefghijklmopqrstuvwxyz"),  # november is above
    *_names("digits/", "dollars pound star today tomorrow yesterday"),
    *_names("dictate/", "pause playback record"),
    *_names("vm-", "Family Friends Urgent Work deleted message password received saved"),
    *_names("", "activated added auth-thankyou call-forwarding call-waiting calling cancelled"),
    *_names("", "conf-errormenu disabled enabled extension goodbye hello hours im-sorry location"),
    *_names("", "lowercase uppercase minutes number pbx-transfer queue-reporthold removed"),
    *_names("", "speed-dial spy-agent spy-console telephone-number time"),
]
"""90 words and phrases."""

OTHER_WORDS = [
    *_names("digits/", "10 11 12 13 14 15 16 17 18 19 20 30 40 50 60 70 80 90"),
    *_names("digits/h-", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 30 40 50 60 70 80 90"),
    *_names("digits/h-", "hundred thousand million billion"),
    *_names("digits/", "hundred thousand million billion minus oclock"),
    *_names("letters/ascii", "123 124 125 126 34 36 37 38 39 40 41 44 58 59 60 62 63 91 92 93"),
    *_names("letters/ascii", "94 95 96"),
]
"""78 that are not in the menu, nor digits."""


class Recordings:
    """What is said and how it sounds, by the name of the file. Read at once: it blocks."""

    def __init__(self, chroot: Chroot) -> None:
        index = gzip.decompress(chroot.host(INDEX).read_bytes()).decode()
        self._texts = dict(re.findall(r"^(\S+): (.*)$", index, re.MULTILINE))
        self.pcm = {
            name: read_wav(chroot.host(f"{SOUNDS}/{name}.wav"))
            for name in (*DIGITS, *MENU, *OTHER_WORDS)
        }
        """s16le mono 8 kHz."""

    def text(self, name: str) -> str:
        """What is said, as a menu spells it."""
        return " ".join(re.sub(r"[^a-z' ]", " ", self._texts[name].lower()).split())

    def texts(self, names: Iterable[str]) -> list[str]:
        """What is said in each."""
        return [self.text(name) for name in names]


def faster(pcm: bytes, factor: float) -> bytes:
    """Speed and pitch times a factor, like another speaker's."""
    samples = soxr.resample(np.frombuffer(pcm, "<i2"), RATE_HZ * factor, RATE_HZ)
    stretched: bytes = samples.astype("<i2").tobytes()
    return stretched
