"""The sound of generated calls."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np

from ivr_agi.console.demo import voices
from ivr_agi.console.demo.voices import murmur, pick_voice, write_recording
from ivr_agi.journal import Event
from ivr_agi.rehearsal.timed_sounds import speaking_s


def event(name: str, at_s: float, **data: Any) -> Event:
    """An event."""
    return Event(at_s=at_s, event=name, call="1", data=data)


def test_a_murmur_is_as_long_as_the_words() -> None:
    """And it is no silence."""
    samples = np.frombuffer(murmur("how much is on my account"), "<i2")
    assert abs(samples.size / 8000 - speaking_s("how much is on my account")) < 0.01
    assert np.abs(samples).max() > 1000


def test_without_the_engines_it_murmurs(monkeypatch: Any) -> None:
    """No extra is needed."""
    monkeypatch.setattr(voices, "find_spec", lambda _: None)
    assert pick_voice()("hello") == murmur("hello", pitch_hz=180.0)


def test_both_sides_are_where_the_events_are(tmp_path: Path) -> None:
    """The IVR until it is stopped, the caller from the voice on, the rest of the prompt later."""

    def loud(_: str) -> bytes:
        return np.full(8000 * 4, 5000, "<i2").tobytes()

    events = [
        event("call_started", 10.0),
        event("prompt_started", 10.5, text="x"),
        event("voice_start", 11.4),
        event("prompt_stopped", 11.5, position_ms=1000),
        event("prompt_resumed", 13.0, position_ms=900),
        event("prompt_ended", 14.0),
        event("voice_start", 15.0),
        event("result", 16.0, text="sales"),
        event("call_ended", 17.0),
    ]
    write_recording(tmp_path / "a.wav", events, loud, loud)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        sides = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert abs(len(sides) / 8000 - 7.0) < 0.01

    def is_loud(side: int, at_s: float) -> bool:
        return bool(sides[round(at_s * 8000), side])

    assert [is_loud(1, at) for at in (0.4, 0.6, 1.4, 1.6, 2.9, 3.1, 3.9, 4.1)] == [
        *(False, True, True, False, False, True, True, False)
    ]
    assert [is_loud(0, at) for at in (1.45, 4.9, 5.1, 5.9, 6.1)] == [
        *(False, False, True, True, False)
    ]
