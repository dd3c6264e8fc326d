"""Checks SSML before it is sent, and says where it is wrong.

Core, no I/O. The parser is the standard library's expat, which knows lines and columns. The service
answers every mistake with the same code, in the middle of a call.

Source: ``sis-protocol.md`` 11: a subset of W3C SSML 1.1, for some voices only. The attributes of
``sub`` are not documented; W3C's ``alias`` is assumed.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from ivr_agi.catalogue import VENDOR_VOICES, VendorVoice
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("check_ssml", "is_ssml", "text_of_ssml", "unescape_entities")

_READINGS = "money|date|figure|phone|english|spell"

_TAGS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "speak": {},
    "break": {"time": (r"\d+(\.\d+)?m?s", 'a time such as "500ms"')},
    "phoneme": {"ph": (r"[a-zü]+[0-5]( [a-zü]+[0-5])*", 'pinyin with tones such as "tian1 qi1"')},
    "say-as": {"interpret-as": (_READINGS, f"one of {_READINGS.replace('|', ', ')}")},
    "sub": {"alias": (r".+", "a text")},
}
"""Tags, their attributes (all required), and the pattern and description of each value."""


_NO_CHARACTER = re.compile(r"&#\d{8,};?")


def is_ssml(text: str) -> bool:
    """Tell by its first characters whether a text is SSML."""
    return re.match(r"\s*<(\?xml|!|speak\b)", text) is not None


def check_ssml(text: str, voice: VendorVoice) -> None:
    """Check markup before it is sent.

    Args:
        text: The whole text, ``<speak>...</speak>``.
        voice: The voice that will speak it.

    Raises:
        ConfigError: The XML is not well-formed, a tag, attribute or value is not supported (with
            line and column), or the voice takes no SSML.
    """
    if not voice.takes_ssml:
        takers = sorted(name for name, known in VENDOR_VOICES.items() if known.takes_ssml)
        reason = f"the voice {voice.name!r} takes no SSML, only {', '.join(takers)}"
        raise ConfigError(reason, key="ssml")
    _Checker(text).run()


def text_of_ssml(ssml: str) -> str:
    """Return the words of a text with markup, also where that is wrong."""
    return " ".join(unescape_entities(re.sub(r"<[^>]*>", " ", ssml)).split())


def unescape_entities(text: str) -> str:
    """Return a text with ``&lt;`` and the like as characters, without numbers of none.

    ``html.unescape`` raises ValueError where a number has thousands of digits.
    """
    return html.unescape(_NO_CHARACTER.sub("", text))


class _Checker:
    """Goes through one text, tag by tag."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[str] = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = lambda _: self._open.pop()
        self._parser.CharacterDataHandler = self._take_text
        self._parser.StartDoctypeDeclHandler = lambda *_: self._refuse("no DOCTYPE is allowed")

    def run(self) -> None:
        try:
            self._parser.Parse(self._text.encode(errors="replace"), True)
        except expat.ExpatError as exc:
            reason = f"no well-formed XML: {expat.ErrorString(exc.code)}"
            raise _error(reason, exc.lineno, exc.offset) from exc

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        allowed = _TAGS.get(tag)
        if allowed is None:
            self._refuse(f"<{tag}> is unknown, there are {', '.join(_TAGS)}")
        elif (tag == "speak") != (not self._open):
            self._refuse("<speak> must be around everything, and nowhere else")
        elif len(self._open) > 1:
            self._refuse(f"<{tag}> must be directly in <speak>, it is in <{self._open[-1]}>")
        else:
            self._check_attributes(tag, allowed, attributes)
        self._open.append(tag)

    def _check_attributes(
        self, tag: str, allowed: Mapping[str, tuple[str, str]], attributes: dict[str, str]
    ) -> None:
        if set(attributes) != set(allowed):
            expected = ", ".join(allowed) or "no attributes"
            found = ", ".join(attributes) or "none"
            self._refuse(f"<{tag}> takes {expected}, found {found}")
        for name, (pattern, meaning) in allowed.items():
            if not re.fullmatch(pattern, attributes[name]):
                self._refuse(f"{name} of <{tag}> must be {meaning}, got {attributes[name]!r}")

    def _take_text(self, text: str) -> None:
        if self._open[-1] == "break" and text.strip():
            self._refuse("<break> must be empty")

    def _refuse(self, reason: str) -> None:
        raise _error(reason, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber)


def _error(reason: str, line: int, offset: int) -> ConfigError:
    return ConfigError(reason, line=line, column=offset + 1, key="ssml")
