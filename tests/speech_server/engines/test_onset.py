"""When a voice has begun: every rule, on made-up probabilities and synthetic sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ivr_agi.speech_server.engines.onset import EvidenceRule, WindowRule

if TYPE_CHECKING:
    from ivr_agi.audio.levels import Samples

WINDOW_MS = 16
N = 128
SECOND = 8000
RNG = np.random.default_rng(3)


def line(n: int, dbfs: float = -75.0) -> Samples:
    """Noise of a line."""
    return RNG.standard_normal(n) * 32768 * 10 ** (dbfs / 20)


def voice(n: int, pitch_hz: float = 120.0, dbfs: float = -26.0) -> Samples:
    """A vowel: harmonics up to 3400 Hz, falling by 6 dB an octave, that grows for 50 ms."""
    t = np.arange(n) / SECOND
    hz = pitch_hz * (1 + 0.1 * t)
    phase = 2 * np.pi * np.cumsum(hz) / SECOND
    harmonics = range(3, int(3400 / pitch_hz))
    sound: Samples = np.sum([np.sin(k * phase + k * k) / k for k in harmonics], axis=0)
    sound = sound * np.minimum(1.0, t / 0.05)
    return sound * float(32768 * 10 ** (dbfs / 20) / np.sqrt(np.mean(sound**2)))


def tones(n: int, hz: tuple[float, ...], dbfs: float) -> Samples:
    """Sines from the first sample on."""
    t = np.arange(n) / SECOND
    sound: Samples = np.sum([np.sin(2 * np.pi * f * t) for f in hz], axis=0)
    return sound * 32768 * 10 ** (dbfs / 20)


def begins_ms(
    sound: Samples,
    probability: float,
    *,
    lead_s: float = 1.0,
    line_dbfs: float = -75.0,
    unsure_ms: int = 0,
) -> int | None:
    """When a sound that sets in on a line begins a voice, after its onset, by such a detector."""
    rule, lead = EvidenceRule(WINDOW_MS), round(lead_s * SECOND)
    samples = line(lead + sound.size, line_dbfs)
    samples[lead:] += sound
    pcm = np.clip(samples, -32768, 32767).astype("<i2")
    for at in range(0, pcm.size - N + 1, N):
        heard = probability if at + N > lead + 8 * unsure_ms else 0.01
        if rule.push(heard, pcm[at : at + N].tobytes()):
            return (at + N - lead) // 8
    return None


@pytest.mark.parametrize("line_dbfs", [-75.0, -61.0])
@pytest.mark.parametrize("pitch_hz", [90.0, 120.0, 220.0])
def test_a_voice_begins_within_four_windows(pitch_hz: float, line_dbfs: float) -> None:
    """On a quiet line and on a noisy one."""
    at = begins_ms(voice(4000, pitch_hz), 0.9, line_dbfs=line_dbfs)
    assert at is not None
    assert at <= 64


def test_a_soft_voice_begins_too() -> None:
    """20 dB softer."""
    at = begins_ms(voice(4000, dbfs=-46.0), 0.9)
    assert at is not None
    assert at <= 100


@pytest.mark.parametrize("line_dbfs", [-75.0, -61.0])
@pytest.mark.parametrize("dbfs", [-35.0, -45.0, -55.0])
@pytest.mark.parametrize("mains_hz", [50, 60])
def test_mains_hum_is_no_voice(mains_hz: int, dbfs: float, line_dbfs: float) -> None:
    """However sure the detector is, once the sound is longer than the moment that it sets in."""
    hum = tones(2 * SECOND, tuple(mains_hz * k for k in range(1, 12)), dbfs)
    assert begins_ms(hum, 0.9, line_dbfs=line_dbfs, unsure_ms=16) is None


@pytest.mark.parametrize("pitch_hz", [100.0, 180.0, 220.0])
def test_closed_lips_are_no_voice(pitch_hz: float) -> None:
    """Few and falling overtones, that fade in and out."""
    n = 3200
    t = np.arange(n) / SECOND
    overtones = [0.4**k * np.sin(2 * np.pi * pitch_hz * (k + 1) * t) for k in range(7)]
    hum: Samples = np.sum(overtones, axis=0)
    fade = np.minimum(1.0, np.minimum(np.arange(n), np.arange(n)[::-1]) / 320)
    sound = np.concatenate((hum * fade * 2000, np.zeros(2000)))
    assert begins_ms(sound, 0.9) is None


def test_a_vowel_after_a_hum_is_a_voice() -> None:
    """*Mmm, yes*: the hum only waits."""
    hum = tones(3200, (120.0, 240.0), -40.0)
    at = begins_ms(np.concatenate((hum, voice(4000))), 0.9)
    assert at is not None
    assert 400 < at <= 464


def test_hiss_takes_more_than_a_voice() -> None:
    """It begins in the end, as whispers do; a hiss that is half heard does not."""
    hiss = line(8000, -30.0)
    sure = begins_ms(hiss, 0.9)
    assert sure is not None
    assert sure > 32
    assert begins_ms(hiss, 0.4) is None


@pytest.mark.parametrize("probability", [0.0, 0.19, 0.34])
def test_what_the_detector_does_not_hear(probability: float) -> None:
    """No sound makes up for it."""
    assert begins_ms(voice(8000), probability) is None


def test_what_is_too_soft() -> None:
    """Below -60 dBFS."""
    assert begins_ms(voice(8000, dbfs=-66.0), 0.99) is None


def test_a_level_that_falls_is_an_end() -> None:
    """The detector is sure only when the sound is over."""
    rule = EvidenceRule(WINDOW_MS)
    t = np.arange(4000) / SECOND
    sound = (voice(8000)[4000:] * 10 ** (-t * 18) + line(4000)).astype("<i2")
    found = [
        rule.push(0.1 if at < 1280 else 0.99, sound[at : at + N].tobytes())
        for at in range(0, 4000 - N, N)
    ]
    assert not any(found)


def test_a_room_full_of_voices_needs_more() -> None:
    """Where voices were half heard for a second, half heard ones do not begin."""
    rule = EvidenceRule(WINDOW_MS)
    hiss = line(2 * SECOND, -40.0).astype("<i2")
    windows = [hiss[at : at + N].tobytes() for at in range(0, hiss.size - N, N)]
    assert not any(rule.push(0.3, each) for each in windows)
    more = voice(2000).astype("<i2")
    half_heard = [more[at : at + N].tobytes() for at in range(0, 2000 - N, N)]
    assert not any(rule.push(0.5, each) for each in half_heard[:4])
    assert begins_ms(voice(2000), 0.6) is not None


def test_clear_forgets_the_evidence() -> None:
    """The next sentence needs its own."""
    rule = EvidenceRule(WINDOW_MS)
    sound = voice(4000).astype("<i2")
    windows = [sound[at : at + N].tobytes() for at in range(0, 4000 - N, N)]
    began = next(at for at, each in enumerate(windows) if rule.push(0.7, each))
    rule.clear()
    assert began >= 1
    again = next(at for at, each in enumerate(windows[began + 1 :]) if rule.push(0.7, each))
    assert again == 1


def test_two_windows_of_four() -> None:
    """The plain rule; it forgets with the sentence."""
    rule = WindowRule(32)
    assert [rule.push(each, b"") for each in (0.5, 0.1, 0.1, 0.5)] == [False, False, False, True]
    rule.clear()
    assert [rule.push(each, b"") for each in (0.6, 0, 0, 0, 0.6)] == [False] * 5
