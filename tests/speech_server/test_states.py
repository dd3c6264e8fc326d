"""The tables of the server's sessions; every cell is tried with each kind of session itself."""

from __future__ import annotations

import pytest

from ivr_agi.sis.session.modes import Mode
from ivr_agi.speech_server.states import SERVER_TRANSITIONS, SessionInput, SessionState


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
