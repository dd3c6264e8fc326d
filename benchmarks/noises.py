"""Noises, voices and levels, made in code: float64 samples at 8 kHz, always the same for a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.audio.g711 import pcm_to_ulaw, ulaw_to_pcm

if TYPE_CHECKING:
    from ivr_agi.audio.levels import Samples

__all__ = (
    "LINE_DBFS",
    "amplitude",
    "at_level",
    "closed_lips",
    "noise_set",
    "over_ulaw",
    "pink",
    "to_pcm",
    "to_samples",
    "tones",
    "white",
)

LINE_DBFS = -65.0
"""Noise of a quiet line, under everything."""


def amplitude(dbfs: float) -> float:
    """RMS of samples at that level."""
    return float(32768 * 10 ** (dbfs / 20))


def to_pcm(samples: Samples) -> bytes:
    """S16le, clipped."""
    pcm: bytes = np.clip(np.round(samples), -32768, 32767).astype("<i2").tobytes()
    return pcm


def to_samples(pcm: bytes) -> Samples:
    """And back."""
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def over_ulaw(pcm: bytes) -> bytes:
    """What a G.711 line leaves of it."""
    return ulaw_to_pcm(pcm_to_ulaw(pcm))


def at_level(samples: Samples, dbfs: float) -> Samples:
    """Speech brought to that level, of its frames within 30 dB of the loudest."""
    frames = samples[: samples.size // 160 * 160].reshape(-1, 160)
    levels = 10 * np.log10(np.mean(frames**2, axis=1) / 32768**2 + 1e-12)
    active = levels[levels > levels.max() - 30]
    scaled: Samples = samples * 10 ** ((dbfs - 10 * np.log10(np.mean(10 ** (active / 10)))) / 20)
    return scaled


def white(n: int, dbfs: float, rng: np.random.Generator) -> Samples:
    """Equal power in every hertz."""
    return rng.standard_normal(n) * amplitude(dbfs)


def pink(n: int, dbfs: float, rng: np.random.Generator) -> Samples:
    """Equal power in every octave."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1))
    noise = np.fft.irfft(spectrum, n)
    scaled: Samples = noise * (amplitude(dbfs) / np.sqrt(np.mean(noise**2)))
    return scaled


def tones(n: int, hz: tuple[float, ...], dbfs: float) -> Samples:
    """Sines of equal level."""
    t = np.arange(n) / SAMPLE_RATE_HZ
    summed: Samples = np.sum([np.sin(2 * np.pi * f * t) for f in hz], axis=0)
    return summed * amplitude(dbfs)


def noise_set(seconds: float, seed: int = 1) -> dict[str, Samples]:
    """What a line may bring besides a voice, so many seconds of each."""
    rng = np.random.default_rng(seed)
    n = round(seconds * SAMPLE_RATE_HZ)
    t = np.arange(n) / SAMPLE_RATE_HZ
    quiet = white(n, LINE_DBFS, rng)
    sounds = {"quiet line": quiet}
    for dbfs in (-40, -30, -20):
        sounds[f"white noise {dbfs} dBFS"] = white(n, dbfs, rng)
        sounds[f"pink noise {dbfs} dBFS"] = pink(n, dbfs, rng)
    sounds["hum, 50 Hz and overtones"] = quiet + tones(n, tuple(range(50, 600, 50)), -40)
    sounds["clicks, two a second"] = quiet + _clicks(n, rng)
    sounds["keys, -16 dBFS"] = quiet + _keys(n, rng)
    sounds["coughs, one in 3 s"] = quiet + _coughs(n, rng)
    sounds["hums of a voice, one in 3 s"] = quiet + _hums(n, rng)
    sounds["music, plucked chords"] = quiet + _music(n)
    sounds["breath"] = quiet + pink(n, -30, rng) * np.maximum(0, np.sin(2 * np.pi * t / 3)) ** 2
    sounds["hum that sets in, 2 s in 4"] = quiet + _every_4_s(
        n, tones(2 * SAMPLE_RATE_HZ, tuple(range(50, 600, 50)), -40)
    )
    sounds["hums with closed lips, one in 4 s"] = quiet + _every_4_s(n, closed_lips(150.0))
    return sounds


def _every_4_s(n: int, sound: Samples) -> Samples:
    whole = np.zeros(n)
    for at in range(SAMPLE_RATE_HZ, n - sound.size, 4 * SAMPLE_RATE_HZ):
        whole[at : at + sound.size] = sound
    return whole


def closed_lips(hertz: float, seconds: float = 0.4, dbfs: float = -26.0) -> Samples:
    """*Mmm*, with closed lips: few and falling overtones, that fade in and out."""
    n = round(seconds * SAMPLE_RATE_HZ)
    t = np.arange(n) / SAMPLE_RATE_HZ
    sound: Samples = np.sum(
        [np.sin(2 * np.pi * hertz * k * t) * 0.4 ** (k - 1) for k in range(1, 8)], axis=0
    )
    fade = np.minimum(1, np.minimum(np.arange(n), np.arange(n)[::-1]) / (0.04 * SAMPLE_RATE_HZ))
    sound = sound * fade
    scaled: Samples = sound * (amplitude(dbfs) / np.sqrt(np.mean(sound**2)))
    return scaled


def _clicks(n: int, rng: np.random.Generator) -> Samples:
    sound = np.zeros(n)
    for at in rng.integers(0, n - 50, 2 * n // SAMPLE_RATE_HZ):
        sound[at : at + rng.integers(3, 40)] += rng.choice([-1, 1]) * 8000
    return sound


def _keys(n: int, rng: np.random.Generator) -> Samples:
    """DTMF: 100 ms on, 100 ms off."""
    sound = np.zeros(n)
    for at in range(0, n - 800, 1600):
        pair = (float(rng.choice([697, 770, 852, 941])), float(rng.choice([1209, 1336, 1477])))
        sound[at : at + 800] = tones(800, pair, -16)
    return sound


def _coughs(n: int, rng: np.random.Generator) -> Samples:
    """Bursts of shaped noise: a blow of 60 ms, a rough voiced tail of 200 ms."""
    sound = np.zeros(n)
    m = 2080
    t = np.arange(m) / SAMPLE_RATE_HZ
    envelope = np.where(t < 0.06, np.minimum(1, t / 0.005), 0.5 * np.exp(-(t - 0.06) / 0.06))
    for at in range(SAMPLE_RATE_HZ, n - m, 3 * SAMPLE_RATE_HZ):
        rough = 1 + 0.6 * np.sign(np.sin(2 * np.pi * rng.uniform(90, 160) * t))
        blow = np.convolve(rng.standard_normal(m), np.hanning(9) / 4.5, "same")
        sound[at : at + m] = blow * envelope * rough * amplitude(-18)
    return sound


def _hums(n: int, rng: np.random.Generator) -> Samples:
    """A voice without words, 400 ms: harmonics under two formants, falling a little."""
    sound = np.zeros(n)
    m = 3200
    t = np.arange(m) / SAMPLE_RATE_HZ
    for at in range(SAMPLE_RATE_HZ, n - m, 3 * SAMPLE_RATE_HZ):
        pitch = rng.uniform(110, 180)
        phase = 2 * np.pi * np.cumsum(pitch * (1 - 0.25 * t)) / SAMPLE_RATE_HZ
        voice = np.zeros(m)
        for harmonic in range(1, 16):
            hz = pitch * harmonic
            weight = np.exp(-(((hz - 300) / 150) ** 2)) + 0.3 * np.exp(-(((hz - 1100) / 250) ** 2))
            voice += weight * np.sin(harmonic * phase)
        voice *= np.hanning(m) / np.sqrt(np.mean(voice**2))
        sound[at : at + m] = voice * amplitude(-24)
    return sound


def _music(n: int) -> Samples:
    chords = [(220.0, 277.2, 329.6, 440.0), (196.0, 246.9, 293.7, 392.0)]
    t = np.arange(4000) / SAMPLE_RATE_HZ
    plucked = [tones(4000, chord, -30) * np.exp(-t * 3) for chord in chords]
    return np.concatenate([plucked[i % 2] for i in range(n // 4000 + 1)])[:n]
