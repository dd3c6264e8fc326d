"""Patterns of characters."""

from __future__ import annotations

import pytest

from ivr_agi.language.patterns import LONGEST, compile_pattern


@pytest.mark.parametrize(
    ("source", "fitting", "others"),
    [
        ("[A-Z]{2}[0-9]{6}", ["AB123456", "ab 123456"], ["A1234567", "AB12345", "AB1234567", ""]),
        ("[0-9]{4,6}", ["1234", "12345", "123456"], ["123", "1234567", "12E4"]),
        ("VIP[0-9]{2}|[0-9]{3}", ["VIP12", "vip12", "123"], ["VIP", "12", "VIP123"]),
        ("A-?(B|C{2})?[0-9]", ["A1", "A-B1", "ACC2", "AB2"], ["AC1", "A-", "A--1"]),
        ("[AC-E]", ["A", "C", "D", "E"], ["B", "F", "AC"]),
        ("(A(1|2){2}){1,2}", ["A11", "A12A21"], ["A1", "A12A2", "A11A11A11"]),
        ("X{0,2}Y", ["Y", "XY", "XXY"], ["XXXY", "X"]),
    ],
)
def test_what_fits(source: str, fitting: list[str], others: list[str]) -> None:
    """Classes, counts, alternatives, brackets."""
    pattern = compile_pattern(source)
    assert [text for text in fitting if not pattern.fits(text)] == []
    assert [text for text in others if pattern.fits(text)] == []


def test_beginnings() -> None:
    """More characters can make it fit, or nothing can."""
    pattern = compile_pattern("[A-Z][0-9]{2,3}")
    assert [pattern.may_begin(text) for text in ("", "A", "A12", "A123", "1")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert [pattern.is_full(text) for text in ("A12", "A123")] == [False, True]


@pytest.mark.parametrize(
    ("source", "by_keys"), [("[0-9]{4}", True), ("A[0-9]|[0-9]{2}", True), ("A?[B-D]1", False)]
)
def test_keys(source: str, by_keys: bool) -> None:
    """Whether digits alone can have the form."""
    assert compile_pattern(source).only() is by_keys


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "empty"),
        ("A|", "empty"),
        ("A*", r"'\*' is not known here"),
        ("A+", r"'\+' is not known here"),
        (".", "not known here"),
        ("京", "not known here"),
        ("[", "not closed"),
        ("[]", "empty"),
        ("[9-A]", "digit to digit|ranges"),
        ("[Z-A]", "ranges"),
        ("[_]", "ranges"),
        ("(A", "not closed"),
        ("A)", "closed that was not opened"),
        ("A{3,2}", "goes up"),
        ("A{x}", "a count is"),
        ("A{2", "a count is"),
        ("A{0}", "goes up"),
        ("A?", "all of it may be left out"),
        ("A{65}", "goes up"),
        ("A{40}B{40}", "80 characters"),
        ("(A{64}){64}", "more than 64 characters"),
        ("(" * 20 + "A" + ")" * 20, "more than 8 deep"),
        ("(A?){64}(B?){64}", "characters"),
        ("(" + "|".join(["[A-Z]{9}"] * 60) + ")", "more than 512 places"),
    ],
)
def test_no_patterns(source: str, reason: str) -> None:
    """What is wrong and where; nothing is without a bound."""
    with pytest.raises(ValueError, match=f"(?s)pattern .*({reason})"):
        compile_pattern(source)


def test_time_is_bounded() -> None:
    """The pattern that ruins regular expressions takes as many steps as any other."""
    pattern = compile_pattern("(A?){32}A{32}")
    assert not pattern.fits("A" * 31)
    assert pattern.fits("A" * LONGEST)
    assert not pattern.fits("A" * 10_000)
