"""What a question of a script comes to."""

from __future__ import annotations

from pathlib import Path

from ivr_agi.door.answers import Answer, Message


def test_an_answer_is_not_shown() -> None:
    """Whoever logs it does not log a caller's number."""
    assert repr(Answer("4111")) == "Answer()"
    assert Answer(3) == Answer(3)


def test_a_message_is_a_file() -> None:
    """Its name is a recording's."""
    assert Message("/spool/m1").path == Path("/spool/m1.wav")
