"""Everything that ivr-agi needs beside Asterisk, as a list of actions. Shell.

The texts are the samples of ``config`` and ``dialplans``, with what this machine needs filled in.
An installation has a name, which is its launcher's, too: several tenants of one machine have a
name, a settings file, a server and folders each.
"""

from __future__ import annotations

import importlib.util
import re
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError
from ivr_agi.serve.actions import Block, Command, Folder, Link, TextFile
from ivr_agi.serve.install import NAME, install_launcher, launcher_text, remove_launcher
from ivr_agi.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ivr_agi.serve.actions import Action
    from ivr_agi.serve.place import Place

__all__ = ("Installation", "plan", "sample", "samples_folder")

_HERE = Path(__file__).parents[1]
_UNITS = "etc/systemd/system"
FIRST_CONSOLE_PORT, CONSOLE_PORTS = 8800, 1000
"""Of tenants; that of ``ivr-agi`` itself is in the sample."""
_LOGROTATE = """\
# Log of {name}; written by ivr-agi install. The server creates new files, and rotates the journal.
{folder}/*.log {{
    su {user} {group}
    weekly
    rotate 8
    compress
    delaycompress
    missingok
    notifempty
    nocreate
}}
"""


@dataclass(frozen=True)
class Installation:
    """What to install, and where."""

    place: Place
    program: Path
    """``ivr-agi``, by a path that stays over upgrades."""
    config: Path
    """The settings file; written if it does not exist."""
    name: str = NAME
    root: Path = Path("/")
    """Folder that stands for ``/``; with another one, no commands are run."""

    def at(self, path: Path | str) -> Path:
        """Return a path below ``root``."""
        return self.root / str(path).lstrip("/")

    @property
    def has_systemd(self) -> bool:
        """Whether systemd runs here."""
        return self.root == Path("/") and Path("/run/systemd/system").is_dir()


@dataclass(frozen=True)
class _Launcher:
    """The launcher: no other file, nor that of other settings, is overwritten."""

    folder: Path
    name: str
    text: str

    def missing(self) -> str:
        path = self.folder / self.name
        is_there = path.exists() and path.read_text(errors="replace") == self.text
        return "" if is_there else f"write  {path}, the launcher"

    def do(self) -> None:
        install_launcher(self.folder, self.text, self.name)

    def leftover(self, *, purge: bool) -> str:
        return ""

    def removable(self, gone: set[str], *, purge: bool) -> str:
        path = self.folder / self.name
        return str(path) if path.exists() else ""

    def undo(self, *, purge: bool) -> str:
        return str(remove_launcher(self.folder, self.name) or "")


def sample(name: str) -> str:
    """Return a file of ``config`` or ``dialplans``, from the wheel or from the checkout."""
    path = samples_folder() / name
    if path.is_file():
        return path.read_text(encoding="utf-8")
    raise ConfigError(f"{name} is missing in this installation: install ivr-agi again")


def samples_folder() -> Path:
    """Return the folder that has ``config`` and ``dialplans``: in the wheel, or the checkout."""
    packed = _HERE / "samples"
    return packed if packed.is_dir() else _HERE.parent


def plan(wanted: Installation) -> list[Action]:
    """Return the actions in order; their undoing is in the opposite order.

    Raises:
        ConfigError: The settings file is there and wrong, there is no Python for the launcher, or
            something else on the machine has the name.
    """
    _check_name(wanted)
    text = _settings_text(wanted)
    settings = _settings(wanted, text)
    owner = f"{wanted.place.user}:{wanted.place.group}"
    flows = wanted.at(settings.flows_dir)
    actions: list[Action] = [
        Folder(wanted.at(wanted.config).parent),
        Folder(flows),
        TextFile(wanted.at(wanted.config), text, 0o644, is_theirs=True),
        TextFile(flows / "main_menu.yaml", sample("config/flows/main_menu.yaml"), is_theirs=True),
        Folder(wanted.at(settings.spool_dir), owner),
    ]
    actions += [Folder(wanted.at(folder), owner, 0o750) for folder in _log_folders(settings)]
    if _has_console():
        actions.append(Folder(wanted.at(f"var/lib/{wanted.name}"), owner, 0o750))
    actions += [
        TextFile(wanted.at(f"etc/logrotate.d/{wanted.name}"), _logrotate(wanted, folder))
        for folder in _log_folders(settings)[:1]
    ]
    if wanted.program.parent != Path("/usr/local/bin"):
        actions.append(Link(wanted.at("usr/local/bin/ivr-agi"), wanted.program))
    actions += [
        Folder(wanted.at(wanted.place.agi), is_shared=True),
        _Launcher(
            wanted.at(wanted.place.agi),
            wanted.name,
            launcher_text(settings, [str(wanted.program), "call"]),
        ),
    ]
    return [*actions, *_units(wanted, settings), *_dialplan(wanted)]


def _check_name(wanted: Installation) -> None:
    """Refuse the name of another service: its units and its log rotation would be replaced.

    Raises:
        ConfigError: It is taken.
    """
    name, folders = wanted.name, (_UNITS, "usr/lib/systemd/system", "lib/systemd/system")
    units = [
        Path(folder) / f"{name}.{kind}" for folder in folders for kind in ("service", "socket")
    ]
    if wanted.at(wanted.config).exists():
        return  # it is ours
    for path in (Path(f"etc/logrotate.d/{name}"), *units):
        file = wanted.at(path)
        if file.exists() and NAME not in file.read_text("utf-8", "replace"):
            reason = f"the name {name!r} is taken: this file is not of ivr-agi"
            raise ConfigError(reason, path=str(file))


def _settings_text(wanted: Installation) -> str:
    """The sample, with log and journal switched on and with this machine's folders."""
    sounds = str(wanted.place.sounds)
    values = {
        "paths.sounds": sounds if sounds != Settings().paths.sounds else "",
        "log.file": f"/var/log/{wanted.name}/{wanted.name}.log",
        "journal.file": f"/var/log/{wanted.name}/journal.jsonl",
    }
    if wanted.name != NAME:
        values |= {
            "serve.socket": f"/run/{wanted.name}/{wanted.name}.sock",
            "paths.flows": f"{wanted.config.parent}/flows",
            "paths.spool": f"/var/spool/{wanted.name}",
            "store.url": f"/var/lib/{wanted.name}/store.sqlite3",
            "store.caller_key_file": f"/var/lib/{wanted.name}/caller.key",
            "console.listen": f"127.0.0.1:{_console_port(wanted.name)}",
            "console.page": f"127.0.0.1:{_console_port(wanted.name) + 1}",
            "console.users_file": f"/var/lib/{wanted.name}/console.users",
        }
    return _fill(sample("config/ivr-agi.toml"), values)


def _console_port(name: str) -> int:
    """Return the port of a tenant's ``/metrics``, below that of its page; always the same."""
    return FIRST_CONSOLE_PORT + 2 * (zlib.crc32(name.encode()) % CONSOLE_PORTS)


def _fill(text: str, values: Mapping[str, str]) -> str:
    """Set values of a settings file whose lines are ``# key = default``; empty ones stay."""
    section, lines = "", []
    for line in text.splitlines():
        if header := re.match(r"\[([\w.]+)\]", line):
            section = header[1]
        key = re.match(r"# (\w+) = ", line)
        value = values.get(f"{section}.{key[1]}", "") if key else ""
        lines.append(f'{key[1]} = "{value}"' if key and value else line)
    return "\n".join(lines) + "\n"


def _settings(wanted: Installation, text: str) -> Settings:
    there = wanted.at(wanted.config)
    if there.exists():
        found = load_settings(there)
    else:
        found = _parsed(text)
    sections = {name: getattr(found, name) for name in found.__struct_fields__}
    base = wanted.config.parent
    return Settings(**{**sections, "base": base, "file": str(wanted.config)})


def _parsed(text: str) -> Settings:
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        return load_settings(file.name)


def _log_folders(settings: Settings) -> list[Path]:
    files = [settings.path(file) for file in (settings.log.file, settings.journal.file) if file]
    return sorted({file.parent for file in files})


def _logrotate(wanted: Installation, folder: Path) -> str:
    user, group = wanted.place.user, wanted.place.group
    return _LOGROTATE.format(name=wanted.name, folder=folder, user=user, group=group)


# systemd.


def _units(wanted: Installation, settings: Settings) -> list[Action]:
    folder, name = wanted.at(_UNITS), wanted.name
    serve = f"{wanted.program} serve --config {wanted.config}"
    logs = [path for path in _log_folders(settings) if path != Path(f"/var/log/{NAME}")]
    recordings = [settings.path(settings.recording.folder)] if settings.recording.folder else []
    writes = " ".join(str(path) for path in (settings.spool_dir, *logs, *recordings))
    service = _set_keys(
        sample("config/systemd/ivr-agi.service"),
        {
            "Requires": f"{name}.socket",
            "After": f"network-online.target {name}.socket",
            "ExecStart": serve,
            "ExecReload": f"{serve} --check",
            "User": wanted.place.user,
            "Group": wanted.place.group,
            "ReadWritePaths": writes,
            "LogsDirectory": name,
            "EnvironmentFile": f"-{wanted.config.parent}/environment",
            "TimeoutStopSec": f"{settings.serve.drain_s + 30:.0f}",
        },
    )
    socket = _set_keys(
        sample("config/systemd/ivr-agi.socket"),
        {
            "ListenSequentialPacket": str(settings.path(settings.serve.socket)),
            "SocketUser": wanted.place.user,
            "SocketGroup": wanted.place.group,
        },
    )
    units = [f"{name}.socket", f"{name}.service"]
    actions: list[Action] = [
        TextFile(folder / units[0], socket),
        TextFile(folder / units[1], service),
    ]
    if name == NAME and importlib.util.find_spec("pocketsphinx") is not None:
        speech = _set_keys(
            sample("config/systemd/ivr-agi-speech.service"),
            {"ExecStart": f"{wanted.program} speech-server --state-dir /var/lib/ivr-agi-speech"},
        )
        units.append("ivr-agi-speech.service")
        actions.append(TextFile(folder / units[-1], speech))
    if _has_console():
        units.append(f"{name}-console.service")
        actions.append(TextFile(folder / units[-1], _console_unit(wanted, settings)))
    if not wanted.has_systemd:
        return actions
    again = ("systemctl", "daemon-reload")
    return [
        Command((), again),
        *actions,
        Command(again),
        Command(
            ("systemctl", "enable", "--now", *units), ("systemctl", "disable", "--now", *units)
        ),
    ]


def _has_console() -> bool:
    """Return whether the extra ``console`` is installed."""
    return all(importlib.util.find_spec(module) for module in ("sqlalchemy", "alembic"))


def _console_unit(wanted: Installation, settings: Settings) -> str:
    """Return the unit of what reads the journal into the store."""
    name, recordings = wanted.name, settings.recording.folder
    state = Path(f"/var/lib/{name}")
    kept = [settings.path(settings.store.caller_key_file).parent]
    if "://" not in settings.store.url:
        kept.append(settings.path(settings.store.url).parent)
    writes = [settings.spool_dir, *_log_folders(settings), *(one for one in kept if one != state)]
    if recordings:
        writes.append(settings.path(recordings))
    return _set_keys(
        sample("config/systemd/ivr-agi-console.service"),
        {
            "ExecStart": f"{wanted.program} console --config {wanted.config}",
            "User": wanted.place.user,
            "Group": wanted.place.group,
            "EnvironmentFile": f"-{wanted.config.parent}/environment",
            "StateDirectory": name,
            # A folder that is not there yet is no fault.
            "ReadWritePaths": " ".join(f"-{path}" for path in dict.fromkeys(writes)),
        },
    )


def _set_keys(unit: str, values: Mapping[str, str]) -> str:
    """Set the first line of each key of a unit."""
    lines, left = [], dict(values)
    for line in unit.splitlines():
        key, equals, _ = line.partition("=")
        is_ours = bool(equals) and key in left
        lines.append(f"{key}={left.pop(key)}" if is_ours else line)
    return "\n".join(lines) + "\n"


# Asterisk.


def _dialplan(wanted: Installation) -> Sequence[Action]:
    if wanted.name != NAME:
        return ()  # one dialplan for all: another EAGI() line is all that a tenant needs
    extensions = wanted.at(wanted.place.etc) / "extensions.conf"
    block = Block(
        extensions,
        "#include extensions_ivr.conf\n",
        r"^\s*#include\s+\"?extensions_ivr\.conf",
    )
    text = TextFile(
        extensions.with_name("extensions_ivr.conf"),
        sample("dialplans/extensions_ivr.conf"),
        is_theirs=True,
    )
    reload = ("asterisk", "-rx", "dialplan reload") if wanted.root == Path("/") else ()
    return [Command((), reload), text, block, Command(reload)]
