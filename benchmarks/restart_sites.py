"""Where ``benchmarks.restart`` makes its calls: the simulator, or a real Asterisk. Asyncio shell.

Both have a server under :mod:`benchmarks.service_manager`, and, where an older revision is named,
two versions in folders of their own and a link, as ``docs/upgrade.md`` says.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.asterisk.ami import Ami
from benchmarks.asterisk.chroot import CHECKOUT, VENV, prepared
from benchmarks.asterisk.instance import HOME, AsteriskInstance
from benchmarks.service_manager import service_manager
from ivr_agi.bench.signals import tone
from ivr_agi.cli.common import program_words
from ivr_agi.serve.install import install_launcher, launcher_text
from ivr_agi.settings import ServeSettings, load_settings
from ivr_agi.simulator.call import simulate_call
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from benchmarks.asterisk.ami import Message
    from benchmarks.asterisk.chroot import Chroot
    from benchmarks.service_manager import ServiceManager
    from ivr_agi.bench.installation import Sections

__all__ = ("asterisk_site", "restarts_behind", "simulator_site")

DURATIONS_S = {"short": 1.5, "long": 12.0}
_FLOW = "start: a\nsteps:\n  a: {do: say, prompt: {recording: %s}, go: b}\n  b: {do: hangup}\n"
LAUNCHER_WAIT_S = ServeSettings().launcher_wait_s
CALL_S = 600.0
"""Until a call is given up that does not end."""
DRAIN_S = 600
"""Longer than a call lasts where the simulator itself is starved, and its time with it."""
_BACKLOG = 4096
_BIND = "import socket,sys; socket.socket(fileno=int(sys.argv[1])).bind(sys.argv[2])"
NEW, OLD = "new", "old"


class _Site:
    """A server, and the link that names its version."""

    def __init__(self, manager: ServiceManager, versions: Sequence[str], link: Path) -> None:
        self.manager = manager
        self.versions = versions
        self._link = link

    def link(self, version: str) -> None:
        """As :class:`benchmarks.restart.RestartSite` says."""
        aside = self._link.with_name(f"{self._link.name}.next")
        aside.symlink_to(version)
        aside.replace(self._link)


def _write_settings(host: Path, inside: str) -> None:
    """Settings, flows and sounds; ``inside`` is how the server sees the folder."""
    (host / "flows").mkdir(parents=True)
    (host / "run").mkdir()
    (host / "agi-bin").mkdir()
    for name, seconds in DURATIONS_S.items():
        (host / f"{name}.sln").write_bytes(tone(seconds))
        (host / f"flows/{name}.yaml").write_text(_FLOW % f"{inside}/{name}")
    sections: Sections = {
        "serve": {
            "socket": "run/socket",
            "workers": 2,
            "drain_s": DRAIN_S,
            "without_server": "refuse",
            "launcher_wait_s": LAUNCHER_WAIT_S,
        },
        "paths": {"flows": "flows", "spool": "spool"},
        "journal": {"file": "journal.jsonl"},
        "log": {"file": "log"},
        "speech": {"url": "ws://127.0.0.1:9"},
    }
    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    (host / "ivr-agi.toml").write_text("\n".join(lines) + "\n")


def _run(*argv: str) -> None:
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv[:6])} ...:\n{(done.stdout + done.stderr)[-2000:]}")


def _check_out(revision: str, folder: Path) -> None:
    """Write the sources of a revision into a folder."""
    folder.mkdir(parents=True)
    archive = subprocess.run(
        ["git", "-C", str(CHECKOUT), "archive", revision], capture_output=True, check=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)


# The simulator.


@contextlib.asynccontextmanager
async def simulator_site(folder: Path, older: str | None = None) -> AsyncIterator[_SimulatorSite]:
    """Calls of the simulator; on this machine, whose interpreter runs the server.

    Args:
        folder: For all that it needs.
        older: A revision to upgrade from and go back to; None: the program as it is here.

    Raises:
        ServiceFailed: The server did not start.
    """
    home = folder / "home"
    launcher = await asyncio.to_thread(_install_launcher, home)
    command, versions = await asyncio.to_thread(program_words), [NEW]
    if older is not None:
        await asyncio.to_thread(_install_both, folder, older)
        command, versions = [str(folder / "link/bin/ivr-agi")], [OLD, NEW]
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(home / "run/socket"))
        listener.listen(_BACKLOG)
        serve = [*command, "serve", "--config", str(home / "ivr-agi.toml")]
        async with service_manager(serve, listener) as manager:
            yield _SimulatorSite(manager, versions, folder / "link", launcher, home)


def _install_launcher(home: Path) -> Path:
    _write_settings(home, str(home))
    text = launcher_text(load_settings(home / "ivr-agi.toml"), ["/bin/false"])
    return install_launcher(home / "agi-bin", text)


class _SimulatorSite(_Site):
    def __init__(
        self,
        manager: ServiceManager,
        versions: Sequence[str],
        link: Path,
        launcher: Path,
        home: Path,
    ) -> None:
        super().__init__(manager, versions, link)
        self._launcher = launcher
        self._home = home

    async def call(self, flow: str) -> str:
        """As :class:`benchmarks.restart.RestartSite` says."""
        line = PhoneLine(IncomingCall(arguments=(flow,)), SoundFolder(self._home), ())
        call = await simulate_call([str(self._launcher)], line, deadline_s=CALL_S)
        return _end(call.variables)


def _end(variables: Mapping[str, str]) -> str:
    status = variables.get("IVR_STATUS") or "NONE"
    error = variables.get("IVR_ERROR", "")
    return f"{status} ({error})" if error else status


def _install_both(folder: Path, older: str) -> None:
    """Two versions in environments of their own; what they need is that of this environment."""
    _check_out(older, folder / "sources")
    for version, source in ((OLD, folder / "sources"), (NEW, CHECKOUT)):
        _run(sys.executable, "-m", "venv", "--without-pip", str(folder / version))
        _lend_packages(folder / version, _packages(Path(sys.prefix)))
        _run(sys.executable, "-m", "pip", "--python", str(folder / version / "bin/python"),
             "install", "--no-deps", str(source))  # fmt: skip
    (folder / "link").symlink_to(OLD)


def _packages(environment: Path) -> Path:
    (found,) = environment.glob("lib/python3*/site-packages")
    return found


def _lend_packages(environment: Path, packages: Path, inside: str | None = None) -> None:
    """Have an environment see another one's packages, behind its own."""
    (_packages(environment) / "lent.pth").write_text(f"{inside or packages}\n")


# A real Asterisk.


@contextlib.asynccontextmanager
async def asterisk_site(folder: Path, older: str | None = None) -> AsyncIterator[_AsteriskSite]:
    """Calls through a real Asterisk, which is fetched the first time.

    Args:
        folder: For the sources of ``older``.
        older: A revision to upgrade from and go back to; None: the program as it is here.

    Raises:
        Unavailable: An Asterisk cannot be had here.
        ServiceFailed: The server did not start.
    """
    with prepared() as chroot:
        asterisk = AsteriskInstance(chroot)
        asterisk.start()
        try:
            async with restarts_behind(asterisk, folder, older) as site:
                yield site
        finally:
            asterisk.stop()


@contextlib.asynccontextmanager
async def restarts_behind(
    asterisk: AsteriskInstance, folder: Path, older: str | None = None
) -> AsyncIterator[_AsteriskSite]:
    """Put a server behind an Asterisk that runs; arguments as those of :func:`asterisk_site`.

    Raises:
        ServiceFailed: The server did not start.
    """
    chroot = asterisk.chroot
    inside = f"{HOME}/restart"
    home = chroot.host(inside)
    await asyncio.to_thread(_write_settings, home, inside)
    config = f"{inside}/ivr-agi.toml"
    await asyncio.to_thread(
        chroot.run, f"{VENV}/bin/ivr-agi", "install", "--agi-dir", f"{inside}/agi-bin",
        "--config", config,
    )  # fmt: skip
    versions = [VENV]
    if older is not None:
        versions = [f"{VENV}-old", VENV]
        await asyncio.to_thread(_install_older, chroot, older, folder, versions[0])
    (home / "link").symlink_to(versions[0])
    serve = chroot.command(f"{inside}/link/bin/ivr-agi", "serve", "--config", config)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        # In the chroot: the server sees the path that the socket was bound to.
        bind = chroot.command("/usr/bin/python3", "-c", _BIND, str(listener.fileno()),
                              f"{inside}/run/socket")  # fmt: skip
        await asyncio.to_thread(subprocess.run, bind, pass_fds=[listener.fileno()], check=True)
        listener.listen(_BACKLOG)
        async with (
            await Ami.connect(asterisk.ami_port, asterisk.ami_secret) as ami,
            service_manager(serve, listener) as manager,
        ):
            launcher = f"{inside}/agi-bin/ivr-agi"
            yield _AsteriskSite(manager, versions, home / "link", launcher, ami)


def _install_older(chroot: Chroot, older: str, folder: Path, environment: str) -> None:
    _check_out(older, chroot.host(f"{HOME}/sources"))
    python = f"{environment}/bin/python"
    chroot.run(chroot.release.python, "-m", "venv", "--clear", "--without-pip", environment)
    packages = _packages(chroot.host(VENV))
    inside = f"/{packages.relative_to(chroot.root)}"
    _lend_packages(chroot.host(environment), packages, inside)
    chroot.run(f"{VENV}/bin/pip", "--python", python, "install", "--no-deps",
               "--no-build-isolation", "--quiet", f"{HOME}/sources")  # fmt: skip


class _AsteriskSite(_Site):
    def __init__(
        self,
        manager: ServiceManager,
        versions: Sequence[str],
        link: Path,
        launcher: str,
        ami: Ami,
    ) -> None:
        super().__init__(manager, versions, link)
        self._launcher = launcher
        self._ami = ami
        self._calls: dict[str, tuple[dict[str, str], asyncio.Future[None]]] = {}
        ami.listeners.append(self._on_event)

    async def call(self, flow: str) -> str:
        """As :class:`benchmarks.restart.RestartSite` says."""
        key = str(uuid.uuid4())
        variables: dict[str, str] = {}
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._calls[f"{key}-ivr"] = variables, ended
        headers = {
            "Channel": "Local/100@any-flow/n",
            "ChannelId": f"{key}-phone",
            "OtherChannelId": f"{key}-ivr",
            "Application": "Wait",
            "Data": "60",
            "Async": "true",
        }
        await self._ami.action(
            "Originate", headers, variables={"IVR_AGI": self._launcher, "CALL_FLOW": flow}
        )
        await ended
        del self._calls[f"{key}-ivr"]
        return _end(variables)

    def _on_event(self, event: Message) -> None:
        if (call := self._calls.get(event.get("Uniqueid", ""))) is None:
            return
        variables, ended = call
        if event["Event"] == "VarSet":
            variables[event["Variable"]] = event.get("Value", "")
        elif event["Event"] == "Hangup" and not ended.done():
            ended.set_result(None)
