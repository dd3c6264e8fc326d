"""A server that behaves like a region of the cloud: it refuses what that refuses."""

from __future__ import annotations

from typing import Any

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.messages import SynthesisConfig
from ivr_agi.speech_server.imitation import Imitation, imitation_of
from ivr_agi.speech_server.requests import BadRequest
from ivr_agi.speech_server.vocabularies import Vocabulary

BEIJING, SHANGHAI, SINGAPORE = map(imitation_of, ("cn-north-4", "cn-east-3", "ap-southeast-3"))


def code_of(check: Any, *arguments: Any) -> str:
    """The error code, or empty."""
    try:
        check(*arguments)
    except BadRequest as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("imitation", "config", "code"),
    [
        (Imitation(), {"property": "english_8k_common", "digit_norm": "yes"}, ""),
        (BEIJING, {"property": "chinese_8k_general", "digit_norm": "yes"}, ""),
        (BEIJING, {"property": "english_8k_common"}, "SIS.0031"),
        (SHANGHAI, {"property": "english_16k_general"}, "SIS.0031"),
        (SINGAPORE, {"property": "english_16k_general"}, ""),
        (SINGAPORE, {"property": "english_16k_general", "digit_norm": "no"}, "SIS.0031"),
        (SINGAPORE, {"property": "english_16k_general", "need_word_info": "no"}, "SIS.0031"),
    ],
)
def test_start(imitation: Imitation, config: dict[str, str], code: str) -> None:
    """Models by region; fields that a region's pages lack."""
    assert code_of(imitation.check_start, config) == code


@pytest.mark.parametrize(
    ("imitation", "config", "code"),
    [
        (Imitation(), {"property": "chinese_huaxiaolong_common"}, ""),
        (BEIJING, {"property": "chinese_xiaoyan_common"}, ""),
        (BEIJING, {"property": "english_dh_male"}, "SIS.0411"),
        (BEIJING, {"property": "chinese_huaxiaolong_common"}, "SIS.0402"),
        (BEIJING, {"property": "chinese_huaxiaolong_common", "sample_rate": 16000}, ""),
        (SINGAPORE, {"property": "chinese_xiaoyan_common"}, "SIS.0411"),
        (SINGAPORE, {"property": "english_dh_male", "audio_format": "ulaw"}, "SIS.0410"),
    ],
)
def test_voices(imitation: Imitation, config: dict[str, Any], code: str) -> None:
    """Voices by region, rates by voice, formats abroad."""
    assert code_of(imitation.check_voice, SynthesisConfig(**config)) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"contents": ["一二三四五服务热线", "EIFFEL铁塔", "雇工/8"]}, ""),
        ({"contents": ["12345服务热线"]}, "SIS.0203"),
        ({"contents": ["Eiffel铁塔"]}, "SIS.0203"),
        ({"contents": ["余额"], "language": "english"}, "SIS.0203"),
        ({"language": "klingon"}, "SIS.0205"),
        ({"name": "a" * 33}, "SIS.0032"),
        ({"name": "menü"}, "SIS.0032"),
    ],
)
def test_tables(changes: dict[str, Any], code: str) -> None:
    """The rules for words, names and languages; without a region there are none."""
    table = Vocabulary(**{"name": "t", "contents": ["余额"], **changes})
    assert code_of(BEIJING.check_table, table) == code
    assert code_of(Imitation().check_table, table) == ""


def test_a_table_of_another_language_has_no_effect() -> None:
    """Weights and replacements are no words."""
    words = ["雇工/8", "龙行大大=龙行龘龘", "余额"]
    table = Vocabulary(name="t", contents=words)
    assert BEIJING.phrases(table, "chinese_8k_general") == ("雇工", "龙行龘龘", "余额")
    assert BEIJING.phrases(table, "english_16k_general") is None
    assert Imitation().phrases(table, "english_16k_general") == tuple(words)


def test_an_english_table_splits_phrases() -> None:
    """It takes no blanks; a Chinese one needs none, and without a region blanks are no matter."""
    assert Imitation("ap-southeast-3").splits_phrases("english_16k_general")
    assert not BEIJING.splits_phrases("chinese_8k_general")
    assert not Imitation().splits_phrases("english_16k_general")


def test_limits() -> None:
    """Tables of a project; messages of audio; streaming in Shanghai only."""
    assert (BEIJING.most_tables, Imitation().most_tables) == (100, None)
    assert BEIJING.is_too_short(159, 8000)
    assert not BEIJING.is_too_short(160, 8000)
    assert BEIJING.is_too_short(160, 16000)
    assert not Imitation().is_too_short(1, 8000)
    assert [it.has_streaming for it in (BEIJING, SHANGHAI, SINGAPORE, Imitation())] == [
        *(False, True, False, True)
    ]


def test_a_region_that_does_not_exist() -> None:
    """It is named with those that do."""
    with pytest.raises(ConfigError, match="must be one of cn-north-4, cn-east-3"):
        imitation_of("cn-north-5")
