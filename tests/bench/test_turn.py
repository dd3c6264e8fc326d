"""The benchmark of turns, small: that it measures, not what; and what is made of a call."""

from __future__ import annotations

import asyncio

import pytest

from ivr_agi.bench.turn import ObservedCall, TurnsPlan, measure, run_turns, turn_rows, turns_flow
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.journal import Event
from tests.patience import PATIENCE_S


def test_calls_are_made_in_groups() -> None:
    """So many at a time; the last one has what is left."""
    assert TurnsPlan(turns=50, calls=2).batches() == [[(0, 20), (1, 20)], [(2, 10)]]
    assert TurnsPlan(turns=3, calls=2).batches() == [[(0, 3)]]


@pytest.mark.engine
@pytest.mark.slow
def test_two_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every quantity was seen, in the order of what happens.

    The voice stops a prompt that would go on for as long as a machine may need to hear it.
    """
    monkeypatch.setattr("ivr_agi.bench.turn.PROMPT_S", float(PATIENCE_S))
    monkeypatch.setattr("ivr_agi.bench.turn.SECONDS_PER_TURN", 2.0 * PATIENCE_S)
    monkeypatch.setattr("ivr_agi.bench.turn.SOUND_WITHIN_S", float(PATIENCE_S))
    said: list[str] = []
    rows = {row.name: row for row in asyncio.run(run_turns(TurnsPlan(turns=2), said.append))}
    assert said == ["0 of 2 turns"]
    assert rows.pop("turns_missed").p50 == 0
    assert list(rows) == [
        "voice_start_to_command",
        "voice_start_to_confirmed",
        "voice_start_to_silence",
        "onset_to_voice_start",
        "onset_to_silence",
        "tts_chunk_to_sound",
    ]
    assert all(row.n == 2 for row in rows.values())
    ms = {name: row.p50 or 0.0 for name, row in rows.items()}
    assert 0 <= ms["voice_start_to_command"] <= ms["voice_start_to_confirmed"]
    assert 0 <= ms["voice_start_to_silence"]
    assert 0 <= ms["onset_to_voice_start"] <= ms["onset_to_silence"]
    assert 0 <= ms["tts_chunk_to_sound"]


def event(at_s: float, name: str, **data: object) -> Event:
    """An entry of the journal."""
    return Event(at_s=at_s, event=name, call="1", time=0.0, data=data)


def heard(*spans: tuple[float, float]) -> list[float]:
    """Audible frames of 20 ms."""
    return [at + n * 0.02 for at, until in spans for n in range(round((until - at) / 0.02))]


CALL = ObservedCall(
    events=[
        event(1.0, "prompt_started", recording="tone"),
        event(2.1, "voice_start"),
        event(2.11, "prompt_stopped"),
        event(3.5, "synthesis_first_audio"),
        event(3.51, "prompt_started", text="Number 0."),
        event(5.0, "prompt_started", recording="tone"),
        event(9.5, "synthesis_first_audio"),
        event(9.6, "prompt_started", text="Number 1."),
    ],
    heard=heard((1.0, 2.12), (3.54, 4.5), (5.0, 9.0), (9.64, 10.0)),
    onsets=[2.0, 6.0],
    commands=[0.99, 2.102, 3.51],
)


def test_a_turn_and_one_that_was_missed() -> None:
    """The voice did not stop the second prompt; that it was synthesised in time counts."""
    first, second = measure(CALL)
    assert first == pytest.approx(
        {
            "voice_start_to_command": 0.002,
            "voice_start_to_confirmed": 0.01,
            "voice_start_to_silence": 0.02,
            "onset_to_voice_start": 0.1,
            "onset_to_silence": 0.12,
            "tts_chunk_to_sound": 0.04,
        }
    )
    assert second == pytest.approx({"tts_chunk_to_sound": 0.14})
    table = {row.name: row for row in turn_rows([first, second])}
    assert (table["onset_to_silence"].n, table["tts_chunk_to_sound"].n) == (1, 2)
    assert table["turns_missed"].p50 == 50
    assert table["tts_chunk_to_sound"].meaning.endswith("at most 140 ms")


def test_a_stop_for_nothing_is_not_the_one_that_counts() -> None:
    """A noise before the words: the prompt went on."""
    again = [event(1.5, "voice_start"), event(1.51, "prompt_stopped")]
    events = [CALL.events[0], *again, *CALL.events[1:]]
    call = ObservedCall(events=events, heard=CALL.heard, onsets=CALL.onsets[:1])
    (turn,) = measure(call)
    assert turn["voice_start_to_silence"] == pytest.approx(0.02)


def test_the_flow_is_right() -> None:
    """It is one, and each turn says something else."""
    flow = parse_flow(turns_flow("tone", 3, first_number=40))
    assert list(flow.steps) == ["ask0", "tell0", "ask1", "tell1", "ask2", "tell2", "done"]
    assert "Number 42." in turns_flow("tone", 3, first_number=40)
