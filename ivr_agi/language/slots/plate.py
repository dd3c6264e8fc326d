"""Chinese licence plates. Core, no I/O. Source: GA 36-2018, without military and embassy plates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ivr_agi.language.en.plates import EN_PROVINCES
from ivr_agi.language.pinyin import readings
from ivr_agi.language.sentence import AROUND, LEFT_OVER, SentenceReader
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.rows import row_text, with_noise
from ivr_agi.language.slots.spelled import apart, spell_characters
from ivr_agi.language.text import Language

__all__ = ("Plate",)

_PROVINCES = "".join(EN_PROVINCES)
"""Characters of provinces on plates. The rule ``plate_province`` has their names."""
_LAST = "挂学警港澳领"
_READER = SentenceReader(
    ("plate_province", "plate_last", "plate_letter", "row"),
    ("digits_noise", *AROUND, "digits_filler", "plate_filler"),
)
_PLATE = re.compile(
    rf"[{_PROVINCES}][A-HJ-Z]"
    rf"(?:[A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9{_LAST}]|[A-HJ-NP-Z0-9]{{6}})"
)


@dataclass(frozen=True, kw_only=True)
class Plate(Slot[str]):
    """A licence plate as ``str`` without separators: ``京A12345``, seven or eight characters."""

    reader: ClassVar = _READER
    in_breaths: ClassVar = True
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
        pieces = with_noise(_READER.read(apart(text)))
        parts: list[str] = []
        given_up = 0
        left_over: list[str] = []
        for piece in pieces:
            if piece.role in _READER.values:
                if not (
                    parts and piece.role == "plate_province" and parts == [piece.found[0].value]
                ):
                    parts.append(row_text(piece))
            elif piece.role == LEFT_OVER and not parts and piece.words[0] > "z":
                left_over.append(piece.words[0])
            elif piece.role == LEFT_OVER:
                left_over.append("")
            elif piece.role in {"take_back", "is_not"} and parts:
                given_up, parts = max(given_up, len("".join(parts))), []
        return self._judge(parts, left_over, given_up)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Reject: plates have no keys."""
        return Rejected(Reason.NOT_KEYED)

    def read_back(self, value: str, language: Language) -> str:
        """Return the plate character by character, in English with the name of the province."""
        first, rest = value[0], spell_characters(value[2:], language)
        if language is Language.CHINESE:
            return f"{first}，{value[1]}，{rest}"
        return f"{EN_PROVINCES[first]}, {value[1]}, {rest}"

    def _judge(
        self, parts: list[str], left_over: list[str], given_up: int
    ) -> Parsed[str] | Rejected:
        """Put the plate together."""
        is_sure = not left_over
        if parts and parts[0] not in _PROVINCES and left_over and left_over[-1]:
            provinces = _provinces_of(left_over[-1])
            if len(provinces) > 1:
                return Rejected(Reason.AMBIGUOUS)
            parts = [*provinces, *parts]
        number = "".join(parts)
        if len(number) < given_up:
            return Rejected(Reason.AMBIGUOUS)
        if not parts or parts[0] not in _PROVINCES:
            has_some = len(number) > 2
            return Rejected(Reason.NOT_IN_USE if has_some else Reason.NOT_UNDERSTOOD)
        if number[1:2].isdigit():
            return Rejected(Reason.NOT_IN_USE)
        if len(number) < 7:
            return Rejected(Reason.TOO_SHORT)
        if len(number) > 8:
            return Rejected(Reason.TOO_LONG)
        if not _PLATE.fullmatch(number):
            return Rejected(Reason.NOT_IN_USE)
        return Parsed(number, is_sure)


def _provinces_of(char: str) -> list[str]:
    if char in _PROVINCES:
        return [char]
    sounds = set(readings(char))
    return [province for province in _PROVINCES if sounds & set(readings(province))]
