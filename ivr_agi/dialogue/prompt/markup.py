"""What a voice says of a text with markup that it does not take, or that is wrong. Core, no I/O."""

from __future__ import annotations

import logging

from ivr_agi.catalogue import vendor_voice
from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.ssml import check_ssml, is_ssml, text_of_ssml

__all__ = ("sayable",)

_log = logging.getLogger("ivr_agi.dialogue")


def sayable(text: str, property_: str) -> str:
    """Return what a voice can say: the words alone of SSML that it does not take, or that is wrong.

    Args:
        text: A text, or SSML.
        property_: The voice.
    """
    if not is_ssml(text):
        return text
    try:
        check_ssml(text, vendor_voice(property_))
    except ConfigError as exc:
        _log.warning("a prompt is said without its markup: %s", exc.reason)
        return text_of_ssml(text)
    return text
