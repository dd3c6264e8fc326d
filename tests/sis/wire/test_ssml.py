"""SSML is checked before it is sent (sis-protocol.md 11)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.catalogue import VENDOR_VOICES
from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.ssml import check_ssml, is_ssml, text_of_ssml

ALL = """<speak>今天<break time="15ms"/>是
<phoneme ph="tian1 qi1">天气</phoneme><say-as interpret-as="money">12.50</say-as>
<sub alias="和平">peace</sub> 1 &lt; 2</speak>"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<speak>x</speak>", True),
        ("\n <speak>x", True),
        ("<?xml version='1.0'?><speak/>", True),
        ("speak <b>", False),
        ("<speaker>", False),
        ("1 < 2", False),
    ],
)
def test_what_counts_as_markup(text: str, expected: bool) -> None:
    """The first characters decide; other text is spoken as it is."""
    assert is_ssml(text) == expected


def test_all_tags_are_taken() -> None:
    """Every tag and attribute of the document."""
    check_ssml(ALL, VENDOR_VOICES["huaxiaomei"])


@pytest.mark.parametrize("reading", ["money", "date", "figure", "phone", "english", "spell"])
def test_all_readings_are_taken(reading: str) -> None:
    """Values of ``interpret-as``."""
    check_ssml(
        f'<speak><say-as interpret-as="{reading}">1</say-as></speak>', VENDOR_VOICES["huaxiaomin"]
    )


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("\n<speak>", "2:8", "no well-formed XML: no element found"),
        ("<speak>a & b</speak>", "1:11", "no well-formed XML: not well-formed"),
        ("<speak>\n<b>x</b></speak>", "2:1", "<b> is unknown, there are speak, break, "),
        ("<speak>a<speak>b</speak></speak>", "1:9", "<speak> must be around everything"),
        ("<break/>", "1:1", "<speak> must be around everything"),
        ('<speak lang="zh">x</speak>', "1:1", "<speak> takes no attributes, found lang"),
        ("<speak><break/></speak>", "1:8", "<break> takes time, found none"),
        ('<speak>\n\n <break time="long"/></speak>', "3:2", "time of <break> must be a time"),
        ('<speak><break time="1s">x</break></speak>', "1:25", "<break> must be empty"),
        (
            '<speak><sub alias="x"><break time="1s"/></sub></speak>',
            "1:23",
            "<break> must be directly in <speak>, it is in <sub>",
        ),
        ('<speak><phoneme ph="tian">x</phoneme></speak>', "1:8", "must be pinyin with tones"),
        (
            '<speak><say-as interpret-as="telephone">1</say-as></speak>',
            "1:8",
            "interpret-as of <say-as> must be one of money, date, figure, phone, english, spell",
        ),
        ('<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>', "1:17", "no DOCTYPE"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, place: str, reason: str) -> None:
    """Line and column, what was expected and what came."""
    with pytest.raises(ConfigError) as caught:
        check_ssml(text, VENDOR_VOICES["huaxiaomei"])
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"{place}: ssml: ")


def test_a_voice_without_markup_is_refused() -> None:
    """Others would speak the tags, or fail in the middle of a call."""
    with pytest.raises(ConfigError, match="the voice 'xiaoyan' takes no SSML, only huaxiaofei, "):
        check_ssml(ALL, VENDOR_VOICES["xiaoyan"])


@given(st.text(max_size=30))
def test_nothing_else_is_raised(text: str) -> None:
    """Whatever stands in it."""
    for whole in (text, f"<speak>{text}</speak>", f"<speak><break time='{text}'/></speak>"):
        with contextlib.suppress(ConfigError):
            check_ssml(whole, VENDOR_VOICES["huaxiaomei"])


@pytest.mark.parametrize("number", ["&#" + "9" * 5000 + ";", "&#99999999;", "&#" + "1" * 5000])
def test_a_character_that_is_none(number: str) -> None:
    """Python raises where a number has thousands of digits."""
    assert text_of_ssml(f"<speak>a{number}b &lt; &#65;</speak>") == "ab < A"
