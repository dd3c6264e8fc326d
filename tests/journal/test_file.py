"""Whole lines in a file that is rotated by whoever writes."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import time
from pathlib import Path

import pytest

from ivr_agi.journal import file as file_module
from ivr_agi.journal.file import JournalFile, sealed_files


def lines_of(path: Path) -> list[str]:
    """The lines after the first one, which names the file."""
    first, *rest = path.read_text().splitlines()
    assert json.loads(first)["event"] == "journal_file"
    return rest


def test_a_file_has_a_name_of_its_own(tmp_path: Path) -> None:
    """In its first line; the second writer adds none."""
    path = tmp_path / "journal"
    for text in (b"a\n", b"b\n"):
        journal = JournalFile(path)
        journal.append(text)
        journal.close()
    assert lines_of(path) == ["a", "b"]
    assert len(json.loads(path.read_text().splitlines()[0])["data"]["id"]) == 32


def test_all_lines_or_none_where_the_kernel_takes_a_part(tmp_path: Path) -> None:
    """As on a full disk: the part is taken back, and later lines are whole."""
    path = tmp_path / "journal"
    journal = JournalFile(path)
    journal.append(b"a\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, limits[1]))
    try:
        with pytest.raises(OSError, match="No space left"):
            journal.append(b"b" * 20 + b"\n")
        journal.append(b"c\n")
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, limits[1]))
        with pytest.raises(OSError, match="File too large"):
            journal.append(b"d\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    journal.append(b"e\n")
    assert lines_of(path) == ["a", "c", "e"]


@pytest.mark.parametrize("torn", [b"torn", b"t" * 10_000])
def test_the_part_of_a_line_that_a_killed_process_has_left(tmp_path: Path, torn: bytes) -> None:
    """It is removed; nothing is glued to it."""
    path = tmp_path / "journal"
    journal = JournalFile(path)
    journal.append(b"a\n")
    with path.open("ab") as file:
        file.write(torn)
    journal.append(b"b\n")
    assert lines_of(path) == ["a", "b"]


def test_a_file_that_is_nothing_but_a_part(tmp_path: Path) -> None:
    """Then it begins anew."""
    path = tmp_path / "journal"
    path.write_bytes(b"torn")
    journal = JournalFile(path)
    journal.append(b"a\n")
    assert lines_of(path) == ["a"]


def test_a_large_file_is_sealed(tmp_path: Path) -> None:
    """Under a name that sorts; another writer follows, and writes none into the sealed one."""
    path = tmp_path / "journal.jsonl"
    one, two = (JournalFile(path, rotate_bytes=300) for _ in range(2))
    for number in range(20):
        (one, two)[number % 2].append(b"%049d\n" % number)
    files = [*sealed_files(path), path]
    assert len(files) > 3
    assert [int(line) for file in files for line in lines_of(file)] == list(range(20))
    assert all(file.name.startswith("journal.jsonl.2") for file in files[:-1])


def test_a_file_of_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sealed whatever its size; also one of another version of ours."""
    path = tmp_path / "journal"
    for first in (None, b"{}\n"):
        if first is not None:
            path.write_bytes(first)
            os.utime(path, (1, 1))
        journal = JournalFile(path)
        journal.append(b"a\n")
        n_before = len(sealed_files(path))
        monkeypatch.setattr(file_module, "ROTATE_S", -1.0 if first is None else 86_400.0)
        journal.append(b"b\n")
        assert lines_of(path)[-1] == "b"
        assert len(sealed_files(path)) == n_before + (first is None)
        journal.close()
    assert len(sealed_files(path)) == 2


def test_what_is_no_sealed_file(tmp_path: Path) -> None:
    """Compressed ones cannot be read on; folders are none."""
    for name in ("journal.1", "journal.2.gz", "journalx"):
        (tmp_path / name).touch()
    (tmp_path / "journal.3").mkdir()
    assert [file.name for file in sealed_files(tmp_path / "journal")] == ["journal.1"]


def test_a_writer_that_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others do not wait for it for ever."""
    monkeypatch.setattr(file_module, "LOCK_S", 0.01)
    path = tmp_path / "journal"
    journal = JournalFile(path)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(OSError, match="another process holds its lock"):
            journal.append(b"a\n")
    journal.append(b"b\n")
    assert lines_of(path) == ["b"]


def test_writers_that_are_killed(tmp_path: Path) -> None:
    """At any moment, with files that are sealed all the time: every line is whole."""
    path = tmp_path / "journal"
    line = b"x" * 999 + b"\n"
    for _ in range(10):
        pids = []
        for _ in range(2):
            pid = os.fork()
            if pid == 0:
                journal = JournalFile(path, rotate_bytes=200_000)
                while True:
                    journal.append(line * 50)
            pids.append(pid)
        time.sleep(0.02)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    journal = JournalFile(path)
    journal.append(line)
    found = {text for file in [*sealed_files(path), path] for text in lines_of(file)}
    assert found == {"x" * 999}
