"""What is left out of a time is the machine's own standing still, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import StallMeter, Stopwatch, stall_meter


@pytest.fixture
def meter() -> Iterator[StallMeter]:
    """One of the test's own, which it may stop."""
    meter = StallMeter()
    yield meter
    meter.close()


def test_a_stall(meter: StallMeter) -> None:
    """The machine gives nobody time: here, it gives none to the meter."""
    began = time.monotonic()
    os.kill(meter._process.pid, signal.SIGSTOP)
    time.sleep(0.3)
    os.kill(meter._process.pid, signal.SIGCONT)
    ended = time.monotonic()
    stood_s = meter.within(began, ended)
    assert 0.25 < stood_s <= ended - began
    assert meter.within(began, began + 0.1) <= 0.1 + 1e-9
    assert meter.within(ended, ended) == 0


def test_work_is_no_stall(meter: StallMeter) -> None:
    """However long this process computes or sleeps: that is what is measured."""
    slow = 1.0
    for _ in range(20):  # until the machine has let it work for once
        began = time.monotonic()
        end = time.thread_time() + 0.05
        while time.thread_time() < end:
            pass
        time.sleep(0.05)
        slow = min(slow, meter.within(began, time.monotonic()) / (time.monotonic() - began))
        if slow < 0.5:
            break
    assert slow < 0.5


def test_a_stopwatch_counts_sleep_and_work() -> None:
    """Only what the kernel gave to others is left out."""
    began = time.monotonic()
    watch = Stopwatch()
    time.sleep(0.05)
    end = time.thread_time() + 0.05
    while time.thread_time() < end:
        pass
    seconds = watch.seconds
    assert 0.09 < seconds < time.monotonic() - began


def test_one_for_each_process() -> None:
    """It ends with it."""
    assert stall_meter() is stall_meter()
    code = "from tests.patience import stall_meter\nprint(stall_meter()._process.pid)"
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert not Path(f"/proc/{int(done.stdout)}").exists()
