"""Voices, lines and noises for the tests and tables of echo and onset: float64, 8 kHz."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import ivr_agi
from benchmarks.noises import amplitude as amplitude
from benchmarks.noises import pink as pink
from benchmarks.noises import tones as tones
from benchmarks.noises import white as white
from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S, FRAME_SAMPLES, SAMPLE_RATE_HZ
from ivr_agi.audio.g711 import pcm_to_ulaw, ulaw_to_pcm
from ivr_agi.audio.wav import read_wav
from ivr_agi.dialogue.hearing.echo import EchoDetector

Samples = npt.NDArray[np.float64]

PROMPT_DBFS = -22.0
CALLER_DBFS = -26.0
LINE_NOISE_DBFS = -60.0
DEMO_VOICES = Path(ivr_agi.__file__).parent / "demo" / "voice"


def to_pcm(samples: Samples) -> bytes:
    """S16le, clipped."""
    return np.clip(np.round(samples), -32768, 32767).astype("<i2").tobytes()


def to_samples(pcm: bytes) -> Samples:
    """And back."""
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def over_ulaw(samples: Samples) -> Samples:
    """What mu-law leaves of them."""
    return to_samples(ulaw_to_pcm(pcm_to_ulaw(to_pcm(samples))))


def frames(samples: Samples) -> list[bytes]:
    """Whole frames."""
    pcm = to_pcm(samples)
    return [pcm[i : i + FRAME_BYTES] for i in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)]


def frame_levels_dbfs(samples: Samples, length: int = FRAME_SAMPLES) -> Samples:
    """Level of every ``length`` samples."""
    blocks = samples[: samples.size // length * length].reshape(-1, length)
    levels: Samples = 10 * np.log10(np.mean(blocks**2, axis=1) / 32768**2 + 1e-12)
    return levels


def at_level(samples: Samples, dbfs: float) -> Samples:
    """Speech brought to that active level: of the frames within 30 dB of the loudest."""
    levels = frame_levels_dbfs(samples)
    active = levels[levels > levels.max() - 30]
    scaled: Samples = samples * 10 ** ((dbfs - 10 * np.log10(np.mean(10 ** (active / 10)))) / 20)
    return scaled


def from_onset(samples: Samples) -> Samples:
    """Without what comes before the first 10 ms above 3 % of the peak (engines.md 3)."""
    levels = frame_levels_dbfs(samples, 80)
    return samples[int(np.argmax(levels > levels.max() - 30.5)) * 80 :]


def demo_voice(name: str) -> Samples:
    """A committed recording, silence in front cut off."""
    return from_onset(to_samples(read_wav(DEMO_VOICES / f"{name}.wav")))


def demo_prompt() -> Samples:
    """Two and a half seconds of speech at a prompt's level."""
    gap = np.zeros(2000)
    both = [demo_voice("technical_support"), gap, demo_voice("account_balance"), gap]
    return at_level(np.concatenate(both), PROMPT_DBFS)


def flite(text: str, voice: str) -> Samples:
    """A text, spoken by flite (with sox)."""
    with tempfile.TemporaryDirectory() as folder:
        raw, out = Path(folder) / "raw.wav", Path(folder) / "out.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", raw], check=True)
        subprocess.run(["sox", raw, "-r", "8000", "-c", "1", "-b", "16", out], check=True)
        return to_samples(read_wav(out))


def over_gsm(samples: Samples) -> Samples:
    """What the GSM codec leaves (sox), delayed by 0 samples."""
    with tempfile.TemporaryDirectory() as folder:
        raw, gsm = Path(folder) / "raw.sw", Path(folder) / "coded.gsm"
        raw.write_bytes(to_pcm(samples))
        form = ["-t", "raw", "-r", "8000", "-c", "1", "-e", "signed", "-b", "16"]
        subprocess.run(["sox", *form, raw, gsm], check=True)
        subprocess.run(["sox", gsm, *form, raw], check=True)
        return to_samples(raw.read_bytes())


def has_flite() -> bool:
    """Whether both programs are here."""
    return bool(shutil.which("flite") and shutil.which("sox"))


def keys(n: int, on_ms: int, off_ms: int, dbfs: float, rng: np.random.Generator) -> Samples:
    """DTMF, random keys."""
    sound = np.zeros(n)
    for at in range(0, n, (on_ms + off_ms) * 8):
        pair = (float(rng.choice([697, 770, 852, 941])), float(rng.choice([1209, 1336, 1477])))
        m = min(on_ms * 8, n - at)
        sound[at : at + m] = tones(m, pair, dbfs)
    return sound


def echo_of(
    prompt: Samples, kind: str, return_db: float, delay_ms: float, rng: np.random.Generator
) -> Samples:
    """The prompt as it comes back: ``gain`` only, ``hybrid`` 8 ms, ``room`` 50 ms, ``gsm``."""
    source = over_ulaw(prompt)
    n, decay = {"hybrid": (64, 12), "room": (400, 80)}.get(kind, (1, 1))
    path = rng.standard_normal(n) * np.exp(-np.arange(n) / decay)
    path[0] += 1.5
    back = over_gsm(source) if kind == "gsm" else source
    back = np.convolve(np.pad(back, (0, max(0, prompt.size - back.size))), path)[: prompt.size]
    back *= np.sqrt((source @ source) / (back @ back)) * 10 ** (return_db / 20)
    delay = round(delay_ms * 8)
    return np.concatenate([np.zeros(delay), back])[: prompt.size]


@dataclass
class Call:
    """A prompt, its echo, and perhaps the caller over it; fed frame by frame to a detector."""

    prompt: Samples
    heard: Samples
    clock_error_s: float = 0.0
    jitter_s: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self.detector = EchoDetector()
        self.now = 100.0
        for frame in frames(white(SAMPLE_RATE_HZ, LINE_NOISE_DBFS, self._rng)):
            self._feed(frame)
        self.detector.play(to_pcm(self.prompt), self.now + self.clock_error_s)
        self._frames = frames(self.heard)
        self.fed = 0

    def hear(self, n_frames: int) -> None:
        """Feed until ``n_frames`` have been fed since the prompt began."""
        while self.fed < min(n_frames, len(self._frames)):
            self._feed(self._frames[self.fed])
            self.fed += 1

    def _feed(self, frame: bytes) -> None:
        self.now += FRAME_S
        late_s = abs(self._rng.normal(0, self.jitter_s)) if self.jitter_s else 0.0
        self.detector.feed(frame, self.now + late_s)


def on_the_line(
    prompt: Samples,
    echo: Samples | None,
    rng: np.random.Generator,
    *,
    voice: Samples | None = None,
    at: int = 0,
) -> Samples:
    """What comes in while the prompt plays: echo, voice, noise; over mu-law."""
    heard = white(prompt.size, LINE_NOISE_DBFS, rng)
    if echo is not None:
        heard += echo
    if voice is not None:
        n = min(voice.size, prompt.size - at)
        heard[at : at + n] += voice[:n]
    return over_ulaw(heard)
