"""The tables of the three modes as a whole; every cell is tried in ``test_recognition.py``."""

from __future__ import annotations

from ivr_agi.sis.session.modes import MAX_AUDIO_S, TRANSITIONS, Mode, SessionInput, SessionState
from ivr_agi.sis.wire.messages import EventName


def test_the_tables_name_every_state() -> None:
    """No state can be entered that has no row, and only the last one has an empty row."""
    for mode, table in TRANSITIONS.items():
        assert {state for row in table.values() for state in row.values()} <= set(table)
        assert [state for state, row in table.items() if not row] == [SessionState.OVER]
        assert (SessionState.HEARING in table) == (mode is Mode.SENTENCE)
    assert set(TRANSITIONS) == set(MAX_AUDIO_S) == set(Mode)


def test_every_event_is_an_input() -> None:
    """The names are the wire's own."""
    assert {SessionInput(name) for name in EventName} <= set(SessionInput)


def test_the_limits_of_a_session() -> None:
    """60 s, 60 s, 5 h (6)."""
    assert [MAX_AUDIO_S[mode] for mode in Mode] == [60, 60, 18_000]


def test_only_a_sentence_ends_by_itself() -> None:
    """VOICE_END and EXCEEDED_SILENCE end the audio there, and are not known elsewhere (6)."""
    for event in (SessionInput.VOICE_END, SessionInput.EXCEEDED_SILENCE):
        ends = [TRANSITIONS[mode][SessionState.STREAMING].get(event) for mode in Mode]
        assert ends == [None, SessionState.SATED, None]
