"""The local engines in their own process: the messages that a recording leads to."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ivr_agi.audio.frames import FRAME_BYTES, SILENCE_FRAME
from ivr_agi.audio.wav import read_wav
from ivr_agi.errors import MissingDependency, SpeechUnavailable
from ivr_agi.rehearsal.engines import Engines
from ivr_agi.sis.wire.messages import (
    EndResponse,
    ErrorResponse,
    EventResponse,
    RecognitionConfig,
    ResultResponse,
    decode_recognition_response,
)

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


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    """One process for all."""
    with Engines() as engines:
        yield engines


@pytest.mark.engine
def test_a_recording_is_understood(engines: Engines) -> None:
    """VOICE_START, words, VOICE_END, and END when it is asked for."""
    session = engines.listen(TABLES, CONFIG, "t")
    pcm = SILENCE_FRAME * 30 + read_wav(VOICE / "technical_support.wav") + SILENCE_FRAME * 60
    frames = [
        frame
        for at in range(0, len(pcm), FRAME_BYTES)
        for frame in session.hear(pcm[at : at + FRAME_BYTES])
    ]
    frames += session.end(cancel=False)
    messages = [decode_recognition_response(frame) for frame in frames]
    events = [message.event for message in messages if isinstance(message, EventResponse)]
    results = [message.segments[0] for message in messages if isinstance(message, ResultResponse)]
    assert events == ["VOICE_START", "VOICE_END"]
    assert results[-1].is_final
    assert results[-1].result is not None
    assert results[-1].result.text == "technical support"
    assert isinstance(messages[-1], EndResponse)


@pytest.mark.engine
def test_silence_and_a_cancelled_session(engines: Engines) -> None:
    """EXCEEDED_SILENCE after ``vad_head``; END closes the recogniser's sentence."""
    session = engines.listen(TABLES, CONFIG, "t")
    (frame,) = session.hear(SILENCE_FRAME * 300)
    assert "EXCEEDED_SILENCE" in frame
    session = engines.listen({}, CONFIG, "t")
    session.hear(read_wav(VOICE / "technical_support.wav"))
    (frame,) = session.end(cancel=True)
    assert isinstance(decode_recognition_response(frame), EndResponse)


@pytest.mark.engine
def test_what_the_recogniser_cannot_do(engines: Engines) -> None:
    """Mandarin without a list: refused as the speech server refuses it."""
    config = msgspec.structs.replace(CONFIG, property="chinese_8k_common", vocabulary_id=None)
    session = engines.listen({}, config, "t")
    error, ended = map(decode_recognition_response, session.hear(SILENCE_FRAME))
    assert isinstance(error, ErrorResponse)
    assert error.error_code == "SIS.0031"
    assert isinstance(ended, EndResponse)
    assert session.hear(SILENCE_FRAME) == []
    assert session.end(cancel=False) == []


@pytest.mark.engine
def test_what_is_under_the_gpl_stays_in_its_process(engines: Engines) -> None:
    """espeak-ng is not loaded here (pyproject.toml, extra local)."""
    engines.listen(TABLES, CONFIG, "t")
    if "espeakng_loader" not in sys.modules:  # no other test has loaded it
        assert "espeak" not in Path("/proc/self/maps").read_text()


def test_engines_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingDependency, match=r"ivr-agi\[local\]"):
        Engines()


@pytest.mark.engine
def test_engines_out_of_their_block() -> None:
    """There is no process then."""
    with pytest.raises(RuntimeError, match="with"):
        Engines().hear(b"")


PARENT = """\
import os, time
from ivr_agi.rehearsal.engines import Engines
with Engines() as engines:
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    print(engines.pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.engine
def test_the_process_ends_with_its_parent() -> None:
    """Also where a child of that one still holds its input open."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert parent.stdout is not None
    pid = parent.stdout.readline().strip()
    parent.kill()
    try:
        while is_alive(pid):
            time.sleep(0.05)
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.communicate()


def is_alive(pid: str) -> bool:
    """Whether it runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.engine
def test_a_process_that_is_ended_from_outside() -> None:
    """That is told, and no answer is waited for."""
    with Engines() as engines:
        os.kill(engines.pid, signal.SIGKILL)
        with pytest.raises(SpeechUnavailable, match="ended"):
            engines.hear(SILENCE_FRAME)
