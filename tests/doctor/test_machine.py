"""Pipes, open files, disk: enough, and not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr_agi.doctor.findings import Severity
from ivr_agi.doctor.machine import check_disk, check_open_files, check_pipes

GOOD, WARNING, ERROR = Severity.GOOD, Severity.WARNING, Severity.ERROR


@pytest.mark.parametrize(
    ("pages", "calls", "uid", "severity"),
    [
        ("16384", 341, 100, GOOD),
        ("16384", 342, 100, WARNING),
        ("16384", 0, 100, WARNING),
        ("16384", 5000, 0, GOOD),
        ("0", 5000, 100, GOOD),
        ("x", 1, 100, WARNING),
    ],
)
def test_pipes(tmp_path: Path, pages: str, calls: int, uid: int, severity: Severity) -> None:
    """48 pages a call; root has no budget, and 0 is none."""
    budget = tmp_path / "budget"
    budget.write_text(f"{pages}\n")
    found = check_pipes(calls, uid, budget)
    assert found.severity is severity
    if severity is WARNING and pages != "x":
        assert "from 341 calls" in found.text
        assert "pipe-user-pages-soft=48000" in found.advice


def test_no_linux(tmp_path: Path) -> None:
    """Without the kernel's file nothing is known."""
    assert check_pipes(1, 100, tmp_path / "none").severity is WARNING


@pytest.mark.parametrize(
    ("calls", "limit", "severity"),
    [(500, 20000, GOOD), (500, 1024, WARNING), (0, 1024, WARNING), (100, 1024, GOOD)],
)
def test_open_files(calls: int, limit: int, severity: Severity) -> None:
    """Six a call, and some."""
    assert check_open_files(calls, limit).severity is severity


def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each disk once, also of a folder that is not made yet; little, and too little."""
    status = list(os.statvfs(tmp_path))
    folders = [tmp_path / "a" / "b", tmp_path]
    for free, severity in ((10 << 30, GOOD), (1 << 29, WARNING), (1 << 20, ERROR)):
        status[1], status[4] = 4096, free // 4096
        monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(status))
        (found,) = check_disk(folders)
        assert found.severity is severity
