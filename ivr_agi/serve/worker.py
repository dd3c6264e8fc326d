"""One worker process: an event loop with a call server, and what its calls share. Shell.

Settings are read by the parent. New settings come with new workers (:mod:`ivr_agi.serve.renewal`),
so a call keeps those it started with.
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
from typing import TYPE_CHECKING, Any

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.agi.transport import release_fd
from ivr_agi.containment import contain_user_code
from ivr_agi.errors import ChannelLost, IvrError
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.journal import Journal
from ivr_agi.language.rules import answer_rules
from ivr_agi.log import current_call, log_in_a_thread
from ivr_agi.serve.background import background_jobs, report_unhandled
from ivr_agi.serve.board import ServerLimits
from ivr_agi.serve.call import take_call
from ivr_agi.serve.handback import last_words
from ivr_agi.serve.memory import give_memory_back
from ivr_agi.serve.notices import Notices
from ivr_agi.serve.pipes import AUDIO_BYTES, PIPE_S, fit_pipes
from ivr_agi.serve.records import close_journal, make_journal_writer
from ivr_agi.serve.resources import Resources
from ivr_agi.serve.server import CallServer
from ivr_agi.serve.signals import RETIRE
from ivr_agi.serve.stalls import watch_stalls
from ivr_agi.serve.wiring import make_endpoints
from ivr_agi.sis.client.connection import tls_context
from ivr_agi.sis.client.pool import SocketPool
from ivr_agi.threads import FILES, NETWORK_THREADS, run_in

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine

    from ivr_agi.flow.load.library import FlowLibrary
    from ivr_agi.journal import JournalWriter
    from ivr_agi.serve.board import Seat
    from ivr_agi.serve.handover import Handover
    from ivr_agi.settings import Settings

__all__ = ("Worker", "run_worker")

_log = logging.getLogger("ivr_agi.serve")

ENVIRONMENT_TIMEOUT_S = 30.0
"""Seconds until Asterisk has sent the AGI environment, which it does at once if it is not busy."""
BEAT_S = 1.0
"""Seconds between signs of life."""
FLOWS_S = 2.0
"""Seconds between checks for changed flows."""
LINGER_S = 1.0
"""Seconds that a call stays on the roll after its end; the journal is written within 20 ms."""
TAKE_ON_S = 30.0
"""Seconds that a worker goes on taking calls after SIGTERM, where the socket is systemd's, if the
server that comes after a restart does not tell it earlier that it takes them."""
LAST_WORDS_S = 10.0
"""Seconds until the dialplans of running calls have answered that the server was stopped; those
that have not are told all the same."""
_NOT_BEGUN = FlowResult(status=Status.FAILED, error="nothing came from Asterisk")


@dataclass(frozen=True)
class _Shared:
    """What the calls share."""

    resources: Resources
    limits: ServerLimits
    writer: JournalWriter | None
    """Of the journal."""


class Worker:
    """Runs calls until it is stopped.

    Args:
        listener: The listening socket, shared with the other workers.
        seat: This worker's place at the board.
        settings: The settings.
        library: The flows.
        parent: Pid of the process that forked this one, which may be dead before this process can
            ask for it.
        socket_stays: Another server may take calls from the socket after this one: systemd owns it.
    """

    _shared: _Shared

    def __init__(
        self,
        listener: socket.socket,
        seat: Seat,
        settings: Settings,
        library: FlowLibrary,
        parent: int,
        *,
        socket_stays: bool = False,
    ) -> None:
        self._listener = listener
        self._seat = seat
        self._first = settings, library
        self._parent = parent
        self._socket_stays = socket_stays
        self._stopping = asyncio.Event()
        self._hurrying = asyncio.Event()
        self._retiring = asyncio.Event()
        self._is_leaving = False
        self._deadlines: set[asyncio.Timeout] = set()
        self._has_warned = False
        self._notices = Notices()
        self._sockets = SocketPool(
            take_session=lambda: self._seat.take_session(self._shared.limits),
            end_session=self._seat.end_session,
        )

    async def run(self) -> None:
        """Take calls until :meth:`stop` or :meth:`retire`, then let them end.

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
            jobs.keep("the check for changed flows", self._follow_flows)
            jobs.keep("the watch for stalls", functools.partial(watch_stalls, journal))
            await _first(self._stopping.wait(), self._retiring.wait())
            await self._finish(server)
            server.stop()
        await self._sockets.close()
        await close_journal(self._shared.writer)

    def stop(self) -> None:
        """Take no more calls; if called again, end those that run."""
        (self._hurrying if self._stopping.is_set() else self._stopping).set()

    def retire(self) -> None:
        """Leave new calls to the workers of a newer server. Those that run end as they would."""
        self._retiring.set()

    async def _finish(self, server: CallServer) -> None:
        """Wait for calls to end as :meth:`stop` or :meth:`retire` says, then hand them back."""
        self._is_leaving = True
        if not self._stopping.is_set():
            await server.leave_to_others()
            await _first(server.wait_idle(), self._stopping.wait())
        drain_s = self._shared.resources.settings.serve.drain_s
        await _first(self._drain(server, drain_s), self._hurrying.wait())
        if self._socket_stays:
            await server.leave_to_others()
        if not server.n_calls:
            return
        _log.warning("%d calls are handed back: the server is stopped", server.n_calls)
        for deadline in list(self._deadlines):
            with contextlib.suppress(RuntimeError):  # that call is telling how it ended
                deadline.reschedule(asyncio.get_running_loop().time())
        if not await server.wait_idle(LAST_WORDS_S):
            await server.cancel_calls()

    async def _drain(self, server: CallServer, drain_s: float) -> None:
        """Take no more calls, and give those that run ``drain_s`` from then on."""
        if not self._socket_stays:
            server.refusal = "the server is being stopped"
        elif server.is_accepting:
            await _first(asyncio.sleep(min(TAKE_ON_S, drain_s)), self._retiring.wait())
            await server.leave_to_others()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                await server.wait_idle()

    async def _beat(self, server: CallServer) -> None:
        was_busy, n_orphan_beats = False, 0
        while True:
            self._seat.beat()
            if was_busy and not server.n_calls:
                give_memory_back()
            was_busy = bool(server.n_calls)
            if os.getppid() == self._parent or self._is_leaving:
                n_orphan_beats = 0
            else:
                n_orphan_beats += 1
                if n_orphan_beats == 2:  # at first, the parent's own SIGTERM may be on its way
                    _log.error("the parent process is gone: no more calls are taken")
                    self.stop()
            await asyncio.sleep(BEAT_S)

    async def _follow_flows(self) -> None:
        while True:
            await asyncio.sleep(FLOWS_S)
            try:
                await run_in(FILES, self._shared.resources.library.read_all)
            except OSError as exc:
                _log.error("the flows cannot be read: %s", exc)

    # In a thread: files are read.

    def _prepare(self, settings: Settings, library: FlowLibrary) -> _Shared:
        serve = settings.serve
        # Find mistakes and do slow work now, not during the first call.
        if any(endpoint.url.startswith("wss:") for endpoint in make_endpoints(settings)):
            tls_context()
        answer_rules()
        resources = Resources(settings, self._sockets, library)
        _ = resources.cache
        return _Shared(
            resources,
            ServerLimits(
                serve.max_calls,
                serve.max_new_calls,
                serve.max_sessions,
                refuse_over_sessions=serve.over_sessions == "refuse",
            ),
            make_journal_writer(settings),
        )

    # One call.

    async def _run(self, handover: Handover) -> None:
        stdin_fd, stdout_fd, audio_fd = handover.fds
        self._fit_pipes(handover.fds)
        try:
            async with asyncio.timeout(ENVIRONMENT_TIMEOUT_S):
                channel = await AgiChannel.open(
                    stdin_fd=stdin_fd,
                    stdout_fd=stdout_fd,
                    handle_sighup=False,
                    last_words=last_words(_NOT_BEGUN),
                )
        except (TimeoutError, ChannelLost) as exc:
            reason = str(exc) or "nothing came from Asterisk"
            _log.warning("a call ended before it began: %s", reason)
            release_fd(audio_fd)
            journal = self._journal("")
            journal.record("call_started")
            journal.record("call_ended", status=Status.FAILED.value, error=reason)
            return
        except BaseException:
            release_fd(audio_fd)
            raise
        call_id = channel.environment.uniqueid
        current_call.set(call_id)
        journal = self._journal(call_id)
        slot = self._seat.enter_call(call_id)
        try:
            await take_call(
                channel,
                handover.arguments,
                self._shared.resources,
                journal,
                audio_fd=audio_fd,
                deadlines=self._deadlines,
            )
        finally:
            journal.close()
            # When its end has been written: the parent looks here if this process dies.
            asyncio.get_running_loop().call_later(LINGER_S, self._seat.leave_call, slot)

    def _fit_pipes(self, fds: tuple[int, int, int]) -> None:
        size = fit_pipes(fds)
        if 0 < size < AUDIO_BYTES and not self._has_warned:
            self._has_warned = True
            _log.warning(
                "audio pipes hold %.2f s only: fs.pipe-user-pages-soft is used up (docs/serve.md)",
                size / AUDIO_BYTES * PIPE_S,
            )

    def _journal(self, call: str) -> Journal:
        write = self._write if self._shared.writer else None
        return Journal(call=call, write=write, listener=self._notices)

    def _write(self, line: bytes) -> None:
        if self._shared.writer is not None:  # a call may outlive the journal's file
            self._shared.writer.write(line)


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait until one is done, and cancel the others. Cancellation: safe."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def run_worker(
    listener: socket.socket,
    seat: Seat,
    settings: Settings,
    library: FlowLibrary,
    parent: int,
    *,
    socket_stays: bool = False,
) -> int:
    """Run a worker in the process that was forked for it. Return the exit code.

    Arguments as those of :class:`Worker`.
    """

    async def work() -> None:
        loop = asyncio.get_running_loop()
        report_unhandled(seat.note_failure)
        worker = Worker(listener, seat, settings, library, parent, socket_stays=socket_stays)
        loop.add_signal_handler(RETIRE, worker.retire)
        loop.add_signal_handler(signal.SIGHUP, lambda: None)  # a terminal's; the parent reloads
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        await worker.run()

    with (
        contain_user_code(),
        log_in_a_thread(),
        asyncio.Runner(loop_factory=_loop_factory()) as runner,
    ):
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
    return uvloop.new_event_loop  # type: ignore[no-any-return,unused-ignore]  # it may be there
