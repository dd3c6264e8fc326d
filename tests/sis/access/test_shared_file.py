"""The shared file: kept, private, survivable."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ivr_agi.sis.access.health import Health
from ivr_agi.sis.access.shared_file import SharedFile

HEALTH = Health(failures=1, until=5.0, error="x")


def test_in_memory() -> None:
    """Without a file, one object remembers; what read() gives is a copy."""
    state = SharedFile(Health)
    with state.change() as entries:
        entries["a"] = HEALTH
    state.read().clear()
    assert state.read() == {"a": HEALTH}


def test_in_a_private_file(tmp_path: Path) -> None:
    """Another object (another process) reads it; nobody else may (mode 0600)."""
    file = tmp_path / "spool" / "health.json"
    with SharedFile(Health, file).change() as entries:
        entries["a"] = HEALTH
    assert SharedFile(Health, file).read() == {"a": HEALTH}
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in file.parent.iterdir()) == ["health.json", "health.lock"]


def test_an_error_changes_nothing(tmp_path: Path) -> None:
    """And gives the lock back."""
    state = SharedFile(Health, tmp_path / "x.json")
    with pytest.raises(KeyError), state.change() as entries:
        entries["a"] = entries["b"]
    with state.change():
        assert state.read() == {}


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 7}', "\udcff"])
def test_a_damaged_file_counts_as_empty(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What is in it can be learnt again."""
    file = tmp_path / "x.json"
    file.write_text(content, errors="surrogateescape")
    file.chmod(0o600)
    assert SharedFile(Health, file).read() == {}
    assert "damaged" in caplog.text


def test_a_file_that_others_may_read_is_not_trusted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A token in it may be anyone's."""
    file = tmp_path / "x.json"
    file.write_text("{}")
    file.chmod(0o644)
    state = SharedFile(Health, file)
    assert state.read() == {}
    assert "others may" in caplog.text
    with state.change() as entries:
        entries["a"] = HEALTH
    assert state.read() == {"a": HEALTH}


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """This process then remembers for itself."""
    (tmp_path / "x").write_text("")
    state = SharedFile(Health, tmp_path / "x" / "y.json")
    with state.change() as entries:
        entries["a"] = HEALTH
    assert state.read() == {"a": HEALTH}


def test_changes_come_one_after_another(tmp_path: Path) -> None:
    """None is lost."""
    file = tmp_path / "x.json"

    def count() -> None:
        for _ in range(20):
            with SharedFile(int, file).change() as entries:
                entries["n"] = entries.get("n", 0) + 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert SharedFile(int, file).read() == {"n": 80}
