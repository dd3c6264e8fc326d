"""The demo's time line."""

from __future__ import annotations

import pytest

from ivr_agi.demo.timeline import describe, find_difference, merge
from ivr_agi.journal import Event
from ivr_agi.simulator.events import CallEvent, CallEventKind


def test_merge_puts_both_clocks_on_one_line() -> None:
    """Milliseconds since launch, in order, with what belongs to each event."""
    journal = [
        Event(at_s=11.5, event="voice_start", data={"trace_id": "t"}),
        Event(at_s=10.5, event="call_started"),
    ]
    call = [
        CallEvent(11.25, CallEventKind.VOICE_STARTED, "a.wav"),
        CallEvent(11.0, CallEventKind.COMMAND_RECEIVED, "NOOP"),
    ]
    assert merge(journal, call, 10.0) == [
        {"t_ms": 500.0, "event": "call_started"},
        {"t_ms": 1250.0, "event": "caller_voice_onset", "name": "a.wav"},
        {"t_ms": 1500.0, "event": "voice_start", "trace_id": "t"},
    ]


def test_find_difference() -> None:
    """Expected events come in order, others may stand between them."""
    entries = [{"t_ms": n, "event": name, "x": n} for n, name in enumerate("abcab")]
    assert find_difference(entries, [{"event": "a"}, {"event": "c"}, {"event": "b"}]) is None
    assert find_difference(entries, [{"event": "a", "x": 3}, {"event": "b", "x": 4}]) is None
    late = find_difference(entries, [{"event": "c"}, {"event": "c", "x": 1}])
    assert late == "after c there is no c (x 1)"
    assert find_difference([], [{"event": "a"}]) == "after the beginning there is no a"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"event": "call_started", "extension": "100"}, "call      answered at extension 100"),
        ({"event": "prompt_started", "text": "Hi"}, "IVR       says: Hi"),
        ({"event": "prompt_started", "recording": "hi"}, "IVR       plays hi"),
        ({"event": "prompt_ended", "cause": "ended"}, "IVR       ... end of the prompt"),
        ({"event": "prompt_ended", "cause": "key"}, None),
        ({"event": "synthesis_first_audio"}, "first audio"),
        ({"event": "synthesis_end", "reason": "NORMAL", "audio_ms": 1500}, "1.5 s of speech"),
        ({"event": "synthesis_end", "reason": "ERROR"}, "END ERROR of synthesis"),
        ({"event": "recognition_end", "reason": "NORMAL"}, "END NORMAL of recognition"),
        ({"event": "recognition_end", "reason": "CANCEL"}, None),
        ({"event": "caller_voice_onset", "name": "a.wav"}, "begins to say a.wav"),
        ({"event": "caller_voice_end"}, "caller    is done"),
        ({"event": "caller_key", "name": "1"}, "presses 1"),
        ({"event": "voice_start"}, "VOICE_START"),
        ({"event": "prompt_stopped", "barge_in_ms": 0.4}, "stopped 0.4 ms after VOICE_START"),
        ({"event": "prompt_silent"}, "last of the prompt"),
        ({"event": "voice_end"}, "VOICE_END"),
        ({"event": "result", "text": "yes", "score": 0.5}, "words: 'yes', score 0.50"),
        ({"event": "choice", "choice": "yes"}, "choice: yes"),
        ({"event": "no_input", "count": 1}, "no input, time 1"),
        ({"event": "no_match", "count": 2}, "no match, time 2"),
        ({"event": "key", "key": "1"}, "key 1"),
        ({"event": "call_ended", "status": "TRANSFER"}, "IVR_STATUS=TRANSFER"),
        ({"event": "audio"}, None),
    ],
)
def test_describe(entry: dict[str, object], expected: str | None) -> None:
    """A line for what a person follows, nothing for the rest."""
    line = describe(entry)
    assert line == expected if expected is None or line is None else expected in line
