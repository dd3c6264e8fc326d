"""What a synthesis is billed: call units of 100 characters, or of 50 with a premium voice.

Core, no I/O. Every synthesis is rounded up by itself; a Chinese character, a letter, a blank and a
sign are one character each. Not known: what markup counts; here it counts.

Source: ``sis-protocol.md`` 10 (voices), 13 (billing).
"""

from __future__ import annotations

from ivr_agi.sis.wire.texts import speakable_pieces

__all__ = ("billed_units", "characters_per_unit")

_ORDINARY_SPEAKERS = frozenset(
    """xiaoqi xiaowen xiaoyu xiaoxia xiaoyan xiaoqian xiaowang xiaojing xiaosong xiaodai
    cameal""".split()
)


def characters_per_unit(property_: str) -> int:
    """Characters of one call unit with a voice; voices that are not listed count as premium."""
    speaker = (property_.split("_") + [""])[1]
    return 100 if speaker in _ORDINARY_SPEAKERS else 50


def billed_units(text: str, property_: str) -> int:
    """Call units that a text costs each time it is synthesised.

    Raises:
        ConfigError: The text is empty, or SSML that is wrong.
    """
    size = characters_per_unit(property_)
    return sum(-(-len(piece) // size) for piece in speakable_pieces(text, property_))
