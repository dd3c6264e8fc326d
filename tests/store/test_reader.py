"""Blocks of whole lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.journal import JournalFile
from ivr_agi.store import reader as reader_module
from ivr_agi.store.reader import JournalReader, file_name_of, first_line_of


def read(reader: JournalReader, n_bytes: int = 1 << 20) -> list[list[bytes]]:
    """All blocks."""
    found = []
    while (block := reader.next_block(n_bytes)) is not None:
        reader.commit(block, 0)
        found.append(block.lines)
    return found


def test_nothing_is_there(tmp_path: Path) -> None:
    """No file, an empty one, a part of a first line."""
    path = tmp_path / "journal"
    reader = JournalReader(path, {})
    assert read(reader) == []
    path.touch()
    assert read(reader) == []
    path.write_bytes(b"{")
    assert read(reader) == []
    assert first_line_of(path) is None
    assert reader.behind_bytes() == 1


def test_blocks_end_with_a_line(tmp_path: Path) -> None:
    """However small they are; a line that is longer is one block."""
    path = tmp_path / "journal"
    path.write_bytes(b"first\n" + b"x" * 50 + b"\n" + b"y\nz\n")
    reader = JournalReader(path, {})
    assert read(reader, 8) == [[b"first"], [b"x" * 50, b"y", b"z"]]
    assert reader.behind_bytes() == 0


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for, but not for ever, and not in a file that is sealed."""
    monkeypatch.setattr(reader_module, "MAX_LINE_BYTES", 100)
    path = tmp_path / "journal"
    path.write_bytes(b"first\nabc")
    reader = JournalReader(path, {})
    assert read(reader, 50) == [[b"first"]]
    with path.open("ab") as file:
        file.write(b"x" * 200)
    assert [len(lines) for lines in read(reader, 50)] == [1]
    (tmp_path / "journal.1").write_bytes(b"one\ntwo")
    assert read(reader) == [[b"one"], [b"two"]]


def test_a_file_keeps_its_place_when_it_is_renamed(tmp_path: Path) -> None:
    """And one that is another under the same name begins at its begin."""
    path = tmp_path / "journal"
    file = JournalFile(path)
    file.append(b"a\n")
    reader = JournalReader(path, {})
    assert [len(lines) for lines in read(reader)] == [2]
    path.rename(tmp_path / "journal.1")
    file.append(b"b\n")
    (lines,) = read(reader)
    assert lines[1:] == [b"b"]


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    """Its first line says whether it is another one (copytruncate)."""
    path = tmp_path / "journal"
    path.write_bytes(b"one\ntwo\n")
    reader = JournalReader(path, {})
    read(reader)
    path.write_bytes(b"new\n")
    assert read(reader) == [[b"new"]]


def test_names(tmp_path: Path) -> None:
    """Of a file with a first line of ours, and of another one."""
    assert file_name_of(b'{"v":2,"at_s":1,"event":"journal_file","data":{"id":"ab"}}') == "ab"
    assert file_name_of(b'{"v":2,"at_s":1,"event":"step"}').startswith("line-")
    assert file_name_of(b"{") != file_name_of(b"[")
