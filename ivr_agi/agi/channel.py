"""The asyncio channel over fds 0 and 1: commands, prompts, interruption, hang-up.

Layer: thin shell around :class:`ivr_agi.agi.connection.AgiConnection`; driven by the event loop.
Commands are written in the caller's own stack, not one loop turn later: a barge-in is one system
call.

Source: ``asterisk.md`` section 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ivr_agi.agi.connection import (
    AgiConnection,
    AgiEvent,
    AgiState,
    EnvironmentRead,
    HangupSeen,
    Lost,
    Replied,
    Stopped,
)
from ivr_agi.agi.text import ALL_KEYS, AgiEnvironment, Reply
from ivr_agi.agi.transport import AgiTransport, Pipes
from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.errors import (
    AgiCommandError,
    AgiCommandFailed,
    AgiProtocolError,
    CallerHungUp,
    ChannelLost,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ("AgiChannel", "Playback", "PlaybackCause")

_log = logging.getLogger("ivr_agi.agi")

_KEYS_BY_CODE = {str(ord(key)): key for key in f"{ALL_KEYS}ABCD"}
"""By the number that Asterisk answers with; other numbers are no keys."""

CLOCK_SAMPLES = SAMPLE_RATE_HZ * 6 // 100
"""How far Asterisk may be ahead of our clock: three frames."""


class PlaybackCause(enum.Enum):
    """What ended the playing of a file."""

    ENDED = "ended"
    """It was played to its end."""
    KEY = "key"
    """The caller pressed one of the escape digits."""
    STOPPED = "stopped"
    """:meth:`AgiChannel.interrupt` stopped it."""


@dataclass(frozen=True, slots=True)
class Playback:
    """How the playing of a file ended."""

    cause: PlaybackCause
    """The cause."""
    key: str | None
    """The key, one character, if a key ended it."""
    position_samples: int
    """Where it ended, in samples at 8 kHz: exactly, as Asterisk says, after a key; by our clock
    otherwise, and for a file of another rate."""
    written_at: float
    """When the command was written, monotonic seconds."""


class AgiChannel:
    """One call's AGI channel. Make it with :meth:`open`, best in ``async with``.

    Commands take turns: each is sent after the reply to the one before. Cancelling a coroutine
    leaves the channel in step.
    """

    environment: AgiEnvironment
    """What Asterisk said about the call."""

    def __init__(self, transport: AgiTransport) -> None:
        self.on_hangup: Callable[[], None] | None = None
        """Called once, from the reader, when a hang-up is first seen."""
        self.on_stream: Callable[[str | None, int], None] | None = None
        """Called when a file is about to play (name, offset in samples) and when it has ended
        (None, 0)."""
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._connection = AgiConnection()
        self._pending: asyncio.Future[AgiEvent] = self._loop.create_future()
        self._lost: Lost | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._handles_sighup = self._is_closed = False
        self._yields = False  # the pending command yields to any other

    @classmethod
    async def open(
        cls,
        *,
        stdin_fd: int = 0,
        stdout_fd: int = 1,
        handle_sighup: bool = True,
        transport: AgiTransport | None = None,
        last_words: bytes = b"",
    ) -> Self:
        """Take over both fds and read the environment.

        Args:
            stdin_fd: Replies of Asterisk; closed by :meth:`close`.
            stdout_fd: Commands to Asterisk; closed by :meth:`close`.
            handle_sighup: Treat SIGHUP as a hint of a hang-up instead of dying of it. Main thread
                only; False where many calls share the process.
            transport: Used instead of the fds.
            last_words: Commands for Asterisk where the environment does not come.

        Raises:
            ChannelLost: The environment is cut off, or a fd is not a pipe or socket.

        Cancellation: safe, both fds are closed.
        """
        channel = cls(transport or Pipes(stdin_fd, stdout_fd))
        async with contextlib.AsyncExitStack() as on_failure:
            on_failure.push_async_callback(channel.close, last_words)
            channel._attach(handle_sighup=handle_sighup)
            outcome = await channel._pending
            if not isinstance(outcome, EnvironmentRead):
                raise channel._closed_error()
            channel.environment = outcome.environment
            on_failure.pop_all()
        return channel

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def hangup_seen(self) -> bool:
        """The caller has left. Variables can still be set and applications run."""
        return self._connection.hangup_seen

    # Prompts.

    async def stream_file(
        self,
        name: str,
        *,
        escape_digits: str = ALL_KEYS,
        offset_samples: int = 0,
        yields: bool = False,
    ) -> Playback:
        """Play a file until it ends, a key is pressed, or :meth:`interrupt` is called.

        Args:
            name: Name of the sound file as Asterisk knows it, without extension.
            escape_digits: Keys that end it. Keys pressed while nothing plays are lost.
            offset_samples: Where to start, in samples at 8 kHz.
            yields: Any other command stops it. For collecting keys while nothing else happens.

        Raises:
            CallerHungUp: The caller left. Asterisk was asked: this is not a guess.
            AgiCommandFailed: The file cannot be played.
            ChannelLost: Asterisk is gone.

        Cancellation: safe. The prompt is stopped and the channel is in step again before the
        CancelledError propagates.
        Source: ``handle_streamfile`` in res_agi.c.
        """
        self._refuse_after_hangup()
        try:
            outcome = await self._exchange(
                "STREAM FILE", name, escape_digits, offset_samples, yields=yields, plays=True
            )
        except ValueError as exc:  # AGI cannot carry the name: Asterisk has no such file
            raise AgiCommandFailed("STREAM FILE", None, str(exc)) from exc
        played_s = outcome.at - outcome.sent_at
        position = offset_samples + round(played_s * SAMPLE_RATE_HZ)
        if isinstance(outcome, Stopped):
            return Playback(PlaybackCause.STOPPED, None, position, outcome.sent_at)
        reply = self._check("STREAM FILE", outcome.reply)
        if reply.result == "0":
            return Playback(PlaybackCause.ENDED, None, position, outcome.sent_at)
        if key := _KEYS_BY_CODE.get(reply.result):
            latest = position + CLOCK_SAMPLES
            if reply.endpos is not None and offset_samples <= reply.endpos <= latest:
                position = reply.endpos  # where Asterisk stopped; else the file is not 8 kHz
            return Playback(PlaybackCause.KEY, key, position, outcome.sent_at)
        raise AgiProtocolError("STREAM FILE", reply.code, reply.first_line)

    def interrupt(self) -> None:
        """Stop what is playing; written before this returns. Does nothing if nothing plays."""
        self._connection.interrupt(self._loop.time())
        self._pump()

    # Any other command.

    async def command(self, verb: str, *args: str | int, timeout_s: float | None = None) -> Reply:
        """Send a command when its turn comes, and wait for the reply.

        Args:
            verb: The command's words, e.g. ``GET DATA``.
            args: Text (is quoted) and numbers.
            timeout_s: Seconds until TimeoutError, including the wait for its turn; None: no limit.

        Returns:
            The reply: its code is 200, its result is not -1. An interrupted command looks as if no
            key had been pressed.

        Raises:
            CallerHungUp: 511, or result -1 and Asterisk says the channel is dead.
            AgiCommandFailed: Result -1 while the channel is alive.
            AgiCommandError: 510 or 520.
            AgiProtocolError: The reply cannot be read.
            ChannelLost: Asterisk is gone.
            ValueError: AGI cannot carry the command; nothing was sent.
            TimeoutError: After ``timeout_s``.

        Cancellation: safe. A command that can be stopped is stopped; any other stays pending in
        Asterisk, and the next one waits for its reply.
        """
        async with asyncio.timeout(timeout_s):
            outcome = await self._exchange(verb, *args)
        if isinstance(outcome, Stopped):
            return Reply(200, "0", "", None, "")
        return self._check(verb, outcome.reply)

    async def get_variable(self, name: str) -> str | None:
        """Read a channel variable or function; None if it is not set. Works after a hang-up."""
        reply = await self.command("GET VARIABLE", name)
        return reply.data if reply.result == "1" else None

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable or function. Works after a hang-up.

        Raises:
            ValueError: The value holds a line break or NUL, or is longer than AGI carries.
        """
        await self.command("SET VARIABLE", name, value)

    async def answer(self) -> None:
        """Answer the call, if it is not answered yet.

        Raises:
            CallerHungUp: The caller left.
        """
        self._refuse_after_hangup()
        await self.command("ANSWER")

    async def hangup(self) -> None:
        """Hang up; does nothing if the caller already has."""
        if not self.hangup_seen:
            with contextlib.suppress(CallerHungUp):
                await self.command("HANGUP")

    async def verbose(self, text: str, level: int = 3) -> None:
        """Write a line to Asterisk's console at a verbose level of 1 to 4."""
        await self.command("VERBOSE", text, level)

    async def exec(self, application: str, *options: str) -> Reply:
        """Run a dialplan application. No audio arrives on fd 3 meanwhile, and nothing can stop it.

        Raises:
            AgiCommandFailed: There is no such application (-2), or it failed (-1).
            CallerHungUp: The caller left meanwhile.
        """
        data = (",".join(options),) if options else ()
        reply = await self.command("EXEC", application, *data)
        if reply.result == "-2":
            raise AgiCommandFailed("EXEC", reply.code, reply.first_line)
        return reply

    def note_sighup(self) -> None:
        """Take a hint (SIGHUP): ask Asterisk for a hang-up when the pending command ends."""
        self._connection.suspect_hangup()

    async def close(self, last_words: bytes = b"") -> None:
        """Leave the call to the dialplan and close both fds. Pending commands get ChannelLost.

        Args:
            last_words: Commands that Asterisk executes after the pending one, and whose replies
                nobody reads.
        """
        if self._is_closed:
            return
        self._is_closed = True
        if last_words:  # also for an Asterisk that was silent for too long
            with contextlib.suppress(OSError):
                self._transport.write(last_words)
        if self._lost is None:
            self._handle(Lost("it was being closed by us"))
            self._connection.close()
        self._pump()
        if self._handles_sighup:
            self._loop.remove_signal_handler(signal.SIGHUP)
        self._transport.close()

    # Inside.

    def _attach(self, *, handle_sighup: bool) -> None:
        """Start listening."""
        self._transport.listen(self._on_data)
        if handle_sighup:
            self._loop.add_signal_handler(signal.SIGHUP, self.note_sighup)
            self._handles_sighup = True

    async def _exchange(
        self, verb: str, *args: str | int, yields: bool = False, plays: bool = False
    ) -> Replied | Stopped:
        """Send one command in its turn and wait for its result."""
        while self._lost is None and not self._connection.is_ready:
            if self._yields:
                self.interrupt()
            await asyncio.wait([self._pending])
        if self._lost is not None:
            raise self._closed_error()
        self._connection.send(verb, *args, now=self._loop.time())
        self._yields = yields
        pending = self._pending = self._loop.create_future()
        self._pump()
        if plays and self.on_stream is not None:
            self.on_stream(str(args[0]), int(args[2]))
        try:
            await asyncio.shield(pending)
        except asyncio.CancelledError:
            await self._realign(pending)
            raise
        finally:
            # Not if another command was already sent: it may play the next file.
            if plays and self.on_stream is not None and self._pending is pending:
                self.on_stream(None, 0)
        outcome = pending.result()
        if not isinstance(outcome, Replied | Stopped):
            raise self._closed_error()
        return outcome

    async def _realign(self, pending: asyncio.Future[AgiEvent]) -> None:
        """Stop the pending command if it can be stopped, and wait until Asterisk is in step.

        Takes at most ``MAX_FENCES * FENCE_RETRY_S``; further cancellations wait as well.
        """
        self.interrupt()
        while self._connection.state in (AgiState.FENCING, AgiState.ASKING):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([pending])

    def _refuse_after_hangup(self) -> None:
        """Raise CallerHungUp if Asterisk would only answer 511."""
        if self.hangup_seen:
            raise CallerHungUp

    def _check(self, verb: str, reply: Reply) -> Reply:
        """Raise what the reply means; return it if it means success."""
        if reply.code == 511:
            raise CallerHungUp
        if reply.code in (510, 520):
            raise AgiCommandError(verb, reply.code, reply.first_line)
        if reply.code == 0:
            raise AgiProtocolError(verb, None, reply.first_line)
        if reply.result == "-1" and self.hangup_seen:
            raise CallerHungUp
        if reply.code != 200 or reply.result == "-1":
            raise AgiCommandFailed(verb, reply.code, reply.first_line)
        return reply

    def _closed_error(self) -> CallerHungUp | ChannelLost:
        """Choose the error for the end of the pipe: after a hang-up it is the normal end."""
        if self.hangup_seen:
            return CallerHungUp()
        return ChannelLost(self._lost.during if self._lost else "it was open")

    def _on_data(self, data: bytes) -> None:
        """Feed the connection what has arrived."""
        if data:
            self._connection.receive_data(data, self._loop.time())
        else:
            self._connection.receive_eof()
        self._pump()

    def _on_timer(self) -> None:
        """Tell the connection that its deadline has passed."""
        self._timer = None
        self._connection.handle_timeout(self._loop.time())
        self._pump()

    def _pump(self) -> None:
        """Write what is due, deliver results, set the timer."""
        if data := self._connection.data_to_send():
            try:
                self._transport.write(data)
            except OSError:
                self._connection.receive_eof()
        while event := self._connection.next_event():
            self._handle(event)
        self._set_timer()

    def _handle(self, event: AgiEvent) -> None:
        """Deliver one event to whoever waits for it."""
        if isinstance(event, HangupSeen):
            if self.on_hangup is not None:
                self.on_hangup()
            return
        if isinstance(event, Lost):
            self._lost = event
        if not self._pending.done():
            self._pending.set_result(event)

    def _set_timer(self) -> None:
        """Keep one timer, set to the connection's deadline."""
        deadline = self._connection.next_deadline()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._timer = self._loop.call_later(deadline - self._loop.time(), self._on_timer)
