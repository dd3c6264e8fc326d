"""Silero VAD, the real one."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from ivr_agi.errors import MissingDependency
from ivr_agi.speech_server.engines.onset import EvidenceRule
from ivr_agi.speech_server.engines.silero import QUIET_WINDOWS, SileroVad
from tests.speech_server.engines.spoken import espeak, on_the_line

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def vad() -> SileroVad:
    """One model for all streams."""
    return SileroVad()


def probabilities(vad: SileroVad, pcm: bytes) -> list[float]:
    """Of every window."""
    stream = vad.stream()
    size = 2 * vad.window_samples
    return [stream.probability(pcm[at : at + size]) for at in range(0, len(pcm) - size + 1, size)]


def test_speech_is_speech(vad: SileroVad) -> None:
    """And the line before it is not."""
    found = probabilities(vad, on_the_line(espeak("account balance")))
    assert max(found[:48]) < 0.35
    assert sum(each >= 0.5 for each in found[50:110]) > 30


def test_noise_and_keys_are_not_speech(vad: SileroVad) -> None:
    """White noise at -30 dBFS, a DTMF tone, hum."""
    t = np.arange(16000) / 8000
    noise = np.random.default_rng(0).standard_normal(16000) * 1000
    dtmf = 5000 * (np.sin(2 * np.pi * 697 * t) + np.sin(2 * np.pi * 1209 * t))
    hum = 5000 * np.sin(2 * np.pi * 50 * t)
    for sound in (noise, dtmf, hum):
        assert max(probabilities(vad, sound.astype("<i2").tobytes())) < 0.5


def test_level_gate(vad: SileroVad) -> None:
    """What is quieter than the gate is not the caller's speech: a prompt's echo."""
    samples = np.frombuffer(on_the_line(espeak("account balance")), "<i2")
    quiet = (samples / 30).astype("<i2").tobytes()  # about -50 dBFS
    assert max(probabilities(SileroVad(gate_dbfs=-35), quiet)) == 0
    assert max(probabilities(SileroVad(gate_dbfs=-70), quiet)) >= 0.5


def test_streams_do_not_mix(vad: SileroVad) -> None:
    """Two in turns give what each gives alone."""
    speech, silence = on_the_line(espeak("yes")), bytes(32000)
    first, second = vad.stream(), vad.stream()
    found = []
    for at in range(0, 16 * 256, 256):
        found.append(first.probability(speech[at : at + 256]))
        second.probability(silence[at : at + 256])
    assert found == probabilities(vad, speech)[:16]


def test_a_quiet_line_costs_nothing_and_loses_nothing(vad: SileroVad) -> None:
    """After 768 ms the model does not run, and a word after that is heard as ever."""
    speech = on_the_line(espeak("account balance"))
    stream, runs = vad.stream(), []
    run = stream._session.run

    class Counting:
        def run(self, *given: object) -> object:
            runs.append(given)
            return run(*given)

    stream._session = Counting()
    found = [stream.probability(bytes(256)) for _ in range(200)]
    assert len(runs) == QUIET_WINDOWS
    assert max(found) == 0.0
    heard = [stream.probability(speech[at : at + 256]) for at in range(0, len(speech) - 255, 256)]
    assert max(heard) > 0.9


def test_its_own_rule_for_the_beginning(vad: SileroVad) -> None:
    """One for each session."""
    assert isinstance(vad.onset(), EvidenceRule)
    assert vad.onset() is not vad.onset()


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingDependency, match="onnxruntime is not installed"):
        SileroVad()
