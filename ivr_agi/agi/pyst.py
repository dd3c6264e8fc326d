"""pyst2 scripts on this channel: the methods that they know, plus ``say()`` and ``ask()``.

Layer: shell; imported only when a script asks for it. The script runs, and blocks, in a thread of
its own. Every command goes to the call's event loop through one function,
:meth:`SpeechAGI.execute`. Better than in pyst2: arguments are escaped, a hang-up is reported as
one, nothing is written to stderr, and no signal handler is installed.

Source: ``pyst2.md`` sections 3, 4 and 6.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from asterisk.agi import AGI, AGIDBError

from ivr_agi.errors import AgiError, CallerHungUp, ChannelLost, UserCodeFailed
from ivr_agi.threads import run_in_call_loop, run_user_code_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ivr_agi.agi.channel import AgiChannel

__all__ = ("SpeechAGI", "SpeechDialogue", "run_script")

_T = TypeVar("_T")

ASK_S = 0.5
"""A script that sends no command hears of a hang-up so late at most, if it asks."""


class SpeechDialogue(Protocol):
    """What the dialogue room offers to scripts."""

    async def say(self, text: str) -> None:
        """Say a text to its end.

        Raises:
            CallerHungUp: The caller left.
        """
        ...

    async def ask(
        self, text: str, *, words: Sequence[str] = (), timeout_s: float = 5.0
    ) -> str | None:
        """Say a text and listen, also while it plays; None if nothing was heard.

        Raises:
            CallerHungUp: The caller left.
        """
        ...


class _Quoted(str):
    """An argument that pyst2 put in quotes: sent even if it is empty."""


class SpeechAGI(AGI):  # type: ignore[misc]  # pyst2 has no types
    """pyst2's ``AGI`` with a voice. Made by :func:`run_script`; used in the script's thread.

    Methods raise pyst2's own exceptions: a hang-up is an ``AGIHangup``. A broken channel raises our
    :class:`ivr_agi.errors.ChannelLost`.
    """

    def __init__(
        self, channel: AgiChannel, dialogue: SpeechDialogue, loop: asyncio.AbstractEventLoop
    ) -> None:
        # pyst2's own constructor would read stdin and take SIGHUP.
        self.env = dict(channel.environment.raw)
        """The environment under pyst2's names, e.g. ``agi_callerid``."""
        self._channel = channel
        self._dialogue = dialogue
        self._loop = loop
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._abandoned = False
        self._running: concurrent.futures.Future[Any] | None = None
        self._asked_at = -ASK_S

    def say(self, text: str) -> None:
        """Say a text to its end.

        Raises:
            CallerHungUp: The caller left (an ``AGIHangup``).
        """
        self._wait(self._dialogue.say(text))

    def ask(self, text: str, *, words: Sequence[str] = (), timeout_s: float = 5.0) -> str:
        """Say a text, listen, and return the words or the keys; empty if there were none.

        Words below ``recognition.min_score``, or not among ``words``, count as none.

        Args:
            text: The question; the caller may talk over it.
            words: The possible answers; empty means anything. They are recognised best with a
                hot-word table, made once by ``ivr-agi vocabulary sync --words``.
            timeout_s: Seconds of silence after the question that count as no answer.

        Raises:
            CallerHungUp: The caller left (an ``AGIHangup``).
            SpeechUnavailable: The service is down.
            ConfigError: The file of hot-word tables is broken.
        """
        return self._wait(self._dialogue.ask(text, words=words, timeout_s=timeout_s)) or ""

    def execute(self, command: str, *args: object) -> dict[str, tuple[str, str]]:
        """Send one command and wait for its reply; every pyst2 method ends here.

        Arguments are escaped; empty ones that pyst2 did not quote are left out, as pyst2 does.

        Returns:
            pyst2's form: ``{"result": (value, data)}``, and ``"endpos"`` where there is one.

        Raises:
            CallerHungUp, AgiCommandFailed, AgiCommandError, AgiProtocolError, ChannelLost,
            ValueError: as :meth:`ivr_agi.agi.channel.AgiChannel.command`.
        """
        words = [
            arg if isinstance(arg, int) else str(arg)
            for arg in args
            if isinstance(arg, _Quoted) or arg != ""
        ]
        reply = self._wait(self._channel.command(command.strip(), *words))
        result = {"result": (reply.result, reply.data)}
        if reply.endpos is not None:
            result["endpos"] = (str(reply.endpos), "")
        return result

    def test_hangup(self) -> None:
        """Raise if the caller has left; asks Asterisk, but not more often than twice a second.

        Raises:
            CallerHungUp: The caller left (an ``AGIHangup``).
        """
        now = time.monotonic()
        if not self._channel.hangup_seen and now - self._asked_at >= ASK_S:
            self._asked_at = now
            self._channel.note_sighup()  # makes the connection ask
            with contextlib.suppress(AgiError):
                self._wait(self._channel.command("NOOP"))
        if self._channel.hangup_seen:
            raise CallerHungUp

    def database_get(self, family: str, key: str) -> str:
        """Read the Asterisk database (pyst2 puts both names in quotes twice).

        Raises:
            AGIDBError: The entry does not exist.
        """
        value, data = self.execute("DATABASE GET", self._quote(family), self._quote(key))["result"]
        if value != "1":
            raise AGIDBError(f"Key not found in database: family={family}, key={key}")
        return data

    def abandon(self) -> None:
        """Release the script: what it waits for, and whatever it tries next, raises ChannelLost."""
        with self._lock:
            self._abandoned = True
            if self._running is not None:
                self._running.cancel()

    def _quote(self, string: object) -> _Quoted:
        """Only mark the text: :meth:`execute` quotes and escapes."""
        return _Quoted(string)

    def _wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine in the call's event loop and wait for it in this thread."""
        with self._lock:
            if self._abandoned:
                work.close()
                raise ChannelLost("the script was still running")
            running = run_in_call_loop(work, self._loop, self._context)
            self._running = running
        try:
            return running.result()
        except concurrent.futures.CancelledError as exc:
            raise ChannelLost("the script was still running") from exc


async def run_script(
    script: Callable[[SpeechAGI], _T], channel: AgiChannel, dialogue: SpeechDialogue
) -> _T | None:
    """Run a pyst2 script, ``script(agi)``, in a thread of its own.

    Returns:
        What the script returns; None if it ended by ``sys.exit()``, as many do.

    Raises:
        CallerHungUp: The script did not catch a hang-up.
        UserCodeFailed: It raised what is no ``Exception``.
        Exception: Whatever else the script raises.

    Cancellation: the script's pending command is stopped, and its next one raises ChannelLost. A
    thread cannot be killed: a script that never uses the channel again keeps running.
    """
    loop = asyncio.get_running_loop()
    agi = SpeechAGI(channel, dialogue, loop)
    # A thread of its own: scripts may sit for minutes, and one that does not end must not keep
    # the process.
    try:
        return await run_user_code_alone(script, agi)
    except UserCodeFailed as exc:
        if isinstance(exc.__cause__, SystemExit):
            return None
        raise
    finally:
        agi.abandon()
