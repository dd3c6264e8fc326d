"""Draws a call: both waveforms on one time axis, with the events marked (extra ``demo``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.errors import MissingDependency

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ivr_agi.simulator.line import CallTracks

__all__ = ("draw_call",)

_BLOCK = SAMPLE_RATE_HZ // 100
"""Samples in one column: 10 ms."""

_MARKS = {
    "voice_start": ("VOICE_START", "tab:red"),
    "prompt_stopped": ("prompt stopped", "tab:purple"),
    "result": ("words", "tab:green"),
    "no_input": ("no input", "tab:orange"),
    "key": ("key", "tab:brown"),
    "call_ended": ("end", "black"),
}


def draw_call(path: Path, recording: CallTracks, entries: Sequence[dict[str, Any]]) -> None:
    """Draw a call into a PNG file.

    Args:
        path: The file.
        recording: Both sides, s16le mono 8 kHz.
        entries: The time line (``t_ms`` since launch, ``event``, ...).

    Raises:
        MissingDependency: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError as exc:
        raise MissingDependency("matplotlib", "demo") from exc
    figure = Figure(figsize=(18, 6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    caller_axes, ivr_axes = figure.subplots(2, 1, sharex=True)
    sides = (
        (caller_axes, "caller", recording.caller_pcm, "tab:blue"),
        (ivr_axes, "IVR, as the caller hears it", recording.ivr_pcm, "tab:gray"),
    )
    for axes, name, pcm, colour in sides:
        seconds, low, high = _envelope(bytes(pcm))
        axes.fill_between(seconds, low, high, color=colour, linewidth=0.5)
        axes.set(ylabel=name, ylim=(-1, 1), yticks=[])
    ivr_axes.set(xlabel="seconds since launch", xlim=(0, None))
    for entry in entries:
        if entry["event"] in _MARKS:
            _mark(caller_axes, ivr_axes, entry)
    figure.suptitle("ivr-agi: one call", fontsize=11)
    figure.savefig(path)


def _mark(caller_axes: Any, ivr_axes: Any, entry: dict[str, Any]) -> None:
    label, colour = _MARKS[entry["event"]]
    at_s = entry["t_ms"] / 1000
    for axes in (caller_axes, ivr_axes):
        axes.axvline(at_s, color=colour, linewidth=1)
    axes, level, align = caller_axes, 0.97, "top"
    match entry:
        case {"event": "prompt_stopped", "barge_in_ms": barge_in_ms}:
            label = f"{label} after {barge_in_ms:g} ms"
            axes, level, align = ivr_axes, -0.97, "bottom"
        case {"event": "result", "text": text}:
            label, level, align = f"“{text}”", -0.97, "bottom"
        case {"event": "key", "key": key}:
            label = f"key {key}"
    axes.text(at_s + 0.08, level, label, color=colour, rotation=90, fontsize=8, va=align, ha="left")


def _envelope(pcm: bytes) -> tuple[Any, Any, Any]:
    """Lowest and highest sample of each 10 ms, -1 to 1: float arrays of shape (blocks,)."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768
    blocks = samples[: samples.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    seconds = np.arange(len(blocks)) * _BLOCK / SAMPLE_RATE_HZ
    return seconds, blocks.min(axis=1, initial=0), blocks.max(axis=1, initial=0)
