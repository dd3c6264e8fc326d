"""Long texts are cut where a speaker would pause (sis-protocol.md 9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.texts import SentenceGatherer, speakable_pieces, split_text


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("One. Two. Three.", 100, ["One. Two. Three."]),
        ("One. Two. Three.", 10, ["One. Two.", "Three."]),
        ("One. Two. Three.", 9, ["One. Two.", "Three."]),
        ("你好。再见！真的吗？是", 6, ["你好。再见！", "真的吗？是"]),
        ('He said "no." Then he left.', 20, ['He said "no."', "Then he left."]),
        ("他说：“不。”走了", 7, ["他说：“不。”", "走了"]),
        ("It costs 3.50 today, sir", 12, ["It costs", "3.50 today,", "sir"]),
        ("Wait... what", 9, ["Wait...", "what"]),
        ("one, two three", 9, ["one,", "two three"]),
        ("line\nnext line", 9, ["line", "next line"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("   ", 5, []),
    ],
)
def test_where_a_text_is_cut(text: str, limit: int, pieces: list[str]) -> None:
    """At the end of a sentence; else at a comma; else between words; else anywhere."""
    assert split_text(text, limit) == pieces


@given(st.text(st.sampled_from("ab .,。，\n!?”")), st.integers(1, 12))
def test_nothing_is_lost(text: str, limit: int) -> None:
    """Pieces fit, are not empty, and hold all that can be spoken, in order."""
    pieces = split_text(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_long_text_fits_its_voice() -> None:
    """1200 characters are three texts to one voice and one to another."""
    text = "This is a sentence of forty characters. " * 30
    assert [len(piece) for piece in speakable_pieces(text, "english_cameal_common")] == [
        479,
        479,
        239,
    ]
    assert speakable_pieces(text, "english_amy_common") == [text.strip()]


def test_markup_is_not_cut() -> None:
    """SSML is checked, goes as it is, and must fit."""
    ssml = "<speak>你好</speak>"
    assert speakable_pieces(ssml, "chinese_huaxiaomei_common") == [ssml]
    with pytest.raises(ConfigError, match="499 characters at most with this voice, got 517"):
        speakable_pieces(f"<speak>{'好' * 502}</speak>", "chinese_huaxiaomin_common")
    with pytest.raises(ConfigError, match="no well-formed XML"):
        speakable_pieces("<speak>", "chinese_huaxiaomei_common")


@pytest.mark.parametrize("text", ["", " \n"])
def test_there_must_be_something_to_say(text: str) -> None:
    """The service would refuse it with SIS.0415."""
    with pytest.raises(ConfigError, match="text: must be a text that is not empty"):
        speakable_pieces(text, "english_amy_common")


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["你好。再", "见。"], [["你好。"], ["再见。"]]),
        (["One. Two", ". Three"], [["One."], ["Two."], ["Three"]]),
        (["3", ".", "50 yuan! "], [[], [], ["3.50 yuan!"]]),
        (["no end"], [[], ["no end"]]),
        (["x" * 25], [["x" * 10, "x" * 10], ["x" * 5]]),
        (["", " "], [[], [], []]),
    ],
)
def test_sentences_out_of_pieces(pieces: list[str], expected: list[list[str]]) -> None:
    """A sentence goes out when it is known to be one; the rest at the end."""
    gatherer = SentenceGatherer(10 if "x" in pieces[0] else 300)
    found = [gatherer.feed(piece) for piece in pieces]
    found.append(gatherer.finish())
    flat = [sentence for sentences in found for sentence in sentences]
    assert flat == [sentence for sentences in expected for sentence in sentences]
