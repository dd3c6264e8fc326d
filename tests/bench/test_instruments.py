"""Looking into the server."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from ivr_agi.bench.instruments import counting, main, profiled, summary
from ivr_agi.serve import worker


def busy(n: int) -> int:
    """Something that takes time."""
    return sum(len(str(number)) for number in range(n)) and n


def test_profile(tmp_path: Path) -> None:
    """Of each call, with places that can be found."""
    path = tmp_path / "profile"
    assert profiled(busy, path)(20_000) == 20_000
    lines = summary(path)
    assert any("test_instruments.py" in line and "busy" in line for line in lines)


def test_tasks(tmp_path: Path) -> None:
    """At the signal, while the loop runs."""
    path = tmp_path / "tasks"

    async def two_tasks() -> None:
        other = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGUSR2)
        await asyncio.sleep(0)
        other.cancel()

    def work() -> int:
        asyncio.run(two_tasks())
        return 0

    before = signal.getsignal(signal.SIGUSR2)
    try:
        assert counting(work, path)() == 0
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert path.read_text() == "2\n"


@pytest.mark.parametrize("what", ["profile", "tasks"])
def test_the_program_runs_with_its_workers_equipped(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Its own arguments are those behind ours."""
    plain = worker.run_worker
    monkeypatch.setattr(worker, "run_worker", plain)
    monkeypatch.setattr("sys.argv", ["x"])
    ran: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(
        "runpy.run_module", lambda module, run_name: ran.append((module, sys.argv[1:]))
    )
    main([what, "file", "serve", "--workers", "1"])
    assert ran == [("ivr_agi", ["serve", "--workers", "1"])]
    assert worker.run_worker is not plain
