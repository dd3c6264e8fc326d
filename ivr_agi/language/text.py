"""A text's language, characters and words, in one form for comparing. Core, no I/O."""

from __future__ import annotations

import functools
import re
import unicodedata
from enum import StrEnum

__all__ = (
    "HAN",
    "IDEOGRAPHS",
    "Language",
    "fold",
    "is_cjk",
    "language_of",
    "normalise",
    "split_words",
)

IDEOGRAPHS = "㐀-䶿一-鿿"
"""Ranges of Chinese characters for a character class: Unicode's unified ideographs, BMP."""
HAN = f"{IDEOGRAPHS}豈-﫿〇"
"""The same with compatibility ideographs and the zero of written years."""

_CJK = re.compile(f"[{HAN}]")
_WORD = re.compile(rf"[{HAN}]|[\w']+")


class Language(StrEnum):
    """A language that answers are understood in and values are read back in."""

    CHINESE = "zh"
    ENGLISH = "en"


@functools.lru_cache(maxsize=64)
def language_of(tag: str, *, default: Language | None = None) -> Language:
    """Return the language of a tag (``zh``, ``zh-CN``) or of a voice (``chinese_xiaoyan_common``).

    Args:
        tag: Tag or name; only what stands before the first ``-`` or ``_`` counts.
        default: What any other language is taken for.

    Raises:
        ValueError: It is another language and there is no default.
    """
    match re.split(r"[-_]", tag.lower())[0]:
        case "zh" | "chinese":
            return Language.CHINESE
        case "en" | "english":
            return Language.ENGLISH
    if default is None:
        raise ValueError(f"values are read back in zh and en, not in {tag!r}")
    return default


def is_cjk(text: str) -> bool:
    """Tell whether a text has Chinese characters."""
    return bool(_CJK.search(text))


def fold(text: str) -> str:
    """Fold width and case; blanks become one, ’ becomes '."""
    return " ".join(_fold_characters(text).split())


def normalise(text: str) -> str:
    """Fold a text, drop its punctuation, and put one blank between words."""
    return " ".join(_fold_characters(text).translate(_BLANKS).split())


def split_words(text: str) -> list[str]:
    """Return the words of a text, folded, without punctuation; a Chinese character is a word."""
    return _WORD.findall(_fold_characters(text))


def _fold_characters(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


class _Blanks(dict[int, str]):
    """A blank for punctuation, itself for any other character; each is looked up once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        is_kept = char == "'" or unicodedata.category(char)[0] not in "PZSC"
        return self.setdefault(code, char if is_kept else " ")


_BLANKS = _Blanks()
