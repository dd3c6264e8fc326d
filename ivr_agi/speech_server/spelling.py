"""Writes free words: numbers, punctuation, word times. Core, no I/O.

Spoken numbers become digits where that is unambiguous: rows of digits ("one two three" is
123) and numbers below a million. Source: ``sis-protocol.md`` 5 (``add_punc``, ``digit_norm``) and
4.2 (``word_info``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ivr_agi.language.english import EN_ONES, EN_TENS
from ivr_agi.sis.wire.messages import WordInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ivr_agi.speech_server.engines.base import Word

__all__ = ("spell", "word_infos")

WORD_START = "▁"
"""Marks the beginning of an English word (4.2)."""

_ONES = {word: number for number, word in enumerate(EN_ONES)} | {"oh": 0}
_TENS = {word: 10 * number for number, word in enumerate(EN_TENS) if number > 1}
_SCALES = {"hundred": 100, "thousand": 1000}
_NUMBER_WORDS = _ONES.keys() | _TENS.keys() | _SCALES.keys()
_ENGLISH_NUMBER = re.compile(
    rf"\b(?:{'|'.join(_NUMBER_WORDS)})(?: (?:{'|'.join(_NUMBER_WORDS)}))*\b"
)
_CHINESE_DIGITS = str.maketrans("零〇一幺二三四五六七八九", "001123456789")
_CHINESE_ROW = re.compile("[零〇一幺二三四五六七八九]{2,}")


def spell(text: str, language: str, *, digits: bool, punctuation: bool) -> str:
    """Write words as the client wants them.

    Args:
        text: What an engine understood.
        language: ``en-us`` or ``cmn``.
        digits: Write numbers with digits.
        punctuation: Add a capital and a full stop.
    """
    chinese = language == "cmn"
    if digits:
        text = _chinese_digits(text) if chinese else _ENGLISH_NUMBER.sub(_english_digits, text)
    if punctuation and text:
        text = f"{text}。" if chinese else f"{text[0].upper()}{text[1:]}."
    return text


def word_infos(words: Iterable[Word], language: str, offset_ms: int) -> list[WordInfo]:
    """Return word times in SIS's form: English in capitals with a mark, Chinese by character.

    Args:
        words: From the engine; times count from the audio it got.
        language: ``en-us`` or ``cmn``.
        offset_ms: Where that audio begins in the session.
    """
    infos = []
    for word in words:
        pieces = list(word.text) if language == "cmn" else [WORD_START + word.text.upper()]
        length_ms = word.end_ms - word.start_ms
        edges = [
            offset_ms + word.start_ms + length_ms * index // len(pieces)
            for index in range(len(pieces) + 1)
        ]
        infos += [
            WordInfo(word=piece, start_time=start_ms, end_time=end_ms)
            for piece, start_ms, end_ms in zip(pieces, edges, edges[1:], strict=False)
        ]
    return infos


def _english_digits(match: re.Match[str]) -> str:
    words = match[0].split()
    if words == ["oh"] or words[0] in _SCALES or words == ["one"]:
        return match[0]  # more likely a word than a number
    if len(words) > 1 and all(_ONES.get(word, 10) < 10 for word in words):
        return "".join(str(_ONES[word]) for word in words)
    return " ".join(map(str, _numbers(words)))


def _numbers(words: Sequence[str]) -> list[int]:
    """The numbers that follow each other in "twenty five seven hundred": 25 and 700."""
    numbers: list[int] = []
    # A word that is not below ``room`` belongs to another number.
    total, group, room = 0, 0, 1000
    for word in words:
        value = _ONES.get(word, _TENS.get(word, 0))
        if word == "thousand" and 0 < group < 1000 and total == 0:
            total, group, room = group * 1000, 0, 1000
        elif word == "hundred" and 0 < group < 10:
            group, room = group * 100, 100
        elif word not in _SCALES and value < room and not (value == 0 and total + group):
            group += value
            room = 10 if word in _TENS else 1
        else:
            numbers.append(total + group)
            total, group = 0, value or _SCALES.get(word, 0)
            room = 10 if word in _TENS else 1
    return [*numbers, total + group]


def _chinese_digits(text: str) -> str:
    return _CHINESE_ROW.sub(lambda match: match[0].translate(_CHINESE_DIGITS), text)
