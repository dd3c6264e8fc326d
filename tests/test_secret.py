"""A secret is sent, and never shown."""

from __future__ import annotations

import pytest

from ivr_agi.secret import Secret, clean_text


def test_a_secret_is_never_shown() -> None:
    """No way of printing it gives it away."""
    secret = Secret("hunter2")
    for text in (repr(secret), str(secret), f"{secret}", str([secret])):
        assert "hunter2" not in text
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2")


@pytest.mark.parametrize(
    ("said", "clean"),
    [
        ("all is well", "all is well"),
        ("one\r\ntwo\x00\x1b[31mthree\u2028four", "one two [31mthree four"),
        ("le\u202eft", "le ft"),
        ("x" * 201, "x" * 199 + "…"),
        ("名字" * 100, "名字" * 100),
    ],
)
def test_a_text_from_outside_is_one_line(said: str, clean: str) -> None:
    """Nothing forges a line or paints a terminal."""
    assert clean_text(said) == clean


def test_a_secret_in_use_is_masked() -> None:
    """Wherever it stands, and before anything is cut."""
    token = Secret("abcdefgh" * 4)
    assert clean_text(f"you sent {token.reveal()}.") == "you sent ***."
    assert clean_text("x" * 190 + token.reveal()) == "x" * 190 + "***"
    assert clean_text("pass1 is wrong", secrets=["pass1"]) == "*** is wrong"
    assert clean_text("no", secrets=["o"]) == "no"


def test_megabytes_are_not_looked_at() -> None:
    """A text is cut first."""
    assert len(clean_text("x " * 2_000_000)) == 200
