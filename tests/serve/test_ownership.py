"""Whose files root makes."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from ivr_agi.serve.ownership import as_owner

NAMES = ("setgroups", "setegid", "seteuid")


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What was called to become somebody else; nobody does."""
    calls: list[tuple[object, ...]] = []
    for name in NAMES:
        monkeypatch.setattr(os, name, lambda *args, name=name: calls.append((name, *args)))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "getegid", lambda: 0)
    monkeypatch.setattr(os, "getgroups", lambda: [0, 4])
    return calls


def owned_by(uid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every folder be this user's, of group 7."""
    monkeypatch.setattr(Path, "is_dir", lambda _: True)
    monkeypatch.setattr(Path, "stat", lambda _: SimpleNamespace(st_uid=uid, st_gid=7))


@pytest.mark.parametrize(("uid", "groups"), [(65534, [7, 8]), (54321, [7])])
def test_root_is_the_owner_for_a_while(
    uid: int, groups: list[int], became: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Groups first and the user last, and back the other way round; users without a name, too."""
    owned_by(uid, monkeypatch)
    monkeypatch.setattr(os, "getgrouplist", lambda name, group: {"nobody": [group, 8]}[name])

    def fail() -> None:
        with as_owner(Path("spool")):
            assert became == [("setgroups", groups), ("setegid", 7), ("seteuid", uid)]
            became.clear()
            raise OSError

    with pytest.raises(OSError, match="^$"):
        fail()
    assert became == [("seteuid", 0), ("setegid", 0), ("setgroups", [0, 4])]


def test_nobody_else_changes(
    became: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not without a folder, not where it is root's, not when we are not root."""
    for folder in ("/no/such/folder", "/proc"):
        with as_owner(Path(folder)):
            pass
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    owned_by(65534, monkeypatch)
    with as_owner(Path("spool")):
        pass
    assert became == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_files_are_the_owners(tmp_path: Path) -> None:
    """For real: what is made in between is theirs, before and after it is ours."""
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    spool = tmp_path / "spool"
    spool.mkdir()
    os.chown(spool, 54321, 54321)
    with as_owner(spool):
        (spool / "theirs").touch()
    (spool / "ours").touch()
    assert (spool / "theirs").stat().st_uid == 54321
    assert (spool / "ours").stat().st_uid == 0
