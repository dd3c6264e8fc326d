"""Test speech: words spoken by espeak-ng, and by flite where it is installed."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import wave
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soxr

from ivr_agi.speech_server.engines.base import SpeechRequest
from ivr_agi.speech_server.engines.espeak import EspeakVoice

ROOT = Path(__file__).parents[3]

needs_flite = pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")


@cache
def espeak(text: str, language: str = "en-us") -> bytes:
    """s16le mono 8 kHz, robotic; always the same.

    espeak-ng draws its noises from rand() and keeps state from one text to the next, so a process
    of its own says each text.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.speech_server.engines.spoken", language, text],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    pcm: bytes = done.stdout
    return pcm


def recorded(name: str) -> bytes:
    """s16le mono 8 kHz: a recorded voice of the demo."""
    with wave.open(str(ROOT / "ivr_agi" / "demo" / "voice" / f"{name}.wav")) as file:
        pcm: bytes = file.readframes(1 << 24)
    return pcm


@cache
def flite(text: str, voice: str = "slt") -> bytes:
    """s16le mono 8 kHz, from models of real speakers."""
    done = subprocess.run(
        ["flite", "-voice", voice, "-t", text, "-o", "/dev/stdout"], capture_output=True, check=True
    )
    with wave.open(io.BytesIO(done.stdout)) as file:
        return to_8_khz(file.readframes(1 << 24), file.getframerate())


def to_8_khz(pcm: bytes, rate_hz: int) -> bytes:
    """Resampled well."""
    samples: bytes = soxr.resample(np.frombuffer(pcm, "<i2"), rate_hz, 8000).tobytes()
    return samples


def on_the_line(speech: bytes, *, before_ms: int = 800, after_ms: int = 1000) -> bytes:
    """Speech with line noise (-75 dBFS) around and under it; always the same."""
    samples = np.concatenate(
        (np.zeros(8 * before_ms), np.frombuffer(speech, "<i2"), np.zeros(8 * after_ms))
    )
    noise = np.random.default_rng(0).standard_normal(len(samples)) * 6
    return np.clip(samples + noise, -32768, 32767).astype("<i2").tobytes()


def onset_ms(speech: bytes) -> float:
    """Where speech begins: first sample above 3 % of the peak."""
    samples = np.abs(np.frombuffer(speech, "<i2").astype(int))
    return float(np.argmax(samples > 0.03 * samples.max()) / 8)


def _speak(language: str, text: str) -> bytes:
    pieces: list[bytes] = []

    def sink(pcm: bytes) -> bool:
        pieces.append(pcm)
        return True

    voice = EspeakVoice()
    voice.speak(text, SpeechRequest(language, "any"), sink, lambda _mark: None)
    return to_8_khz(b"".join(pieces), voice.rate_hz)


if __name__ == "__main__":
    sys.stdout.buffer.write(_speak(*sys.argv[1:]))
