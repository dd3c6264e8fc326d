"""Outcomes and the report of a turn."""

from __future__ import annotations

from dataclasses import replace

from ivr_agi.dialogue.turn.inputs import TurnInput
from ivr_agi.dialogue.turn.outcomes import Heard, TurnLog, TurnReport
from tests.dialogue.turn.turns import H


def test_the_legs_of_an_interruption() -> None:
    """All in ms since the turn began."""
    log = TurnLog(100.0)
    inputs: list[tuple[TurnInput, float]] = [
        (H.PROMPT_STARTED, 100.1),
        (H.VOICE_STARTED, 101.0),
        (H.INTERIM, 101.3),
        (H.INTERIM, 101.4),
        (H.VOICE_ENDED, 101.8),
        (H.WORDS, 101.9),
        (H.SESSION_ENDED, 102.0),
    ]
    for told, now in inputs:
        log.note(told, now)
    log.note_stop(101.02, 880)
    report = log.report(102.0)
    assert report == TurnReport(
        prompt_started_ms=100,
        voice_started_ms=1000,
        stop_confirmed_ms=1020,
        first_interim_ms=1300,
        voice_ended_ms=1800,
        final_ms=1900,
        ended_ms=2000,
        total_ms=2000,
        barge_in_position_ms=880,
        trace_ids=("t",),
    )
    assert report.legs == {
        "voice_to_stop": 20,
        "voice_to_words": 300,
        "voice_to_final": 900,
        "silence_to_final": 100,
        "final_to_end": 100,
    }
    assert report.voice_after_prompt_start_ms == 900
    assert report.voice_after_prompt_end_ms is None


def test_a_voice_that_was_nothing_leaves_no_legs() -> None:
    """Times are those of the last voice; a stop that was taken back is none."""
    log = TurnLog(0.0)
    log.note(H.PROMPT_STARTED, 0.0)
    log.note(H.VOICE_STARTED, 1.0)
    log.note_stop(1.1, 1000)
    log.note(H.INTERIM, 1.2)
    log.note_resume()
    log.note(H.PROMPT_STARTED, 1.5)  # it goes on: no second start
    log.note(H.PROMPT_ENDED, 4.0)
    log.note(replace(H.VOICE_STARTED, trace_id="t2"), 5.0)
    report = log.report(6.0)
    assert (report.prompt_started_ms, report.prompt_ended_ms) == (0, 4000)
    assert (report.stop_confirmed_ms, report.first_interim_ms) == (None, None)
    assert report.legs == {}
    assert report.barge_in_position_ms is None
    assert report.voice_after_prompt_end_ms == 1000
    assert report.trace_ids == ("t", "t2")


def test_outcomes_are_equal_whatever_their_reports() -> None:
    """What a flow decides by is what was said."""
    assert Heard(text="a", report=TurnReport(total_ms=1)) == Heard(text="a")
