"""One worker process: an event loop with a server of calls, and what these calls share. Shell.

Settings are read by the parent, and again at SIGHUP; a call keeps those it began with.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.agi.transport import release_fd
from ivr_agi.errors import ChannelLost, ConfigError, IvrError
from ivr_agi.flow.load.library import FlowLibrary
from ivr_agi.journal import Journal
from ivr_agi.log import current_call, log_in_a_thread
from ivr_agi.serve.background import background_jobs
from ivr_agi.serve.board import ServerLimits
from ivr_agi.serve.call import refuse_call, run_call, run_flow
from ivr_agi.serve.lines import LineWriter
from ivr_agi.serve.memory import give_memory_back
from ivr_agi.serve.pipes import AUDIO_BYTES, PIPE_S, fit_pipes
from ivr_agi.serve.resources import Resources
from ivr_agi.serve.scripts import load_script, run_user_script
from ivr_agi.serve.server import CallServer
from ivr_agi.serve.stalls import watch_stalls
from ivr_agi.serve.wiring import make_endpoints
from ivr_agi.sis.client.connection import tls_context
from ivr_agi.sis.client.pool import SocketPool
from ivr_agi.threads import FILES, NETWORK_THREADS, USER_CODE, run_in

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

    from ivr_agi.dialogue.call import Dialogue
    from ivr_agi.flow.run.results import FlowResult
    from ivr_agi.serve.board import Seat
    from ivr_agi.serve.handover import Handover
    from ivr_agi.settings import Settings

__all__ = ("Worker", "run_worker")

_log = logging.getLogger("ivr_agi.serve")

ENVIRONMENT_TIMEOUT_S = 5.0
"""Asterisk writes what it tells of a call at once."""
BEAT_S = 1.0
"""Seconds between signs of life."""
FLOWS_S = 2.0
"""Seconds between checks for changed flows."""
LAST_WORDS_S = 2.0
"""For telling the dialplan that the server is stopped."""


@dataclass(frozen=True)
class _Shared:
    """What the calls that begin now share; another one after each reload."""

    settings: Settings
    library: FlowLibrary
    resources: Resources
    limits: ServerLimits
    writer: LineWriter | None
    """Of the journal."""


class Worker:
    """Runs calls until it is told to stop.

    Args:
        listener: The listening socket, shared with the other workers.
        seat: This worker's place at the board.
        settings: The settings.
        library: The flows.
        reload: Reads the settings again.
        parent: Pid of the process that forked this one. It is told and not asked for: that process
            may be dead before this one can ask.
    """

    _shared: _Shared

    def __init__(
        self,
        listener: socket.socket,
        seat: Seat,
        settings: Settings,
        library: FlowLibrary,
        reload: Callable[[], Settings],
        parent: int,
    ) -> None:
        self._listener = listener
        self._seat = seat
        self._first = settings, library
        self._read_settings = reload
        self._parent = parent
        self._stopping = asyncio.Event()
        self._reloading = asyncio.Event()
        self._deadlines: set[asyncio.Timeout] = set()
        self._has_warned = False
        self._sockets = SocketPool(
            take_session=lambda: self._seat.take_session(self._shared.limits),
            end_session=self._seat.end_session,
        )

    async def run(self) -> None:
        """Take calls until :meth:`stop`, then let them end.

        Raises:
            ConfigError: The settings cannot be used.
        """
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(NETWORK_THREADS, "ivr-agi network"))
        self._shared = await run_in(FILES, self._prepare, *self._first)
        journal = self._journal("")
        server = CallServer(
            self._listener, self._seat, lambda: self._shared.limits, self._run, journal
        )
        server.start()
        async with background_jobs(self._seat.note_failure) as jobs:
            jobs.keep("the sign of life", functools.partial(self._beat, server))
            jobs.keep("the reload", self._reload)
            jobs.keep("the check for changed flows", self._follow_flows)
            jobs.keep("the watch for stalls", functools.partial(watch_stalls, journal))
            await self._stopping.wait()
            await self._drain(server)
            server.stop()
        await self._sockets.close()
        await _close(self._shared.writer)

    def stop(self) -> None:
        """Take no more calls; a second time: end those that run."""
        self._stopping.set()

    def reload(self) -> None:
        """Read the settings again, for new calls; wrong ones are logged and not used."""
        self._reloading.set()

    async def _drain(self, server: CallServer) -> None:
        """Let the calls end, until the drain's time is up or stop() is called again."""
        loop = asyncio.get_running_loop()
        server.refusal = "the server is being stopped"
        self._stopping.clear()
        hurry = loop.create_task(self._stopping.wait())
        idle = loop.create_task(server.wait_idle(self._shared.settings.serve.drain_s))
        await asyncio.wait([hurry, idle], return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        idle.cancel()
        await asyncio.wait([hurry, idle])
        if not server.n_calls:
            return
        _log.warning("%d calls are handed back: the server is stopped", server.n_calls)
        for deadline in list(self._deadlines):
            with contextlib.suppress(RuntimeError):  # that call is telling how it ended
                deadline.reschedule(loop.time())
        if not await server.wait_idle(LAST_WORDS_S):
            await server.cancel_calls()

    async def _beat(self, server: CallServer) -> None:
        was_busy = False
        while True:
            self._seat.beat()
            if was_busy and not server.n_calls:
                give_memory_back()
            was_busy = bool(server.n_calls)
            if os.getppid() != self._parent:
                _log.error("the parent process is gone: no more calls are taken")
                self.stop()
                self._parent = os.getppid()
            await asyncio.sleep(BEAT_S)

    async def _reload(self) -> None:
        while True:
            await self._reloading.wait()
            self._reloading.clear()
            try:
                new = await run_in(FILES, self._prepare_again)
            except (ConfigError, TimeoutError) as exc:
                _log.error("the settings stay as they were: %s", exc)
                continue
            old, self._shared = self._shared, new
            await _close(old.writer)

    async def _follow_flows(self) -> None:
        while True:
            await asyncio.sleep(FLOWS_S)
            try:
                await run_in(FILES, self._shared.library.read_all)
            except OSError as exc:
                _log.error("the flows cannot be read: %s", exc)

    # In a thread: files are read.

    def _prepare_again(self) -> _Shared:
        settings = self._read_settings()
        library = FlowLibrary(settings.flows_dir, copies=settings.spool_dir / "flows")
        library.read_all()
        return self._prepare(settings, library)

    def _prepare(self, settings: Settings, library: FlowLibrary) -> _Shared:
        serve = settings.serve
        # What is wrong, and what takes long: now, and not at the first caller's cost.
        if any(endpoint.url.startswith("wss:") for endpoint in make_endpoints(settings)):
            tls_context()
        return _Shared(
            settings,
            library,
            Resources(settings, self._sockets),
            ServerLimits(
                serve.max_calls,
                serve.max_new_calls,
                serve.max_sessions,
                refuse_over_sessions=serve.over_sessions == "refuse",
            ),
            LineWriter(settings.path(settings.journal.file)) if settings.journal.file else None,
        )

    # One call.

    async def _run(self, handover: Handover) -> None:
        stdin_fd, stdout_fd, audio_fd = handover.fds
        self._fit_pipes(handover.fds)
        shared = self._shared
        try:
            async with asyncio.timeout(ENVIRONMENT_TIMEOUT_S):
                channel = await AgiChannel.open(
                    stdin_fd=stdin_fd, stdout_fd=stdout_fd, handle_sighup=False
                )
        except (TimeoutError, ChannelLost) as exc:
            reason = str(exc) or "nothing came from Asterisk"
            _log.warning("a call ended before it began: %s", reason)
            release_fd(audio_fd)
            return
        except BaseException:
            release_fd(audio_fd)
            raise
        current_call.set(channel.environment.uniqueid)
        try:
            converse = await _converse(handover.arguments, shared)
            journal = self._journal(channel.environment.uniqueid)
        except IvrError as exc:
            _log.error("%s", exc)
            release_fd(audio_fd)
            await refuse_call(channel, exc)
            return
        deadline = asyncio.timeout(shared.settings.call.deadline_s)
        self._deadlines.add(deadline)
        try:
            await run_call(
                channel,
                shared.settings,
                journal,
                converse,
                audio_fd=audio_fd,
                deadline=deadline,
                resources=shared.resources,
            )
        finally:
            self._deadlines.discard(deadline)
            journal.close()

    def _fit_pipes(self, fds: tuple[int, int, int]) -> None:
        size = fit_pipes(fds)
        if 0 < size < AUDIO_BYTES and not self._has_warned:
            self._has_warned = True
            _log.warning(
                "audio pipes hold %.2f s only: fs.pipe-user-pages-soft is used up (docs/serve.md)",
                size / AUDIO_BYTES * PIPE_S,
            )

    def _journal(self, call: str) -> Journal:
        return Journal(call=call, write=self._write if self._shared.writer else None)

    def _write(self, line: bytes) -> None:
        if self._shared.writer is not None:  # a call may outlive the journal's file
            self._shared.writer.write(line)


async def _converse(
    arguments: tuple[str, ...], shared: _Shared
) -> Callable[[Dialogue], Awaitable[FlowResult]]:
    """Return what the arguments of ``EAGI()`` ask for.

    Raises:
        ConfigError: They ask for nothing that is there.
    """
    match arguments:
        case ("--script", path):
            script = await run_in(USER_CODE, load_script, path)
            return functools.partial(run_user_script, script, shared.settings)
        case (name,) if not name.startswith("-"):
            flow = shared.library.peek(name)
            if flow is None:  # brand new, wrong, or not there
                flow = await run_in(FILES, shared.library.get, name)
            return functools.partial(run_flow, name, flow, shared.settings)
    raise ConfigError("EAGI() takes the name of a flow here, or --script and a file")


async def _close(writer: LineWriter | None) -> None:
    """Let a journal's lines reach the disk, unless that has failed."""
    if writer is not None:
        try:
            await run_in(FILES, writer.close)
        except OSError as exc:
            _log.error("the journal's last lines may be lost: %s", exc.strerror)


def run_worker(
    listener: socket.socket,
    seat: Seat,
    settings: Settings,
    library: FlowLibrary,
    reload: Callable[[], Settings],
    parent: int,
) -> int:
    """Be a worker process, in the process that was made for it; return the exit code.

    Arguments as those of :class:`Worker`.
    """

    async def work() -> None:
        loop = asyncio.get_running_loop()
        worker = Worker(listener, seat, settings, library, reload, parent)
        loop.add_signal_handler(signal.SIGHUP, worker.reload)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        await worker.run()

    with log_in_a_thread(), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            runner.run(work())
        except IvrError as exc:
            _log.error("%s", exc)
            return exc.exit_code
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's where that is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop  # type: ignore[no-any-return]  # it need not be installed
