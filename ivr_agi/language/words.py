"""Words that are no answer: hesitations, carrier phrases, and words that turn an answer round.

Core, no I/O. The lists are in :mod:`.english` and :mod:`.chinese`.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

from ivr_agi.language.chinese import (
    ZH_CARRIERS,
    ZH_HESITATIONS,
    ZH_NEGATIONS,
    ZH_NEGATIONS_AFTER,
    ZH_NOT_NEGATIVE,
    ZH_NOT_QUITE,
    ZH_OR,
    ZH_RESTARTS,
)
from ivr_agi.language.en.forms import EN_BACKCHANNELS
from ivr_agi.language.english import (
    EN_CARRIERS,
    EN_HESITATIONS,
    EN_NEGATIONS,
    EN_NEGATIONS_AFTER,
    EN_NOT_NEGATIVE,
    EN_NOT_QUITE,
    EN_OR,
    EN_RESTARTS,
)
from ivr_agi.language.text import HAN, normalise, split_words
from ivr_agi.language.zh.forms import ZH_BACKCHANNELS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ("HESITATIONS", "Meant", "count_words", "how_meant", "is_backchannel", "split_carriers")

HESITATIONS = EN_HESITATIONS | ZH_HESITATIONS
"""What callers utter without meaning anything, English and Chinese."""

_CARRIER = re.compile(
    rf"(?<![\w'])(?:{'|'.join(EN_CARRIERS)})(?![\w'])|{'|'.join(ZH_CARRIERS)}", re.ASCII
)


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(words)})"


_OBJECT = (
    r"(?: (?:i|want|need|to|like|the|an?|my|be|do|speak|talk|go|ask|for|about|any|this|that))*"
)
_NOT_NEGATIVE = re.compile(
    rf"(?<![\w'])(?:{_any(EN_NOT_NEGATIVE)})(?![\w'])|{_any(ZH_NOT_NEGATIVE)}"
)
_NEGATED_BEFORE = re.compile(
    rf"(?:^|[^是要能会可对]){_any(ZH_NEGATIONS)}(?:要|想|用|是|需要|有|再|去){{0,3}}"
    r"(?:给我|帮我|转|接|找|查|再|办)?$"
    rf"|(?<![\w']){_any(EN_NEGATIONS)}{_OBJECT}$"
)
_NEGATED_AFTER = re.compile(
    rf"^ ?(?:的|了|业务|这个)*(?:就|先|我|都)*{_any(ZH_NEGATIONS_AFTER)}"
    rf"|^ (?:please )?{_any(EN_NEGATIONS_AFTER)}$"
)
_DOUBTED_BEFORE = re.compile(
    rf"{_any(ZH_NOT_QUITE)}(?:(?!{_any(ZH_RESTARTS)})[{HAN}]){{0,3}}$"
    rf"|(?<![\w']){_any(EN_NOT_QUITE)}(?: (?!{_any(EN_RESTARTS)}(?![\w']))[\w']+){{0,4}}$"
    rf"|{_any(ZH_OR)}(?:要|查|办|是)?$|(?<![\w']){_any(EN_OR)}{_OBJECT}$"
)
_DOUBTED_AFTER = re.compile(rf"^ ?(?:呢|吧)?{_any(ZH_OR)}|^ {_any(EN_OR)}(?![\w'])")


class Meant(Enum):
    """How a phrase is meant by the words around it."""

    YES = auto()
    UNSURE = auto()
    """"No ...", "I'm not calling about ...", "... or": worth a question."""
    NO = auto()
    """"I don't want ...", 不要, "... isn't what I want"."""


_BACKCHANNELS = re.compile(
    "(?:(?:"
    + "|".join(
        sorted(
            {normalise(phrase) for phrase in (*EN_BACKCHANNELS, *ZH_BACKCHANNELS)} | HESITATIONS,
            key=len,
            reverse=True,
        )
    )
    + rf")(?= |$|(?<=[{HAN}])) ?)+"
)


def is_backchannel(text: str) -> bool:
    """Tell whether a text is nothing but what people say while they listen: "uh-huh", 好的."""
    return _BACKCHANNELS.fullmatch(normalise(text)) is not None


def count_words(text: str, hesitations: Collection[str] = HESITATIONS) -> int:
    """Count the words of a text without hesitations; a Chinese character is a word."""
    return sum(word not in hesitations for word in split_words(text))


def split_carriers(text: str) -> list[tuple[str, bool]]:
    """Cut a normalised text into pieces, each with whether it is a carrier phrase."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for match in _CARRIER.finditer(text):
        pieces.append((text[at : match.start()], False))
        pieces.append((match[0], True))
        at = match.end()
    pieces.append((text[at:], False))
    return [piece for piece in pieces if piece[0].strip()]


def how_meant(before: str, after: str = "") -> Meant:
    """Tell how a phrase is meant.

    Args:
        before: The normalised words before it: 不要, "I don't want an".
        after: Those after it.
    """
    before = _NOT_NEGATIVE.sub(" ", before).rstrip()
    if _NEGATED_BEFORE.search(before) or _NEGATED_AFTER.search(after):
        return Meant.NO
    if _DOUBTED_BEFORE.search(before) or _DOUBTED_AFTER.search(after):
        return Meant.UNSURE
    return Meant.YES
