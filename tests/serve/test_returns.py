"""Calls that are connected to somebody and may come back."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.flow.run.place import CallPlace
from ivr_agi.serve.returns import PLACE_KEPT_S, Returns

PLACE = CallPlace(frames=[], language="en", result="", slots={}, counts={}, announcement="Hi")


@pytest.fixture
def returns(tmp_path: Path) -> Returns:
    """None kept yet."""
    return Returns(tmp_path / "spool" / "returns")


def test_a_call_comes_back_once(returns: Returns, tmp_path: Path) -> None:
    """By the name that nobody can guess, on its own channel."""
    token = returns.keep(PLACE, "1.2")
    assert len(token) == 32
    file = tmp_path / "spool" / "returns" / token
    assert file.stat().st_mode & 0o777 == 0o600
    seen = returns.find(token)
    assert seen.announcement == "Hi"
    assert returns.take(token, "1.3") is None
    assert returns.take(token, "1.2") == seen
    assert returns.take(token, "1.2") is None
    assert not file.exists()


@pytest.mark.parametrize("token", ["", "../x", "0" * 31, "0" * 32, "A" * 32, "/etc/passwd"])
def test_what_is_no_name(returns: Returns, token: str) -> None:
    """It leads to no file."""
    with pytest.raises(ConfigError, match="not there any more"):
        returns.find(token)
    assert returns.take(token, "1.2") is None


def test_a_file_that_is_broken(returns: Returns, tmp_path: Path) -> None:
    """The flow begins anew."""
    token = returns.keep(PLACE, "1.2")
    (tmp_path / "spool" / "returns" / token).write_bytes(b"{")
    assert returns.take(token, "1.2") is None


def test_who_never_comes_back_is_forgotten(returns: Returns, tmp_path: Path) -> None:
    """With the next call that is kept, a day later."""
    old, new = (returns.keep(PLACE, "1.2") for _ in range(2))
    long_ago = time.time() - PLACE_KEPT_S - 60
    os.utime(tmp_path / "spool" / "returns" / old, (long_ago, long_ago))
    returns.keep(PLACE, "1.3")
    assert returns.take(old, "1.2") is None
    assert returns.take(new, "1.2") is not None


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """One line."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot keep the place of a call"):
        Returns(tmp_path / "file" / "returns").keep(PLACE, "1.2")
