"""Checks who may read, write and run what: our files, and Asterisk's. Shell over ``stat``.

It only uses owner, group and mode: an access list (ACL) may allow more, a security module (SELinux,
AppArmor) less. The loopback call shows what really happens.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.doctor.findings import Finding, failing, good, warning

__all__ = (
    "User",
    "caller_of",
    "check_folders",
    "check_program",
    "check_server",
    "check_sounds",
    "check_spool",
    "us",
    "user_of_process",
)

if TYPE_CHECKING:
    from collections.abc import Iterable

READ, WRITE, RUN = 4, 2, 1
SOUND = "beep"
"""A sound in every set of Asterisk's core sounds."""


@dataclass(frozen=True)
class User:
    """A user whose permissions are checked."""

    uid: int
    gids: frozenset[int]

    def may(self, what: int, path: Path) -> bool:
        """Whether ``READ``, ``WRITE``, ``RUN`` or a sum is allowed; False if it does not exist."""
        try:
            resolved = path.resolve(strict=True)
            return self._has(what, resolved) and all(
                self._has(RUN, parent) for parent in resolved.parents
            )
        except OSError:
            return False

    def _has(self, what: int, path: Path) -> bool:
        status = path.stat()
        if self.uid == 0:
            return not what & RUN or bool(status.st_mode & 0o111)
        if status.st_uid == self.uid:
            mode = status.st_mode >> 6
        elif status.st_gid in self.gids:
            mode = status.st_mode >> 3
        else:
            mode = status.st_mode
        return mode & what == what


def us() -> User:
    """Return the user that runs the doctor, which should be the server's user."""
    return User(os.geteuid(), frozenset([os.getegid(), *os.getgroups()]))


def caller_of(us: User, asterisk: User | None) -> User:
    """Return the user that runs the calls: this one, or Asterisk's user if root asks."""
    return asterisk if us.uid == 0 and asterisk is not None else us


def user_of_process(pid_file: Path, proc: Path = Path("/proc")) -> User | None:
    """Return the user of the process whose number is in a file; None if unknown."""
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
        status = (proc / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return None
    ids = dict(re.findall(r"^(Uid|Gid|Groups):[ \t]*(.*)$", status, re.MULTILINE))
    # Real, effective, saved, file system: the second one counts.
    uid, gid = int(ids["Uid"].split()[1]), int(ids["Gid"].split()[1])
    return User(uid, frozenset([gid, *map(int, ids["Groups"].split())]))


def check_program(user: User, program: Path) -> Finding:
    """Check the launcher, or whatever ``EAGI()`` starts, and the interpreter in its first line."""
    if not program.exists():
        advice = "run ivr-agi install, which puts the launcher there, or correct the dialplan"
        return failing("program", f"{program} does not exist", advice)
    status = program.stat()
    if not user.may(READ | RUN, program):
        advice = f"chmod 755 {program}, and make its folders accessible"
        return failing("program", f"Asterisk (uid {user.uid}) may not run {program}", advice)
    if status.st_mode & 0o022:
        advice = f"chmod go-w {program}: whoever can change it can do anything that Asterisk can"
        return warning(
            "program", f"other users may write {program} ({status.st_mode & 0o777:o})", advice
        )
    interpreter = _interpreter(program)
    if interpreter is not None and not user.may(RUN, interpreter):
        advice = "install the package again, or run ivr-agi install with a Python that exists"
        return failing("program", f"{program} needs {interpreter}, which cannot be run", advice)
    return good("program", f"{program} can be run by uid {user.uid}")


def _interpreter(program: Path) -> Path | None:
    with program.open("rb") as file:
        first = file.readline(512)
    if not first.startswith(b"#!"):
        return None
    words = first[2:].decode(errors="replace").split()
    return Path(words[0]) if words else None


def check_server(user: User, path: Path, sockets: Path = Path("/proc/net/unix")) -> Finding:
    """Check that the warm server's socket exists, and that Asterisk's user may open it."""
    if not path.is_socket():
        return good("server", f"none at {path}: each call runs in a process of its own")
    try:
        names = [line.split()[-1] for line in sockets.read_text(encoding="utf-8").splitlines()]
    except OSError:
        names = [str(path)]
    if str(path) not in names:
        advice = "systemctl start ivr-agi; without it each call runs in a process of its own"
        return warning("server", f"nobody listens at {path}", advice)
    if not user.may(READ | WRITE, path):
        advice = "run ivr-agi serve as Asterisk's user (config/systemd): calls cannot reach it"
        return failing("server", f"uid {user.uid} may not open {path}", advice)
    return good("server", f"listens at {path}")


def check_spool(server: User, asterisk: User | None, spool: Path) -> Finding:
    """Check the spool folder: the plugin writes prompts there, and Asterisk reads them."""
    prompts = spool / "prompts"
    there = next(path for path in (prompts, *prompts.parents) if path.exists())
    if not server.may(READ | WRITE | RUN, there):
        make = "chown -R USER:GROUP" if spool.exists() else "install -d -o USER -g GROUP -m 755"
        advice = f"{make} {spool}, with the user that runs ivr-agi"
        return failing("spool", f"uid {server.uid} may not write {there}", advice)
    if asterisk is not None and not asterisk.may(READ | RUN, there):
        advice = f"chmod o+rx {there} and the folders above it: Asterisk plays prompts from it"
        return failing("spool", f"Asterisk (uid {asterisk.uid}) may not read {there}", advice)
    whom = f"by uid {server.uid}{'' if asterisk is None else ', and read by Asterisk'}"
    return good("spool", f"{there} can be written {whom}")


def check_folders(user: User, folders: Iterable[Path]) -> list[Finding]:
    """Check the folders of log, journal and recordings: report those that cannot be written."""
    found = []
    for folder in folders:
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not user.may(WRITE | RUN, there):
            advice = "let that user write there; under systemd, ReadWritePaths= must also name it"
            found.append(failing("folders", f"uid {user.uid} may not write {there}", advice))
    return found


def check_sounds(folder: Path, language: str) -> Finding:
    """Check Asterisk's own recordings, which the dialplan plays when all else fails."""
    for place in (folder / language, folder / language.partition("_")[0], folder):
        if place.is_dir() and any(place.glob(f"{SOUND}.*")):
            return good("sounds", f"in {place}")
    return warning(
        "sounds",
        f"no {SOUND} in {folder}/{language}",
        "install asterisk-core-sounds-en-wav: the dialplan's fallback plays it",
    )
