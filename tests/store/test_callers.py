"""Digests of numbers and their key."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.store import callers
from ivr_agi.store.callers import CallerKey, load_caller_key
from ivr_agi.store.erasing import bare_number


def test_a_number_has_one_digest_however_it_is_written() -> None:
    """Another key makes others; no number has none."""
    key = CallerKey(b"k" * 32)
    assert key.digest("138 0013-8000") == key.digest("13800138000") != key.digest("13800138001")
    assert key.digest("1") != CallerKey(b"j" * 32).digest("1")
    assert key.digest("") == key.digest(" - ") == ""
    assert "138" not in key.digest("138")
    assert bare_number("+86 (10) 1.2/3-4") == "+86101234"


def test_not_all_numbers_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever calls with a new number each time does not fill the memory."""
    monkeypatch.setattr(callers, "MOST_KNOWN", 2)
    key = CallerKey(b"k" * 32)
    first = key.digest("100")
    for number in range(200, 210):
        key.digest(str(number))
    assert key.digest("100") == first


def test_the_key_is_made_once(tmp_path: Path) -> None:
    """For its owner only."""
    file = tmp_path / "sub" / "caller.key"
    digest = load_caller_key(file).digest("123")
    assert load_caller_key(file).digest("123") == digest
    assert file.stat().st_mode & 0o777 == 0o600


def test_keys_that_are_not_used(tmp_path: Path) -> None:
    """One that others may read, a short one, none at all."""
    file = tmp_path / "caller.key"
    load_caller_key(file)
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="others may read this key"):
        load_caller_key(file)
    file.chmod(0o600)
    file.write_text("short")
    with pytest.raises(ConfigError, match="at least 32 characters"):
        load_caller_key(file)
    file.write_bytes(b"\xff" * 40)
    with pytest.raises(ConfigError, match="it is no key"):
        load_caller_key(file)
    with pytest.raises(ConfigError, match="cannot read the key of the digests"):
        load_caller_key(file / "x")
