"""Converts SIS's subset of SSML to the SSML of espeak-ng. Core, no I/O.

espeak reads pinyin with tone digits, so ``phoneme`` becomes its ``ph``. It needs the time of a
break in whole milliseconds. Spaces between digits and letters make it spell them.

Source: ``sis-protocol.md`` 11. Tags may be nested, although the service does not document it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from xml.etree.ElementTree import Element

__all__ = ("to_espeak",)

LONGEST_BREAK_MS = 10_000
"""Longest break: one tag must not block a voice for minutes."""

_TIME = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s)")
_PINYIN = re.compile(r"[a-zü]+[0-5](?: [a-zü]+[0-5])*")
_READINGS: Mapping[str, Callable[[str], str]] = {
    "money": escape,
    "date": escape,
    "figure": escape,
    "phone": lambda text: escape(" ".join("".join(text.split()))),
    "spell": lambda text: escape(" ".join("".join(text.split()))),
    "english": lambda text: f'<voice xml:lang="en-us">{escape(text)}</voice>',
}
"""``interpret-as`` and what espeak gets; espeak itself knows how to read money and dates."""


def to_espeak(text: str) -> str:
    """Convert a ``<speak>`` document for espeak.

    Raises:
        ValueError: It is not well-formed XML, or has a tag, an attribute or a value that SIS does
            not have.
    """
    if "<!" in text:
        raise ValueError("SSML must have no DOCTYPE, comment or CDATA")
    try:
        root = ElementTree.fromstring(text.strip())
    except ElementTree.ParseError as error:
        raise ValueError(f"SSML is not well-formed: {error}") from error
    if root.tag != "speak" or root.attrib:
        raise ValueError("SSML must be one <speak> without attributes")
    return f"<speak>{_content(root)}</speak>"


def _content(element: Element) -> str:
    parts = [escape(element.text or "")]
    for child in element:
        parts += (_tag(child), escape(child.tail or ""))
    return "".join(parts)


def _tag(element: Element) -> str:
    match element.tag, dict(element.attrib):
        case "break", {"time": time, **rest} if not rest and (found := _TIME.fullmatch(time)):
            length_ms = round(float(found[1]) * (1000 if found[2] == "s" else 1))
            return f'<break time="{min(length_ms, LONGEST_BREAK_MS)}ms"/>'
        case "phoneme", {"ph": ph, **rest} if not rest and _PINYIN.fullmatch(ph):
            return f" {ph} "
        case "say-as", {"interpret-as": kind, **rest} if not rest and kind in _READINGS:
            return _READINGS[kind]("".join(element.itertext()))
        case "sub", {"alias": alias, **rest} if not rest:
            return escape(alias)
    attributes = "".join(f' {name}="{value}"' for name, value in element.attrib.items())
    raise ValueError(f"SSML tag <{element.tag}{attributes}> is not supported")
