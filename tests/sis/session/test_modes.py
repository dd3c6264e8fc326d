"""The tables of the three modes as a whole; every cell is tried in ``test_recognition.py``."""

from __future__ import annotations

from ivr_agi.sis.session.modes import (
    MAX_AUDIO_S,
    RECOGNITION_TRANSITIONS,
    Mode,
    RecognitionState,
)
from ivr_agi.sis.wire.messages import EventName


def test_the_tables_name_every_state() -> None:
    """No state can be entered that has no row, and only the last one has an empty row."""
    for mode, table in RECOGNITION_TRANSITIONS.items():
        assert {state for row in table.values() for state in row.values()} <= set(table)
        assert [state for state, row in table.items() if not row] == [RecognitionState.OVER]
        assert (RecognitionState.HEARING in table) == (mode is Mode.SENTENCE)
    assert set(RECOGNITION_TRANSITIONS) == set(MAX_AUDIO_S) == set(Mode)


def test_the_limits_of_a_session() -> None:
    """60 s, 60 s, 5 h (6)."""
    assert [MAX_AUDIO_S[mode] for mode in Mode] == [60, 60, 18_000]


def test_only_a_sentence_ends_by_itself() -> None:
    """VOICE_END and EXCEEDED_SILENCE end the audio there, and are not known elsewhere (6)."""
    for event in (EventName.VOICE_END, EventName.EXCEEDED_SILENCE):
        ends = [
            RECOGNITION_TRANSITIONS[mode][RecognitionState.STREAMING].get(event) for mode in Mode
        ]
        assert ends == [None, RecognitionState.SATED, None]
