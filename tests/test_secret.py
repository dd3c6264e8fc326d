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


@pytest.mark.parametrize(
    "text",
    [
        "Sesame-4711/open+x",
        "sesame-4711/OPEN+X",
        "?token=Sesame-4711%2Fopen%2Bx&",
        "?token=Sesame-4711/open%2Bx&",
        "Basic U2VzYW1lLTQ3MTEvb3Blbit4",
        " " * ((1 << 16) - 6) + "Sesame-4711/open+x",
    ],
)
def test_a_secret_comes_back_in_other_forms(text: str) -> None:
    """C15: quoted for a URL, in base64, in capitals, cut where the text is."""
    secret = Secret("Sesame-4711/open+x")
    shown = clean_text(f"wrong: {text}")
    assert not any(part in shown.lower() for part in ("sesame", "open", "u2vzyw"))
    assert secret.reveal()


def test_a_secret_in_json() -> None:
    """With its quotes escaped."""
    secret = Secret('say "friend"')
    assert clean_text(r'{"token": "say \"friend\""}') == '{"token": "***"}'
    assert secret.reveal()
