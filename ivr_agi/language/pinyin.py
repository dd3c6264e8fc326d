"""Pinyin of the 6,763 characters of GB 2312, without tones. Core, no I/O.

The table (:mod:`.pinyin_table`) is generated from pypinyin, which takes 130 ms and 56 MB to import:
too long for a call. ``tools/make_pinyin_table.py`` says which readings are kept. The table is a
module, so that a core reads no file. It is parsed at the first question.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from ivr_agi.language.pinyin_table import PINYIN

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("readings", "split_syllable")


def readings(char: str) -> tuple[str, ...]:
    """Return the syllables of one character, or none if it is not known."""
    return _table().get(char, ())


@functools.cache
def split_syllable(syllable: str) -> tuple[str, str]:
    """Return initial and final of a syllable, as they sound.

    ``y`` and ``w`` are spelling only. ``v`` is ü. ``r`` is the vowel of zhi, chi, shi, ri, zi...
    """
    match = re.match(r"zh|ch|sh|[bpmfdtnlgkhjqxrzcs]", syllable)
    initial = match[0] if match else ""
    final = syllable[len(initial) :]
    if initial in {"j", "q", "x"} and final.startswith("u"):
        final = "v" + final[1:]
    if final == "i" and initial in {"zh", "ch", "sh", "r", "z", "c", "s"}:
        final = "r"
    return initial, _ZERO_INITIAL.sub(_respell, final)


_ZERO_INITIAL = re.compile(r"^(yu|yi|y|wu|w)")


def _respell(match: re.Match[str]) -> str:
    return {"yu": "v", "yi": "i", "y": "i", "wu": "u", "w": "u"}[match[0]]


@functools.cache
def _table() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for entry in PINYIN.split():
        chars = entry.lstrip(_LETTERS)
        syllable = entry.removesuffix(chars)
        for char in chars:
            found[char] = (*found.get(char, ()), syllable)
    return found


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
