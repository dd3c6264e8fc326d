"""Yes or no. Core, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ivr_agi.language.chinese import ZH_NO, ZH_UNSURE, ZH_YES
from ivr_agi.language.english import EN_NO, EN_UNSURE, EN_YES
from ivr_agi.language.slots.base import Parsed, Reason, Rejected
from ivr_agi.language.text import Language, normalise

__all__ = ("YesNo",)


def _compile() -> tuple[re.Pattern[str], dict[str, bool]]:
    sides = dict.fromkeys((*EN_YES, *ZH_YES), True)
    sides |= dict.fromkeys((*EN_NO, *ZH_NO), False)
    parts = [
        f"(?<![a-z']){re.escape(word)}(?![a-z'])" if word.isascii() else word
        for word in sorted((*sides, *EN_UNSURE, *ZH_UNSURE), key=len, reverse=True)
    ]
    return re.compile("|".join(parts)), sides


_PATTERN, _SIDES = _compile()
_HUMMED = re.compile(r"(?:嗯|恩|哦|m+hm+|uh huh)+")


@dataclass(frozen=True, kw_only=True)
class YesNo:
    """Yes (``True``) or no (``False``)."""

    yes_key: str = "1"
    no_key: str = "2"

    reasons: ClassVar = (Reason.NOT_UNDERSTOOD, Reason.AMBIGUOUS)

    def parse(self, text: str) -> Parsed[bool] | Rejected:
        """Read the longest phrases that mean yes or no. Both in one answer are ambiguous."""
        said = normalise(text)
        if _HUMMED.fullmatch(said.replace(" ", "")):
            return Parsed(True, is_sure=False)
        found = [_SIDES.get(match[0]) for match in _PATTERN.finditer(said)]
        if not found:
            return Rejected(Reason.NOT_UNDERSTOOD)
        if len(set(found)) > 1 or found[0] is None:
            return Rejected(Reason.AMBIGUOUS)
        return Parsed(found[0])

    def parse_keys(self, keys: str) -> Parsed[bool] | Rejected:
        """Read one of the two keys."""
        value = {self.yes_key: True, self.no_key: False}.get(keys)
        return Rejected(Reason.NOT_UNDERSTOOD) if value is None else Parsed(value)

    def read_back(self, value: bool, language: Language) -> str:
        """Return yes or no."""
        words = {Language.CHINESE: ("否", "是"), Language.ENGLISH: ("no", "yes")}
        return words[language][value]
