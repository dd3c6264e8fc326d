"""The wire's audio formats."""

from __future__ import annotations

import numpy as np
import pytest

from ivr_agi.sis.wire.messages import AUDIO_FORMATS
from ivr_agi.speech_server.wire_audio import SpeechDecoder, SpeechEncoder, wire_rate_hz

TONE_HZ = 440


def tone(rate_hz: int, seconds: float = 1.0) -> bytes:
    """A sine, s16le."""
    t = np.arange(int(rate_hz * seconds)) / rate_hz
    return (8000 * np.sin(2 * np.pi * TONE_HZ * t)).astype("<i2").tobytes()


def pitch(pcm: bytes, rate_hz: int = 8000) -> float:
    """The loudest frequency in Hz."""
    spectrum = np.abs(np.fft.rfft(np.frombuffer(pcm, "<i2")))
    return float(np.argmax(spectrum) * rate_hz / (len(pcm) // 2))


@pytest.mark.parametrize("audio_format", AUDIO_FORMATS)
def test_every_format_becomes_8_khz_pcm(audio_format: str) -> None:
    """The same tone at the same level comes out."""
    rate_hz = wire_rate_hz(audio_format)
    coding = audio_format[:4] if audio_format[0] != "p" else "pcm"
    encoder = SpeechEncoder(coding, voice_rate_hz=rate_hz, rate_hz=rate_hz)
    wire = encoder.encode(tone(rate_hz))
    pcm = SpeechDecoder(audio_format).decode(wire)
    assert rate_hz == (16000 if audio_format.endswith(("16k16bit", "16k8bit")) else 8000)
    assert pitch(pcm) == pytest.approx(TONE_HZ, abs=2)
    assert np.abs(np.frombuffer(pcm, "<i2")).max() == pytest.approx(8000, rel=0.05)


def test_samples_may_be_cut_in_two() -> None:
    """A frame of an odd length is no reason to hear noise from then on."""
    decoder = SpeechDecoder("pcm8k16bit")
    pcm = tone(8000)
    assert b"".join(decoder.decode(pcm[at : at + 7]) for at in range(0, len(pcm), 7)) == pcm


@pytest.mark.parametrize("coding", ["pcm", "ulaw", "alaw"])
@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_a_voice_is_resampled_and_coded(coding: str, rate_hz: int) -> None:
    """From 22050 Hz, in pieces; nothing is lost at the end."""
    encoder = SpeechEncoder(coding, voice_rate_hz=22050, rate_hz=rate_hz)
    voice = tone(22050)
    wire = b"".join(encoder.encode(voice[at : at + 2646]) for at in range(0, len(voice), 2646))
    wire += encoder.encode(b"", last=True)
    assert len(wire) == pytest.approx(rate_hz * (2 if coding == "pcm" else 1), rel=0.01)
    if coding == "pcm":
        assert pitch(wire, rate_hz) == pytest.approx(TONE_HZ, abs=2)
