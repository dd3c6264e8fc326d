"""Rows and counts of a call, by hand."""

from __future__ import annotations

from typing import Any

from ivr_agi.journal import Event
from ivr_agi.store.hours import bucket_of
from ivr_agi.store.summary import CallSummary, summarise


def call_of(*events: tuple[str, dict[str, Any]]) -> CallSummary:
    """A call with an event a second."""
    return summarise(
        [
            Event(at_s=float(n), time=1000.0 + n, call="1.1", event=name, data=data)
            for n, (name, data) in enumerate(events)
        ]
    )


def test_a_call() -> None:
    """A menu that is not understood, confirmed, and left for a message."""
    made = call_of(
        ("call_started", {"flow": "main", "version": "v1", "caller": "1", "extension": "600"}),
        ("step", {"step": "menu"}),
        ("prompt_started", {"text": "Sales?"}),
        ("recognition_started", {"endpoint": "ws://a"}),
        ("outcome", {"outcome": "Heard", "text": "mumble", "score": 0.3, "false_barge_ins": 2}),
        ("no_match", {"step": "menu", "count": 1}),
        ("barge_in", {}),
        ("outcome", {"outcome": "Heard", "text": "sails", "legs_ms": {"voice_to_stop": 12}}),
        ("confirm", {"step": "menu"}),
        ("outcome", {"outcome": "Heard", "text": "no"}),
        ("no_match", {"step": "menu", "count": 2}),
        ("outcome", {"outcome": "Pressed", "keys": "1"}),
        ("choice", {"step": "menu", "choice": "sales"}),
        ("step", {"step": "leave"}),
        ("call_recording", {"file": "r.wav"}),
        ("call_recording", {}),
        ("message", {"step": "leave", "recording": "/m/1", "duration_s": 3.0}),
        ("failover", {"failed": "ws://a", "next": "ws://b"}),
        ("audio", {"verdict": "good"}),
        ("call_ended", {"status": "VOICEMAIL", "target": "200", "seconds": 18.5}),
    )
    assert (made.flow, made.version, made.caller, made.extension) == ("main", "v1", "1", "600")
    assert (made.status, made.target, made.seconds, made.audio) == (
        "VOICEMAIL",
        "200",
        18.5,
        "good",
    )
    assert (made.misses, made.false_barge_ins, made.path) == (2, 2, "menu>leave")
    assert [turn.understood for turn in made.turns] == ["no_match", "confirm", "no_match", "choice"]
    assert [turn.is_barge_in for turn in made.turns] == [False, True, False, False]
    assert len({turn.prompt for turn in made.turns}) == 1
    assert made.turns[1].row(7, 1)[:7] == (
        7,
        1,
        7000,
        "menu",
        made.turns[0].prompt,
        "Heard",
        "confirm",
    )
    assert [
        (n, text, choice, matched) for n, _, _, text, _, choice, matched in made.utterances
    ] == [
        (0, "mumble", "", False),
        (1, "sails", "", True),
        (2, "no", "", False),
    ]
    assert made.recordings == [("r.wav", "call", 1014.0), ("/m/1", "message", 1016.0)]
    assert made.counts["menu", "confirm.refused"] == 1
    assert made.counts["menu", "visits"] == 1
    assert made.counts["menu", "ms"] == 12_000
    assert made.counts["leave", "message"] == 1
    assert made.counts["", "status.VOICEMAIL"] == made.counts["", "calls"] == 1
    assert made.legs == {("ws://a", "voice_to_stop", bucket_of(12)): 1}
    assert made.failovers == {"ws://a": 1}


def test_a_secure_step() -> None:
    """Nothing that was said is known; the turns are counted."""
    made = call_of(
        ("call_started", {}),
        ("step", {"step": "pin"}),
        ("prompt_started", {}),
        ("result", {"trace_id": "t"}),
        ("outcome", {"outcome": "Heard"}),
        ("slot", {"step": "pin"}),
    )
    assert made.utterances == []
    assert made.turns[0].understood == "slot"
    assert made.turns[0].prompt == ""


def test_where_a_caller_leaves() -> None:
    """In the step that was the last; a call without an end is lost."""
    left = call_of(
        ("call_started", {"script": "a.py"}),
        ("step", {"step": "menu"}),
        ("call_ended", {"status": "HANGUP"}),
    )
    assert (left.counts["menu", "left"], left.flow, left.last_step) == (1, "a.py", "menu")
    assert call_of(("call_started", {})).counts["", "status.LOST"] == 1


def test_words_of_the_first_version() -> None:
    """Its outcome had none: they are those of the results."""
    made = call_of(
        ("call_started", {}),
        ("result", {"text": "two", "score": 0.5}),
        ("result", {"text": "sales", "score": 0.8}),
        ("outcome", {"outcome": "Heard"}),
        ("result", {"text": "late"}),
        ("outcome", {"outcome": "Pressed"}),
        ("choice", {"step": "", "choice": "x"}),
    )
    assert [said[3:5] for said in made.utterances] == [("two sales", 0.8)]
