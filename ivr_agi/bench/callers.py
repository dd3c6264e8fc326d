"""Hundreds of simulated Asterisk channels in one process: for load tests only.

A process of its own: ``python -m ivr_agi.bench.callers``; commands come as lines of JSON
(:func:`main`), each is answered by one. Every call has three real pipes. Its audio goes into fd 3
every 20 ms, stamped (:mod:`ivr_agi.bench.stamps`); its commands are answered by the simulator's
model of ``run_agi()``, which is only woken when something happens. Calls are handed to a warm
server as the launcher does, or get a process each, as ``EAGI()`` gives a plain script.

One thread, one ``epoll``; audio goes out in twenty groups a frame's length, one each millisecond.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import json
import os
import resource
import select
import socket
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi.audio.frames import FRAME_S, SAMPLE_RATE_HZ
from ivr_agi.bench.service import VOICE_MS, WORDS_MS
from ivr_agi.bench.stamps import stamped
from ivr_agi.serve.pipes import AUDIO_BYTES
from ivr_agi.simulator.asterisk import Activity, ChannelState, EagiSession
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.sound_folder import SoundFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ("CallTally", "Callers", "main")

GROUPS = 20
"""The audio of all calls is spread over a frame's length in so many steps."""
_RAMP_PER_S = 25.0
"""New calls per second."""
TALKS_FROM_S, TALKS_UNTIL_S = VOICE_MS / 1000 - 0.25, WORDS_MS / 1000 - 0.5
"""After the begin of a prompt: a service needs so long to be sure of a voice, and of its end."""
NO_PROMPT = "/silence-"
"""In the name of what is played while only keys are awaited."""
_ANSWER_TIMEOUT_S = 5.0
"""A server that has not taken a call by then has not taken it."""
_HEARING = (Activity.IDLE, Activity.PLAYING, Activity.WAITING)


@dataclass
class CallTally:
    """Counts since the last report."""

    calls: int = 0
    """Calls in progress."""
    refused: int = 0
    """Calls that were not accepted."""
    ended: int = 0
    """Calls that ended."""
    statuses: dict[str, int] = field(default_factory=dict)
    """``IVR_STATUS`` of the calls that ended, and how often."""
    frames: int = 0
    """Written to fd 3."""
    lost: int = 0
    """Not written, because a pipe was full."""
    small_pipes: int = 0
    """Calls whose audio pipe is smaller than it should be (:mod:`ivr_agi.serve.pipes`)."""
    least_pipe: int = 0
    """The smallest audio pipe, bytes; 0: there is none."""
    late_ms: list[float] = field(default_factory=list)
    """How late each group of frames was written: whether this process keeps up."""
    stops: list[tuple[int, float]] = field(default_factory=list)
    """Call, and when a command came that stopped a prompt, monotonic seconds."""
    first_command_ms: list[float] = field(default_factory=list)
    """From the hand-over of each new call to its first AGI command."""


class _TimedSound:
    """A sound that is nothing but its length: it is read once, when it is over."""

    def __init__(self, length_samples: int) -> None:
        self.length_samples = length_samples
        self.position_samples = 0

    def seek(self, position_samples: int) -> None:
        self.position_samples = min(position_samples, self.length_samples)

    def read_frame(self) -> bytes:
        return b""

    def close(self) -> None:
        pass


class _Call:
    """One channel."""

    def __init__(self, number: int, arguments: Sequence[str]) -> None:
        self.number = number
        self.sound: _TimedSound | None = None
        incoming = IncomingCall(
            script="ivr-agi",
            arguments=tuple(arguments),
            uniqueid=f"1700000000.{number}",
            channel=f"PJSIP/bench-{number:08x}",
        )
        self.session = EagiSession(incoming, self._open)
        self.stdin = self.stdout = self.audio = -1
        self.frame = 0
        self.n_sounds = 0
        self.offered_at = 0.0
        self.asked_at = 0.0
        """When the prompt began that plays, or played last."""
        self.has_spoken = False
        self.pid = 0

    def _open(self, name: str, language: str) -> _TimedSound | None:
        found = _SOUNDS(name, language)
        if found is None:
            return None
        found.close()
        self.sound = _TimedSound(found.length_samples)
        self.n_sounds += 1
        return self.sound

    def open_pipes(self) -> tuple[int, int, int]:
        """Make the pipes; gives the script's ends: its fds 0, 1 and 3."""
        script_stdin, self.stdin = os.pipe()
        self.stdout, script_stdout = os.pipe()
        script_audio, self.audio = os.pipe()
        for fd in (self.stdin, self.stdout, self.audio):
            os.set_blocking(fd, False)
        return script_stdin, script_stdout, script_audio

    def close(self) -> None:
        """Close the pipes."""
        for fd in (self.stdin, self.stdout, self.audio):
            os.close(fd)


_SOUNDS = SoundFolder(Path())


class Callers:
    """All channels."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[], None]] = {}
        self._calls: dict[int, _Call] = {}
        self._groups: list[list[_Call]] = [[] for _ in range(GROUPS)]
        self._ends: list[tuple[float, int, int, _Call]] = []
        """When sounds are over: time, and what tells a heap them apart."""
        self._hang_ups: list[tuple[float, int]] = []
        self._wanted: deque[_Call] = deque()
        self._next_call_at = 0.0
        self._n_calls = 0
        self._how: dict[str, Any] = {}
        self._n_again = 0
        self.tally = CallTally()
        self.is_over = False

    # The clock.

    def run(self, control_fd: int) -> None:
        """Run until ``control_fd`` is closed."""
        self._watch(control_fd, lambda: self._obey(control_fd))
        next_group, group = time.monotonic(), 0
        while not self.is_over:
            self._wait(next_group)
            now = time.monotonic()
            if now < next_group:
                continue
            self.tally.late_ms.append(1000 * (now - next_group))
            for call in self._groups[group]:
                self._write_frame(call)
            group = (group + 1) % GROUPS
            next_group += FRAME_S / GROUPS
            self._end_sounds(now)
            self._hang_up(now)
            self._make_calls(now)

    def close(self) -> None:
        """Close the remaining calls."""
        for call in list(self._calls.values()):
            self._forget(call)
        self._epoll.close()

    def _wait(self, until: float) -> None:
        """Handle what comes until then: ``select`` is exact to a microsecond, ``epoll`` is not."""
        wait_s = max(0.0, until - time.monotonic())
        if select.select([self._epoll], [], [], wait_s)[0]:
            for fd, _ in self._epoll.poll(0):
                if handler := self._handlers.get(fd):
                    handler()

    def _watch(self, fd: int, handler: Callable[[], None]) -> None:
        self._epoll.register(fd, select.EPOLLIN)
        self._handlers[fd] = handler

    def _unwatch(self, fd: int) -> None:
        self._epoll.unregister(fd)
        del self._handlers[fd]

    # Commands.

    def _obey(self, control_fd: int) -> None:
        data = os.read(control_fd, 1 << 16)
        self.is_over = not data
        for line in data.splitlines():
            command = json.loads(line)
            if "calls" in command:
                self._how = command
                self._n_again = command.get("again", 0)
                n_more = command["calls"] - len(self._calls) - len(self._wanted)
                for _ in range(n_more):
                    self._n_calls += 1
                    self._wanted.append(_Call(self._n_calls, command["arguments"]))
            elif "hang_up" in command:
                for call in list(self._calls.values())[: command["hang_up"]]:
                    call.session.hang_up(time.monotonic())
                    self._settle(call)
            self.tally.calls = len(self._calls)
            self._measure_pipes()
            answer = asdict(self.tally)
            answer["pids"] = [call.pid for call in self._calls.values() if call.pid]
            _tell(json.dumps(answer))
            self.tally = CallTally()

    def _measure_pipes(self) -> None:
        sizes = [fcntl.fcntl(call.audio, fcntl.F_GETPIPE_SZ) for call in self._calls.values()]
        self.tally.small_pipes = sum(size < AUDIO_BYTES for size in sizes)
        self.tally.least_pipe = min(sizes, default=0)

    def _make_calls(self, now: float) -> None:
        if not self._wanted or now < self._next_call_at:
            return
        self._next_call_at = now + 1 / self._how.get("ramp_per_s", _RAMP_PER_S)
        call = self._wanted.popleft()
        script_fds = call.open_pipes()
        call.session.start(now)
        self._flush(call)
        call.offered_at = time.monotonic()
        if "socket" in self._how:
            self._hand_over(call, script_fds)
        else:
            self._start_process(call, script_fds)
        for fd in script_fds:
            os.close(fd)
        if stays_s := self._how.get("hang_up_after_s"):
            heapq.heappush(self._hang_ups, (now + stays_s, call.number))
        self._calls[call.number] = call
        self._groups[call.number % GROUPS].append(call)
        self._watch(call.stdout, lambda: self._read(call))

    def _hand_over(self, call: _Call, script_fds: tuple[int, int, int]) -> None:
        """As the launcher: one message with the fds, one answer."""
        server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server.settimeout(_ANSWER_TIMEOUT_S)
        words = [self._how["greeting"], *self._how["arguments"]]
        try:
            server.connect(self._how["socket"])
            socket.send_fds(server, ["\0".join(words).encode()], script_fds)
        except OSError:
            server.close()
            self.tally.refused += 1
            return
        self._watch(server.fileno(), lambda: self._hear_answer(server))

    def _hear_answer(self, server: socket.socket) -> None:
        self._unwatch(server.fileno())
        with contextlib.suppress(OSError):
            if not server.recv(4096).startswith(b"+"):
                self.tally.refused += 1
        server.close()

    def _start_process(self, call: _Call, script_fds: tuple[int, int, int]) -> None:
        """As Asterisk: a process, on the core of what is measured."""
        program = self._how["program"]
        call.pid = os.posix_spawn(
            program[0],
            [*program, *self._how["arguments"]],
            os.environ,
            file_actions=[
                *(
                    (os.POSIX_SPAWN_DUP2, fd, number)
                    for fd, number in zip(script_fds, (0, 1, 3), strict=True)
                ),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),  # pyst2 tells all there
            ],
        )
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(call.pid, {self._how["core"]})

    # Calls.

    def _write_frame(self, call: _Call) -> None:
        session = call.session
        if session.activity not in _HEARING or session.line >= ChannelState.CUT:
            return
        now = time.monotonic()
        is_voice = TALKS_FROM_S <= now - call.asked_at < TALKS_UNTIL_S
        try:
            os.write(call.audio, stamped(now, call.number, call.frame + 1, is_voice=is_voice))
            call.frame += 1  # not where it is lost here: it is not to count as lost behind it, too
            self.tally.frames += 1
        except BlockingIOError:
            self.tally.lost += 1  # as in Asterisk
        except BrokenPipeError:
            pass  # the plugin is done with the call

    def _read(self, call: _Call) -> None:
        data = os.read(call.stdout, 1 << 16)
        now = time.monotonic()
        if not call.has_spoken:
            call.has_spoken = True
            if data:
                self.tally.first_command_ms.append(1000 * (now - call.offered_at))
        if data:
            call.session.receive_data(data, now)
        else:
            call.session.receive_eof(now)
        self._settle(call)

    def _settle(self, call: _Call) -> None:
        """Answer, set the end of a sound that began, note what was stopped."""
        self._flush(call)
        for event in call.session.take_events():
            if event.kind is CallEventKind.PLAYBACK_STARTED and call.sound is not None:
                left = call.sound.length_samples - call.sound.position_samples
                until = event.at + left / SAMPLE_RATE_HZ
                heapq.heappush(self._ends, (until, call.number, call.n_sounds, call))
                if NO_PROMPT not in event.name:
                    call.asked_at = event.at
            elif event.kind is CallEventKind.PLAYBACK_ENDED and event.detail == "stopped":
                self.tally.stops.append((call.number, event.at))
            elif event.kind is CallEventKind.SCRIPT_ENDED:
                self._note_end(call)

    def _end_sounds(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            _, number, n_sounds, call = heapq.heappop(self._ends)
            is_current = call.n_sounds == n_sounds and number in self._calls
            if is_current and call.session.activity is Activity.PLAYING:
                call.session.tick(now)
                self._settle(call)

    def _hang_up(self, now: float) -> None:
        while self._hang_ups and self._hang_ups[0][0] <= now:
            call = self._calls.get(heapq.heappop(self._hang_ups)[1])
            if call is not None:
                call.session.hang_up(now)
                self._settle(call)

    def _note_end(self, call: _Call) -> None:
        status = call.session.variables.get("IVR_STATUS", "none")
        self.tally.ended += 1
        self.tally.statuses[status] = self.tally.statuses.get(status, 0) + 1
        self._forget(call)
        if self._n_again > 0:
            self._n_again -= 1
            self._n_calls += 1
            self._wanted.append(_Call(self._n_calls, self._how["arguments"]))

    def _forget(self, call: _Call) -> None:
        self._unwatch(call.stdout)
        call.close()
        del self._calls[call.number]
        self._groups[call.number % GROUPS].remove(call)
        if call.pid:
            os.waitpid(call.pid, 0)

    def _flush(self, call: _Call) -> None:
        if data := call.session.data_to_send():
            with contextlib.suppress(BrokenPipeError):
                os.write(call.stdin, data)


def main() -> None:
    """The process. Commands, each answered by a :class:`CallTally` of the time since the last.

    ``{"calls": N, "arguments": [...], "socket": PATH, "greeting": TEXT}`` makes calls until there
    are N, over a warm server; ``"program": [...], "core": C`` instead of the socket, with a
    process each; ``"again": M`` makes a new one for each of the first M that end, and
    ``"hang_up_after_s": S`` ends each. ``{"hang_up": N}`` hangs up N of them; ``{}`` only asks.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    callers = Callers()
    _tell("ready")
    callers.run(sys.stdin.fileno())
    callers.close()


def _tell(line: str) -> None:
    """Write a line to the process that started this one."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
