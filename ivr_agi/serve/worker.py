"""One worker process: an event loop with a server of calls, and what these calls share. Shell.

Settings are read by the parent, and again at SIGHUP; a call keeps those it began with.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.agi.fds import release_fd
from ivr_agi.errors import ChannelLost, ConfigError, IvrError
from ivr_agi.flow.library import FlowLibrary
from ivr_agi.journal import Journal
from ivr_agi.log import current_call, log_in_a_thread
from ivr_agi.serve.board import Limits
from ivr_agi.serve.call import refuse_call, run_call, run_flow
from ivr_agi.serve.pipes import fit_pipes
from ivr_agi.serve.scripts import load_script, run_user_script
from ivr_agi.serve.server import CallServer

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from ivr_agi.dialogue.session import Dialogue
    from ivr_agi.flow.results import FlowResult
    from ivr_agi.serve.board import Seat
    from ivr_agi.serve.handover import Handover
    from ivr_agi.settings import Settings

__all__ = ("Worker", "run_worker")

_log = logging.getLogger("ivr_agi.serve")

ENVIRONMENT_TIMEOUT_S = 5.0
"""Asterisk writes what it tells of a call at once."""
BEAT_S = 1.0
MAX_THREADS = 64
"""For what flows do beside the call: HTTP requests, Python functions, names of hosts. A slow one
must not hold up those of other calls."""
LAST_WORDS_S = 2.0
"""For telling the dialplan that the server is stopped."""


class Worker:
    """Runs calls until it is told to stop.

    Args:
        listener: The listening socket, shared with the other workers.
        seat: This worker's place at the board.
        settings: The settings.
        reload: Reads them again.
    """

    def __init__(
        self,
        listener: socket.socket,
        seat: Seat,
        settings: Settings,
        reload: Callable[[], Settings],
    ) -> None:
        self._listener = listener
        self._seat = seat
        self._reload = reload
        self._parent = os.getppid()
        self._stopping = asyncio.Event()
        self._deadlines: set[asyncio.Timeout] = set()
        self._use(settings)

    async def run(self) -> None:
        """Take calls until :meth:`stop`, then let them end."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(MAX_THREADS, "ivr-agi"))
        server = CallServer(self._listener, self._seat, lambda: self._limits, self._run)
        server.start()
        beating = loop.create_task(self._beat())
        await self._stopping.wait()
        server.refusal = "the server is being stopped"
        self._stopping.clear()
        if not await self._drained(server):
            _log.warning("%d calls are handed back: the server is stopped", server.n_calls)
            for deadline in list(self._deadlines):
                deadline.reschedule(loop.time())
            if not await server.wait_idle(LAST_WORDS_S):
                await server.cancel_calls()
        server.stop()
        beating.cancel()
        await asyncio.wait([beating])

    def stop(self) -> None:
        """Take no more calls; a second time: end those that run."""
        self._stopping.set()

    def reload(self) -> None:
        """Read the settings again, for new calls; wrong ones are logged and not used."""
        try:
            self._use(self._reload())
        except ConfigError as exc:
            _log.error("the settings stay as they were: %s", exc)

    async def _drained(self, server: CallServer) -> bool:
        """Wait until all calls have ended, the drain's time is up, or stop() is called again."""
        hurry = asyncio.ensure_future(self._stopping.wait())
        idle = asyncio.ensure_future(server.wait_idle(self._settings.serve.drain_s))
        await asyncio.wait([hurry, idle], return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        idle.cancel()
        await asyncio.wait([hurry, idle])
        return server.n_calls == 0

    async def _beat(self) -> None:
        while True:
            self._seat.beat()
            if os.getppid() != self._parent:
                _log.error("the parent process is gone: no more calls are taken")
                self.stop()
                self._parent = os.getppid()
            await asyncio.sleep(BEAT_S)

    def _use(self, settings: Settings) -> None:
        serve = settings.serve
        self._settings = settings
        self._library = FlowLibrary(settings.flows_dir)
        self._limits = Limits(serve.max_calls, serve.max_new_calls, serve.max_sessions)

    # One call.

    async def _run(self, handover: Handover) -> None:
        stdin_fd, stdout_fd, audio_fd = handover.fds
        fit_pipes(handover.fds)
        settings = self._settings
        try:
            async with asyncio.timeout(ENVIRONMENT_TIMEOUT_S):
                channel = await AgiChannel.open(
                    stdin_fd=stdin_fd, stdout_fd=stdout_fd, handle_sighup=False
                )
        except (TimeoutError, ChannelLost) as exc:
            _log.warning("a call ended before it began: %s", exc or "nothing came from Asterisk")
            release_fd(audio_fd)
            return
        except BaseException:
            release_fd(audio_fd)
            raise
        current_call.set(channel.environment.uniqueid)
        try:
            converse = await self._converse(handover.arguments)
            journal = self._journal(channel.environment.uniqueid)
        except IvrError as exc:
            _log.error("%s", exc)
            release_fd(audio_fd)
            await refuse_call(channel, exc)
            return
        deadline = asyncio.timeout(settings.call.deadline_s)
        self._deadlines.add(deadline)
        try:
            await run_call(
                channel, settings, journal, converse, audio_fd=audio_fd, deadline=deadline
            )
        finally:
            self._deadlines.discard(deadline)
            journal.close()

    async def _converse(
        self, arguments: tuple[str, ...]
    ) -> Callable[[Dialogue], Awaitable[FlowResult]]:
        """Return what the arguments of ``EAGI()`` ask for.

        Raises:
            ConfigError: They ask for nothing that is there.
        """
        match arguments:
            case ("--script", path):
                script = await asyncio.to_thread(load_script, path)
                return functools.partial(run_user_script, script)
            case (name,) if not name.startswith("-"):
                flow = self._library.get(name)
                return functools.partial(run_flow, name, flow, self._settings)
        raise ConfigError("EAGI() takes the name of a flow here, or --script and a file")

    def _journal(self, call: str) -> Journal:
        settings = self._settings
        file = settings.path(settings.journal.file) if settings.journal.file else None
        return Journal(file, call=call)


def run_worker(
    listener: socket.socket, seat: Seat, settings: Settings, reload: Callable[[], Settings]
) -> int:
    """Be a worker process, in the process that was made for it; return the exit code."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        worker = Worker(listener, seat, settings, reload)
        loop.add_signal_handler(signal.SIGHUP, worker.reload)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        await worker.run()

    with log_in_a_thread(), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(work())
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's where that is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop  # type: ignore[no-any-return]  # it need not be installed
