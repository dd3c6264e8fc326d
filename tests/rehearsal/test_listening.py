"""The local engines in this process: the messages that a recording leads to."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from ivr_agi.audio.frames import FRAME_BYTES, SILENCE_FRAME
from ivr_agi.audio.wav import read_wav
from ivr_agi.errors import MissingDependency
from ivr_agi.rehearsal import listening
from ivr_agi.sis.messages import EndResponse, EventResponse, RecognitionConfig, ResultResponse

VOICE = Path(__file__).parents[2] / "ivr_agi" / "demo" / "voice"
CONFIG = RecognitionConfig(
    audio_format="pcm8k16bit",
    property="english_8k_common",
    vad_head=5000,
    vad_tail=500,
    interim_results="yes",
    vocabulary_id="menu",
)
TABLES = {"menu": ["account balance", "technical support", "operator"]}


@pytest.mark.engine
def test_a_recording_is_understood() -> None:
    """VOICE_START, interim and final words, VOICE_END, and END when it is asked for."""
    session = listening.Engines().listen(TABLES, CONFIG, "t")
    pcm = SILENCE_FRAME * 30 + read_wav(VOICE / "technical_support.wav") + SILENCE_FRAME * 60
    messages = [
        message
        for at in range(0, len(pcm), FRAME_BYTES)
        for message in session.hear(pcm[at : at + FRAME_BYTES])
    ]
    messages += session.end(cancel=False)
    events = [message.event for message in messages if isinstance(message, EventResponse)]
    results = [message.segments[0] for message in messages if isinstance(message, ResultResponse)]
    assert events == ["VOICE_START", "VOICE_END"]
    assert [result.is_final for result in results][-1]
    assert results[-1].result is not None
    assert results[-1].result.text == "technical support"
    assert isinstance(messages[-1], EndResponse)


@pytest.mark.engine
def test_silence_and_a_cancelled_session() -> None:
    """EXCEEDED_SILENCE after ``vad_head``; END closes the recogniser's sentence."""
    engines = listening.Engines()
    session = engines.listen(TABLES, CONFIG, "t")
    messages = session.hear(SILENCE_FRAME * 300)
    assert [getattr(message, "event", "") for message in messages] == ["EXCEEDED_SILENCE"]
    session = engines.listen({}, CONFIG, "t")
    session.hear(read_wav(VOICE / "technical_support.wav"))
    (ended,) = session.end(cancel=True)
    assert isinstance(ended, EndResponse)


def test_engines_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingDependency, match=r"ivr-agi\[local\]"):
        listening.Engines()
