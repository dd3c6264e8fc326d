"""Writes numbers as words for synthesis, Chinese and English. Core, no I/O.

Read back in words, a number sounds the same with every voice and service; :mod:`.numerals` reads
what is written here.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ("Language", "plain", "spell_digits", "spell_number")


class Language(StrEnum):
    """A language that values are read back in."""

    CHINESE = "zh"
    ENGLISH = "en"


_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "_ ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_BIG = (("billion", 10**9), ("million", 10**6), ("thousand", 1000))
_ZH_SPOKEN = "零一二三四五六七八九"
_ZH_GROUPS = ((10**8, "亿"), (10**4, "万"))


def spell_digits(digits: str, language: Language) -> str:
    """Return digits one by one in words; a blank in ``digits`` is a pause. Letters stay.

    In Chinese 1 is 幺, as on the telephone.
    """
    groups = digits.split(" ")
    if language is Language.CHINESE:
        spoken = {str(n): char for n, char in enumerate(_ZH_SPOKEN)} | {"1": "幺"}
        return "，".join("".join(spoken.get(char, char) for char in group) for group in groups)
    return ", ".join(
        " ".join(_ONES[int(char)] if char in "0123456789" else char for char in group)
        for group in groups
    )


def spell_number(value: Decimal, language: Language) -> str:
    """Return a number below 10^12 in words."""
    sign = {Language.CHINESE: "负", Language.ENGLISH: "minus "}[language] if value < 0 else ""
    whole, _, fraction = plain(abs(value)).partition(".")
    if language is Language.CHINESE:
        words = _spell_zh(int(whole))
        point = "点" + "".join(_ZH_SPOKEN[int(char)] for char in fraction)
    else:
        words = _spell_en(int(whole))
        point = " point " + " ".join(_ONES[int(char)] for char in fraction)
    return sign + words + (point if fraction else "")


def _spell_zh(number: int) -> str:
    if number == 0:
        return "零"
    words, rest, gap = "", number, False
    for size, name in (*_ZH_GROUPS, (1, "")):
        group, rest = divmod(rest, size)
        if group:
            if words and (gap or group < 1000):
                words += "零"
            words += _spell_zh_group(group) + name
            gap = False
        else:
            gap = bool(words)
    words = re.sub(r"^一(?=十)", "", words)
    return re.sub(r"(?<!十)二(?=[千万亿])", "两", words)


def _spell_zh_group(group: int) -> str:
    words, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = group // size % 10
        if digit:
            words += "零" if gap and words else ""
            words += _ZH_SPOKEN[digit] + name
            gap = False
        else:
            gap = True
    return words


def _spell_en(number: int) -> str:
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {_spell_en(rest)}" if rest else "")
    for name, size in _BIG:
        if number >= size:
            many, rest = divmod(number, size)
            joint = " and " if 0 < rest < 100 else " "
            return f"{_spell_en(many)} {name}" + (f"{joint}{_spell_en(rest)}" if rest else "")
    return ""  # not reached: 0 is below 20


def plain(value: Decimal) -> str:
    """Write a number without exponent and without idle zeros."""
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
