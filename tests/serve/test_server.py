"""One worker's server: who is let in, what is counted, and that no call disturbs another."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ivr_agi.journal import Event, Journal
from ivr_agi.serve import server as server_module
from ivr_agi.serve.board import Board, ServerLimits
from ivr_agi.serve.handover import Handover, listen_unix
from ivr_agi.serve.server import CallServer
from tests.patience import PATIENCE_S

TAKEN = b"+"


@dataclass
class Office:
    """A server, whose calls do what the test says, and launchers."""

    path: Path
    board: Board
    limits: ServerLimits = field(default_factory=ServerLimits)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    events: list[Event] = field(default_factory=list)

    async def run(self, handover: Handover) -> None:
        """Be a call: wait for the test; "crash" fails."""
        self.calls.append(handover.arguments)
        try:
            if handover.arguments == ("crash",):
                raise ZeroDivisionError
            await self.hold.wait()
        finally:
            for fd in handover.fds:
                os.close(fd)

    async def connect(self) -> socket.socket:
        """Somebody who has not sent anything yet."""
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        peer.setblocking(False)
        await asyncio.get_running_loop().sock_connect(peer, str(self.path))
        return peer

    async def offer(self, flow: str = "x", *, peer: socket.socket | None = None) -> bytes:
        """Be a launcher with a call; returns the answer."""
        with peer or await self.connect() as connection, contextlib.ExitStack() as stack:
            pipes = [os.pipe() for _ in range(3)]
            for fd in (fd for pipe in pipes for fd in pipe):
                stack.callback(os.close, fd)
            fds = [pipes[0][0], pipes[1][1], pipes[2][0]]
            socket.send_fds(connection, [b"ivr-agi 1\0" + flow.encode()], fds)
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.get_running_loop().sock_recv(connection, 4096)


@contextlib.asynccontextmanager
async def open_office(
    folder: Path, n_workers: int = 1
) -> AsyncIterator[tuple[Office, list[CallServer]]]:
    """Servers of so many workers on one socket, in one loop."""
    board = Board(n_workers)
    with await asyncio.to_thread(listen_unix, folder / "socket") as listener:
        office = Office(folder / "socket", board)
        journal = Journal(listener=office.events.append)
        servers = [
            CallServer(listener.dup(), board.seat(n), lambda: office.limits, office.run, journal)
            for n in range(n_workers)
        ]
        for server in servers:
            server.start()
        yield office, servers
        for server in servers:
            server.stop()
            await server.cancel_calls()
            server._listener.close()
    board.close()


async def test_calls_run_at_the_same_time(tmp_path: Path) -> None:
    """And are counted until they end."""
    async with open_office(tmp_path) as (office, (server,)):
        assert [await office.offer(name) for name in "ab"] == [TAKEN, TAKEN]
        await asyncio.sleep(0)
        assert office.calls == [("a",), ("b",)]
        assert (server.n_calls, office.board.total("calls")) == (2, 2)
        assert not await server.wait_idle(0.01)
        office.hold.set()
        assert await server.wait_idle(1)
        assert (server.n_calls, office.board.total("calls")) == (0, 0)


async def test_a_call_that_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged; another one does not notice."""
    async with open_office(tmp_path) as (office, (server,)):
        await office.offer("good")
        await office.offer("crash")
        async with asyncio.timeout(PATIENCE_S):
            while server.n_calls > 1:  # noqa: ASYNC110  # counted, not announced
                await asyncio.sleep(0.001)
        assert server.n_calls == 1
    assert [record.getMessage() for record in caplog.records] == ["a call failed"]


async def test_too_many_calls(tmp_path: Path) -> None:
    """What is over a limit is refused, with words for the dialplan, until there is room again."""
    async with open_office(tmp_path) as (office, (server,)):
        office.limits = ServerLimits(calls=1)
        assert await office.offer() == TAKEN
        refused = await office.offer()
        assert refused.startswith(b'-SET VARIABLE "IVR_STATUS" "REFUSED"\n')
        assert b"there are 1 calls already" in refused
        assert [(event.event, event.data["reason"]) for event in office.events] == [
            ("call_refused", "there are 1 calls already (serve.max_calls)")
        ]
        office.hold.set()
        assert await server.wait_idle(1)
        assert await office.offer() == TAKEN


async def test_no_new_calls(tmp_path: Path) -> None:
    """A server that is being stopped says so."""
    async with open_office(tmp_path) as (office, (server,)):
        server.refusal = "closing"
        assert b'"IVR_ERROR" "closing"' in await office.offer()
        assert not office.calls


async def test_calls_that_are_cut(tmp_path: Path) -> None:
    """Also one that has not had its first turn gives its fds back."""
    async with open_office(tmp_path) as (office, (server,)):
        before = len(os.listdir("/proc/self/fd"))
        await office.offer()
        server.stop()
        await server.cancel_calls()
        assert server.n_calls == 0
        assert len(os.listdir("/proc/self/fd")) == before


async def test_silent_peers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait for nothing: a launcher between them is served, and they are thrown out."""
    monkeypatch.setattr(server_module, "MESSAGE_TIMEOUT_S", 0.05)
    monkeypatch.setattr(server_module, "MAX_SILENT", 3)
    async with open_office(tmp_path) as (office, _):
        before = len(os.listdir("/proc/self/fd"))
        silent = [await office.connect() for _ in range(10)]
        assert await office.offer() == TAKEN
        async with asyncio.timeout(PATIENCE_S):
            for peer in silent:
                with peer:
                    assert await asyncio.get_running_loop().sock_recv(peer, 1) == b""
        office.hold.set()
        await asyncio.sleep(0.01)
        assert len(os.listdir("/proc/self/fd")) == before


async def test_a_slow_launcher(tmp_path: Path) -> None:
    """It may connect first and send later."""
    async with open_office(tmp_path) as (office, _):
        peer = await office.connect()
        await asyncio.sleep(0.05)
        assert await office.offer(peer=peer) == TAKEN


async def test_hostile_peers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Garbage costs a line in the log and nothing else."""
    async with open_office(tmp_path) as (office, (server,)):
        for garbage in (b"", b"\0", b"GET / HTTP/1.1\r\n\r\n", bytes(60_000)):
            with await office.connect() as peer:
                peer.send(garbage)
                async with asyncio.timeout(PATIENCE_S):
                    with contextlib.suppress(ConnectionResetError):
                        assert await asyncio.get_running_loop().sock_recv(peer, 1) == b""
        assert await office.offer() == TAKEN
        assert server.n_calls == 1
    assert len(caplog.records) == 4
    assert all(record.levelno == logging.WARNING for record in caplog.records)


async def test_a_launcher_that_gave_up(tmp_path: Path) -> None:
    """Its call is not counted and not run."""
    async with open_office(tmp_path) as (office, (server,)):
        peer = await office.connect()
        peer.shutdown(socket.SHUT_RD)
        assert await office.offer(peer=peer) == b""
        async with asyncio.timeout(PATIENCE_S):
            while office.board.total("taken") == 0:  # noqa: ASYNC110  # counted, not announced
                await asyncio.sleep(0.001)
        assert (server.n_calls, office.board.total("calls")) == (0, 0)
    assert [(event.event, event.data["reason"]) for event in office.events] == [
        ("call_refused", "the server was too slow for its launcher")
    ]


async def test_no_fd_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, not ten thousand times a second; then it goes on."""
    monkeypatch.setattr(server_module, "NO_FD_S", 0.05)
    async with open_office(tmp_path) as (office, (server,)):
        accepts: list[int] = []

        class Full:
            def accept(self) -> None:
                accepts.append(1)
                raise OSError(24, "Too many open files")

            def fileno(self) -> int:
                return server_listener.fileno()

        server_listener = server._listener
        server.stop()
        server._listener = Full()  # type: ignore[assignment]
        server._loop.add_reader(server_listener, server._on_connections)
        peer = await office.connect()
        await asyncio.sleep(0.12)
        assert 1 < len(accepts) <= 4
        server._loop.remove_reader(server_listener)
        server._listener = server_listener
        assert await office.offer(peer=peer) == TAKEN
    assert "cannot take a call: Too many open files" in caplog.text


@pytest.mark.virtual_time  # the 2 ms pass only while everybody waits
async def test_workers_share_the_calls(tmp_path: Path) -> None:
    """The one with fewer has the next."""
    async with open_office(tmp_path, 3) as (office, servers):
        for _ in range(9):
            assert await office.offer() == TAKEN
            await asyncio.sleep(0)
        assert sorted(server.n_calls for server in servers) == [3, 3, 3]


async def test_a_worker_that_sleeps(tmp_path: Path) -> None:
    """Calls wait for it no longer than 2 ms: then one that has more takes them."""
    async with open_office(tmp_path, 2) as (office, servers):
        servers[1].stop()
        assert [await office.offer() for _ in range(5)] == [TAKEN] * 5
        await asyncio.sleep(0)
        assert [server.n_calls for server in servers] == [5, 0]
