"""What a property means here."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.properties import Model, Speaker, recognition_model, speaker


@pytest.mark.parametrize(
    ("property_", "expected"),
    [
        ("english_8k_common", Model("en-us", 8000)),
        ("chinese_16k_general", Model("cmn", 16000)),
        ("english_8k", None),
        ("arabic_16k_general", None),
        ("english_44k_common", None),
        ("english_8k_common_", None),
    ],
)
def test_recognition_models(property_: str, expected: Model | None) -> None:
    """Language and rate are what counts."""
    assert recognition_model(property_) == expected


@pytest.mark.parametrize(
    ("property_", "expected"),
    [
        ("english_cameal_common", Speaker("en-us", "cameal")),
        ("chinese_xiaoyan_common", Speaker("cmn", "xiaoyan")),
        ("english_xiaoyan_common", None),
        ("klingon_worf_common", None),
        ("english", None),
        ("", None),
    ],
)
def test_speakers(property_: str, expected: Speaker | None) -> None:
    """Only speakers that SIS has, in their own language."""
    assert speaker(property_) == expected
