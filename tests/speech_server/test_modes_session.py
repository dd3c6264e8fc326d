"""What all kinds of session do with words and failures, and their tables."""

from __future__ import annotations

import pytest

from ivr_agi.sis.session.modes import Mode
from ivr_agi.speech_server.engines.base import Hypothesis, Word
from ivr_agi.speech_server.modes import SentenceSession, ShortSession
from ivr_agi.speech_server.session import SERVER_TRANSITIONS, SessionInput, SessionState
from tests.speech_server.cores import make_session, names, windows


@pytest.mark.parametrize("mode", Mode)
def test_every_state_is_reached_and_ends(mode: Mode) -> None:
    """From LISTENING to ENDED, which is the end; only states that have a row."""
    table = SERVER_TRANSITIONS[mode]
    reached = {SessionState.LISTENING}
    for _ in table:
        reached |= {after for state in reached for after in table[state].values()}
    assert reached == set(table)
    assert [state for state in table if not table[state]] == [SessionState.ENDED]


@pytest.mark.parametrize("mode", Mode)
def test_every_session_can_be_stopped(mode: Mode) -> None:
    """By the client's cancel and by a failure, at any time."""
    for state, row in SERVER_TRANSITIONS[mode].items():
        if state is not SessionState.ENDED:
            assert row[SessionInput.CANCEL_ASKED] is SessionState.ENDED
            assert row[SessionInput.FAILED] is SessionState.ENDED
            assert SessionInput.END_ASKED in row


def test_only_modes_with_a_voice_have_events() -> None:
    """short-stream looks for none (6)."""
    voiced = {SessionInput.VOICE_STARTED, SessionInput.VOICE_ENDED, SessionInput.SILENCE_EXCEEDED}
    for mode, table in SERVER_TRANSITIONS.items():
        known = {what for row in table.values() for what in row}
        assert voiced & known == (set() if mode is Mode.SHORT else voiced)


def test_free_words_are_spelt_as_asked_for() -> None:
    """``digit_norm`` is on by default, ``add_punc`` off (5); interim words have no full stop."""
    session = make_session(ShortSession, is_free=True, interim_results="yes", add_punc="yes")
    session.receive_audio(windows(1))
    assert names(session.receive_partial("room one two")) == ["interim room 12"]
    session.receive_end(cancel=False)
    outputs = session.receive_final(Hypothesis("room one two", 1.0))
    assert "final Room 12." in names(outputs)


def test_words_of_a_list_stay_as_they_are() -> None:
    """The client's flow compares them."""
    session = make_session(ShortSession, add_punc="yes")
    session.receive_audio(windows(1))
    session.receive_end(cancel=False)
    assert "final two three" in names(session.receive_final(Hypothesis("two three", 1.0)))


def test_word_times_count_from_the_session() -> None:
    """The recognizer's count from what it was fed."""
    row = [0.0] * 20 + [1.0] * 10
    session = make_session(SentenceSession, row, need_word_info="yes")
    session.receive_audio(windows(60))
    words = (Word("pay", 300, 500), Word("it", 500, 600))
    result = session.receive_final(Hypothesis("pay it", 0.9, words))[1]
    infos = result.segments[0].result.word_info or []  # type: ignore[union-attr]
    # Fed from window 13: eight before the one that says START (21).
    assert [(info.start_time, info.end_time) for info in infos] == [(716, 916), (916, 1016)]


@pytest.mark.parametrize("kind", [SentenceSession, ShortSession])
def test_failure_is_error_then_end(kind: type[SentenceSession | ShortSession]) -> None:
    """Never END alone (4.3)."""
    outputs = make_session(kind).receive_failure("SIS.0305", "engine")
    assert names(outputs) == ["close", "SIS.0305", "END ERROR"]
