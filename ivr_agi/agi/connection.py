"""The AGI connection: whose turn it is, where a reply ends, what stops a prompt.

Layer: core without I/O. Driven by :mod:`ivr_agi.agi.channel`: bytes in through
:meth:`AgiConnection.receive_data`, bytes out through :meth:`AgiConnection.data_to_send`, results
through :meth:`AgiConnection.next_event`, time as ``now`` (monotonic seconds).

The **fence** is a question whose answer carries our own token. It stops a prompt (Asterisk ends
STREAM FILE as soon as another line arrives) and marks an end: everything before the answer belongs
to the command, whether that is a reply, nothing (a stopped command sends none), or text with line
breaks. So the fence ends whatever has no clear end of its own.

Source: Asterisk res_agi.c (``run_agi``, ``handle_streamfile``), file.c (``waitstream_core``);
``asterisk.md`` section 1 and ``pyst2.md`` section 5.
"""

from __future__ import annotations

import enum
import logging
import secrets
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.agi.text import (
    ENCODING_ERRORS,
    AgiEnvironment,
    Reply,
    format_command,
    parse_environment,
    parse_reply,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = (
    "AGI_TRANSITIONS",
    "ANSWER_LIMIT_S",
    "FENCE_RETRY_MAX_S",
    "FENCE_RETRY_S",
    "HOLDS_VALUE",
    "INTERRUPTIBLE",
    "MAX_FENCES",
    "MAX_REPLY_BYTES",
    "AgiConnection",
    "AgiEvent",
    "AgiInput",
    "AgiState",
    "EnvironmentRead",
    "HangupSeen",
    "Lost",
    "Replied",
    "Stopped",
)

_log = logging.getLogger("ivr_agi.agi")

FENCE_RETRY_S = 0.02
"""Seconds until the first retry of a fence. Asterisk's stdio may have swallowed the fence together
with the line before it, and looks at it only when another byte arrives. A newer fence is that byte.
A fence written within 0.5 ms of STREAM FILE is often swallowed (measured on Asterisk 22), and the
caller waits for the prompt to stop. So the first retry is one frame away; each later wait is twice
as long."""
FENCE_RETRY_MAX_S = 0.25
"""Longest wait between fences, in seconds: a slow Asterisk must not be flooded."""
MAX_FENCES = 43
"""After this many fences without an answer (10 s), Asterisk counts as gone. One that has ended
closes its pipes; what is silent is busy, or hangs."""
ANSWER_LIMIT_S = 10.0
"""Seconds to wait for the answer to CHANNEL STATUS: a living Asterisk that is not busy
answers at once."""
MAX_REPLY_BYTES = 1 << 20
"""Longest reply or environment, in bytes. Asterisk's own variables are far shorter."""

INTERRUPTIBLE = frozenset(
    {
        "STREAM FILE",
        "GET DATA",
        "GET OPTION",
        "SAY ALPHA",
        "SAY DIGITS",
        "SAY NUMBER",
        "SAY PHONETIC",
        "WAIT FOR DIGIT",
    }
)
"""Commands that end when another command line arrives."""

HOLDS_VALUE = frozenset({"GET VARIABLE", "GET FULL VARIABLE", "DATABASE GET", "RECEIVE TEXT"})
"""Commands whose reply holds free text, including line breaks."""


class AgiState(enum.StrEnum):
    """Where the connection is."""

    READING_ENV = "reading env"
    """The environment block is arriving."""
    IDLE = "idle"
    """Asterisk waits for a command."""
    BUSY = "busy"
    """A command is pending."""
    FENCING = "interrupting"
    """A fence was sent; its answer ends the pending command or the environment."""
    ASKING = "asking"
    """The reply may mean a hang-up; CHANNEL STATUS was sent to find out."""
    DEAD = "dead"
    """The caller has left; Asterisk still accepts some commands."""
    CLOSED = "closed"
    """Asterisk is gone, or we have left."""


class AgiInput(enum.StrEnum):
    """What changes the state."""

    COMMAND = "command"
    FENCE = "fence"
    ASK = "ask"
    SETTLED = "settled"
    SETTLED_DEAD = "settled dead"
    HUNG_UP = "hung up"
    CLOSE = "close"


_SETTLING: Mapping[AgiInput, AgiState] = {
    AgiInput.SETTLED: AgiState.IDLE,
    AgiInput.SETTLED_DEAD: AgiState.DEAD,
    AgiInput.CLOSE: AgiState.CLOSED,
}
AGI_TRANSITIONS: Mapping[AgiState, Mapping[AgiInput, AgiState]] = {
    AgiState.READING_ENV: {AgiInput.FENCE: AgiState.FENCING, AgiInput.CLOSE: AgiState.CLOSED},
    AgiState.IDLE: {
        AgiInput.COMMAND: AgiState.BUSY,
        AgiInput.HUNG_UP: AgiState.DEAD,
        AgiInput.CLOSE: AgiState.CLOSED,
    },
    AgiState.BUSY: {
        AgiInput.FENCE: AgiState.FENCING,
        AgiInput.ASK: AgiState.ASKING,
        AgiInput.HUNG_UP: AgiState.BUSY,  # its reply is still to come
        **_SETTLING,
    },
    AgiState.FENCING: {
        AgiInput.FENCE: AgiState.FENCING,  # a newer one
        AgiInput.ASK: AgiState.ASKING,
        AgiInput.HUNG_UP: AgiState.FENCING,
        **_SETTLING,
    },
    AgiState.ASKING: {AgiInput.HUNG_UP: AgiState.ASKING, **_SETTLING},
    AgiState.DEAD: {AgiInput.COMMAND: AgiState.BUSY, AgiInput.CLOSE: AgiState.CLOSED},
    AgiState.CLOSED: {AgiInput.CLOSE: AgiState.CLOSED},
}


@dataclass(frozen=True, slots=True)
class EnvironmentRead:
    """The environment is complete, and the first command may be sent."""

    environment: AgiEnvironment


@dataclass(frozen=True, slots=True)
class Replied:
    """The pending command was answered."""

    reply: Reply
    sent_at: float
    """When the command was sent."""
    at: float
    """When the reply arrived."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The pending command was interrupted and gave no reply of its own."""

    sent_at: float
    """When the command was sent."""
    at: float
    """When it was certain that Asterisk had stopped."""


@dataclass(frozen=True, slots=True)
class HangupSeen:
    """The caller has left. Given once, before the result of the command that showed it."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Asterisk is gone. The last event."""

    during: str
    """What was going on, e.g. ``the environment was being read``."""


AgiEvent = EnvironmentRead | Replied | Stopped | HangupSeen | Lost


class AgiConnection:
    """One AGI connection: at most one command in the pipe, and at most one result for each.

    Every :meth:`send` ends in exactly one of :class:`Replied`, :class:`Stopped` and :class:`Lost`.
    """

    def __init__(self, *, nonce: str | None = None) -> None:
        """Start before the environment arrives.

        Args:
            nonce: Part of every fence's token; random if None, so that no text from a caller can
                look like the answer to a fence.
        """
        self.state = AgiState.READING_ENV
        self.hangup_seen = False
        """The caller has left, and Asterisk said so."""
        self.stray_lines = 0
        """Lines that arrived although nothing was asked; always 0 with a sane Asterisk."""
        self._nonce = secrets.token_hex(4) if nonce is None else nonce
        self._n_fences = 0
        self._fences: list[str] = []  # the answers to the fences of this exchange
        self._events: deque[AgiEvent] = deque()
        self._outgoing = b""
        self._buffer = b""
        self._deadline: float | None = None
        self._hangup_suspected = False
        self._result: Replied | Stopped | None = None  # held back while ASKING
        self._verb = ""  # pending command; empty: the environment
        self._sent_at = 0.0
        self._lines: list[str] = []  # what has arrived for it
        self._lines_bytes = 0
        self._lines_at = 0.0

    # What the channel asks for.

    @property
    def is_ready(self) -> bool:
        """True if a command may be sent."""
        return self.state in (AgiState.IDLE, AgiState.DEAD)

    def send(self, verb: str, *args: str | int, now: float) -> None:
        """Send a command; only when :attr:`is_ready`.

        Raises:
            ValueError: AGI cannot carry it; see :func:`ivr_agi.agi.text.format_command`.
            RuntimeError: Another command is pending.
        """
        line = format_command(verb, *args)
        self._advance(AgiInput.COMMAND)
        self._outgoing += line
        self._verb, self._sent_at = verb.upper(), now

    def interrupt(self, now: float) -> None:
        """Stop the pending command if it can be stopped; otherwise do nothing."""
        if self.state is AgiState.BUSY and self._verb in INTERRUPTIBLE:
            self._fence(now)

    def suspect_hangup(self) -> None:
        """Note a sign of a hang-up (SIGHUP): ask Asterisk when the pending command ends."""
        self._hangup_suspected = True

    def close(self) -> None:
        """Leave. No more events follow."""
        self._advance(AgiInput.CLOSE)

    # What Asterisk sends.

    def receive_data(self, data: bytes, now: float) -> None:
        """Take bytes from Asterisk, split anywhere."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if self.state is AgiState.CLOSED:
                return
            self._receive_line(line.decode("utf-8", ENCODING_ERRORS), now)
        if self._lines_bytes + len(self._buffer) > MAX_REPLY_BYTES:
            self._lose("sending a reply that did not end")

    def receive_eof(self) -> None:
        """Take the end of Asterisk's pipe."""
        if self._verb and not self.is_ready:
            self._lose(f"{self._verb} was pending")
        elif self.is_ready:
            self._lose("no command was pending")
        else:
            self._lose("the environment was being read")

    def data_to_send(self) -> bytes:
        """Return the bytes to write now, once: never more than one command line at a time."""
        data, self._outgoing = self._outgoing, b""
        return data

    def next_event(self) -> AgiEvent | None:
        """Return the next result, or None."""
        return self._events.popleft() if self._events else None

    # Time.

    def next_deadline(self) -> float | None:
        """When to call :meth:`handle_timeout`, or None."""
        return self._deadline

    def handle_timeout(self, now: float) -> None:
        """Go on after an answer that did not arrive. Calls before the deadline do nothing."""
        if self._deadline is None or now < self._deadline:
            return
        if self.state is AgiState.FENCING and len(self._fences) < MAX_FENCES:
            self._fence(now)
        else:
            self._lose("an answer that comes at once was awaited")

    # Inside.

    def _receive_line(self, line: str, now: float) -> None:
        """Pass one line to the state it belongs to."""
        value_open = self._lines and self._verb in HOLDS_VALUE
        if line == "HANGUP" and self.state is not AgiState.READING_ENV and not value_open:
            self._note_hangup()  # FastAGI says so between replies: run_agi in res_agi.c
        elif self.state is AgiState.READING_ENV:
            self._read_environment(line, now)
        elif self.state is AgiState.BUSY:
            self._read_reply(line, now)
        elif self.state is AgiState.FENCING:
            self._read_until_fence(line, now)
        elif self.state is AgiState.ASKING:
            self._read_status(line)
        else:
            self.stray_lines += 1

    def _read_environment(self, line: str, now: float) -> None:
        """Collect a line; an empty one ends the block.

        Unless it came from a line break in the caller's name: then more of the block follows, and
        would be taken for the reply to the first command. So a fence marks the real end.
        """
        if line:
            self._collect(line, now)
        else:
            self._fence(now)

    def _read_reply(self, line: str, now: float) -> None:
        """Accept a reply of one plain line; a fence ends everything else.

        Everything else is: a value with line breaks or with something that looks like an end, the
        usage block after ``520-``, and anything that is not a reply.
        """
        if line.startswith("100 "):
            return  # "100 result=0 Trying...": the reply comes later
        self._collect(line, now)
        reply = parse_reply(line)
        is_plain = reply.code and not line.startswith("520-")
        if is_plain and not (self._verb in HOLDS_VALUE and " (" in line):
            self._end_exchange(now)
        else:
            self._fence(now)

    def _read_until_fence(self, line: str, now: float) -> None:
        """Collect everything before the answer to the newest fence."""
        if line == self._fences[-1]:
            self._end_exchange(now)
        elif line not in self._fences and (self._lines or not line.startswith("100 ")):
            self._collect(line, now)

    def _read_status(self, line: str) -> None:
        """Read the answer to CHANNEL STATUS: 511 on a dead channel, else on a living one."""
        if parse_reply(line).code == 511:
            self._note_hangup()
        self._settle()

    def _collect(self, line: str, now: float) -> None:
        """Keep a line of the reply that is arriving."""
        if not self._lines:
            self._lines_at = now
        self._lines.append(line)
        self._lines_bytes += len(line) + 1

    def _end_exchange(self, now: float) -> None:
        """End the pending command: its reply is complete, or is known not to come."""
        if not self._verb:
            self._events.append(EnvironmentRead(parse_environment(self._lines)))
            self._settle()
            return
        if not self._lines:
            self._result = Stopped(self._sent_at, now)
        else:
            reply = parse_reply("\n".join(self._lines), holds_value=self._verb in HOLDS_VALUE)
            self._result = Replied(reply, self._sent_at, self._lines_at)
            if reply.code == 511:
                self._note_hangup()
            elif reply.result == "-1":
                # Hung up, or the file is missing: the reply does not say which.
                self._hangup_suspected = True
        if self._hangup_suspected and not self.hangup_seen:
            self._ask(now)
        else:
            self._settle()

    def _settle(self) -> None:
        """Queue the result and be ready for the next command."""
        if self._result is not None:
            self._events.append(self._result)
        self._result = None
        self._lines, self._lines_bytes = [], 0
        self._fences = []
        self._deadline = None
        self._advance(AgiInput.SETTLED_DEAD if self.hangup_seen else AgiInput.SETTLED)

    def _fence(self, now: float) -> None:
        """Write a fence: the first one, or a newer one."""
        self._advance(AgiInput.FENCE)
        self._n_fences += 1
        token = f"fence-{self._nonce}-{self._n_fences}"
        self._fences.append(f"200 result=1 ({token})")
        self._outgoing += format_command("GET FULL VARIABLE", token)
        wait_s = FENCE_RETRY_S * 2 ** (len(self._fences) - 1)
        self._deadline = now + min(wait_s, FENCE_RETRY_MAX_S)

    def _ask(self, now: float) -> None:
        """Ask whether the channel is alive."""
        self._advance(AgiInput.ASK)
        self._hangup_suspected = False
        self._outgoing += format_command("CHANNEL STATUS")
        self._deadline = now + ANSWER_LIMIT_S

    def _note_hangup(self) -> None:
        """The caller has left."""
        if not self.hangup_seen:
            self.hangup_seen = True
            self._events.append(HangupSeen())
            self._advance(AgiInput.HUNG_UP)

    def _lose(self, during: str) -> None:
        """Asterisk is gone."""
        if self.state is not AgiState.CLOSED:
            self._events.append(Lost(during))
            self._advance(AgiInput.CLOSE)

    def _advance(self, move: AgiInput) -> None:
        """Take one step in the table; the only place that sets the state."""
        target = AGI_TRANSITIONS[self.state].get(move)
        if target is None:
            raise RuntimeError(
                f"AGI connection: {move.value!r} is not possible while {self.state.value!r}"
            )
        if target is AgiState.CLOSED:
            self._deadline, self._outgoing, self._buffer = None, b"", b""
        _log.debug("= %s -> %s (%s)", self.state, target, move)
        self.state = target
