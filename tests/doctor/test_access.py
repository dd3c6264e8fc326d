"""Who may what."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ivr_agi.doctor.access import (
    READ,
    RUN,
    WRITE,
    User,
    caller_of,
    check_folders,
    check_program,
    check_server,
    check_sounds,
    check_spool,
    us,
    user_of_process,
)
from ivr_agi.doctor.findings import Severity

GOOD, WARNING, ERROR = Severity.GOOD, Severity.WARNING, Severity.ERROR
STRANGER = User(4242, frozenset([4242]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One that everybody can get to."""
    for parent in (tmp_path, *tmp_path.parents):
        if parent.owner() == tmp_path.owner() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o711)
    return tmp_path


@pytest.mark.parametrize(
    ("mode", "owner", "member", "stranger"),
    [
        (0o640, READ | WRITE, READ, 0),
        (0o604, READ | WRITE, 0, READ),
        (0o755, READ | WRITE | RUN, READ | RUN, READ | RUN),
    ],
)
def test_rights(folder: Path, mode: int, owner: int, member: int, stranger: int) -> None:
    """The owner's bits for the owner, even if others have more."""
    file = folder / "file"
    file.touch()
    file.chmod(mode)
    status = file.stat()
    users = {
        owner: User(status.st_uid or 1, frozenset()),
        member: User(4242, frozenset([status.st_gid])),
        stranger: STRANGER,
    }
    if status.st_uid == 0:
        del users[owner]  # root may all: below
    for allowed, user in users.items():
        for what in (READ, WRITE, RUN):
            assert user.may(what, file) == bool(allowed & what), (mode, user, what)
    root = User(0, frozenset())
    assert root.may(WRITE, file)
    assert root.may(RUN, file) == bool(mode & 0o111)


def test_the_way_there_counts(folder: Path) -> None:
    """A folder that may not be entered; a file that is not there."""
    (folder / "closed").mkdir(mode=0o700)
    (folder / "closed/file").touch(mode=0o644)
    assert not STRANGER.may(READ, folder / "closed/file")
    assert not us().may(READ, folder / "none")
    assert us().may(READ, folder / "closed/file")


def test_user_of_process(tmp_path: Path) -> None:
    """Our own; and one that has gone."""
    file = tmp_path / "pid"
    file.write_text(f"{os.getpid()}\n")
    found = user_of_process(file)
    assert found is not None
    assert found.uid == os.geteuid()
    assert os.getegid() in found.gids
    assert user_of_process(tmp_path / "none") is None
    file.write_text("no number")
    assert user_of_process(file) is None


def test_program(folder: Path) -> None:
    """Not there, not to be run, of others, with an interpreter that is gone; and as it should."""
    program = folder / "ivr-agi"
    assert check_program(STRANGER, program).severity is ERROR
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    assert check_program(STRANGER, program).severity is ERROR
    program.chmod(0o777)
    assert check_program(STRANGER, program).severity is WARNING
    program.chmod(0o755)
    assert check_program(STRANGER, program).severity is GOOD
    program.write_text("#!/nowhere/python3 -IS\n")
    found = check_program(STRANGER, program)
    assert (found.severity, "/nowhere/python3" in found.text) == (ERROR, True)
    program.write_bytes(b"\x7fELF")
    assert check_program(STRANGER, program).severity is GOOD


def test_spool(folder: Path) -> None:
    """We write, Asterisk reads; what is not made yet is as its parent."""
    spool = folder / "spool"
    assert check_spool(us(), None, spool).severity is GOOD
    spool.mkdir(mode=0o755)
    assert check_spool(us(), STRANGER, spool).severity is GOOD
    assert check_spool(STRANGER, us(), spool).severity is ERROR
    (spool / "prompts").mkdir(mode=0o700)
    found = check_spool(us(), STRANGER, spool)
    assert (found.severity, "4242" in found.text) == (ERROR, True)


def test_spool_as_root(folder: Path) -> None:
    """Root may write anywhere; what counts is whether Asterisk's user may, who runs the calls."""
    root = User(0, frozenset([0]))
    spool = folder / "spool"
    (spool / "prompts").mkdir(mode=0o755, parents=True)
    found = check_spool(caller_of(root, STRANGER), STRANGER, spool)
    assert (found.severity, found.text) == (ERROR, f"uid 4242 may not write {spool}/prompts")
    assert found.advice.startswith(f"chown -R USER:GROUP {spool},")
    assert caller_of(STRANGER, root) == STRANGER
    assert check_spool(caller_of(root, None), None, spool).severity is GOOD


def test_folders(folder: Path) -> None:
    """One that is not made yet is as its parent; only what is wrong is told."""
    (folder / "log").mkdir(mode=0o755)
    assert check_folders(us(), [folder / "log", folder / "none/yet"]) == []
    (found,) = check_folders(STRANGER, [folder / "log/calls"])
    assert (found.severity, found.text) == (ERROR, f"uid 4242 may not write {folder}/log")


def test_server(folder: Path) -> None:
    """None at all is well; one that Asterisk may not open, or a dead one's socket, is not."""
    path = folder / "ivr-agi.sock"
    sockets = folder / "unix"
    sockets.write_text("Num RefCount Protocol Flags Type St Inode Path\n")
    assert check_server(STRANGER, path, sockets).severity is GOOD
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        assert check_server(STRANGER, path, sockets).severity is WARNING
        sockets.write_text(f"0: 00000002 00000000 00010000 0005 01 4711 {path}\n")
        path.chmod(0o660)
        found = check_server(STRANGER, path, sockets)
        assert (found.severity, found.text) == (ERROR, f"uid 4242 may not open {path}")
        assert check_server(us(), path, folder / "none").severity is GOOD
        listener.listen()
        assert check_server(us(), path).text == f"listens at {path}"


def test_sounds(tmp_path: Path) -> None:
    """In the language, in the language it is of, or nowhere."""
    assert check_sounds(tmp_path, "en_GB").severity is WARNING
    (tmp_path / "en").mkdir()
    assert check_sounds(tmp_path, "en_GB").severity is WARNING
    (tmp_path / "en/beep.wav").touch()
    assert check_sounds(tmp_path, "en_GB").severity is GOOD
    assert check_sounds(tmp_path, "zh").severity is WARNING
