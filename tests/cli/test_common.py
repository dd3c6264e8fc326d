"""What several sub-commands share: numbers in limits, and whose files root makes."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from ivr_agi.cli import main
from ivr_agi.cli.common import become_owner, whole_number


def test_whole_number() -> None:
    """Both ends are in; anything else is told with the limits."""
    convert = whole_number(0, 65535)
    assert [convert("0"), convert("65535")] == [0, 65535]
    for text in ("-1", "65536", "x", "1.5", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="from 0 to 65535, got"):
            convert(text)


@pytest.mark.parametrize(
    "argv", [["speech-server", "--port", "99999"], ["serve", "--workers", "65"]]
)
def test_numbers_out_of_range(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A usage error that says the range, no traceback and no list of all numbers."""
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"argument {argv[1]}: must be a whole number from" in last


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What was called to become somebody else; nobody does."""
    calls: list[tuple[object, ...]] = []
    for name in ("initgroups", "setgroups", "setgid", "setuid"):
        monkeypatch.setattr(os, name, lambda *args, name=name: calls.append((name, *args)))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return calls


def owned_by(uid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every folder be this user's, of group 7."""
    monkeypatch.setattr(Path, "is_dir", lambda _: True)
    monkeypatch.setattr(Path, "stat", lambda _: SimpleNamespace(st_uid=uid, st_gid=7))


def test_root_becomes_the_owner(
    became: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Groups first, the user last: afterwards it could do neither."""
    owned_by(65534, monkeypatch)
    become_owner(Path("spool"))
    assert became == [("initgroups", "nobody", 7), ("setgid", 7), ("setuid", 65534)]


def test_an_owner_without_a_name(
    became: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no groups but the folder's."""
    owned_by(54321, monkeypatch)
    become_owner(Path("spool"))
    assert became == [("setgroups", []), ("setgid", 7), ("setuid", 54321)]


def test_nobody_else_is_become(
    became: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not without a folder, not where it is root's, not when we are not root."""
    become_owner(Path("/no/such/folder"))
    become_owner(Path("/proc"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    owned_by(65534, monkeypatch)
    become_owner(Path("spool"))
    assert became == []
