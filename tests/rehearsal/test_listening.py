"""The process of the engines, looked into: a session from START to END."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ivr_agi.audio.frames import SILENCE_FRAME
from ivr_agi.audio.wav import read_wav
from ivr_agi.rehearsal import listening
from ivr_agi.rehearsal.engines import BeginSession, EndSession, FeedSession
from ivr_agi.rehearsal.listening import SessionHost
from ivr_agi.sis.wire.messages import RecognitionConfig

pytestmark = pytest.mark.engine

VOICE = Path(__file__).parents[2] / "ivr_agi" / "demo" / "voice"
CONFIG = RecognitionConfig(
    audio_format="pcm8k16bit",
    property="english_8k_common",
    vad_head=5000,
    vad_tail=500,
    interim_results="yes",
)
CHINESE = RecognitionConfig(audio_format="pcm8k16bit", property="chinese_8k_common")
PHRASES = ("account balance", "technical support")


@pytest.fixture(scope="module")
def host() -> SessionHost:
    """The engines, loaded once."""
    return SessionHost()


def heard(host: SessionHost, pcm: bytes) -> str:
    """All that is said to some audio, fed by 40 ms."""
    return "".join(
        message
        for at in range(0, len(pcm), 640)
        for message in host.answer(FeedSession(pcm[at : at + 640])).messages
    )


def test_a_sentence(host: SessionHost) -> None:
    """Its beginning, its words on the way and at its end."""
    assert host.answer(BeginSession(CONFIG, "t", PHRASES)).messages == []
    said = heard(host, read_wav(VOICE / "technical_support.wav") + SILENCE_FRAME * 60)
    assert said.index("VOICE_START") < said.index("technical support") < said.index("VOICE_END")
    (ended,) = host.answer(EndSession(cancel=False)).messages
    assert '"END"' in ended


def test_a_session_that_is_left_in_mid_sentence(host: SessionHost) -> None:
    """Another one begins; without one, nothing is said."""
    for _ in range(2):
        host.answer(BeginSession(CONFIG, "t", PHRASES))
        assert "VOICE_START" in heard(host, read_wav(VOICE / "technical_support.wav"))
    assert len(host.answer(EndSession(cancel=True)).messages) == 1
    assert host.answer(FeedSession(SILENCE_FRAME)).messages == []
    assert host.answer(EndSession(cancel=True)).messages == []


def test_what_the_recogniser_cannot_do(host: SessionHost) -> None:
    """It is refused at the first audio."""
    host.answer(BeginSession(CONFIG, "t", None))
    host.answer(BeginSession(CHINESE, "t", None))
    error, ended = host.answer(FeedSession(SILENCE_FRAME)).messages
    assert "SIS.0031" in error
    assert '"END"' in ended


def test_it_ends_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as another one is its parent."""
    parents = iter([7, 7, 1])
    monkeypatch.setattr("os.getppid", lambda: next(parents))
    monkeypatch.setattr(listening, "PARENT_CHECK_S", 0)
    monkeypatch.setattr("os._exit", sys.exit)
    with pytest.raises(SystemExit):
        listening._end_with_parent(7)
    assert next(parents, None) is None
