"""What a climb showed: what broke, and the rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr_agi.bench.load_steps import LoadStep, as_points, command_latencies, stall_rows, step_rows

STEP = LoadStep(
    calls=50,
    seconds=10.0,
    cpu_s=1.0,
    memory_kb=100_000,
    load_share=0.2,
    frames=25_000,
    lost=0,
    missing=0,
    filled=0,
    refused=0,
    ended=0,
    frame_ms=[0.5, 1.0, 1.5],
    command_ms=[0.2, 0.3],
)


def test_costs() -> None:
    """Per call and second, and of a core."""
    assert STEP.cpu_ms == 2.0
    assert STEP.core_share == 0.1
    assert STEP.broke == ""


def test_small_pipes() -> None:
    """They are told of, in the line and beside what was lost; where there are none, nothing is."""
    assert STEP.pipes == ""
    small = replace(STEP, small_pipes=3, least_pipe=8192)
    assert small.pipes == "; 3 audio pipes are small, down to 8192 bytes"
    assert stall_rows(small, 2.0)[0].meaning.endswith(small.pipes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"refused": 2}, "2 calls refused, 0 ended"),
        ({"ended": 1, "lost": 5}, "0 calls refused, 1 ended"),
        ({"lost": 5, "missing": 1}, "5 frames lost in pipes, 1 behind them"),
        ({"frame_ms": [1.0, 150.0]}, "audio is late: p99 150 ms"),
        ({"frame_ms": [150.0, 150.0], "cpu_s": 9.9}, "; the server's core is full"),
        ({"frame_ms": [150.0, 150.0], "load_share": 0.99}, "; the load's own core is full"),
    ],
)
def test_what_broke_first(change: dict[str, object], words: str) -> None:
    """The gravest, and which core was full."""
    assert words in replace(STEP, **change).broke  # type: ignore[arg-type]  # fields by name


def test_commands_are_paired_with_their_cause() -> None:
    """The first stop of the same call after it, within a second; others have other reasons."""
    starts = [(1, 10.0), (1, 20.0), (2, 10.0), (3, 10.0)]
    stops = [(1, 10.002), (1, 10.5), (1, 22.0), (2, 9.9), (2, 10.001), (4, 10.0)]
    assert command_latencies(starts, stops) == pytest.approx([2.0, 1.0])
    assert command_latencies([], stops) == []


def test_rows() -> None:
    """Those of the design, with their baselines."""
    steps = [
        STEP,
        replace(STEP, calls=100, cpu_s=1.8, memory_kb=110_000),
        replace(STEP, calls=500, cpu_s=9.0, memory_kb=190_000),
        replace(STEP, calls=600, cpu_s=9.9, lost=7),
    ]
    plain = [replace(STEP, calls=100, cpu_s=8.0, memory_kb=1_500_000, command_ms=[3.0])]
    rows = {each.name: each for each in step_rows(steps, plain)}
    assert rows["calls_per_core"].p50 == 500
    assert rows["calls_per_core"].is_met
    assert "at 600: 7 frames lost" in rows["calls_per_core"].meaning
    assert rows["calls_per_core"].baseline == 125
    assert rows["cpu_growth"].p50 == pytest.approx(0.9)
    assert rows["memory_per_call"].p50 == 200
    assert rows["memory_per_call"].baseline == 15_000
    assert rows["voice_start_to_command"].baseline == 3.0
    assert rows["cpu_per_call_100"].baseline == 8.0
    assert rows["cpu_per_call_600"].baseline is None
    assert rows["frame_to_socket"].is_met


def test_rows_of_next_to_nothing() -> None:
    """A single step that broke at once."""
    rows = {each.name: each for each in step_rows([replace(STEP, calls=10, lost=1)], [])}
    assert rows["calls_per_core"].p50 == 0
    assert not rows["calls_per_core"].is_met
    assert "cpu_growth" not in rows


def test_stall() -> None:
    """Not one frame."""
    (found,) = stall_rows(STEP, 2.0)
    assert found.is_met
    (found,) = stall_rows(replace(STEP, missing=1), 2.0)
    assert found.is_met is False


def test_points() -> None:
    """For pictures and JSON."""
    (point,) = as_points([STEP])
    assert point["calls"] == 50
    assert point["frame_p99_ms"] == 1.5
    assert as_points([replace(STEP, command_ms=[])])[0]["command_p50_ms"] is None


def test_a_script_that_took_no_time_that_was_seen() -> None:
    """The kernel counts in ticks of 10 ms."""
    plain = [replace(STEP, cpu_s=0.0)]
    rows = {each.name: each for each in step_rows([STEP], plain)}
    assert rows["calls_per_core"].baseline is None
