"""Installs launchers in Asterisk's AGI folder, and removes them. Shell.

There is one for each settings file, under a name of its own.
The launcher is a copy of :mod:`ivr_agi.serve.launcher` with its four settings filled in. It is run
by the Python that our virtual environment is based on, which starts faster.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError
from ivr_agi.settings import DEFAULT_PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.settings import Settings

__all__ = ("NAME", "find_agi_dir", "install_launcher", "launcher_text", "remove_launcher")

NAME = "ivr-agi"
ASTERISK_CONF = Path("/etc/asterisk/asterisk.conf")
_FOLDERS = ("/usr/share/asterisk/agi-bin", "/var/lib/asterisk/agi-bin")
"""Debian's, and Asterisk's own default."""
_MARK = "What ``EAGI(ivr-agi,FLOW)`` starts"


def find_agi_dir(asterisk_conf: Path = ASTERISK_CONF) -> Path:
    """Return the folder where ``EAGI()`` looks for programs: ``astagidir`` of asterisk.conf.

    Raises:
        ConfigError: The file does not say, and no usual folder exists.
    """
    with contextlib.suppress(OSError):
        text = asterisk_conf.read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"^\s*astagidir\s*=>?\s*([^;\s]+)", text, re.MULTILINE):
            return Path(found[1])
    for folder in _FOLDERS:
        if Path(folder).is_dir():
            return Path(folder)
    raise ConfigError(f"no astagidir in {asterisk_conf}: name the folder with --agi-dir")


def launcher_text(settings: Settings, program: Sequence[str]) -> str:
    """Return the launcher as a script of its own.

    Args:
        settings: Where the server listens, and what to do without it.
        program: Runs a call if there is no server. The settings file is appended, so that a call
            without the server has the same settings, and then the arguments of ``EAGI()``.

    Raises:
        ConfigError: There is no Python that Asterisk can run.
    """
    text = Path(__file__).with_name("launcher.py").read_text(encoding="utf-8")
    config = ("--config", str(Path(settings.file).absolute())) if settings.file else ()
    values = {
        "SOCKET": str(settings.path(settings.serve.socket)),
        "PROGRAM": (*program, *config),
        "WITHOUT_SERVER": settings.serve.without_server,
        "WAIT_S": settings.serve.launcher_wait_s,
    }
    for name, value in values.items():
        before, _, after = text.partition(f"\n{name} = ")
        text = f"{before}\n{name} = {value!r}\n{after.partition(chr(10))[2]}"
    return f"#!{_interpreter()} -IS\n{text}"


def install_launcher(folder: Path, text: str, name: str = NAME) -> Path:
    """Write a launcher atomically; return its path.

    Raises:
        ConfigError: The folder does not exist, others may write to it, or another file or a
            launcher of other settings has the name.
    """
    path = _path(folder, name)
    try:
        _check(path)
        _check_settings(path, text)
        aside = path.with_name(f".{name}.new")
        aside.write_text(text, encoding="utf-8")
        aside.chmod(0o755)
        aside.replace(path)
    except OSError as exc:
        raise ConfigError(f"cannot write it: {exc.strerror}", path=str(path)) from exc
    return path


def remove_launcher(folder: Path, name: str = NAME) -> Path | None:
    """Delete a launcher; return its path, or None if there is none.

    Raises:
        ConfigError: Another file has the name, or it cannot be deleted.
    """
    path = _path(folder, name)
    if not path.exists():
        return None
    try:
        _check(path)
        path.unlink()
    except OSError as exc:
        raise ConfigError(f"cannot delete it: {exc.strerror}", path=str(path)) from exc
    return path


def _path(folder: Path, name: str) -> Path:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        reason = f"must be letters, digits, '_', '.' and '-', got {name!r}"
        raise ConfigError(reason, key="--name")
    return folder / name


def _check_settings(path: Path, text: str) -> None:
    """Refuse to replace the launcher of other settings: its calls would change tenants."""
    if not path.exists():
        return
    there, ours = (_settings_file(each) for each in (path.read_text(encoding="utf-8"), text))
    if there != ours:
        reason = (
            f"this launcher is for {there or 'the default settings'}, not for "
            f"{ours or 'the default settings'}: use another --name, or --remove it first"
        )
        raise ConfigError(reason, path=str(path))


def _settings_file(text: str) -> str:
    """Return the settings file that a launcher names; empty if it names none."""
    line = re.search(r"^PROGRAM = (.*)$", text, re.MULTILINE)
    words = ast.literal_eval(line[1]) if line else ()
    file = words[words.index("--config") + 1] if "--config" in words else ""
    return "" if file == str(DEFAULT_PATH) else file


def _check(path: Path) -> None:
    status = path.parent.stat()
    if status.st_mode & stat.S_IWOTH:
        raise ConfigError("everybody may write into this folder", path=str(path.parent))
    if status.st_uid not in (0, os.geteuid()):
        reason = f"this folder is neither root's nor ours, but that of user {status.st_uid}"
        raise ConfigError(reason, path=str(path.parent))
    if path.exists() and _MARK not in path.read_text(encoding="utf-8", errors="replace"):
        raise ConfigError("this file is not ours; take it away first", path=str(path))


def _interpreter() -> str:
    """Return the first Python that every user may run, because Asterisk's user is unknown."""
    for name in _interpreters():
        path = Path(name).resolve()
        if path.exists() and all(
            place.stat().st_mode & stat.S_IXOTH for place in (path, *path.parents)
        ):
            return name
    raise ConfigError("no Python that everybody can start; install python3")


def _interpreters() -> list[str]:
    own = getattr(sys, "_base_executable", None) or sys.executable
    return [own, "/usr/bin/python3", "/usr/local/bin/python3"]
