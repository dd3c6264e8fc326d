"""What an installation does: each action is told first, done once, and taken back."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.serve.actions import Action, Block, Command, Folder, Link, TextFile


def cycle(action: Action, *, purge: bool = False) -> tuple[str, str]:
    """Do it twice, and undo it twice; returns what was told."""
    told = action.missing()
    action.do()
    assert action.missing() == ""
    action.do()
    undone = action.undo(purge=purge)
    assert action.undo(purge=purge) == ""
    assert action.leftover(purge=purge) == ""
    return told, undone


def test_a_folder(tmp_path: Path) -> None:
    """Made with its mode; deleted if nothing is in it."""
    path = tmp_path / "a/b"
    folder = Folder(path, mode=0o750)
    assert cycle(folder) == (f"make   {path}", str(path))
    folder.do()
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    (path / "file").write_text("x")
    assert folder.leftover(purge=False) == str(path)
    assert folder.undo(purge=False) == ""
    assert folder.undo(purge=True) == str(path)
    assert Folder(path, "x:y").missing().endswith(", for x:y")
    with pytest.raises(ConfigError, match="no such"):
        Folder(path, "nobody-here:nogroup-here").do()


def test_our_file(tmp_path: Path) -> None:
    """It is renewed when it is of another version."""
    path = tmp_path / "unit"
    file = TextFile(path, "new\n", 0o600)
    assert cycle(file) == (f"write  {path}", str(path))
    path.write_text("old\n")
    assert file.missing() == f"renew  {path}"
    file.do()
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new\n", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_their_file(tmp_path: Path) -> None:
    """It is written once; what the administrator made of it is never overwritten or deleted."""
    path = tmp_path / "settings"
    file = TextFile(path, "sample\n", is_theirs=True)
    assert cycle(file) == (f"write  {path}", str(path))
    path.write_text("changed\n")
    assert file.missing() == ""
    file.do()
    assert file.leftover(purge=False) == str(path)
    assert file.undo(purge=False) == ""
    assert path.read_text() == "changed\n"
    assert file.undo(purge=True) == str(path)


def test_a_link(tmp_path: Path) -> None:
    """One that leads elsewhere is somebody else's; one that leads nowhere is put right."""
    path, target = tmp_path / "bin/link", tmp_path / "program"
    target.write_text("x")
    link = Link(path, target)
    assert cycle(link) == (f"link   {path} to {target}", str(path))
    path.symlink_to("/nowhere")
    link.do()
    assert path.resolve() == target
    path.unlink()
    path.write_text("another program")
    assert (link.missing(), link.undo(purge=True)) == ("", "")
    assert link.leftover(purge=False) == str(path)


@pytest.mark.parametrize("before", ["", "[globals]\nA=1\n", "; no line end", "; \xe9\n"])
def test_lines_in_a_file(tmp_path: Path, before: str) -> None:
    """They come to the end, and the file is as it was afterwards, whatever its encoding."""
    path = tmp_path / "extensions.conf"
    path.write_bytes(before.encode("latin-1"))
    path.chmod(0o640)
    block = Block(path, "#include ours\n", r"^#include\s+ours")
    assert cycle(block) == (f"add    1 line to {path}", f"our lines in {path}")
    assert path.read_bytes().rstrip(b"\n") == before.encode("latin-1").rstrip(b"\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_lines_that_are_there(tmp_path: Path) -> None:
    """By hand: they stay."""
    path = tmp_path / "extensions.conf"
    path.write_text("#include ours\n")
    block = Block(path, "#include ours\n", r"^#include\s+ours")
    assert (block.missing(), block.undo(purge=False)) == ("", "")
    block.do()
    assert path.read_text() == "#include ours\n"


def test_a_command() -> None:
    """What fails is told with its last line."""
    command = Command(("sh", "-c", "echo one >&2; echo two >&2; exit 3"), ("true",))
    assert command.missing().startswith("run    sh -c")
    with pytest.raises(ConfigError, match="two$"):
        command.do()
    assert command.undo(purge=False) == command.leftover(purge=False) == ""
    with pytest.raises(ConfigError, match="exit 4"):
        Command(("sh", "-c", "exit 4")).do()
    with pytest.raises(ConfigError, match="No such file"):
        Command(("/nowhere/x",)).do()
    assert Command(()).missing() == ""
    Command(()).do()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_without_rights(tmp_path: Path) -> None:
    """The advice is to be root."""
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="run it as root"):
        TextFile(tmp_path / "x", "text").do()
