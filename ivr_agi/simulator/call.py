"""A simulated call over real pipes, in real time.

:class:`SimulatedAsterisk` puts a :class:`PhoneLine` on three pipes, for a script in the same
process; :func:`simulate_call` starts an EAGI program on them as Asterisk does.
Source: ``res_agi.c`` ``launch_script()``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from ivr_agi.audio.frames import FRAME_S
from ivr_agi.errors import ConfigError
from ivr_agi.simulator.events import CallEvent, CallEventKind

if TYPE_CHECKING:
    from ivr_agi.simulator.asterisk import AgiStatus
    from ivr_agi.simulator.line import CallTracks, PhoneLine

__all__ = ("SimulatedAsterisk", "SimulatedCall", "simulate_call")

_log = logging.getLogger("ivr_agi.simulator")

_READ_BYTES = 65536
_REAP_INTERVAL_S = 0.005
_EVENT_TIMEOUT_S = 10.0

_AST_FOLDERS = {
    "AST_CONFIG_DIR": "/etc/asterisk",
    "AST_CONFIG_FILE": "/etc/asterisk/asterisk.conf",
    "AST_MODULE_DIR": "/usr/lib/asterisk/modules",
    "AST_SPOOL_DIR": "/var/spool/asterisk",
    "AST_MONITOR_DIR": "/var/spool/asterisk/monitor",
    "AST_VAR_DIR": "/var/lib/asterisk",
    "AST_DATA_DIR": "/usr/share/asterisk",
    "AST_LOG_DIR": "/var/log/asterisk",
    "AST_AGI_DIR": "/usr/share/asterisk/agi-bin",
    "AST_KEY_DIR": "/usr/share/asterisk/keys",
    "AST_RUN_DIR": "/run/asterisk",
}
"""What Asterisk puts into a script's environment, with Debian's folders."""

_DEFAULT_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGCHLD)
"""Signals that Asterisk resets to their default action in the child (``ast_safe_fork()``)."""

OnEvent = Callable[[CallEvent], None]


class SimulatedAsterisk:
    """Asterisk's end of one EAGI call.

    ``async with`` starts it: the environment block is in the pipe when the body starts. Leaving
    it closes all pipes, except ends that the script has already closed.

    Args:
        line: The call; used only once.
        on_event: Called with every event as it is noticed, in the loop's thread. An exception
            ends the ``async with`` as an ExceptionGroup.
    """

    def __init__(self, line: PhoneLine, *, on_event: OnEvent | None = None) -> None:
        self.line = line
        self.events: list[CallEvent] = []
        """All events so far, as noticed."""
        self.frames_written = 0
        """Frames of 20 ms written to fd 3."""
        self.frames_dropped = 0
        """Frames lost because the script did not read fd 3."""
        self.script_stdin_fd = -1
        """The script's file descriptor 0: replies come here."""
        self.script_stdout_fd = -1
        """The script's file descriptor 1: commands go here."""
        self.script_audio_fd = -1
        """The script's file descriptor 3: the caller's voice, s16le mono 8 kHz."""
        self._on_event = on_event
        self._changed = asyncio.Event()
        self._resources = contextlib.AsyncExitStack()
        self._stdin_fd = self._stdout_fd = self._audio_fd = -1
        self._unsent = bytearray()
        self._error: BaseException | None = None

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as resources:
            self._open_pipes(resources)
            resources.callback(self.line.close)
            loop = asyncio.get_running_loop()
            loop.add_reader(self._stdout_fd, self._on_readable)
            resources.callback(loop.remove_reader, self._stdout_fd)
            self.line.start(loop.time())
            self._settle()
            group = await resources.enter_async_context(asyncio.TaskGroup())
            resources.callback(group.create_task(self._run_ticks()).cancel)
            self._resources = resources.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._resources.aclose()

    async def wait_for(
        self,
        kind: CallEventKind,
        *,
        nth: int = 1,
        name: str | None = None,
        timeout_s: float | None = _EVENT_TIMEOUT_S,
    ) -> CallEvent:
        """Wait for an event of a kind.

        Args:
            kind: The kind.
            nth: Which of them, counted from 1 over the whole call.
            name: Count only events with this name.
            timeout_s: Seconds to wait; None: no limit.

        Raises:
            TimeoutError: It did not come.

        Cancellation: safe.
        """
        async with asyncio.timeout(timeout_s):
            while True:
                found = [e for e in self.events if e.kind is kind and name in (None, e.name)]
                if len(found) >= nth:
                    return found[nth - 1]
                await self._changed.wait()

    def publish(self, event: CallEvent) -> None:
        """Add an event to the time line."""
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)
        self._changed.set()
        self._changed = asyncio.Event()

    def _open_pipes(self, resources: contextlib.AsyncExitStack) -> None:
        self.script_stdin_fd, self._stdin_fd = os.pipe()
        self._stdout_fd, self.script_stdout_fd = os.pipe()
        self.script_audio_fd, self._audio_fd = os.pipe()
        for fd in (self._stdin_fd, self._stdout_fd, self._audio_fd):
            os.set_blocking(fd, False)
            resources.callback(os.close, fd)
        resources.callback(self.close_script_ends)
        self._script_pipes = {
            fd: os.fstat(fd).st_ino
            for fd in (self.script_stdin_fd, self.script_stdout_fd, self.script_audio_fd)
        }

    def close_script_ends(self) -> None:
        """Close the script's ends if they are still open: a started process has its own."""
        for fd, inode in self._script_pipes.items():
            # The number may have been reused: close it only if it is still the same pipe.
            with contextlib.suppress(OSError):
                if os.fstat(fd).st_ino == inode:
                    os.close(fd)
        self._script_pipes = {}

    async def _run_ticks(self) -> None:
        loop = asyncio.get_running_loop()
        next_tick = loop.time()
        while not self.line.is_ended:
            # An absolute grid: late ticks are caught up, none is lost.
            next_tick += FRAME_S
            await asyncio.sleep(next_tick - loop.time())
            if self._error is not None:
                raise self._error
            frame = self.line.tick(loop.time())
            if frame is not None:
                self._write_audio(frame)
            self._settle()

    def _write_audio(self, frame: bytes) -> None:
        try:
            os.write(self._audio_fd, frame)
            self.frames_written += 1
        except BlockingIOError:
            self.frames_dropped += 1  # as with Asterisk: a full pipe loses the frame
        except BrokenPipeError:
            pass  # the script has closed fd 3, which Asterisk ignores

    def _on_readable(self) -> None:
        # Read in the callback, not in a task that it wakes: as with Asterisk's own thread, two
        # commands written one after the other must not meet in the pipe because we were slow.
        with contextlib.ExitStack() as guard:
            guard.push(self._keep_error)
            loop = asyncio.get_running_loop()
            data = os.read(self._stdout_fd, _READ_BYTES)
            if data:
                self.line.receive_data(data, loop.time())
            else:
                loop.remove_reader(self._stdout_fd)
                self.line.receive_eof(loop.time())
            self._settle()

    def _keep_error(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        """Hand an error to the tick task: in a callback it would only be logged."""
        self._error = self._error or error
        return True

    def _settle(self) -> None:
        """Send the replies and report the events."""
        self._unsent += self.line.data_to_send()
        try:
            while self._unsent:
                del self._unsent[: os.write(self._stdin_fd, self._unsent)]
        except BlockingIOError:
            pass  # a script that does not read; the next tick tries again
        except BrokenPipeError:
            self._unsent.clear()
        for event in self.line.take_events():
            self.publish(event)


@dataclass(frozen=True)
class SimulatedCall:
    """What became of a call."""

    events: tuple[CallEvent, ...]
    """The events in order of time, monotonic seconds."""
    recording: CallTracks
    """What the caller said and heard."""
    variables: Mapping[str, str]
    """Channel variables at the end."""
    executed: tuple[tuple[str, str], ...]
    """Applications run by EXEC, with their options."""
    exit_code: int
    """Exit code of the script's process; negative for a signal."""
    agi_status: AgiStatus
    """``AGISTATUS`` as the dialplan would see it."""
    frames_dropped: int
    """Frames lost because the script did not read fd 3."""
    failure: str | None
    """Why the call did not go as planned (deadline, or the caller waited in vain), or None."""


async def simulate_call(
    program: Sequence[str],
    line: PhoneLine,
    *,
    deadline_s: float = 60.0,
    environment: Mapping[str, str] | None = None,
    on_event: OnEvent | None = None,
) -> SimulatedCall:
    """Run one call against an EAGI program, from launch to end.

    Args:
        program: Command line; the arguments of EAGI() are added, as Asterisk does.
        line: The call and its caller.
        deadline_s: Seconds until the program and its process group are killed.
        environment: More environment variables for it.
        on_event: Called with every event as it is noticed.

    Raises:
        ConfigError: The program cannot be started.

    Cancellation: safe; the program is killed.
    """
    child = _Child()

    def handle(event: CallEvent) -> None:
        if event.kind is CallEventKind.SIGHUP_SENT:
            child.signal(signal.SIGHUP)
        if on_event is not None:
            on_event(event)

    async with SimulatedAsterisk(line, on_event=handle) as asterisk:
        try:
            child.start([*program, *line.call.arguments], asterisk, environment or {})
            asterisk.close_script_ends()
            async with asyncio.timeout(deadline_s):
                await asterisk.wait_for(CallEventKind.SCRIPT_ENDED, timeout_s=None)
                await child.reaped()
        except TimeoutError:
            _log.warning("the script did not end within %g s: killing it", deadline_s)
        finally:
            child.kill()
        exit_code = child.exit_code
        now = asyncio.get_running_loop().time()
        asterisk.publish(CallEvent(now, CallEventKind.EXITED, str(exit_code)))
        failure = line.caller.failure
        if child.was_killed:
            failure = f"the script did not end within {deadline_s:g} s"
        return SimulatedCall(
            events=tuple(sorted(asterisk.events, key=lambda event: event.at)),
            recording=line.recording,
            variables=line.session.variables,
            executed=tuple(line.session.executed),
            exit_code=exit_code,
            agi_status=line.session.agi_status(exit_code),
            frames_dropped=asterisk.frames_dropped,
            failure=failure,
        )


@dataclass
class _Child:
    """The script's process: only this class starts, signals and reaps it."""

    was_killed: bool = False
    exit_code: int = 0
    _pid: int | None = field(default=None, repr=False)
    """None before it runs, and after it is reaped, when the number may be reused."""

    def start(
        self, argv: Sequence[str], asterisk: SimulatedAsterisk, environment: Mapping[str, str]
    ) -> None:
        """Start it with the pipes as its file descriptors 0, 1 and 3, in a group of its own."""
        redirections = [
            (os.POSIX_SPAWN_DUP2, asterisk.script_stdin_fd, 0),
            (os.POSIX_SPAWN_DUP2, asterisk.script_stdout_fd, 1),
            (os.POSIX_SPAWN_DUP2, asterisk.script_audio_fd, 3),
        ]
        try:
            self._pid = os.posix_spawnp(
                argv[0],
                list(argv),
                {**os.environ, **_AST_FOLDERS, **environment},
                file_actions=redirections,
                setpgroup=0,
                setsigdef=_DEFAULT_SIGNALS,
            )
        except OSError as exc:
            raise ConfigError(f"cannot start {argv[0]}: {exc.strerror}") from exc

    def signal(self, number: signal.Signals) -> None:
        """Signal the process, as Asterisk does: not its children."""
        if self._pid is not None:
            os.kill(self._pid, number)

    async def reaped(self) -> None:
        """Wait until it has exited. Polled: a thread or a pidfd per call would cost more."""
        while self._pid is not None:
            self._reap(self._pid, os.WNOHANG)
            await asyncio.sleep(_REAP_INTERVAL_S)

    def kill(self) -> None:
        """Kill it and its children, if it still runs."""
        if self._pid is not None:
            self.was_killed = True
            os.killpg(self._pid, signal.SIGKILL)
            self._reap(self._pid, 0)

    def _reap(self, pid: int, options: int) -> None:
        reaped, status = os.waitpid(pid, options)
        if reaped:
            self._pid = None
            self.exit_code = os.waitstatus_to_exitcode(status)
