"""What a climb through numbers of simultaneous calls showed, as rows. Core, no I/O."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivr_agi.bench.report import Row, Target, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ("LATE_MS", "LoadStep", "as_points", "command_latencies", "stall_rows", "step_rows")

LATE_MS = 100.0
"""Audio that 99 % of the time is no older than this on the socket keeps up with the callers."""
FULL = 0.97
"""Share of a core from which on it is what ran out."""
_REACTION_S = 1.0
"""A prompt that stops later than this after VOICE_START was stopped by something else."""


@dataclass(frozen=True, kw_only=True)
class LoadStep:
    """One number of simultaneous calls, held for a while."""

    calls: int
    seconds: float
    cpu_s: float
    """Processor time of what is measured, all processes."""
    memory_kb: float
    """Its resident memory; of a process per call only what is private."""
    load_share: float
    """Of the other core that the simulated Asterisk and the service took."""
    frames: int
    """Written to fd 3."""
    lost: int
    """Frames that found their pipe full."""
    missing: int
    """Frames that were taken from the pipe and never came to the service."""
    filled: int
    """Frames of silence that the plugin inserted."""
    refused: int
    """Calls that were not taken."""
    ended: int
    """Calls that ended and should not have."""
    small_pipes: int = 0
    """Calls whose audio pipe is smaller than 64 KiB: the kernel's budget for it is used up."""
    least_pipe: int = 0
    """The smallest audio pipe, bytes."""
    frame_ms: Sequence[float] = field(repr=False)
    """frame_to_socket."""
    command_ms: Sequence[float] = field(repr=False)
    """voice_start_to_command."""

    @property
    def cpu_ms(self) -> float:
        """Processor time per call and second, ms."""
        return 1000 * self.cpu_s / self.seconds / self.calls

    @property
    def core_share(self) -> float:
        """Of one core."""
        return self.cpu_s / self.seconds

    @property
    def pipes(self) -> str:
        """What is to be said of the audio pipes; empty where all have their size."""
        if not self.small_pipes:
            return ""
        return f"; {self.small_pipes} audio pipes are small, down to {self.least_pipe} bytes"

    @property
    def broke(self) -> str:
        """What went wrong first; empty: these calls are carried."""
        late = row("", "ms", self.frame_ms).p99 or 0.0
        if self.refused or self.ended:
            what = f"{self.refused} calls refused, {self.ended} ended"
        elif self.lost or self.missing:
            what = f"{self.lost} frames lost in pipes, {self.missing} behind them"
        elif late > LATE_MS:
            what = f"audio is late: p99 {late:.0f} ms"
        else:
            return ""
        if self.core_share >= FULL:
            return f"{what}; the server's core is full"
        if self.load_share >= FULL:
            return f"{what}; the load's own core is full, not the server's"
        return what


def command_latencies(
    voice_starts: Iterable[Sequence[float]], stops: Iterable[Sequence[float]]
) -> list[float]:
    """Pair each VOICE_START with the stop of a prompt that it caused, in ms.

    Args:
        voice_starts: Call, and when VOICE_START was written to its socket, seconds.
        stops: Call, and when the command that stopped a prompt was read from its pipe.
    """
    of_call: dict[float, list[float]] = {}
    for call, at in stops:
        of_call.setdefault(call, []).append(at)
    found = []
    for call, at in voice_starts:
        candidates = of_call.get(call, [])
        following = bisect.bisect_left(candidates, at)
        if following < len(candidates) and candidates[following] - at < _REACTION_S:
            found.append(1000 * (candidates[following] - at))
    return found


def _at(steps: Sequence[LoadStep], calls: int) -> LoadStep | None:
    return next((step for step in steps if step.calls == calls), None)


def step_rows(steps: Sequence[LoadStep], baseline: Sequence[LoadStep]) -> list[Row]:
    """The rows of ``design.md`` 6, and one line of costs for each step.

    Args:
        steps: By rising number of calls.
        baseline: The same numbers of calls, or some of them, each a plain script's process.
    """
    carried = [step for step in steps if not step.broke]
    plain = max((step for step in baseline if not step.broke), key=lambda s: s.calls, default=None)
    of_100 = _at(steps, 100) or (carried or list(steps))[-1]
    beside = _at(baseline, of_100.calls) or plain
    rows = [
        row("voice_start_to_command", "ms", of_100.command_ms, Target(p50=1, p99=5),
            f"{of_100.calls} calls: VOICE_START leaves the service until the command that stops "
            "the prompt is read from the pipe, both seen from outside",
            baseline=beside.command_ms if beside else ()),
        row("frame_to_socket", "ms", of_100.frame_ms, Target(p99=2),
            f"{of_100.calls} calls: last frame of a message written to fd 3 until the message is "
            "on the service's socket (the kernel's time stamp)",
            baseline=beside.frame_ms if beside else ()),
    ]  # fmt: skip
    rows += _capacity_rows(steps, carried, plain)
    for step in steps:
        other = _at(baseline, step.calls)
        rows.append(
            row(f"cpu_per_call_{step.calls}", "ms/s", [step.cpu_ms],
                baseline=[other.cpu_ms] if other else ())
        )  # fmt: skip
    return rows


def _capacity_rows(
    steps: Sequence[LoadStep], carried: Sequence[LoadStep], plain: LoadStep | None
) -> list[Row]:
    broken = next((step for step in steps if step.broke), None)
    limit = f"at {broken.calls}: {broken.broke}" if broken else "no limit was reached"
    most = max((step.calls for step in carried), default=0)
    plain_most = [1000 / plain.cpu_ms] if plain and plain.cpu_ms else []
    found = [
        row("calls_per_core", "calls", [most], Target(least=500),
            f"the most that were carried; {limit}. Baseline: by its processor time",
            baseline=plain_most),
    ]  # fmt: skip
    low, high = _at(steps, 50), _at(carried, 500) or (carried[-1] if carried else None)
    if low is not None and high is not None and high.calls > low.calls:
        found.append(
            row("cpu_growth", "x", [high.cpu_ms / low.cpu_ms], Target(p50=1.3),
                f"processor time per call and second at {high.calls} calls against {low.calls}")
        )  # fmt: skip
        further = (high.memory_kb - low.memory_kb) / (high.calls - low.calls)
        found.append(
            row("memory_per_call", "KB", [further], Target(p50=300),
                f"each further call from {low.calls} to {high.calls}; baseline: private memory "
                "of a process",
                baseline=[plain.memory_kb / plain.calls] if plain else ())
        )  # fmt: skip
    return found


def stall_rows(step: LoadStep, stall_s: float) -> list[Row]:
    """The row of a run in which the service stood still."""
    return [
        row("frames_lost", "frames", [step.lost + step.missing], Target(p50=0),
            f"of {step.frames} of {step.calls} calls, the service stopped for {stall_s:g} s; "
            f"{step.ended} calls ended, {step.filled} frames filled in{step.pipes}"),
    ]  # fmt: skip


def as_points(steps: Sequence[LoadStep]) -> list[dict[str, Any]]:
    """What a picture needs of each step."""
    keys = ("calls", "cpu_ms", "core_share", "load_share", "memory_kb", "lost", "missing", "broke")
    return [
        {key: getattr(step, key) for key in keys}
        | {f"frame_{key}": value for key, value in _percentiles(step.frame_ms).items()}
        | {f"command_{key}": value for key, value in _percentiles(step.command_ms).items()}
        for step in steps
    ]


def _percentiles(samples: Sequence[float]) -> dict[str, float | None]:
    found = row("", "ms", samples)
    return {"p50_ms": found.p50, "p99_ms": found.p99}
