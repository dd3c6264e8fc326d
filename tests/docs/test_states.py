"""``docs/states.md`` is what the tables say now."""

from __future__ import annotations

import enum

import pytest

from ivr_agi.agi import connection
from ivr_agi.dialogue.turn import table as turn
from ivr_agi.sis.session import modes, synthesis
from ivr_agi.sis.wire.messages import EventName
from ivr_agi.speech_server import session as server
from tests.docs.states import PATH, make_page, meanings


def test_the_page_is_fresh() -> None:
    """Run ``python -m tests.docs.states`` (``make docs``) after a change of a table."""
    assert PATH.read_text(encoding="utf-8") == make_page()


@pytest.mark.parametrize(
    "states",
    [
        *(modes.RecognitionState, modes.RecognitionInput, EventName),
        *(synthesis.SynthesisState, turn.TurnState, turn.TurnAction),
        *(server.SessionState, server.SessionInput, connection.AgiState),
    ],
    ids=lambda states: f"{states.__module__}.{states.__name__}",
)
def test_everything_has_a_meaning(states: type[enum.Enum]) -> None:
    """The text under the member is what the page shows."""
    assert set(meanings(states)) == {state.value for state in states}
