"""Seeds that once found something, and a small run: whole processes, in real time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SEEDS = (1,)
"""A seed that fails is kept here."""
CALLS = 60


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_run(tmp_path: Path, seed: int) -> None:
    """``make test-chaos`` makes longer ones."""
    command = [sys.executable, "-m", "tests.chaos", "--seed", str(seed)]
    command += ["--calls", str(CALLS), "--at-once", "20", "--keep", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
