"""Takes calls from the listening socket and runs each in a task of its own. Asyncio shell.

Each worker process has one. A function runs the call (:mod:`ivr_agi.serve.worker`). This module
decides whether there is room for it, counts it, and makes sure that it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import os
import time
from typing import TYPE_CHECKING

from ivr_agi.serve.handover import HandoverError, accept, listening_path

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from ivr_agi.journal import Journal
    from ivr_agi.serve.board import Seat, ServerLimits
    from ivr_agi.serve.handover import Handover

__all__ = ("CallServer",)

_log = logging.getLogger("ivr_agi.serve")

MESSAGE_TIMEOUT_S = 1.0
"""A launcher sends its message at once."""
MAX_SILENT = 64
"""Connections that have sent nothing. One more replaces the oldest."""
ACCEPT_AT_ONCE = 8
"""Launchers served before the audio of running calls gets its turn."""
YIELD_S = 0.002
"""Seconds that a worker leaves a new call to one that has fewer."""
NO_FD_S = 0.1
"""Seconds without accepting after accept() has failed."""


class CallServer:
    """Listens and runs calls.

    Args:
        listener: The listening socket. The caller closes it.
        seat: Counts calls.
        limits: Returns the current limits over all workers.
        run: Runs a call that was taken, and always closes its fds.
        journal: Records calls that are refused.
    """

    def __init__(
        self,
        listener: socket.socket,
        seat: Seat,
        limits: Callable[[], ServerLimits],
        run: Callable[[Handover], Awaitable[None]],
        journal: Journal,
    ) -> None:
        self.refusal = ""
        """Why new calls are refused; empty while they are taken."""
        self.is_accepting = False
        """Whether connections are accepted."""
        self._listener = listener
        self._owner = os.stat(listening_path(listener))
        self._seat = seat
        self._limits = limits
        self._run = run
        self._journal = journal
        self._loop = asyncio.get_running_loop()
        self._calls: set[asyncio.Task[None]] = set()
        self._silent: dict[socket.socket, asyncio.TimerHandle] = {}
        self._resume: asyncio.TimerHandle | None = None
        self._has_yielded = False
        self._all_spoke = asyncio.Event()
        self._all_spoke.set()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def n_calls(self) -> int:
        """Number of running calls."""
        return len(self._calls)

    def start(self) -> None:
        """Begin to take calls."""
        self.is_accepting = True
        self._seat.accept_calls(True)
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._on_connections)

    async def leave_to_others(self) -> None:
        """Accept no more connections, and take the calls of those that were accepted.

        Nobody is refused: who connects from now on waits until another process accepts.
        """
        self._stop_accepting()
        await self._all_spoke.wait()

    def stop(self) -> None:
        """Accept no more connections. Running calls continue."""
        self._stop_accepting()
        for connection in list(self._silent):
            self._forget(connection)

    def _stop_accepting(self) -> None:
        self.is_accepting = False
        self._seat.accept_calls(False)
        self._loop.remove_reader(self._listener)
        if self._resume is not None:
            self._resume.cancel()
            self._resume = None

    async def wait_idle(self, timeout_s: float | None = None) -> bool:
        """Wait until no call is left; False after ``timeout_s``. Cancellation: safe."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        return not self._calls

    async def cancel_calls(self) -> None:
        """Cancel the calls that are left."""
        await asyncio.sleep(0)  # a task that never ran could not close its fds
        for call in list(self._calls):
            call.cancel()
        while self._calls:
            await asyncio.wait(self._calls)

    # Connections.

    def _on_connections(self) -> None:
        if self._seat.is_busiest and not self._has_yielded:
            # All workers were woken: the one with fewer calls shall have it, if it is awake.
            self._has_yielded = True
            self._pause(YIELD_S)
            return
        self._has_yielded = False
        # All servers on the socket share this flag, and another one's start may have changed it.
        os.set_blocking(self._listener.fileno(), False)
        for _ in range(ACCEPT_AT_ONCE):
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as exc:  # no fd left
                _log.error("cannot take a call: %s", exc.strerror)
                self._pause(NO_FD_S)
                return
            connection.setblocking(False)
            if not self._read(connection):
                self._await_message(connection)

    def _pause(self, delay_s: float) -> None:
        self._loop.remove_reader(self._listener)
        self._resume = self._loop.call_later(delay_s, self._go_on)

    def _go_on(self) -> None:
        self._resume = None
        self._loop.add_reader(self._listener, self._on_connections)
        self._on_connections()

    def _await_message(self, connection: socket.socket) -> None:
        while len(self._silent) >= MAX_SILENT:
            self._forget(next(iter(self._silent)))
        self._all_spoke.clear()
        self._silent[connection] = self._loop.call_later(
            MESSAGE_TIMEOUT_S, self._forget, connection
        )
        self._loop.add_reader(connection, self._on_message, connection)

    def _on_message(self, connection: socket.socket) -> None:
        self._end_silence(connection)
        if not self._read(connection):
            self._await_message(connection)

    def _forget(self, connection: socket.socket) -> None:
        self._end_silence(connection)
        connection.close()

    def _end_silence(self, connection: socket.socket) -> None:
        self._silent.pop(connection).cancel()
        self._loop.remove_reader(connection)
        if not self._silent:
            self._all_spoke.set()

    def _read(self, connection: socket.socket) -> bool:
        """Handle the message of a connection; False if it has not arrived yet."""
        try:
            handover = accept(connection, self._owner)
        except BlockingIOError:
            return False
        except HandoverError as exc:
            _log.warning("a connection is refused: %s", exc)
            return True
        if reason := self.refusal or self._seat.take_call(self._limits(), time.monotonic()):
            self._journal.record("call_refused", reason=reason)
            handover.refuse(reason)
        elif handover.take():
            self._begin(handover)
        else:
            reason = "the server was too slow for its launcher"
            self._journal.record("call_refused", reason=reason)
            self._seat.end_call()
        return True

    # Calls.

    def _begin(self, handover: Handover) -> None:
        # A context of its own: what a call sets (its id in the log) stays with it.
        call = self._loop.create_task(self._carry(handover), context=contextvars.Context())
        self._calls.add(call)
        self._idle.clear()
        call.add_done_callback(self._end)

    async def _carry(self, handover: Handover) -> None:
        try:
            await self._run(handover)
        except Exception:  # noqa: BLE001  # the call's outermost frame: no other call may feel it
            _log.exception("a call failed")

    def _end(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._seat.end_call()
        if not self._calls:
            self._idle.set()
