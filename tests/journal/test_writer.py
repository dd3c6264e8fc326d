"""Lines in a file, written by a thread."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.journal import writer as writer_module
from ivr_agi.journal.writer import JournalWriter
from tests.patience import PATIENCE_S


def test_all_lines_in_order(tmp_path: Path) -> None:
    """They are there when it is closed; the file is made with its folder."""
    file = tmp_path / "log" / "journal"
    writer = JournalWriter(file)
    for number in range(1000):
        writer.write(b"%d\n" % number)
    writer.close()
    assert file.read_bytes() == b"".join(b"%d\n" % number for number in range(1000))


def test_two_writers(tmp_path: Path) -> None:
    """Their lines stay whole."""
    file = tmp_path / "journal"
    writers = [JournalWriter(file) for _ in range(2)]
    for _ in range(500):
        for number, writer in enumerate(writers):
            writer.write(b"%d" % number * 100 + b"\n")
    for writer in writers:
        writer.close()
    found = file.read_bytes().splitlines()
    assert len(found) == 1000
    assert set(found) == {b"0" * 100, b"1" * 100}


def test_a_file_that_was_moved_away(tmp_path: Path) -> None:
    """Logrotate needs no signal."""
    file = tmp_path / "journal"
    writer = JournalWriter(file)
    writer.write(b"old\n")
    while not file.stat().st_size:
        pass
    file.rename(tmp_path / "journal.1")
    writer.write(b"new\n")
    writer.close()
    assert (tmp_path / "journal.1").read_bytes() == b"old\n"
    assert file.read_bytes() == b"new\n"


def test_a_disk_that_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits for it; what is too much is dropped, and that is told."""
    monkeypatch.setattr(writer_module, "MAX_WAITING", 5)
    goes_on = threading.Event()
    is_stuck = threading.Event()
    write = os.write

    def stuck(fd: int, data: bytes) -> int:
        is_stuck.set()
        goes_on.wait(PATIENCE_S)
        return write(fd, data)

    monkeypatch.setattr("ivr_agi.journal.writer.os.write", stuck)
    writer = JournalWriter(tmp_path / "journal")
    writer.write(b"0\n")
    assert is_stuck.wait(PATIENCE_S)
    for number in range(1, 9):
        writer.write(b"%d\n" % number)
    goes_on.set()
    writer.close()
    assert (tmp_path / "journal").read_bytes() == b"0\n1\n2\n3\n4\n5\n"
    assert "3 lines were dropped" in caplog.text


def test_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The lines are lost, and that is told; the writer goes on."""

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ivr_agi.journal.writer.os.write", full)
    writer = JournalWriter(tmp_path / "journal")
    writer.write(b"x\n")
    writer.close()
    assert "1 lines are lost: No space left on device" in caplog.text


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    """It is told at once."""
    with pytest.raises(ConfigError, match="journal.file: cannot open the journal"):
        JournalWriter(tmp_path)
