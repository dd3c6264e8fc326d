"""The table of voices (sis-protocol.md 9 to 11)."""

from __future__ import annotations

import pytest

from ivr_agi.sis.wire.voices import VENDOR_VOICES, vendor_voice


@pytest.mark.parametrize(
    ("voice", "limit"),
    [
        ("chinese_xiaoyan_common", 499),
        ("english_cameal_common", 499),
        ("chinese_huaxiaomin_common", 499),
        ("chinese_huaxiaomei_common", 10_000),
        ("english_amy_common", 10_000),
        ("english_dh_male", 10_000),
        ("arabic_dh_female", 10_000),
        ("chinese_huaxiaorui_literature", 10_000),
        ("odd", 499),
    ],
)
def test_each_voice_has_its_limit(voice: str, limit: int) -> None:
    """As the documents of its time say (9, ``text``)."""
    assert vendor_voice(voice).max_characters == limit


@pytest.mark.parametrize(
    ("property_", "expected"),
    [
        ("chinese_xiaoyan_common", 100),
        ("english_cameal_common", 100),
        ("chinese_huaxiaomei_common", 50),
        ("english_amy_common", 50),
        ("nonsense", 50),
    ],
)
def test_call_units(property_: str, expected: int) -> None:
    """Ordinary ones are listed; the others count as premium."""
    assert vendor_voice(property_).unit == expected


def test_who_takes_ssml() -> None:
    """Thirteen voices of the China site (11)."""
    takers = {name for name, voice in VENDOR_VOICES.items() if voice.takes_ssml}
    assert len(takers) == 13
    assert all(VENDOR_VOICES[name].language == "chinese" for name in takers)
    assert not vendor_voice("chinese_somebody_common").takes_ssml
