"""Answers in several breaths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.language.slots import (
    Alphanumeric,
    Breaths,
    CardNumber,
    Digits,
    Email,
    IdCard,
    Patterned,
    PhoneNumber,
    Plate,
    Reason,
    Slot,
)
from ivr_agi.language.slots.breaths import MAX_PIECES
from tests.language.slots.tools import outcome

SHORT = Reason.TOO_SHORT


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["一三八", "一二三四", "五六七八"], [SHORT, SHORT, "+8613812345678"]),
        (["one three eight", "um", "one two three four five six seven eight"],
         [SHORT, Reason.NOT_UNDERSTOOD, "+8613812345678"]),
        (["一三八", "一二三五", "不对，一二三四", "五六七八"], [SHORT, SHORT, SHORT, "+8613812345678"]),
        (["139", "start over", "138", "12345678"],
         [SHORT, Reason.NOT_UNDERSTOOD, SHORT, "+8613812345678"]),
        (["139", "重来，一三八", "12345678"], [SHORT, SHORT, "+8613812345678"]),
        (["138", "no wait", "137", "12345678"], [SHORT, Reason.NOT_UNDERSTOOD, SHORT, "+8613712345678"]),
        (["138", "1234", "no", "5678 0000"], [SHORT, SHORT, SHORT, "+8613856780000"]),
        (["138", "123456789"], [SHORT, Reason.TOO_LONG]),
    ],
)  # fmt: skip
def test_hear(said: list[str], expected: list[str | Reason]) -> None:
    """Each breath is answered by what there is so far."""
    breaths = Breaths(PhoneNumber())
    assert [outcome(breaths.hear(text)) for text in said] == expected


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["一三八", "#12345678"], [SHORT, "+8613812345678"]),
        (["#138", "one two three four", "#5678"], [SHORT, SHORT, "+8613812345678"]),
        (["#138", "1234", "13812345678"], [SHORT, SHORT, "+8613812345678"]),  # all of it again
        (["138 1234", "567", "the last one is eight", "9"],
         [SHORT, SHORT, SHORT, "+8613812345689"]),
        (["13812345678", "no, the last two are eight nine"],
         ["+8613812345678", "+8613812345689"]),
        (["一三八一二三四五六七八", "不对，最后一位是九"], ["+8613812345678", "+8613812345679"]),
        (["138 1234", "5678", "no, 5679"], [SHORT, "+8613812345678", "+8613812345679"]),
        (["138 1234", "5678", "no, 13900001111"], [SHORT, "+8613812345678", "+8613900001111"]),
    ],
)  # fmt: skip
def test_words_keys_and_corrections(pieces: list[str], expected: list[str | Reason]) -> None:
    """Words and keys are one answer; a correction is of the last piece, its end, or all of it."""
    breaths = Breaths(PhoneNumber())
    results = [
        breaths.press(piece[1:]) if piece.startswith("#") else breaths.hear(piece)
        for piece in pieces
    ]
    assert [outcome(result) for result in results] == expected


def test_the_pieces_of_a_plate() -> None:
    """A piece that is no plate alone is kept; the rest may be keyed."""
    breaths = Breaths(Plate())
    assert outcome(breaths.hear("京A")) is SHORT
    assert outcome(breaths.hear("B")) is SHORT
    assert outcome(breaths.hear("four one")) is SHORT
    assert outcome(breaths.press("22")) == "京AB4122"


@pytest.mark.parametrize(
    ("slot", "pieces", "expected"),
    [
        (Alphanumeric(min_length=5, max_length=5), ["A, B", "four one two"], "AB412"),
        (Alphanumeric(min_length=5, max_length=5), ["A as in alpha, B as in bravo", "#412"], "AB412"),
        (Alphanumeric(min_length=5, max_length=5), ["A B four one three", "the last one is two"], "AB412"),
        (Alphanumeric(min_length=5, max_length=5), ["A B", "four one three", "no, four one two"], "AB412"),
        (Patterned(pattern="[A-Z]{2}[0-9]{3}"), ["A, B", "four one two"], "AB412"),
        (CardNumber(), ["four one one one", "#1111", "1111", "#1111"], "4111111111111111"),
        (IdCard(), ["一一零一零五", "一九四九一二三一", "零零二", "X"], "11010519491231002X"),
        (Email(), ["john dot smith", "at example dot com"], "john.smith@example.com"),
    ],
)  # fmt: skip
def test_other_types(slot: Slot[str], pieces: list[str], expected: str) -> None:
    """Whatever may come in pieces."""
    breaths = Breaths(slot)
    for piece in pieces:
        result = breaths.press(piece[1:]) if piece.startswith("#") else breaths.hear(piece)
    assert outcome(result) == expected


def test_what_says_nothing_completes_nothing() -> None:
    """An answer that is complete is not confirmed by any words after it."""
    breaths = Breaths(Digits(min_length=4, max_length=4))
    assert outcome(breaths.hear("one two three four")) == "1234"
    assert outcome(breaths.hear("repeat")) is Reason.NOT_UNDERSTOOD
    assert outcome(breaths.hear("five six seven eight")) == "5678"


def test_keys_of_an_id_card_after_words() -> None:
    """The star is its X."""
    breaths = Breaths(IdCard())
    assert outcome(breaths.hear("一一零一零五一九四九")) is SHORT
    assert outcome(breaths.press("1231002*")) == "11010519491231002X"


def test_press() -> None:
    """Keys in two bursts."""
    breaths = Breaths(IdCard())
    assert outcome(breaths.press("1101051949")) is SHORT
    assert breaths.has_pieces
    assert outcome(breaths.press("1231002*")) == "11010519491231002X"


def test_a_refused_piece_is_not_kept() -> None:
    """The right piece can still come."""
    breaths = Breaths(Digits(min_length=4, max_length=4))
    assert outcome(breaths.hear("12")) is SHORT
    assert outcome(breaths.hear("345")) is Reason.TOO_LONG
    assert outcome(breaths.hear("34")) == "1234"


def test_clear() -> None:
    """Nothing is left."""
    breaths = Breaths(Digits(min_length=4, max_length=4))
    breaths.hear("12")
    breaths.clear()
    assert not breaths.has_pieces


def test_breaths_have_an_end() -> None:
    """A caller who counts for ever is stopped."""
    breaths = Breaths(Digits(min_length=30, max_length=30))
    results = [outcome(breaths.hear("1")) for _ in range(MAX_PIECES + 1)]
    assert results[-2:] == [SHORT, Reason.TOO_LONG]


@given(st.text("0123456789", min_size=8, max_size=8), st.lists(st.integers(1, 7), max_size=4))
def test_any_breaths_give_the_same_digits(value: str, cuts: list[int]) -> None:
    """Where the pauses are does not matter."""
    ends = [0, *sorted(set(cuts)), 8]
    breaths = Breaths(Digits(min_length=8, max_length=8))
    pieces = [value[start:end] for start, end in zip(ends, ends[1:], strict=False)]
    results = [outcome(breaths.hear(" ".join(piece))) for piece in pieces]
    assert results == [*[SHORT] * (len(pieces) - 1), value]
