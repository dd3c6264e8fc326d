"""Where this machine's Asterisk keeps things, and who runs it. Shell over files.

Debian's package and an Asterisk built from source differ in their user and in most folders.
asterisk.conf names them, where it does not, the folder that exists tells them apart.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import re
from dataclasses import dataclass
from pathlib import Path

from ivr_agi.errors import ConfigError
from ivr_agi.serve.install import find_agi_dir

__all__ = ("Place", "find_place")

_CONF = "etc/asterisk/asterisk.conf"
_SOUNDS = ("/usr/share/asterisk/sounds", "/var/lib/asterisk/sounds")
"""Debian's, and Asterisk's own default."""
_DEFAULTS = "etc/default/asterisk"
"""Where Debian's start script has the user."""


@dataclass(frozen=True)
class Place:
    """What an installation has to know about Asterisk."""

    etc: Path
    """Its configuration files."""
    agi: Path
    """Where ``EAGI()`` looks for programs."""
    sounds: Path
    """Its recorded sounds."""
    user: str
    group: str


def find_place(root: Path = Path("/"), user: str = "") -> Place:
    """Find out about this machine's Asterisk.

    Args:
        root: Folder that stands for ``/``.
        user: Asterisk's user, if the administrator names it.

    Raises:
        ConfigError: There is no Asterisk, or its user does not exist.
    """
    conf = root / _CONF
    try:
        text = conf.read_text(encoding="utf-8", errors="replace")
    except OSError as exc:
        reason = f"no Asterisk is found here ({exc.strerror}); install it first"
        raise ConfigError(reason, path=str(conf)) from exc
    given = dict(re.findall(r"^\s*(\w+)\s*=>?\s*([^;\s]+)", text, re.MULTILINE))
    data = given.get("astdatadir")
    sounds = f"{data}/sounds" if data else _first(root, _SOUNDS)
    user = user or given.get("runuser") or _from_defaults(root, "AST_USER") or _usual_user()
    group = given.get("rungroup") or _from_defaults(root, "AST_GROUP") or _group_of(user)
    return Place(
        etc=Path(given.get("astetcdir", "/etc/asterisk")),
        agi=find_agi_dir(conf),
        sounds=Path(sounds),
        user=user,
        group=group,
    )


def _first(root: Path, folders: tuple[str, ...]) -> str:
    """Return the first that exists, else the last."""
    there = (folder for folder in folders if (root / folder.lstrip("/")).is_dir())
    return next(there, folders[-1])


def _from_defaults(root: Path, name: str) -> str:
    with contextlib.suppress(OSError):
        text = (root / _DEFAULTS).read_text(encoding="utf-8", errors="replace")
        if found := re.search(rf"""^\s*{name}=["']?([\w.-]+)""", text, re.MULTILINE):
            return found[1]
    return ""


def _usual_user() -> str:
    """Return ``asterisk`` if there is that user, else root: a build from source runs as root."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("asterisk").pw_name
    return pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else "root"


def _group_of(user: str) -> str:
    try:
        return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
    except KeyError:
        reason = f"there is no user {user!r}: name Asterisk's user with --user"
        raise ConfigError(reason) from None
