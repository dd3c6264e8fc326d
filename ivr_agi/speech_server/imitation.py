"""What a region of the cloud refuses, for a server that is to behave like it. Core, no I/O.

Without a region the server takes what its engines can do: models of either rate, any hot words.

Source: :mod:`ivr_agi.catalogue`; ``sis-protocol.md`` 4.1 (messages), 5 (fields), 9 (formats), 12.1
(codes). Where the vendor's pages do not name a code, it is our choice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ivr_agi.catalogue import (
    HOT_WORD_CHARACTERS,
    HOT_WORD_TABLES,
    REGIONS,
    check_model,
    check_voice,
    table_language,
    vendor_voice,
)
from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.hot_words import wrong_with
from ivr_agi.speech_server.requests import BadRequest

if TYPE_CHECKING:
    from ivr_agi.sis.wire.messages import SynthesisConfig
    from ivr_agi.speech_server.vocabularies import Vocabulary

__all__ = ("Imitation", "imitation_of")

_FIELDS_AT_HOME = ("digit_norm", "need_word_info")
"""Fields of START that the international pages lack."""
_TABLE_NAME = re.compile(r"[A-Za-z0-9_#-]{1,32}")
_FORM = re.compile(r"(?P<heard>[^=/]*)(?:/\d+)?(?:=(?P<instead>.*))?")


@dataclass(frozen=True)
class Imitation:
    """A region's rules; those of no region let everything pass."""

    region: str = ""

    @property
    def url(self) -> str:
        """The region's endpoint; empty without one."""
        return REGIONS[self.region].url if self.region else ""

    @property
    def has_streaming(self) -> bool:
        """Streaming synthesis is there."""
        return self.region in ("", "cn-east-3")

    @property
    def most_tables(self) -> int | None:
        """Hot-word tables of a project; None: no limit."""
        return HOT_WORD_TABLES if self.region else None

    def check_start(self, config: dict[str, Any]) -> None:
        """Check the fields of a recognition START.

        Raises:
            BadRequest: SIS.0031: the region has no such model, or does not know the field.
        """
        if not self.region:
            return
        if REGIONS[self.region].is_international:
            for key in _FIELDS_AT_HOME:
                if key in config:
                    raise BadRequest("SIS.0031", f"'{key}' is not supported")
        if reason := check_model(str(config.get("property")), self.url):
            raise BadRequest("SIS.0031", f"'property' is not supported: {reason}")

    def check_voice(self, config: SynthesisConfig) -> None:
        """Check the voice of a synthesis.

        Raises:
            BadRequest: SIS.0411, SIS.0402 or SIS.0410: no such voice, rate or format.
        """
        if not self.region:
            return
        if reason := check_voice(config.property, self.url):
            raise BadRequest("SIS.0411", f"'property' is invalid: {reason}")
        if config.sample_rate not in vendor_voice(config.property).rates_hz:
            raise BadRequest("SIS.0402", f"'sample_rate' {config.sample_rate} is not supported")
        if REGIONS[self.region].is_international and config.audio_format != "pcm":
            raise BadRequest("SIS.0410", "'audio_format' must be pcm")

    def is_too_short(self, n_bytes: int, rate_hz: int) -> bool:
        """Whether an audio message is too short, unless it is the last one (4.1)."""
        return bool(self.region) and n_bytes < rate_hz // 50

    def check_table(self, table: Vocabulary) -> None:
        """Check a hot-word table.

        Raises:
            BadRequest: SIS.0032 for the name, SIS.0205 for the language, SIS.0203 for a word.
        """
        if not self.region:
            return
        if not _TABLE_NAME.fullmatch(table.name):
            raise BadRequest("SIS.0032", "'name' must be up to 32 letters, digits, _, - and #")
        if table.language not in HOT_WORD_CHARACTERS:
            known = ", ".join(HOT_WORD_CHARACTERS)
            raise BadRequest("SIS.0205", f"'language' must be one of {known}")
        for word in table.contents:
            if reason := wrong_with(word, table.language):
                raise BadRequest("SIS.0203", f"{word!r} in 'contents': {reason}")

    def splits_phrases(self, property_: str) -> bool:
        """Whether the tables of a model hold the single words of phrases.

        An English table takes no blanks, so that "account balance" is two words of it, and the
        caller says one after the other.
        """
        return bool(self.region) and table_language(property_) == "english"

    def phrases(self, table: Vocabulary, property_: str) -> tuple[str, ...] | None:
        """Return the words of a table that a model expects; None: it has no effect on it."""
        if not self.region:
            return tuple(table.contents)
        if table.language != table_language(property_):
            return None
        forms = (_FORM.fullmatch(word) for word in table.contents)
        found = (form["instead"] or form["heard"] for form in forms if form)
        return tuple(dict.fromkeys(found))


def imitation_of(region: str) -> Imitation:
    """Return a region's rules; those of "" let everything pass.

    Raises:
        ConfigError: There is no such region.
    """
    if region and region not in REGIONS:
        raise ConfigError(f"must be one of {', '.join(REGIONS)}, got {region!r}", key="--as")
    return Imitation(region)
