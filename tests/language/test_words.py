"""Hesitations, carrier phrases and negations."""

from __future__ import annotations

import pytest

from ivr_agi.language.words import (
    HESITATIONS,
    count_words,
    is_backchannel,
    is_negated,
    split_carriers,
)


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
    ("before", "expected"),
    [
        ("不要", True), ("我不想转", True), ("别", True), ("没有", True), ("i don't want an", True), ("not", True),
        ("i do not need the", True), ("", False), ("我要", False), ("我不是要", True), ("是不是", False), ("要不要", False),
        ("i want", False), ("not that but", False), ("no", False), ("特别好", False),
    ],
)  # fmt: skip
def test_is_negated(before: str, expected: bool) -> None:
    """Only right before the phrase; a question is none."""
    assert is_negated(before) is expected


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
