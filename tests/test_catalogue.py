"""What the vendor offers where (sis-protocol.md 5, 9 to 11)."""

from __future__ import annotations

import pytest

from ivr_agi.catalogue import (
    MODELS,
    REGIONS,
    VENDOR_VOICES,
    check_model,
    check_voice,
    models_of,
    region_of,
    table_language,
    vendor_voice,
    voices_of,
)


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


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("wss://sis-ext.cn-north-4.myhuaweicloud.com", "cn-north-4"),
        ("wss://sis-ext.ap-southeast-3.myhuaweicloud.cn:443/", "ap-southeast-3"),
        ("wss://sis-ext.cn-north-9.myhuaweicloud.com", "cn-north-9"),
        ("ws://127.0.0.1:8765", ""),
        ("wss://speech.example.com/sis-ext.cn-north-4.myhuaweicloud.com", ""),
    ],
)
def test_the_region_is_in_the_host(url: str, region: str) -> None:
    """Of the vendor's endpoints only."""
    assert region_of(url) == region


@pytest.mark.parametrize(
    ("model", "region", "reason"),
    [
        ("chinese_8k_general", "cn-east-3", ""),
        ("english_16k_general", "ap-southeast-3", ""),
        ("english_16k_general", "cn-east-3", "it has no model for english"),
        ("english_8k_common", "cn-north-4", "only for short audio"),
        ("sichuan_8k_common", "cn-north-4", "only for files"),
        ("cantonese_16k_common", "me-east-1", "not in me-east-1"),
        ("arabic_16k_general", "cn-north-4", "has no model for arabic"),
        ("chinese_8k_brandnew", "cn-north-4", ""),
        ("english_24k_general", "cn-north-4", "must be {language}_{8k or 16k}_{domain}"),
        ("english", "cn-north-4", "must be {language}"),
    ],
)
def test_a_model_and_its_region(model: str, region: str, reason: str) -> None:
    """What the pages do not list is not refused; what they exclude is, with what there is."""
    told = check_model(model, REGIONS[region].url)
    assert reason in told
    assert bool(told) == bool(reason)


def test_other_services_have_models_of_their_own() -> None:
    """Only the form is checked."""
    assert not check_model("english_8k_common", "ws://127.0.0.1:8765")
    assert check_model("english_common", "ws://127.0.0.1:8765")


@pytest.mark.parametrize(
    ("voice", "region", "reason"),
    [
        ("chinese_xiaoyan_common", "cn-north-4", ""),
        ("chinese_xiaoyan_common", "ap-southeast-3", "has no voice for chinese"),
        ("english_cameal_common", "me-east-1", "it has english_dh_male, english_dh_female"),
        ("arabic_dh_male", "cn-north-4", "has no voice for arabic"),
        ("english_dh_female", "me-east-1", ""),
        ("chinese_nobody_common", "me-east-1", ""),
        ("Xiaoyan!", "cn-north-4", "must be {language}_{speaker}_{domain}"),
    ],
)
def test_a_voice_and_its_region(voice: str, region: str, reason: str) -> None:
    """As models."""
    told = check_voice(voice, REGIONS[region].url)
    assert reason in told
    assert bool(told) == bool(reason)


def test_each_region_speaks_and_hears_a_language() -> None:
    """What is recommended comes first; each entry names its source."""
    assert models_of("chinese", "cn-north-4")[0] == "chinese_8k_general"
    assert voices_of("arabic", "me-east-1") == ["arabic_dh_male", "arabic_dh_female"]
    assert all(
        entry.source for table in (REGIONS, MODELS, VENDOR_VOICES) for entry in table.values()
    )
    for region in REGIONS:
        assert any(
            models_of(language, region) and voices_of(language, region)
            for language in ("chinese", "english")
        )


def test_a_table_has_the_language_of_its_model() -> None:
    """Dialects and Arabic have no tables of their own."""
    assert table_language("english_16k_general") == "english"
    assert table_language("chinese_8k_general") == "chinese_mandarin"
    assert table_language("cantonese_16k_common") == "chinese_mandarin"


def test_voices_of_the_large_model() -> None:
    """They are in Shanghai only, and take short texts."""
    voice = vendor_voice("chinese_huaxiaoli_common")
    assert voice.is_streaming
    assert voice.regions == ("cn-east-3",)
    assert voice.max_characters == 300
    assert vendor_voice("chinese_huaxiaolong_common").rates_hz == (16000,)
