"""Hot words by the vendor's rules: what a table takes, and what has to be left out of it.

Core, no I/O. English in capitals, digits in words (Chinese numerals in a Chinese table), no signs;
32 characters in a Chinese table, 64 in an English one. A Chinese table may hold English words, an
English one no Chinese. With hot words 3.0 a word may have a weight (``词/8``) or replace another
(``谐音=词``).

Source: the vendor's page usermanual-sis sis_09_0005, and its blog 420579 (3.0).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.catalogue import HOT_WORD_CHARACTERS
from ivr_agi.language.english import EN_ONES
from ivr_agi.language.text import HAN, is_cjk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ("MAX_HOT_WORDS", "HotWords", "as_hot_words", "wrong_with")

MAX_HOT_WORDS = 10_000
"""Words of one table."""
_CHINESE_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")
_DIGIT = re.compile(r"[0-9]")
_SIGN = re.compile(rf"[^A-Z0-9{HAN} ]")
_WORD = re.compile(rf"[A-Z{HAN}]+(?: [A-Z{HAN}]+)*")
_WEIGHT = re.compile(r"/(?:10|[1-9])")


@dataclass(frozen=True)
class HotWords:
    """What becomes of phrases in a table."""

    words: tuple[str, ...]
    """In the form that the service takes, each once."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Phrases that are not in it, and why."""


def as_hot_words(
    phrases: Iterable[str], language: str, weights: Mapping[str, int] | None = None
) -> HotWords:
    """Bring phrases into the form that a table takes.

    A phrase without Chinese is taken word by word: the service allows no blanks. A number is
    spelled digit by digit.

    Args:
        phrases: Words and phrases of a flow.
        language: Of the table: ``chinese_mandarin`` or ``english``.
        weights: 1 to 10 for some of the phrases; they become part of the word (hot words 3.0).
    """
    found: dict[str, None] = {}
    left_out = []
    for phrase in dict.fromkeys(phrases):
        weight = (weights or {}).get(phrase)
        words = [
            f"{word}/{weight}" if weight else word for word in _plain(phrase, language).split()
        ]
        reason = _refusal(phrase, words, language)
        if reason or len(found) + len(words) > MAX_HOT_WORDS:
            left_out.append((phrase, reason or f"a table holds {MAX_HOT_WORDS} words"))
        else:
            found |= dict.fromkeys(words)
    return HotWords(tuple(found), tuple(left_out))


def wrong_with(word: str, language: str) -> str:
    """Return why the service does not take a word as it is; empty: it does."""
    heard, _, instead = word.partition("=")
    for part in filter(None, (heard, instead)):
        bare = _WEIGHT.sub("", part) if part is heard else part
        if not _WORD.fullmatch(bare):
            return "only Chinese and English in capitals, no digits, no signs"
        if language == "english" and is_cjk(bare):
            return "no Chinese in an English table"
        if len(bare) > (most := HOT_WORD_CHARACTERS.get(language, 32)):
            return f"more than {most} characters"
    return "" if heard else "it is empty"


def _plain(phrase: str, language: str) -> str:
    """Write a phrase in letters only."""
    is_chinese = is_cjk(phrase)
    text = unicodedata.normalize("NFKD", phrase)
    text = "".join(char for char in text if not unicodedata.combining(char)).upper()
    text = _SIGN.sub("" if is_chinese else " ", text.replace("'", "").replace("’", ""))
    if is_chinese:
        return "".join(text.translate(_CHINESE_DIGITS).split())
    if language != "english" and not re.search(r"[A-Z]", text):
        return text.translate(_CHINESE_DIGITS)  # 12345: said in Chinese
    return _DIGIT.sub(lambda digit: f" {EN_ONES[int(digit[0])].upper()} ", text)


def _refusal(phrase: str, words: list[str], language: str) -> str:
    if language == "english" and is_cjk(phrase):
        return "an English table takes no Chinese"
    if not words:
        return "it has neither letters nor digits nor Chinese characters"
    return next(filter(None, (wrong_with(word, language) for word in words)), "")
