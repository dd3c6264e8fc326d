"""Cuts what a caller said into tokens, in one script. Core, no I/O.

An English word is a token, and so are a Chinese character, a row of digits, and a sign that may
mean something: ``$``, ``-`` between digits, ``+``. A pause is a token, too (a comma). Traditional
characters of the word lists become simplified ones.
"""

from __future__ import annotations

import re
import unicodedata

from ivr_agi.language.text import HAN, fold
from ivr_agi.language.zh.script import ZH_SIMPLIFIED

__all__ = ("END", "MOST_TOKENS", "PAUSE", "QUESTION", "split_tokens")

MOST_TOKENS = 60
"""Of a longer answer, only so many are read. The rest is not understood."""
PAUSE = ","
QUESTION = "?"
END = "<cut>"
"""The last token of an answer that was cut."""

_SIMPLIFIED = str.maketrans(dict(zip(*ZH_SIMPLIFIED, strict=True)))
_INITIALS = re.compile(r"(?<![a-z])([ap])\.? ?(m)(?![a-z'])\.?")
_JOINED = re.compile(r"(?<=[a-z])-(?=[a-z])")
_FULL_WIDTH = re.compile("[，、；]")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+)(?![\d,])")
_TOKEN = re.compile(
    r"(?P<digits>\d+)(?P<ordinal>(?:st|nd|rd|th)(?![a-z]))?"
    rf"|(?P<word>[a-z]+(?:'[a-z]+)*|[{HAN}])"
    r"|(?P<glued>(?<=\d)[.,:/-](?=\d))"
    r"|(?P<sign>[$€£¥%+]|-(?=\d))"
    r"|(?P<question>\?)"
    r"|(?P<pause>[,;.!:、。—]|\s-+\s)"
)


def split_tokens(text: str) -> list[str]:
    """Return the tokens of a text, :data:`MOST_TOKENS` at most, then :data:`END` if it was cut.

    A row of digits is one token, without its commas (``1,234``). ``th`` follows an ordinal in
    digits. A point, comma, colon, slash or hyphen between two digits is a token with ``~`` before
    it. Any other mark is a pause, or nothing.
    """
    text = fold(_FULL_WIDTH.sub(" , ", text[:2000])).translate(_SIMPLIFIED)
    if not text.isascii():
        text = "".join(_as_ascii(char) if char.isdigit() else char for char in text)
    text = _INITIALS.sub(r" \1\2 ", text)
    text = _JOINED.sub(" ", text)
    text = _THOUSANDS.sub(lambda match: match[1].replace(",", ""), text)
    tokens: list[str] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "ordinal":
            tokens += (match["digits"], "th")
        elif kind == "glued":
            tokens.append("~" + match[0])
        elif kind == "pause":
            if tokens and tokens[-1] != PAUSE:
                tokens.append(PAUSE)
        elif kind == "question":
            tokens.append(QUESTION)
        else:
            tokens.append(match[0])
        if len(tokens) > MOST_TOKENS:
            return [*tokens[:MOST_TOKENS], END]
    return tokens


def _as_ascii(char: str) -> str:
    value = unicodedata.digit(char, None)
    return char if value is None else str(value)
