"""What a voice says of a text with markup that it does not take. Core, no I/O."""

from __future__ import annotations

import logging

from ivr_agi.sis.wire.ssml import is_ssml, text_of_ssml
from ivr_agi.sis.wire.voices import vendor_voice

__all__ = ("sayable",)

_log = logging.getLogger("ivr_agi.dialogue")


def sayable(text: str, property_: str) -> str:
    """Return what a voice can say: of SSML for a voice that takes none, the words.

    Args:
        text: A text, or SSML.
        property_: The voice.
    """
    if not is_ssml(text) or vendor_voice(property_).takes_ssml:
        return text
    _log.warning("a prompt is said without its markup: %s takes no SSML", property_)
    return text_of_ssml(text)
