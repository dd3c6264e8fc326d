"""The AGI pipes of a real call in the test's own hands: raw lines out, raw lines and frames in.

``probes/relay.py`` is the EAGI program of extension 100 in context ``probe``. It sends its three
fds here over an abstract Unix socket (seen from inside the chroot too) and waits. So a contract
test writes bytes and sees bytes, with times, and nothing of this project is between it and
Asterisk. Layer: test harness, asyncio.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.asterisk.caller import Call, Caller

__all__ = ("AgiProbe", "Probe", "Timed")

CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Timed:
    """Something that came, and when."""

    at: float
    """Monotonic seconds."""
    data: bytes
    """A reply line without its line end, or what one read of fd 3 gave."""


class Probe:
    """One call's AGI pipes. Made by :meth:`AgiProbe.call`."""

    def __init__(self, call: Call, control: socket.socket, fds: list[int]) -> None:
        self.call = call
        """The caller's side of the same call."""
        self.environment: dict[str, str] = {}
        """The block that Asterisk sends first, by name (``agi_request`` ...)."""
        self.audio: list[Timed] = []
        """Reads of fd 3."""
        self.hangup_signal_at: float | None = None
        """When SIGHUP came."""
        self.audio_ended = False
        """Whether fd 3 gave end of file."""
        self._control = control
        self._replies_fd, self._commands_fd, self._audio_fd = fds
        self._buffer = b""
        self._lines: asyncio.Queue[Timed] = asyncio.Queue()

    async def start(self) -> None:
        """Begin to read; returns after the environment block."""
        loop = asyncio.get_running_loop()
        for fd in (self._replies_fd, self._audio_fd):
            os.set_blocking(fd, False)
        self._control.setblocking(False)
        loop.add_reader(self._replies_fd, self._on_replies)
        loop.add_reader(self._control, self._on_control)
        self.listen()
        while (line := await self.reply()) != "":
            name, _, value = line.partition(": ")
            self.environment[name] = value

    def close(self) -> None:
        """Let go of the pipes: for Asterisk the script has ended."""
        loop = asyncio.get_running_loop()
        for fd in (self._replies_fd, self._audio_fd, self._control.fileno()):
            loop.remove_reader(fd)
        for fd in (self._replies_fd, self._commands_fd, self._audio_fd):
            os.close(fd)
        self._control.close()

    # fd 1 and fd 0

    def write(self, data: str) -> float:
        """Write to fd 1, in one write; returns when."""
        os.write(self._commands_fd, data.encode())
        return time.monotonic()

    async def line(self, timeout_s: float = PATIENCE_S) -> Timed:
        """The next line on fd 0, with its time."""
        return await asyncio.wait_for(self._lines.get(), timeout_s)

    async def reply(self, timeout_s: float = PATIENCE_S) -> str:
        """The next line on fd 0."""
        return (await self.line(timeout_s)).data.decode()

    async def ask(self, command: str, timeout_s: float = PATIENCE_S) -> str:
        """Write one command and give the next line."""
        self.write(command + "\n")
        return await self.reply(timeout_s)

    async def no_reply(self, for_s: float) -> bool:
        """Whether nothing comes on fd 0 for some time."""
        with contextlib.suppress(TimeoutError):
            line = await self.line(for_s)
            self._lines.put_nowait(line)  # for who asks next
            return False
        return True

    # fd 3

    def listen(self) -> None:
        """Drain fd 3 as it comes."""
        asyncio.get_running_loop().add_reader(self._audio_fd, self._on_audio)

    def stop_listening(self) -> None:
        """Leave fd 3 alone."""
        asyncio.get_running_loop().remove_reader(self._audio_fd)

    async def audio_for(self, seconds: float) -> bytes:
        """Audio that comes on fd 3 within some time from now."""
        start = len(self.audio)
        await asyncio.sleep(seconds)
        return b"".join(part.data for part in self.audio[start:])

    def _on_replies(self) -> None:
        data = os.read(self._replies_fd, 65536)
        if not data:
            asyncio.get_running_loop().remove_reader(self._replies_fd)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._lines.put_nowait(Timed(time.monotonic(), line))

    def _on_audio(self) -> None:
        data = os.read(self._audio_fd, 65536)
        if data:
            self.audio.append(Timed(time.monotonic(), data))
        else:
            self.audio_ended = True
            self.stop_listening()

    def _on_control(self) -> None:
        if self._control.recv(1) == b"H":
            self.hangup_signal_at = time.monotonic()
        else:
            asyncio.get_running_loop().remove_reader(self._control)


class AgiProbe:
    """Makes calls whose AGI pipes come to the test; the fixture ``probe``."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @contextlib.asynccontextmanager
    async def call(self, *, name: str = "", number: str = "100200300") -> AsyncIterator[Probe]:
        """Call the relay; inside the block the call is up and AGI is idle."""
        loop = asyncio.get_running_loop()
        address = f"ivr-agi-probe-{secrets.token_hex(8)}"
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"\0{address}")
            server.listen()
            server.setblocking(False)
            variables = {"PROBE_SOCKET": address}
            async with self._caller.call(
                "100", context="probe", name=name, number=number, variables=variables
            ) as call:
                control, _ = await asyncio.wait_for(loop.sock_accept(server), CONNECT_TIMEOUT_S)
                control.setblocking(True)  # the relay has connected: its fds are next
                _, fds, _, _ = socket.recv_fds(control, 1, 3)
                probe = Probe(call, control, fds)
                try:
                    await probe.start()
                    yield probe
                finally:
                    probe.close()
