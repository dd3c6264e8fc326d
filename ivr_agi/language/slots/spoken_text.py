"""Names and addresses: the caller's words without what is said around them, spelled back. Core."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.en.names import EN_ADDRESS_CARRIERS, EN_NAME_CARRIERS, EN_NAME_ENDS
from ivr_agi.language.saying import spell_digits
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.free_text import FreeText
from ivr_agi.language.text import HAN, Language
from ivr_agi.language.zh.names import (
    ZH_ADDRESS_CARRIERS,
    ZH_NAME_CARRIERS,
    ZH_NAME_ENDS,
    ZH_SPELLED_NAMES,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("PostalAddress", "PersonName")


def _carriers(english: Sequence[str], chinese: Sequence[str], where: str) -> re.Pattern[str]:
    """Match phrases at the beginning or the end of a text."""
    ours = "|".join(sorted(map(re.escape, english), key=len, reverse=True))
    theirs = "|".join(sorted(map(re.escape, chinese), key=len, reverse=True))
    phrase = rf"(?:(?<![\w'])(?:{ours})(?![\w'])|(?:{theirs}))"
    mark = r"[\s,.，。!！?？、]*"
    pattern = (
        rf"^{mark}(?:{phrase}{mark})+" if where == "before" else rf"(?:{mark}{phrase})+{mark}$"
    )
    return re.compile(pattern, re.IGNORECASE)


_BEFORE_NAME = _carriers(EN_NAME_CARRIERS, ZH_NAME_CARRIERS, "before")
_AFTER_NAME = _carriers(EN_NAME_ENDS, ZH_NAME_ENDS, "after")
_BEFORE_ADDRESS = _carriers(EN_ADDRESS_CARRIERS, ZH_ADDRESS_CARRIERS, "before")
_SPELLED = re.compile(r"(?<![\w'])(?:[A-Za-z](?:[\s.,-]+|$)){3,}")
"""A word spelled letter by letter."""
_HAN = re.compile(f"[{HAN}]")
_CODE = re.compile(r"(?=[A-Za-z]*\d)[A-Za-z0-9]+")
"""House numbers and postcodes."""


@dataclass(frozen=True, kw_only=True)
class PersonName(Slot[str]):
    """A person's name as ``str``. Always asked about, as nobody can know how it is written."""

    min_length: int = 1
    max_length: int = 60

    is_open: ClassVar = True
    reasons: ClassVar = FreeText.reasons

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Take the name out of "my name is John Smith", 我叫张伟.

        Letters after it spell its last word: "Smith, S M Y T H".
        """
        heard = FreeText(max_length=500).parse(text)
        if isinstance(heard, Rejected):
            return heard
        said = _AFTER_NAME.sub("", _BEFORE_NAME.sub("", heard.value))
        said = _with_spelling(said.strip(" ,.，。!?"))
        if not _HAN.search(said):
            said = " ".join(word[:1].upper() + word[1:] for word in said.split())
        return _bounded(said, self.min_length, self.max_length)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Reject: names have no keys."""
        return Rejected(Reason.NOT_KEYED)

    def read_back(self, value: str, language: Language) -> str:
        """Return the name and its spelling: "Smith, S M I T H", 张伟，弓长张，伟大的伟."""
        if _HAN.search(value):
            return "，".join((value, *(ZH_SPELLED_NAMES.get(char, char) for char in value)))
        words = value.split()
        return ", ".join((value, *(" ".join(word.upper()) for word in words)))


@dataclass(frozen=True, kw_only=True)
class PostalAddress(Slot[str]):
    """A postal address as ``str``. Always asked about."""

    min_length: int = 1
    max_length: int = 200

    is_open: ClassVar = True
    reasons: ClassVar = FreeText.reasons

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Take the address out of "I live at twelve Main Street", 我住在中山路八号."""
        heard = FreeText(max_length=500).parse(text)
        if isinstance(heard, Rejected):
            return heard
        said = _BEFORE_ADDRESS.sub("", heard.value).strip(" ,.，。!?")
        return _bounded(said, self.min_length, self.max_length)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Reject: addresses have no keys."""
        return Rejected(Reason.NOT_KEYED)

    def read_back(self, value: str, language: Language) -> str:
        """Return the address, with numbers and postcodes character by character."""

        def spell(match: re.Match[str]) -> str:
            spelled = spell_digits(" ".join(match[0].upper()), language).replace("，", "")
            return spelled.replace(",", "")

        return _CODE.sub(spell, value)


def _bounded(text: str, least: int, most: int) -> Parsed[str] | Rejected:
    if not any(char.isalnum() for char in text):
        return Rejected(Reason.NOT_UNDERSTOOD)
    if len(text) < least:
        return Rejected(Reason.TOO_SHORT)
    if len(text) > most:
        return Rejected(Reason.TOO_LONG)
    return Parsed(text, is_sure=False)


def _with_spelling(text: str) -> str:
    """Put what is spelled in place of the word before it that begins alike."""
    match = _SPELLED.search(text)
    if match is None:
        return text
    spelled = "".join(char for char in match[0] if char.isalpha()).lower()
    before = text[: match.start()].rstrip(" ,.-")
    after = text[match.end() :].strip(" ,.-")
    head, _, last = before.rpartition(" ")
    if last[:1].lower() == spelled[:1]:
        before = head
    return " ".join(filter(None, (before, spelled, after)))
