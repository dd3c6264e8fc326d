"""SIS's tags in espeak's (sis-protocol.md 11)."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.engines.markup import to_espeak


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("a &amp; b", "a &amp; b"),
        ('a<break time="15ms"/>b', 'a<break time="15ms"/>b'),
        ('a<break time="1.5s"/>b', 'a<break time="1500ms"/>b'),
        ('<break time="99999s"/>', '<break time="10000ms"/>'),
        ('<phoneme ph="tian1 qi1">天气</phoneme>很好', " tian1 qi1 很好"),
        ('<say-as interpret-as="phone">138 00</say-as>', "1 3 8 0 0"),
        ('<say-as interpret-as="spell">IBM</say-as>', "I B M"),
        ('<say-as interpret-as="figure">12</say-as>', "12"),
        ('<say-as interpret-as="money">$5</say-as>', "$5"),
        ('<say-as interpret-as="date">2026-01-02</say-as>', "2026-01-02"),
        ('<say-as interpret-as="english">A</say-as>', '<voice xml:lang="en-us">A</voice>'),
        ('<sub alias="World &lt;Wide&gt;">W</sub>!', "World &lt;Wide&gt;!"),
    ],
)
def test_tags(inner: str, expected: str) -> None:
    """Each of the subset."""
    assert to_espeak(f" <speak>{inner}</speak>\n") == f"<speak>{expected}</speak>"


@pytest.mark.parametrize(
    "text",
    [
        "<speak>",
        "<speak></speak>x",
        "<speak lang='x'></speak>",
        "<speaker></speaker>",
        "<speak><audio src='x'/></speak>",
        "<speak><break/></speak>",
        "<speak><break time='soon'/></speak>",
        "<speak><break time='1s' strength='weak'/></speak>",
        "<speak><say-as interpret-as='song'>x</say-as></speak>",
        "<speak><phoneme ph='1'>x</phoneme></speak>",
        '<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>',
    ],
)
def test_what_is_refused(text: str) -> None:
    """Whatever SIS does not have."""
    with pytest.raises(ValueError, match="SSML"):
        to_espeak(text)
