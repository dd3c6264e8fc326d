"""The turns of a call, as its events tell them."""

from __future__ import annotations

from typing import Any

from ivr_agi.journal import Event
from ivr_agi.report.turns import tell_turns


def event(name: str, at_s: float, **data: Any) -> Event:
    """An event."""
    return Event(at_s=at_s, event=name, call="1", data=data)


def test_turns_are_told() -> None:
    """Prompt, words, what was made of them, where it was stopped."""
    turns = tell_turns(
        [
            event("call_started", 10.0),
            event("step", 10.1, step="menu"),
            event("prompt_started", 10.2, text="Sales,"),
            event("prompt_started", 10.3, text="or support?"),
            event("outcome", 12.0, outcome="Heard", text="mumble", score=0.4, false_barge_ins=1),
            event("no_match", 12.1, step="menu", count=1),
            event("prompt_started", 12.2, recording="again"),
            event("outcome", 14.0, outcome="Pressed", keys="1", barge_in_position_ms=700),
            event("choice", 14.1, choice="sales"),
            event("step", 14.2, step="bye"),
            event("choice", 14.3, choice="nothing"),
        ]
    )
    first, second = turns
    assert (first.at_s, first.step, first.prompt) == (2.0, "menu", "Sales, or support?")
    assert (first.text, first.score, first.understood, first.value) == (
        "mumble",
        0.4,
        "no_match",
        "",
    )
    assert first.false_stops == 1
    assert (second.prompt, second.keys, second.stopped_ms) == ("again", "1", 700)
    assert (second.understood, second.value) == ("choice", "sales")


def test_a_secure_turn_has_no_words() -> None:
    """As the journal has none."""
    turns = tell_turns(
        [event("prompt_started", 0.0), event("outcome", 1.0, outcome="Pressed"), event("slot", 1.1)]
    )
    assert (turns[0].prompt, turns[0].text, turns[0].keys, turns[0].score) == ("...", "", "", None)
    assert (turns[0].understood, turns[0].value) == ("slot", "")


def test_nothing_makes_nothing() -> None:
    """A call whose words were deleted."""
    assert tell_turns([]) == []
