"""How long nothing is heard, of spans of time."""

from __future__ import annotations

from ivr_agi.journal import Event
from ivr_agi.simulator.events import CallEvent, CallEventKind
from tests.chaos.silence import (
    acting_spans,
    heard_spans,
    longest_silence,
    merge,
    overlap,
    turn_spans,
)

LOUD = b"\x00\x20" * 160
QUIET = bytes(320)


def test_what_is_heard() -> None:
    """Frames of 20 ms; those that follow each other are one span."""
    found = heard_spans(QUIET + 2 * LOUD + QUIET + LOUD, 10.0)
    assert [(round(a, 2), round(b, 2)) for a, b in found] == [(10.02, 10.06), (10.08, 10.1)]


def test_the_longest_silence() -> None:
    """Before, between and after sounds; what is excused is taken off."""
    heard = [(3.0, 4.0), (10.0, 11.0)]
    assert longest_silence(heard, (0.0, 12.0), []) == 6.0
    assert longest_silence(heard, (0.0, 12.0), [(4.0, 7.0), (6.0, 8.0)]) == 3.0
    assert longest_silence([], (0.0, 7.0), []) == 7.0


def test_spans() -> None:
    """Overlaps count once."""
    assert merge([(3, 4), (1, 2), (1.5, 3.5)]) == [(1, 4)]
    assert merge([(2, 1)]) == []
    assert overlap((0, 10), [(1, 2), (9, 12)]) == 2


def test_a_turn_ends_with_what_the_caller_does() -> None:
    """From the end of a prompt; until the outcome, the first act or the timeout."""
    journal = [
        Event(at_s=1.0, event="prompt_ended"),
        Event(at_s=9.0, event="outcome"),
        Event(at_s=20.0, event="prompt_stopped"),
        Event(at_s=21.0, event="outcome"),
    ]
    assert turn_spans(journal, [], 5.0) == [(1.0, 6.0), (20.0, 21.0)]
    assert turn_spans(journal, [(3.0, 3.5)], 5.0)[0] == (1.0, 3.0)


def test_acts() -> None:
    """A voice, with the pause that ends a sentence; a key, with the time for another one."""
    events = [
        CallEvent(1.0, CallEventKind.VOICE_STARTED, "x"),
        CallEvent(2.0, CallEventKind.VOICE_ENDED, "x"),
        CallEvent(5.0, CallEventKind.KEY_PRESSED, "1"),
    ]
    assert acting_spans(events, 3.0) == [(1.0, 2.5), (5.0, 8.0)]
