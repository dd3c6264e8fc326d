"""The sound of generated calls: espeak-ng where it is installed, else a murmur. Shell."""

from __future__ import annotations

import functools
import wave
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.language.text import is_cjk
from ivr_agi.rehearsal.timed_sounds import speaking_s

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ivr_agi.journal import Event

__all__ = ("murmur", "pick_voice", "write_recording")

SYLLABLES_PER_S = 4.0
CALLER_PITCH, IVR_PITCH = 35, 60
"""Of espeak-ng, of 100."""


def pick_voice(pitch: int = IVR_PITCH) -> Callable[[str], bytes]:
    """Return what says a text: s16le mono 8 kHz."""
    if find_spec("espeakng_loader") is None or find_spec("soxr") is None:
        return functools.partial(murmur, pitch_hz=2.0 * pitch + 60)

    @functools.lru_cache(maxsize=4096)
    def speak(text: str) -> bytes:
        import soxr

        from ivr_agi.speech_server.engines.espeak import ESPEAK_RATE_HZ, load_espeak

        pieces: list[bytes] = []

        def take(piece: bytes) -> bool:
            pieces.append(piece)
            return True

        language = "cmn" if is_cjk(text) else "en-us"
        load_espeak().speak(text, language, take, {PITCH_PARAMETER: pitch})
        samples = np.frombuffer(b"".join(pieces), "<i2")
        at_8k = soxr.resample(samples, ESPEAK_RATE_HZ, SAMPLE_RATE_HZ)
        return bytes(at_8k.astype("<i2").tobytes()) or bytes(320)

    return speak


PITCH_PARAMETER = 3
"""espeakPITCH of espeak-ng's speak_lib.h."""


def murmur(text: str, *, pitch_hz: float = 150.0) -> bytes:
    """Return a murmur as long as a text takes to say, s16le mono 8 kHz."""
    times = np.arange(max(160, round(speaking_s(text) * SAMPLE_RATE_HZ))) / SAMPLE_RATE_HZ
    overtones = np.arange(1, 12)[:, np.newaxis]
    tone = np.sum(np.sin(2 * np.pi * pitch_hz * overtones * times) / overtones, axis=0)
    syllables = np.abs(np.sin(np.pi * SYLLABLES_PER_S * times))
    return bytes((2500 * tone * syllables).astype("<i2").tobytes())


def write_recording(
    file: Path,
    events: Sequence[Event],
    ivr: Callable[[str], bytes],
    caller: Callable[[str], bytes],
) -> None:
    """Write what the caller (left) and the IVR (right) said, as the events tell, as WAV.

    Args:
        file: The file.
        events: Of the call.
        ivr: Says a prompt.
        caller: Says the caller's words.
    """
    began_at_s = events[0].at_s
    n_samples = round((events[-1].at_s - began_at_s) * SAMPLE_RATE_HZ) + 1
    sides = np.zeros((n_samples, 2), np.int16)
    prompt: tuple[float, str] | None = None
    position_ms, voice_at_s = 0, 0.0
    for event in events:
        at_s = event.at_s - began_at_s
        match event.event:
            case "prompt_started":
                prompt, position_ms = (at_s, str(event.data.get("text") or "")), 0
            case "prompt_resumed":
                position_ms = int(event.data.get("position_ms") or 0)
                prompt = (at_s, prompt[1]) if prompt is not None else None
            case "prompt_ended" | "prompt_stopped" | "call_ended" if prompt is not None:
                said = ivr(prompt[1])[position_ms * SAMPLE_RATE_HZ // 1000 * SAMPLE_BYTES :]
                _put(sides[:, 1], said, prompt[0], at_s)
                prompt = None if event.event != "prompt_stopped" else (at_s, prompt[1])
                if event.event == "prompt_ended":
                    prompt = None
            case "voice_start":
                voice_at_s = at_s
            case "result" if event.data.get("text"):
                _put(sides[:, 0], caller(str(event.data["text"])), voice_at_s, at_s)
    with wave.open(str(file), "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(SAMPLE_BYTES)
        wav.setframerate(SAMPLE_RATE_HZ)
        wav.writeframes(sides.tobytes())


def _put(side: np.ndarray, pcm: bytes, since_s: float, until_s: float) -> None:
    """Lay a sound on a side, between two moments."""
    samples = np.frombuffer(pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES], "<i2")
    first = min(len(side), max(0, round(since_s * SAMPLE_RATE_HZ)))
    last = min(len(side), round(until_s * SAMPLE_RATE_HZ))
    room = max(0, min(last - first, samples.size))
    side[first : first + room] = samples[:room]
