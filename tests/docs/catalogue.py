"""Writes the table of regions, models and voices: ``python -m tests.docs.catalogue``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ivr_agi.catalogue import (
    HOT_WORD_CHARACTERS,
    HOT_WORD_TABLES,
    HOT_WORD_TABLES_BEFORE,
    MODELS,
    REGIONS,
    STREAMING_CHARACTERS,
    STREAMING_TEXT,
    VENDOR_VOICES,
    VendorVoice,
    model_language,
    model_rate_hz,
)

__all__ = ("make_page",)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sis-catalogue.md"

HEAD = (
    "# Which region has which model and voice\n\n"
    "From `ivr_agi/catalogue.py` (`make docs`). The settings, `ivr-agi doctor` and the local\n"
    "speech server check against the same table. The vendor has more than its pages print: a\n"
    "model or a voice that is not listed is not refused, and `ivr-agi doctor` tries it.\n"
)
RATES = (
    "The caller's audio has 8 kHz. For a model of 16 kHz it is brought to that rate, which takes\n"
    "1 ms.\n"
)
VOICES = (
    "A call unit is what the vendor bills. *Streaming* voices belong to the large model: they are\n"
    "`synthesis.voice_name`, and begin to speak while the text still arrives. A text of theirs\n"
    f"may have {STREAMING_TEXT} characters a message and {STREAMING_CHARACTERS} in all.\n"
)
HOT_WORDS = (
    f"{HOT_WORD_TABLES} tables in a project ({HOT_WORD_TABLES_BEFORE} before hot words 3.0, which\n"
    "need a `_general` model), 10000 words in a table. Longest word: "
    + ", ".join(f"{n} characters in `{name}`" for name, n in HOT_WORD_CHARACTERS.items())
    + ".\nSources: usermanual-sis sis_09_0005, blog 420579.\n"
)


def make_page() -> str:
    """The page."""
    parts = [
        HEAD,
        "## Regions\n",
        _table(
            ("region", "place", "endpoint", "source"),
            ((f"`{r.name}`", r.place, f"`{r.url}`", r.source) for r in REGIONS.values()),
        ),
        "## Recognition models\n",
        RATES,
        _table(
            ("model", "language", "rate", *(f"`{name}`" for name in REGIONS), "note", "source"),
            (
                (
                    f"`{m.property}`",
                    model_language(m.property),
                    f"{(model_rate_hz(m.property) or 0) // 1000} kHz",
                    *("yes" if name in m.regions else "" for name in REGIONS),
                    m.note,
                    m.source,
                )
                for m in MODELS.values()
            ),
        ),
        "## Voices\n",
        VOICES,
        _table(
            ("voice", "regions", "rates", "characters of a unit", "longest text", "SSML", "source"),
            map(_voice, VENDOR_VOICES.values()),
        ),
        "## Hot words\n",
        HOT_WORDS,
    ]
    return "\n".join(parts)


def _voice(voice: VendorVoice) -> tuple[str, ...]:
    tail = "" if voice.name.startswith("dh_") else "_common"
    language = "english, arabic" if voice.name.startswith("dh_") else voice.language
    kind = "streaming" if voice.is_streaming else f"{voice.unit}"
    return (
        " ".join(f"`{each}_{voice.name}{tail}`" for each in language.split(", ")),
        " ".join(voice.regions),
        " ".join(f"{rate // 1000}k" for rate in voice.rates_hz),
        kind,
        str(voice.max_characters),
        "yes" if voice.takes_ssml else "",
        voice.source,
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head), *map(" | ".join, rows)]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
