"""Words that are no answer: hesitations, carrier phrases, and words that turn an answer round.

Core, no I/O. The lists are in :mod:`.english` and :mod:`.chinese`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ivr_agi.language.chinese import ZH_CARRIERS, ZH_HESITATIONS
from ivr_agi.language.en.forms import EN_BACKCHANNELS
from ivr_agi.language.english import EN_CARRIERS, EN_HESITATIONS, EN_NEGATIONS
from ivr_agi.language.text import HAN, normalise, split_words
from ivr_agi.language.zh.forms import ZH_BACKCHANNELS

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ("HESITATIONS", "count_words", "is_backchannel", "is_negated", "split_carriers")

HESITATIONS = EN_HESITATIONS | ZH_HESITATIONS
"""What callers utter without meaning anything, English and Chinese."""

_CARRIER = re.compile(
    rf"(?<![\w'])(?:{'|'.join(EN_CARRIERS)})(?![\w'])|{'|'.join(ZH_CARRIERS)}", re.ASCII
)

_NEGATION = re.compile(
    r"(?:^|[^是要能会可对])(?:不|别|没)(?:要|想|用|是|需要|有){0,3}(?:给我|帮我|转|接|找|查|再)?$"
    rf"|(?<![\w'])(?:{'|'.join(EN_NEGATIONS)})"
    r"(?: (?:i|want|need|to|like|the|an?|my|be|speak|talk|go|ask|for|about|any))*$"
)


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


def is_negated(before: str) -> bool:
    """Tell whether the words before a phrase turn it round: 不要, "I don't want an"."""
    return bool(_NEGATION.search(before.rstrip()))
