"""Lines in a file, written by a thread."""

from __future__ import annotations

import os
import resource
import threading
import time
from pathlib import Path

import msgspec
import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.journal import Event
from ivr_agi.journal import writer as writer_module
from ivr_agi.journal.writer import JournalWriter
from tests.patience import PATIENCE_S


def lines_of(file: Path) -> bytes:
    """What is in it after its first line, which names the file."""
    first, _, rest = file.read_bytes().partition(b"\n")
    assert not first or b"journal_file" in first
    return rest


def test_all_lines_in_order(tmp_path: Path) -> None:
    """They are there when it is closed; the file is made with its folder."""
    file = tmp_path / "log" / "journal"
    writer = JournalWriter(file)
    for number in range(1000):
        writer.write(b"%d\n" % number)
    writer.close()
    assert lines_of(file) == b"".join(b"%d\n" % number for number in range(1000))


def test_two_writers(tmp_path: Path) -> None:
    """Their lines stay whole."""
    file = tmp_path / "journal"
    writers = [JournalWriter(file) for _ in range(2)]
    for _ in range(500):
        for number, writer in enumerate(writers):
            writer.write(b"%d" % number * 100 + b"\n")
    for writer in writers:
        writer.close()
    found = lines_of(file).splitlines()
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
    assert lines_of(tmp_path / "journal.1") == b"old\n"
    assert lines_of(file) == b"new\n"


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

    monkeypatch.setattr("ivr_agi.journal.file.os.write", stuck)
    writer = JournalWriter(tmp_path / "journal")
    writer.write(b"0\n")
    assert is_stuck.wait(PATIENCE_S)
    for number in range(1, 9):
        writer.write(b"%d\n" % number)
    goes_on.set()
    writer.close()
    *lines, gap = lines_of(tmp_path / "journal").splitlines(keepends=True)
    assert b"".join(lines) == b"0\n1\n2\n3\n4\n"
    told = msgspec.json.decode(gap, type=Event)
    assert (told.event, told.data["lines"]) == ("journal_gap", 4)
    assert "4 lines were dropped" in caplog.text


def test_lines_wait_for_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The kernel writes a part only, as on a full disk; when there is room all are there."""
    monkeypatch.setattr(writer_module, "RETRY_S", 0.01)
    file = tmp_path / "journal"
    writer = JournalWriter(file)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        for number in range(100):
            writer.write(b"%099d\n" % number)
        while "nothing is written" not in caplog.text:
            time.sleep(0.01)
        assert file.read_bytes()[-1:] in {b"", b"\n"}
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    writer.close()
    assert lines_of(file) == b"".join(b"%099d\n" % number for number in range(100))
    assert "is written again" in caplog.text


def test_a_disk_that_stays_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The lines are lost at the end, and that is told."""

    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer_module, "RETRY_S", 0.01)
    monkeypatch.setattr("ivr_agi.journal.file.os.write", full)
    writer = JournalWriter(tmp_path / "journal")
    writer.write(b"x\n")
    writer.close()
    assert "nothing is written: No space left on device" in caplog.text
    assert "its last 1 lines are lost" in caplog.text


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    """It is told at once."""
    with pytest.raises(ConfigError, match="journal.file: cannot open the journal"):
        JournalWriter(tmp_path)
