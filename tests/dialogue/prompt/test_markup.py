"""Markup for voices that take none."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.prompt.markup import sayable

MARKED = '<speak>Hello,<break time="500ms"/> Ann &amp; Bob</speak>'


def test_the_words_are_said(caplog: pytest.LogCaptureFixture) -> None:
    """W12: the call goes on, and the log says why it sounds otherwise."""
    assert sayable(MARKED, "chinese_xiaoyan_common") == "Hello, Ann & Bob"
    assert "takes no SSML" in caplog.text


@pytest.mark.parametrize("text", ["Hello", "a < b"])
def test_what_is_no_markup_stays(text: str) -> None:
    """As it is written."""
    assert sayable(text, "chinese_xiaoyan_common") == text


def test_a_voice_that_takes_it_gets_it() -> None:
    """All of it."""
    assert sayable(MARKED, "chinese_huaxiaomei_common") == MARKED
