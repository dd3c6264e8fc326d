"""Sentence after sentence; every state with every input."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.continuous import ContinuousSession
from ivr_agi.speech_server.engines.base import Hypothesis
from ivr_agi.speech_server.states import SERVER_TRANSITIONS, SessionInput, SessionState
from tests.speech_server.cores import WORDS, make_session, names, windows

SENTENCE = [1.0] * 10 + [0.0] * 10
TABLE = SERVER_TRANSITIONS[ContinuousSession.MODE]


def test_words_of_the_first_come_while_the_second_is_spoken() -> None:
    """In order, each with its own times (sis-protocol.md 7, continue-stream)."""
    session = make_session(ContinuousSession, SENTENCE + [1.0] * 10, interim_results="yes")
    outputs = names(session.receive_audio(windows(25)))
    assert [output for output in outputs if output != "feed"] == ["begin", "finish", "begin"]
    assert names(session.receive_partial("sa")) == ["interim sa"]
    [first] = session.receive_final(WORDS)
    [interim] = session.receive_partial("bil")
    assert names([first, interim]) == ["final sales", "interim bil"]
    assert first.segments[0].start_time == 0  # type: ignore[union-attr]
    assert interim.segments[0].start_time == 640  # type: ignore[union-attr]
    assert names(session.receive_end(cancel=False)) == ["finish"]
    assert names(session.receive_final(Hypothesis("billing", 0.9))) == [
        "final billing",
        "close",
        "END NORMAL",
    ]


def test_sentence_without_words_is_not_mentioned() -> None:
    """Nor is silence, however long."""
    session = make_session(ContinuousSession, SENTENCE, vad_head=320)
    session.receive_audio(windows(100))
    assert session.receive_final(None) == []
    assert names(session.receive_end(cancel=False)) == ["close", "END NORMAL"]


def test_end_waits_for_all_sentences() -> None:
    """Also asked for twice."""
    session = make_session(ContinuousSession, SENTENCE * 2)
    session.receive_audio(windows(50))
    assert session.receive_end(cancel=False) == []
    assert session.receive_end(cancel=False) == []
    assert names(session.receive_final(WORDS)) == ["final sales"]
    assert names(session.receive_final(WORDS)) == ["final sales", "close", "END NORMAL"]


def test_five_hours_are_the_limit() -> None:
    """SIS.0309, then END (6 and 8 row 6)."""
    session = make_session(ContinuousSession)
    session._n_samples = 5 * 3600 * 8000 - 256
    assert session.receive_audio(windows(1)) == []
    assert names(session.receive_audio(windows(1))) == ["close", "SIS.0309", "END ERROR"]


def in_state(state: SessionState) -> ContinuousSession:
    """A session that got there the usual way, with one sentence that waits for its words."""
    session = make_session(ContinuousSession, SENTENCE + [1.0] * 10)
    session.receive_audio(windows(22 if state is SessionState.IN_VOICE else 20))
    if state is SessionState.DRAINING:
        session.receive_end(cancel=False)
    if state is SessionState.ENDED:
        session.receive_end(cancel=True)
    assert session.state is state
    return session


@pytest.mark.parametrize("happened", SessionInput)
@pytest.mark.parametrize("state", list(TABLE))
def test_every_cell_of_the_table(state: SessionState, happened: SessionInput) -> None:
    """Goes where the table says, or refuses."""
    session = in_state(state)
    if happened in TABLE[state]:
        session._advance(happened)
        assert session.state is TABLE[state][happened]
    else:
        with pytest.raises(ValueError, match="cannot happen while"):
            session._advance(happened)
        assert session.state is state


def test_audio_after_end_is_ignored() -> None:
    """It was sent too late."""
    assert in_state(SessionState.DRAINING).receive_audio(windows(50)) == []
