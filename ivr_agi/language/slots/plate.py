"""Chinese licence plates. Core, no I/O. Source: GA 36-2018, without military and embassy plates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ivr_agi.language.numerals import read_digits
from ivr_agi.language.pinyin import readings
from ivr_agi.language.saying import spell_digits
from ivr_agi.language.slots.base import Parsed, Reason, Rejected
from ivr_agi.language.text import HAN, Language, fold

__all__ = ("Plate",)

_PROVINCES = {
    entry[0]: entry[1:]
    for entry in (
        "京北京 津天津 沪上海 渝重庆 冀河北 豫河南 云云南 辽辽宁 黑黑龙江 湘湖南 "
        "皖安徽 鲁山东 新新疆 苏江苏 浙浙江 赣江西 鄂湖北 桂广西 甘甘肃 晋山西 "
        "蒙内蒙古 陕陕西 吉吉林 闽福建 贵贵州 粤广东 青青海 藏西藏 川四川 宁宁夏 "
        "琼海南"
    ).split()
}
"""Provinces by the character on their plates."""
_BY_NAME = {name: short for short, name in _PROVINCES.items()}
_NAME = re.compile(f"(?:{'|'.join(_BY_NAME)})(?:省|市)?(的)?")
_LAST = "挂学警港澳"
_PLATE = re.compile(
    rf"[{''.join(_PROVINCES)}][A-HJ-Z]"
    rf"(?:[A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9{_LAST}]|[A-HJ-NP-Z0-9]{{6}})"
)


@dataclass(frozen=True, kw_only=True)
class Plate:
    """A licence plate as ``str`` without separators: ``京A12345``, seven or eight characters."""

    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.TOO_SHORT,
        Reason.TOO_LONG,
        Reason.NOT_IN_USE,
        Reason.NOT_KEYED,
    )

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Read province, letter and the rest. The province may be named (北京的京).

        A character that only sounds like a province's stands for it if no other province sounds so.
        The plate then has to be confirmed.
        """
        text = _NAME.sub(_shorten, re.sub(r"[\s·•.,，。、-]", "", fold(text)))
        if not (head := re.search(rf"([{HAN}])([a-z])", text)):
            return Rejected(
                Reason.NOT_UNDERSTOOD if not re.search(r"[a-z0-9]", text) else Reason.NOT_IN_USE
            )
        provinces = _provinces_of(head[1])
        if len(provinces) != 1:
            return Rejected(Reason.AMBIGUOUS if provinces else Reason.NOT_IN_USE)
        tail = re.sub(r"[a-z]", lambda match: f" {match[0]} ", text[head.end() :])
        last = tail[-1] if tail and tail[-1] in _LAST else ""
        letters = " ".join("abcdefghijklmnopqrstuvwxyz")
        rest = read_digits(tail, letters=letters) + last
        number = f"{provinces[0]}{head[2]}{rest}".upper()
        if len(number) < 7:
            return Rejected(Reason.TOO_SHORT)
        if len(number) > 8:
            return Rejected(Reason.TOO_LONG)
        if not _PLATE.fullmatch(number):
            return Rejected(Reason.NOT_IN_USE)
        return Parsed(number, is_sure=head[1] == provinces[0])

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Reject: plates have no keys."""
        return Rejected(Reason.NOT_KEYED)

    def read_back(self, value: str, language: Language) -> str:
        """Return the plate character by character, in English with the pinyin of the province."""
        if language is Language.CHINESE:
            return f"{value[0]}，{value[1]}，{spell_digits(value[2:], language)}"
        return (
            f"{readings(value[0])[0].capitalize()}, {value[1]}, {spell_digits(value[2:], language)}"
        )


def _shorten(match: re.Match[str]) -> str:
    """Write 北京 as 京, and drop it before what it explains (北京的京)."""
    return "" if match[1] else _BY_NAME[match[0].removesuffix("省").removesuffix("市")]


def _provinces_of(char: str) -> list[str]:
    if char in _PROVINCES:
        return [char]
    sounds = set(readings(char))
    return [province for province in _PROVINCES if sounds & set(readings(province))]
