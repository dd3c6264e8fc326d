"""What systemd is for ``ivr-agi.service``, where none runs: socket, notifications, fds it keeps.

It starts, reloads and restarts the server as our units say. Source: sd_listen_fds(3), sd_notify(3),
systemd.service(5), ``config/systemd``. Asyncio shell.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
from typing import TYPE_CHECKING

from ivr_agi.errors import IvrError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

__all__ = ("ServiceFailed", "ServiceManager", "service_manager")

READY_WITHIN_S = 60.0
_ACTIVATE = """
import os, sys
n, names, *rest = sys.argv[1:]
given, command = [int(fd) for fd in rest[:int(n)]], rest[int(n):]
aside = [os.dup(fd) for fd in given]  # none of them is where another one has to go
while min(aside, default=99) < 3 + len(aside):
    aside = [os.dup(fd) for fd in aside]
for number, fd in enumerate(aside):
    os.dup2(fd, 3 + number)
os.set_blocking(3, False)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=n, LISTEN_FDNAMES=names)
os.execvp(command[0], command)
"""
"""What systemd does before it starts a service, with ``NonBlocking=yes``."""


class ServiceFailed(IvrError):
    """The service did not do what it was told; ``str()`` says what."""


class ServiceManager:
    """Made by :func:`service_manager`."""

    def __init__(
        self, command: Sequence[str], listener: socket.socket, environment: Mapping[str, str]
    ) -> None:
        self.status = ""
        """The service's last ``STATUS=``."""
        self.kept: list[tuple[str, int]] = []
        """Fds that it gave us to keep, with their names."""
        self._command = list(command)
        self._listener = listener
        self._environment = environment
        self._address = f"ivr-agi-manager-{secrets.token_hex(8)}"
        self._notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ready = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._started: list[asyncio.subprocess.Process] = []

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The service's main process."""
        if self._process is None:
            raise ServiceFailed("the service is not running")
        return self._process

    @property
    def pid(self) -> int:
        """Its pid."""
        return self.process.pid

    def listen(self) -> None:
        """Begin to hear what the service says."""
        self._notices.bind("\0" + self._address)
        self._notices.setblocking(False)
        asyncio.get_running_loop().add_reader(self._notices, self._on_notice)

    async def start(self) -> None:
        """``systemctl start``: returns when the service is ready.

        Raises:
            ServiceFailed: It ended, or was not ready in time.
        """
        given = [("ivr-agi.socket", self._listener.fileno()), *self.kept]
        names, fds = ":".join(name for name, _ in given), [fd for _, fd in given]
        self._ready.clear()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _ACTIVATE, str(len(fds)), names, *map(str, fds)),
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            pass_fds=fds,
            start_new_session=True,
            env={**os.environ, **self._environment, "NOTIFY_SOCKET": f"@{self._address}"},
        )
        self._started.append(self._process)
        await self._wait_until_ready("start")

    async def reload(self) -> None:
        """``systemctl reload``: returns when the service is ready again.

        Raises:
            ServiceFailed: The check failed, or it was not ready in time.
        """
        check = await asyncio.create_subprocess_exec(
            *self._command,
            "--check",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, **self._environment},
        )
        if code := await check.wait():
            raise ServiceFailed(f"serve --check ended with {code}")
        self._ready.clear()
        os.kill(self.pid, signal.SIGHUP)
        await self._wait_until_ready("reload")

    async def restart(self) -> None:
        """``systemctl restart``, with ``KillMode=process``: the main process ends, the next starts.

        Raises:
            ServiceFailed: The old one did not end, or the new one was not ready in time.
        """
        await self.stop()
        await self.start()

    async def stop(self) -> None:
        """``systemctl stop``; fds are kept, as systemd does while a restart is under way.

        Raises:
            ServiceFailed: It did not end.
        """
        if self._process is None:
            return
        os.kill(self.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while self._process.returncode is None:  # noqa: ASYNC110  # wait() waits for workers
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise ServiceFailed("the service does not stop") from None
        self._process = None

    async def close(self) -> None:
        """Kill what is left of all that was started."""
        for process in self._started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        asyncio.get_running_loop().remove_reader(self._notices)
        self._notices.close()
        for _, fd in self.kept:
            os.close(fd)

    async def _wait_until_ready(self, what: str) -> None:
        process = self.process
        ready = asyncio.ensure_future(self._ready.wait())
        ended = asyncio.ensure_future(process.wait())
        try:
            await asyncio.wait(
                [ready, ended], timeout=READY_WITHIN_S, return_when=asyncio.FIRST_COMPLETED
            )
            if not ready.done():
                how = f"it ended with {process.returncode}" if ended.done() else "it is not ready"
                raise ServiceFailed(f"{what} of the service: {how}")
        finally:
            for task in (ready, ended):
                task.cancel()

    def _on_notice(self) -> None:
        data, fds, _, _ = socket.recv_fds(self._notices, 4096, 16)
        told = dict(line.split("=", 1) for line in data.decode().splitlines() if "=" in line)
        if told.get("READY") == "1":
            self._ready.set()
        self.status = told.get("STATUS", self.status)
        name = told.get("FDNAME", "stored")
        if told.get("FDSTORE") == "1":
            self.kept += [(name, fd) for fd in fds]
        else:
            for fd in fds:
                os.close(fd)
        if told.get("FDSTOREREMOVE") == "1":
            for each in [each for each in self.kept if each[0] == name]:
                self.kept.remove(each)
                os.close(each[1])


@contextlib.asynccontextmanager
async def service_manager(
    command: Sequence[str],
    listener: socket.socket,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[ServiceManager]:
    """Run a service for the time of the block; nothing of it is left afterwards.

    Args:
        command: ``ExecStart=``.
        listener: The socket of its socket unit, which listens.
        environment: More variables for the service.

    Raises:
        ServiceFailed: It did not start.
    """
    manager = ServiceManager(command, listener, environment or {})
    try:
        manager.listen()
        await manager.start()
        yield manager
    finally:
        await manager.close()
