"""One EAGI session as Asterisk runs it: ``run_agi()`` and its commands, without I/O.

Driven by the bytes that the script writes, one :meth:`EagiSession.tick` every 20 ms, and the
caller's keys and hang-up. Returns replies, the audio for fd 3 and the audio that the caller hears.
It reads no clock, so it also runs in virtual time.

Source: Asterisk 22 ``res/res_agi.c`` (``run_agi``, ``agi_handle_command``, ``handle_*``) and
``main/file.c`` (``waitstream_core``); ``asterisk.md`` 1. Commands that the project does not use
are answered with 510, as by an Asterisk without them, and logged.
"""

from __future__ import annotations

import enum
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.simulator.events import CLOCK_SLACK_S, CallEvent, CallEventKind
from ivr_agi.simulator.stdio import StdioReader, parse_arguments

if TYPE_CHECKING:
    from ivr_agi.simulator.incoming import IncomingCall
    from ivr_agi.simulator.playback import SoundFile, SoundOpener

__all__ = (
    "ACTIVITY_TRANSITIONS",
    "APPLICATIONS",
    "Activity",
    "AgiStatus",
    "Application",
    "ChannelState",
    "EagiSession",
    "Input",
    "TickOutput",
)

_log = logging.getLogger("ivr_agi.simulator")


class AgiStatus(enum.StrEnum):
    """The values of ``AGISTATUS`` in the dialplan."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    HANGUP = "HANGUP"


class ChannelState(enum.IntEnum):
    """States of the channel, in their only order; CHANNEL STATUS answers with 4 and 6."""

    RINGING = 4
    UP = 6
    CUT = 98
    """Hung up, but run_agi() has not noticed yet."""
    DEAD = 99
    """Hung up, SIGHUP sent; most commands now answer 511."""


class Activity(enum.StrEnum):
    """What the channel's thread is doing."""

    IDLE = "idle"
    """Polling the pipe and the channel; the caller's voice goes to fd 3."""
    READING = "reading"
    """In fgets(): blocked until the line is complete, deaf to everything else."""
    PLAYING = "playing"
    """In STREAM FILE."""
    WAITING = "waiting"
    """In WAIT FOR DIGIT."""
    EXECUTING = "executing"
    """In an application that takes time: no voice to fd 3, cannot be interrupted."""
    ENDED = "ended"
    """The script closed its pipe."""


class Input(enum.StrEnum):
    """What moves an :class:`Activity` on."""

    READABLE = "readable"
    REPLIED = "replied"
    PLAY = "play"
    WAIT = "wait"
    EXECUTE = "execute"
    FINISHED = "finished"
    CLOSED = "closed"


ACTIVITY_TRANSITIONS: Mapping[Activity, Mapping[Input, Activity]] = {
    Activity.IDLE: {Input.READABLE: Activity.READING},
    Activity.READING: {
        Input.REPLIED: Activity.IDLE,
        Input.PLAY: Activity.PLAYING,
        Input.WAIT: Activity.WAITING,
        Input.EXECUTE: Activity.EXECUTING,
        Input.CLOSED: Activity.ENDED,
    },
    Activity.PLAYING: {Input.FINISHED: Activity.IDLE},
    Activity.WAITING: {Input.FINISHED: Activity.IDLE},
    Activity.EXECUTING: {Input.FINISHED: Activity.IDLE},
    Activity.ENDED: {},
}

_INTERRUPTIBLE = (Activity.PLAYING, Activity.WAITING)
_HEARING = (Activity.IDLE, *_INTERRUPTIBLE)

Application = Callable[[str], float]
"""A dialplan application: takes its options, returns the seconds it lasts."""


def _wait(options: str) -> float:
    found = _SECONDS_PREFIX.match(options)
    return float(found[0]) if found else 0.0


APPLICATIONS: Mapping[str, Application] = {"NoOp": lambda _: 0.0, "Wait": _wait}
"""The applications that EXEC knows by default; any other name gets -2."""

_SECONDS_PREFIX = re.compile(r"\d+(\.\d+)?")
_INTEGER_PREFIX = re.compile(r"\s*([+-]?\d{1,29})")
_VARIABLE = re.compile(r"\$\{([^${}]*)\}")
_FALSE = ("no", "false", "n", "f", "0", "off")  # ast_false()


@dataclass(frozen=True, slots=True)
class TickOutput:
    """The output of one tick of 20 ms."""

    heard: bytes
    """What the caller hears: one frame; silence if nothing plays."""
    audio: bytes | None
    """What Asterisk writes to fd 3: the caller's frame, or None."""


class _UsageError(Exception):
    """A handler returned RESULT_SHOWUSAGE."""


@dataclass(frozen=True)
class _Command:
    handler: Callable[[EagiSession, list[str], float], None]
    n_words: range
    """How many words the line may have, including the verb."""
    usage: str
    dead: bool = False
    """Allowed after the hang-up."""


class EagiSession:
    """Asterisk's side of one EAGI call."""

    def __init__(
        self,
        call: IncomingCall,
        open_sound: SoundOpener,
        *,
        applications: Mapping[str, Application] = APPLICATIONS,
    ) -> None:
        self._call = call
        self._open_sound = open_sound
        self._applications = {name.lower(): app for name, app in applications.items()}
        self._activity = Activity.IDLE
        self._line = ChannelState.RINGING
        self._stdio = StdioReader()
        self._replies = bytearray()
        self._events: list[CallEvent] = []
        self._sound: SoundFile | None = None
        self._sound_name = ""
        self._escape_digits = ""
        self._deadline: float | None = None
        self._status = AgiStatus.SUCCESS
        self.variables = dict(call.variables)
        """Channel variables: those of the dialplan, and those that the script has set."""
        self.executed: list[tuple[str, str]] = []
        """Applications run by EXEC, with their options."""

    @property
    def activity(self) -> Activity:
        """What the channel's thread is doing."""
        return self._activity

    @property
    def line(self) -> ChannelState:
        """State of the channel."""
        return self._line

    def agi_status(self, exit_code: int) -> AgiStatus:
        """Return ``AGISTATUS`` as the dialplan sees it, from the script's exit code."""
        if self._status is AgiStatus.SUCCESS and exit_code != 0:
            return AgiStatus.FAILURE
        return self._status

    def data_to_send(self) -> bytes:
        """Bytes for the script's standard input since the last call."""
        data = bytes(self._replies)
        self._replies.clear()
        return data

    def take_events(self) -> list[CallEvent]:
        """Events since the last call, in order."""
        events, self._events = self._events, []
        return events

    # --- inputs of the channel

    def start(self, now: float) -> None:
        """Launch the script: send the environment block."""
        self._replies += self._call.environment_block()
        self._note(now, CallEventKind.CALL_STARTED, self._call.script)

    def receive_data(self, data: bytes, now: float) -> None:
        """The script wrote ``data`` to its standard output."""
        self._stdio.feed(data)
        self._run(now)

    def receive_eof(self, now: float) -> None:
        """The script closed its standard output."""
        self._stdio.feed_eof()
        self._run(now)

    def hang_up(self, now: float, *, by: str = "caller") -> None:
        """Cut the line; does nothing if it is cut already."""
        if self._raise_line(ChannelState.CUT):
            self._note(now, CallEventKind.HUNG_UP, by)
            self._run(now)

    def press(self, key: str, now: float) -> None:
        """Take a key from the caller; it is lost if no command takes keys."""
        takes_any = self._activity is Activity.WAITING
        takes_this = self._activity is Activity.PLAYING and key in self._escape_digits
        if takes_any or takes_this:
            self._end_command(now, "key", ord(key))
            self._run(now)

    def tick(self, now: float, voice: bytes | None = None) -> TickOutput:
        """20 ms have passed.

        Args:
            now: Monotonic seconds.
            voice: The caller's frame; None if no packet came (muted, on hold, lost).
        """
        hears = self._activity in _HEARING and self._line < ChannelState.CUT
        pcm = b"" if self._sound is None else self._sound.read_frame()
        sound_ended = self._sound is not None and not pcm
        time_is_up = self._deadline is not None and now + CLOCK_SLACK_S >= self._deadline
        if sound_ended or time_is_up:
            self._end_command(now, "ended", 0)
            self._run(now)
        return TickOutput(pcm.ljust(FRAME_BYTES, b"\0"), voice if hears else None)

    def close(self) -> None:
        """Close the sound file that may still be open."""
        if self._sound is not None:
            self._sound.close()

    # --- run_agi()

    def _run(self, now: float) -> None:
        """Run until something from outside is needed."""
        while self._step(now):
            pass

    def _step(self, now: float) -> bool:
        """Run the loops in run_agi() and waitstream_core() once; False if they would block."""
        if self._line is ChannelState.CUT and self._activity not in (
            Activity.READING,
            Activity.ENDED,
        ):
            self._notice_hang_up(now)
        elif self._activity in _INTERRUPTIBLE and self._stdio.is_readable:
            self._end_command(now, "stopped", 1)
        elif self._activity is Activity.IDLE and self._stdio.is_readable:
            self._advance(Input.READABLE)
        elif self._activity is Activity.READING:
            line = self._stdio.read_line()
            if line is None:
                return False
            self._handle_line(line, now)
        else:
            return False
        return True

    def _notice_hang_up(self, now: float) -> None:
        if self._activity is not Activity.IDLE:
            self._end_command(now, "hangup", -1)
            return
        self._raise_line(ChannelState.DEAD)
        if self._status is AgiStatus.SUCCESS:
            self._status = AgiStatus.HANGUP
        if self.variables.get("AGISIGHUP", "").lower() not in _FALSE:
            self._note(now, CallEventKind.SIGHUP_SENT)

    def _end_command(self, now: float, cause: str, result: int) -> None:
        """End the pending command and reply; a stopped STREAM FILE sends no reply."""
        sound, self._sound = self._sound, None
        self._deadline = None
        self._advance(Input.FINISHED)
        if sound is None:
            self._reply(f"200 result={result}")
        else:
            if cause != "stopped":
                # At the natural end it is the length at opening, however much the file has grown.
                endpos = sound.length_samples if cause == "ended" else sound.position_samples
                self._reply(f"200 result={result} endpos={endpos}")
            sound.close()
            self._note(now, CallEventKind.PLAYBACK_ENDED, self._sound_name, cause)

    def _handle_line(self, line: bytes, now: float) -> None:
        if not line:
            self._advance(Input.CLOSED)
            self._note(now, CallEventKind.SCRIPT_ENDED)
            return
        words = parse_arguments(line.removesuffix(b"\n").decode(errors="surrogateescape"))
        verb = next((v for n in (1, 2, 3) if (v := " ".join(words[:n]).upper()) in _COMMANDS), "")
        self._note(now, CallEventKind.COMMAND_RECEIVED, verb)
        if not verb:
            _log.warning("the simulator has no command %.20s", words[0] if words else "")
            self._reply("510 Invalid or unknown command")
        elif self._line is ChannelState.DEAD and not _COMMANDS[verb].dead:
            self._reply("511 Command Not Permitted on a dead channel or intercept routine")
        else:
            self._handle_command(_COMMANDS[verb], words, now)
        if self._activity is Activity.READING:
            self._advance(Input.REPLIED)

    def _handle_command(self, command: _Command, words: list[str], now: float) -> None:
        try:
            if len(words) not in command.n_words:
                raise _UsageError
            command.handler(self, words, now)
        except _UsageError:
            self._reply("520-Invalid command syntax.  Proper usage follows:")
            self._reply(command.usage)
            self._reply("520 End of proper usage.")

    # --- commands; every handler either replies or begins an activity

    def _answer(self, words: list[str], now: float) -> None:
        self._raise_line(ChannelState.UP)
        self._reply(f"200 result={0 if self._line is ChannelState.UP else -1}")

    def _channel_status(self, words: list[str], now: float) -> None:
        known = len(words) == 2 or words[2] == self._call.channel
        self._reply(f"200 result={min(self._line, ChannelState.UP) if known else -1}")

    def _exec(self, words: list[str], now: float) -> None:
        name, options = words[1], words[2] if len(words) > 2 else ""
        application = self._applications.get(name.lower())
        if application is None:
            _log.warning("the simulator has no application %s", name)
            self._reply("200 result=-2")
            return
        self.executed.append((name, options))
        duration_s = application(options)
        if duration_s <= 0:
            self._reply("200 result=0")
        elif self._line is ChannelState.DEAD:
            self._reply("200 result=-1")
        else:
            self._deadline = now + duration_s
            self._advance(Input.EXECUTE)

    def _get_full_variable(self, words: list[str], now: float) -> None:
        if len(words) == 5 and words[4] != self._call.channel:
            self._reply("200 result=0")
            return
        text = _VARIABLE.sub(lambda found: self.variables.get(found[1], ""), words[3])
        self._reply(f"200 result=1 ({text})")

    def _get_variable(self, words: list[str], now: float) -> None:
        value = self.variables.get(words[2])
        self._reply("200 result=0" if value is None else f"200 result=1 ({value})")

    def _hangup(self, words: list[str], now: float) -> None:
        if len(words) == 2 and words[1] != self._call.channel:
            self._reply("200 result=-1")
            return
        self._reply("200 result=1")
        if self._raise_line(ChannelState.CUT):
            self._note(now, CallEventKind.HUNG_UP, "script")

    def _noop(self, words: list[str], now: float) -> None:
        self._reply("200 result=0")

    def _set_variable(self, words: list[str], now: float) -> None:
        self.variables[words[2]] = words[3]
        self._note(now, CallEventKind.VARIABLE_SET, words[2], words[3])
        self._reply("200 result=1")

    def _stream_file(self, words: list[str], now: float) -> None:
        name = words[2]
        offset_samples = _integer(words[4]) if len(words) == 5 else 0
        sound = self._open_sound(name, self._call.language)
        if sound is None:
            self._status = AgiStatus.FAILURE
            self._reply(f"200 result=-1 endpos={offset_samples}")
            return
        sound.seek(offset_samples)
        self._sound, self._sound_name, self._escape_digits = sound, name, words[3]
        self._note(now, CallEventKind.PLAYBACK_STARTED, name)
        self._advance(Input.PLAY)

    def _verbose(self, words: list[str], now: float) -> None:
        self._reply("200 result=1")

    def _wait_for_digit(self, words: list[str], now: float) -> None:
        timeout_ms = _integer(words[3])
        if timeout_ms == 0:
            self._reply("200 result=0")
            return
        self._deadline = now + timeout_ms / 1000 if timeout_ms > 0 else None
        self._advance(Input.WAIT)

    # --- helpers

    def _reply(self, text: str) -> None:
        self._replies += text.encode(errors="surrogateescape") + b"\n"

    def _note(self, at: float, kind: CallEventKind, name: str = "", detail: str = "") -> None:
        self._events.append(CallEvent(at, kind, name, detail))

    def _raise_line(self, line: ChannelState) -> bool:
        """Move the channel to a later state, never back. True if the state changed."""
        changed = line > self._line
        self._line = max(line, self._line)
        return changed

    def _advance(self, event: Input) -> None:
        self._activity = ACTIVITY_TRANSITIONS[self._activity][event]


def _integer(word: str) -> int:
    """Read a number as ``sscanf("%30d")`` does, ignoring the rest of the word."""
    found = _INTEGER_PREFIX.match(word)
    if found is None:
        raise _UsageError
    return int(found[1])


_COMMANDS: Mapping[str, _Command] = {
    "ANSWER": _Command(EagiSession._answer, range(1, 128), "ANSWER"),
    "CHANNEL STATUS": _Command(EagiSession._channel_status, range(2, 4), "CHANNEL STATUS [NAME]"),
    "EXEC": _Command(EagiSession._exec, range(2, 128), "EXEC APPLICATION OPTIONS", dead=True),
    "GET FULL VARIABLE": _Command(
        EagiSession._get_full_variable, range(4, 6), "GET FULL VARIABLE TEXT [CHANNEL]", dead=True
    ),
    "GET VARIABLE": _Command(
        EagiSession._get_variable, range(3, 4), "GET VARIABLE NAME", dead=True
    ),
    "HANGUP": _Command(EagiSession._hangup, range(1, 3), "HANGUP [CHANNEL]"),
    "NOOP": _Command(EagiSession._noop, range(1, 128), "NOOP", dead=True),
    "SET VARIABLE": _Command(
        EagiSession._set_variable, range(4, 5), "SET VARIABLE NAME VALUE", dead=True
    ),
    "STREAM FILE": _Command(
        EagiSession._stream_file, range(4, 6), "STREAM FILE NAME ESCAPE_DIGITS [OFFSET]"
    ),
    "VERBOSE": _Command(EagiSession._verbose, range(2, 128), "VERBOSE TEXT LEVEL", dead=True),
    "WAIT FOR DIGIT": _Command(EagiSession._wait_for_digit, range(4, 5), "WAIT FOR DIGIT TIMEOUT"),
}
