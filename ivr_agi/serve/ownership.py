"""Commands that root runs beside a server of another user: their files must belong to that user."""

from __future__ import annotations

import contextlib
import os
import pwd
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ("as_owner",)


@contextlib.contextmanager
def as_owner(folder: Path) -> Iterator[None]:
    """As root, become the owner of a folder until the block ends; other users stay themselves.

    Calls run as that user and must be able to change what is made there: prompts, vocabularies,
    the tokens and locks that all calls share. It also keeps root from following links that somebody
    else has put there. All threads of the process are affected.
    """
    if os.geteuid() != 0 or not folder.is_dir() or folder.stat().st_uid == 0:
        yield
        return
    status = folder.stat()
    group, groups = os.getegid(), os.getgroups()
    try:
        theirs = os.getgrouplist(pwd.getpwuid(status.st_uid).pw_name, status.st_gid)
    except KeyError:  # a user without a name
        theirs = [status.st_gid]
    os.setgroups(theirs)
    os.setegid(status.st_gid)
    os.seteuid(status.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)
