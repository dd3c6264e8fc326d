"""One utterance from START to END; every state with every input."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.short import ShortSession
from ivr_agi.speech_server.states import SERVER_TRANSITIONS, SessionInput, SessionState
from tests.speech_server.cores import WORDS, make_session, names, windows

TABLE = SERVER_TRANSITIONS[ShortSession.MODE]


def test_all_audio_is_one_utterance() -> None:
    """Silence too; no events (sis-protocol.md 6, short-stream)."""
    session = make_session(ShortSession, [0.0] * 50, vad_head=100)
    assert names(session.receive_audio(windows(50))) == ["begin", "feed"]
    assert names(session.receive_audio(windows(1))) == ["feed"]
    assert names(session.receive_end(cancel=False)) == ["finish"]
    assert session.receive_end(cancel=False) == []
    _, result, end = session.receive_final(WORDS)
    assert names([result, end]) == ["final sales", "END NORMAL"]
    assert result.segments[0].end_time == 51 * 32  # type: ignore[union-attr]


@pytest.mark.parametrize("n_windows", [0, 10])
def test_nothing_understood_is_an_empty_result(n_windows: int) -> None:
    """A final RESULT follows END in any case (7, short-stream)."""
    session = make_session(ShortSession)
    session.receive_audio(windows(n_windows))
    outputs = session.receive_end(cancel=False)
    if n_windows:
        outputs = session.receive_final(None)
    assert names(outputs) == ["close", "final ", "END NORMAL"]


def test_a_minute_is_the_limit() -> None:
    """SIS.0309, then END; exactly a minute is none too long."""
    session = make_session(ShortSession)
    session.receive_audio(windows(60_000 // 32))
    assert session.state is SessionState.LISTENING
    outputs = session.receive_audio(windows(1))
    assert names(outputs)[-3:] == ["close", "SIS.0309", "END ERROR"]


def in_state(state: SessionState) -> ShortSession:
    """A session that got there the usual way."""
    session = make_session(ShortSession)
    session.receive_audio(windows(1))
    if state is not SessionState.LISTENING:
        session.receive_end(cancel=state is SessionState.ENDED)
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


def test_cancel() -> None:
    """END with cancel drops what is not decided (4.1)."""
    for state in (SessionState.LISTENING, SessionState.DRAINING):
        assert names(in_state(state).receive_end(cancel=True)) == ["close", "END CANCEL"]
