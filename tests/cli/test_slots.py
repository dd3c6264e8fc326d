"""``ivr-agi slots try``: how a sentence was read."""

from __future__ import annotations

import pytest

from ivr_agi.cli import main


@pytest.mark.parametrize(
    ("argv", "lines"),
    [
        (["money", "about fifty dollars", "currency=USD"],
         ["value: 50, and the caller is asked whether it is so", "about about",
          "fifty dollars money"]),
        (["digits", "一二三四，大象", "length=4"],
         ["value: 1234, and the caller is asked whether it is so", "一 row", "二 row", "三 row",
          "四 row", "大 nothing: left over", "象 nothing: left over"]),
        (["time", "nine"], ["no value: half_of_day", "nine time"]),
        (["text", "any words"], ["value: any words"]),
        (["pattern", "A as in Anna one", "pattern=[A-Z][0-9]"],
         ["value: A1", "a as in anna letter", "one row"]),
        (["duration", "half an hour", "minimum=PT15M"],
         ["value: PT30M", "half an hour duration"]),
    ],
)  # fmt: skip
def test_slots_try(argv: list[str], lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The value, and what each word was taken for."""
    assert main(["slots", "try", *argv]) == 0
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == lines


@pytest.mark.parametrize("limits", ["length=x", "colour=red", "minimum=3"])
def test_slots_try_an_impossible_slot(limits: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, as the flow check says it."""
    assert main(["slots", "try", "digits", "one", limits]) == 2
    assert "the slot is not possible" in capsys.readouterr().err


def test_a_secret_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the value of a card only its end, in text and in JSON."""
    for more in ([], ["--json"]):
        assert main(["slots", "try", "card", "4111 1111 1111 1111", *more]) == 0
        assert "************1111" in capsys.readouterr().out
