"""Billing of synthesis: call units of 100 characters, or of 50 with a premium voice.

Core, no I/O. Each synthesis is rounded up, and a long text is several syntheses. A Chinese
character, a letter, a space and a punctuation mark are one character each. It is not documented
whether markup counts; here it does.

Source: ``sis-protocol.md`` 10 (voices), 13 (billing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.catalogue import vendor_voice
from ivr_agi.sis.wire.ssml import is_ssml
from ivr_agi.sis.wire.texts import speakable_pieces, split_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ("TYPICAL_VOICES", "billed_units", "characters_per_unit", "estimated_units")

TYPICAL_VOICES: Mapping[str, str] = {
    "ordinary": "chinese_xiaoyan_common",
    "premium": "chinese_huaxiaomei_common",
}
"""A voice of each kind, for estimates without a voice."""


def characters_per_unit(property_: str) -> int:
    """Return the characters of one call unit; voices that are not listed count as premium."""
    return vendor_voice(property_).unit


def billed_units(text: str, property_: str) -> int:
    """Return the call units of one synthesis of a text.

    Raises:
        ConfigError: The text is empty, or SSML that is wrong.
    """
    return _units(speakable_pieces(text, property_), property_)


def estimated_units(text: str, property_: str) -> int:
    """Return the call units of any text: SSML is not checked, and an empty text is 0."""
    limit = vendor_voice(property_).max_characters
    return _units([text] if is_ssml(text) else split_text(text, limit), property_)


def _units(pieces: Iterable[str], property_: str) -> int:
    unit = characters_per_unit(property_)
    return sum(-(-len(piece) // unit) for piece in pieces)
