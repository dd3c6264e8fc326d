"""Hesitations, carrier phrases and negations."""

from __future__ import annotations

import pytest

from ivr_agi.language.words import (
    HESITATIONS,
    Meant,
    count_words,
    how_meant,
    is_backchannel,
    split_carriers,
)

YES, UNSURE, NO = Meant.YES, Meant.UNSURE, Meant.NO


@pytest.mark.parametrize(
    ("text", "n_words"),
    [
        ("", 0),
        ("sales", 1),
        ("Um, uh... hm!", 0),
        ("um, sales please", 2),
        ("don't", 1),
        ("销售部", 3),
        ("嗯，销售", 2),
        ("ＵＨ", 0),
        ("二〇二六", 4),
        ("don’t", 1),
    ],
)
def test_hesitations_are_not_counted(text: str, n_words: int) -> None:
    """Case, width and punctuation do not matter; Chinese characters count one each."""
    assert count_words(text) == n_words


def test_the_list_is_a_choice() -> None:
    """Another list, another count."""
    assert count_words("like um", {"like"}) == 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("um i would like to check my balance please", "check balance"), ("我想转账谢谢", "转账"),
        ("嗯 那个 人工", "人工"), ("i'd like an agent", "agent"), ("balance", "balance"), ("please", ""),
        ("support", "support"), ("theatre", "theatre"), ("帮我查一下余额吧", "查余额"), ("", ""),
    ],
)  # fmt: skip
def test_split_carriers(text: str, left: str) -> None:
    """Whole words in English, anywhere in Chinese; nothing is lost."""
    pieces = split_carriers(text)
    kept = " ".join(piece.strip() for piece, is_carrier in pieces if not is_carrier)
    assert kept.replace("查 余额", "查余额") == left
    assert "".join(piece for piece, _ in pieces).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("不要", "", NO), ("我不想转", "", NO), ("别", "", NO), ("没有", "", NO), ("i don't want an", "", NO),
        ("not", "", NO), ("i do not need the", "", NO), ("", "", YES), ("我要", "", YES), ("我不是要", "", NO),
        ("是不是", "", YES), ("要不要", "", YES), ("i want", "", YES), ("not that but", "", YES), ("特别好", "", YES),
        ("no", "", UNSURE), ("it's not about the", "", NO), ("i'm not calling about a", "", UNSURE),
        ("", " isn't what i want", NO), ("", " isn't working", YES), ("", "就不用了", NO), ("", "不能用", YES),
        ("sales or", "", UNSURE), ("", " or something", UNSURE), ("销售还是", "", UNSURE), ("", "或者别的", UNSURE),
        ("i can't make a", "", YES), ("我不能", "", YES), ("i don't know my", "", YES), ("不好意思我要", "", YES),
        ("i don't want sales i want", "", YES), ("我也不", "", NO), ("no problem", "", YES), ("nobody here said", "", UNSURE),
        ("", " not", NO), ("", " not sales", YES),
    ],
)  # fmt: skip
def test_how_a_phrase_is_meant(before: str, after: str, expected: Meant) -> None:
    """By the words around it, within its own clause; a question and an idiom are no negation."""
    assert how_meant(before, after) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("uh-huh", True), ("okay", True), ("Okay, I see.", True), ("um, right", True), ("嗯", True), ("好的", True),
        ("嗯嗯，好的", True), ("知道了", True), ("okay sales", False), ("book", False), ("好的，转账", False),
        ("righteous", False), ("", False), ("okayed", False), ("I see a doctor", False),
    ],
)  # fmt: skip
def test_is_backchannel(text: str, expected: bool) -> None:
    """Only if nothing else was said."""
    assert is_backchannel(text) is expected


def test_all_hesitations_are_known() -> None:
    """Those of both languages."""
    assert {"um", "嗯"} <= HESITATIONS
