"""A call in words: every event is told, with its reason."""

from __future__ import annotations

import pytest

from ivr_agi.journal import Event
from ivr_agi.journal.schema import EVENTS
from ivr_agi.report.timeline import tell_call, tell_event


@pytest.mark.parametrize(
    ("event", "data", "told"),
    [
        ("call_started", {"extension": "600", "flow": "m", "caller": "1"}, "flow m, from 1"),
        ("prompt_started", {"text": "Sales?"}, "says: Sales?"),
        ("prompt_started", {}, "says: ..."),
        ("prompt_ended", {"cause": "key", "position_ms": 90}, "end of the prompt: key, at 90 ms"),
        ("prompt_ended", {"cause": "ended"}, "end of the prompt"),
        ("prompt_stopped", {"position_ms": 7, "barge_in_ms": 3.1}, "at 7 ms, 3.1 ms after"),
        ("result", {"text": "sales", "score": 0.5}, "words: sales (score 0.50)"),
        ("result", {}, "words: ..."),
        ("outcome", {"outcome": "Heard", "text": "x", "false_barge_ins": 2}, "2 false stops"),
        ("outcome", {"outcome": "Pressed", "keys": "1"}, "ends: Pressed, keys 1"),
        ("outcome", {"outcome": "Heard", "legs_ms": {"voice_to_stop": 9}}, "voice to stop 9 ms"),
        ("failover", {"failed": "a", "next": "b", "error": "gone"}, "with b because: gone"),
        (
            "call_ended",
            {"status": "TRANSFER", "target": "200", "seconds": 3.21},
            "200, after 3.2 s",
        ),
        ("stalled", {"ms": 5}, "stalled: ms 5"),
        ("unheard_of", {}, "unheard of"),
    ],
)
def test_events(event: str, data: dict[str, object], told: str) -> None:
    """In plain words; three dots where a secure step has left something out."""
    assert told in tell_event(event, data)


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_can_be_told(event: str) -> None:
    """Also without any of its fields, as a secure step may leave it."""
    assert tell_event(event, {}).strip()


def test_a_call() -> None:
    """The sessions of the service only if they are asked for, or if they failed."""
    events = [
        Event(at_s=5.0, event="call_started"),
        Event(at_s=5.5, event="synthesis_end", data={"reason": "NORMAL"}),
        Event(at_s=6.0, event="synthesis_end", data={"reason": "ERROR", "error": "gone"}),
    ]
    assert [line.split()[0] for line in tell_call(events)] == ["0.000", "1.000"]
    assert len(list(tell_call(events, everything=True))) == 3
