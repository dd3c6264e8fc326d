"""Processor time and states of processes, from /proc."""

from __future__ import annotations

import subprocess
import sys
import time

from ivr_agi.speech_server.processor import is_asleep, processor_ticks


def test_a_process_that_computes_and_one_that_sleeps() -> None:
    """Time grows for the one; the other is asleep."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    idle = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    try:
        before = processor_ticks(busy.pid)
        while processor_ticks(busy.pid) == before or not is_asleep(idle.pid):
            time.sleep(0.01)
    finally:
        for process in (busy, idle):
            process.kill()
            process.wait()


def test_no_such_process() -> None:
    """It has no time, and does not sleep."""
    assert processor_ticks(1 << 30) == 0
    assert not is_asleep(1 << 30)
