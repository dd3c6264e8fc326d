"""The client for recognition: sessions on a persistent socket.

Shell over ``websockets``; the rules are in :mod:`ivr_agi.sis.session.socket_protocol`. Each client
has a reader task, a task that pings, and a timer. Messages are written in the call stack of the
sender. Synthesis is in :mod:`ivr_agi.sis.client.synthesizer`.

Source: ``sis-protocol.md`` 3 (handshake), 4 (RASR).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from ivr_agi.errors import SpeechError, SpeechUnavailable
from ivr_agi.sis.client.connection import MessageTransport, closed_error, open_socket
from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.session.socket_protocol import RecognitionProtocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.wire.events import RecognitionEvent
    from ivr_agi.sis.wire.messages import RecognitionConfig

__all__ = ("PONG_S", "RecognitionClient")

_logger = logging.getLogger("ivr_agi.sis")

MAX_BACKLOG_MS = 10_000
"""Audio that may wait because the kernel's buffer is full: 5 s that are sent at once when a session
begins, and 5 s more, which mean that the service has stopped reading."""

PONG_S = 2.0
"""Longest wait for a pong, seconds: the service's socket answers it, whatever the service does."""


class RecognitionClient:
    """One RASR socket: recognition sessions one after another.

    Made by :meth:`connect`. ``on_event`` is called in the reader task as soon as the message is
    received, and must not block; it may call :meth:`start`, :meth:`send_audio` and :meth:`end`.
    These never wait: what the kernel does not take at once stays in the transport's buffer, so a
    service that does not read blocks nobody. If more than 10 s of audio wait there, the socket is
    given up.

    The service is pinged continually (``Endpoint.ping_interval_s``) and has :data:`PONG_S` for the
    pong (``answer_timeout_s``, if that is less), so a frozen service is noticed while we wait for
    words.

    After a lost socket (or FATAL_ERROR, an unanswered START or END, an unreadable message)
    :attr:`closed` is true and a new client is needed. After ERROR and its END, the next session can
    start.
    """

    def __init__(
        self,
        transport: MessageTransport,
        endpoint: Endpoint,
        on_event: Callable[[RecognitionEvent], None],
        mode: Mode,
    ) -> None:
        self.on_event = on_event
        """May be replaced between two sessions."""
        self._transport = transport
        self._endpoint = endpoint
        self._protocol = RecognitionProtocol(
            mode=mode, answer_timeout_s=endpoint.answer_timeout_s, service=endpoint.url
        )
        self._loss: SpeechError | None = None
        self._is_delivering = False
        self._doubted = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.opened_at = self._loop.time()
        """When the socket was opened, in the event loop's time."""
        self.used_at = self.opened_at
        """When audio was last sent, in the event loop's time."""
        self._timer: asyncio.TimerHandle | None = None
        self._task = self._loop.create_task(self._run(), name=f"recognizer {endpoint.url}")

    @classmethod
    async def connect(
        cls,
        endpoint: Endpoint,
        *,
        on_event: Callable[[RecognitionEvent], None],
        mode: Mode = Mode.SENTENCE,
    ) -> RecognitionClient:
        """Open the socket; no session is started yet.

        Raises:
            SpeechUnavailable: There is no answer in time.
            SpeechRejected: The service answered with an HTTP error.

        Cancellation: safe, the socket is closed.
        """
        socket = await open_socket(endpoint, f"rasr/{mode}")
        return cls(socket, endpoint, on_event, mode)

    @property
    def closed(self) -> bool:
        """No more sessions can be started."""
        return self._protocol.is_closed

    @property
    def is_idle(self) -> bool:
        """No session is running."""
        return self._protocol.is_idle

    def start(self, config: RecognitionConfig) -> int:
        """Start a session; while the previous one is ending, START waits for its END.

        It takes audio from :class:`~ivr_agi.sis.wire.events.RecognitionStarted` on.

        Returns:
            The session's number, which all its events carry: 1, 2, ...

        Raises:
            ConfigError: This client does not support ``config``.
            RuntimeError: The previous session was not ended with :meth:`end`.
            SpeechUnavailable: The socket is closed.
        """
        number = self._protocol.start(config, self._loop.time())
        self._deliver()
        return number

    def send_audio(self, audio: bytes) -> None:
        """Send audio in the session's ``audio_format``, unchanged, as one message.

        It is dropped without an open session, before START is answered, and when the service takes
        no more (after VOICE_END, EXCEEDED_SILENCE, or the mode's limit).

        Args:
            audio: 20 ms to 2 s. More is sent as several messages; less is padded with silence.
        """
        self.used_at = self._loop.time()
        self._protocol.send_audio(audio)
        if self._protocol.has_events:
            self._deliver()
        else:
            self._write()

    def end(self, *, cancel: bool = False) -> None:
        """End the session; its last event will follow. A second call has no effect.

        Args:
            cancel: Drop what is not recognised yet; no more words come.
        """
        self._protocol.end(self._loop.time(), cancel=cancel)
        self._deliver()

    def doubt(self) -> None:
        """Ping now, because the service is silent where it should not be; a frozen one is lost."""
        self._doubted.set()

    async def close(self) -> None:
        """Close the socket; open sessions end with CANCEL before this waits for anything.

        Cancellation: safe, the socket is closed in any case.
        """
        self._protocol.close()
        try:
            self._deliver()
            await self._transport.close()
        finally:
            self._transport.abort()
            await self._task

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                pinging = tasks.create_task(self._ping())
                await self._read()
                pinging.cancel()
        except Exception:
            # Outermost frame of the task: a failing handler must not leak the socket.
            text = "! %s: on_event failed, the socket is dropped, trace %s"
            _logger.exception(text, self._endpoint.url, self._protocol.trace_id)
            self._protocol.close()
        finally:
            self._arm_timer()
            self._transport.abort()

    async def _read(self) -> None:
        try:
            while not self.closed:
                message = await self._transport.recv()
                self._protocol.receive(message, self._loop.time())
                self._deliver()
        except ConnectionClosed as closed:
            error = self._loss or closed_error(closed, self._endpoint)
            _logger.debug("x %s, trace %s", error, self._protocol.trace_id)
            self._protocol.connection_lost(error)
            self._deliver()

    async def _ping(self) -> None:
        with contextlib.suppress(ConnectionClosed):  # the reader reports it
            limit_s = min(PONG_S, self._endpoint.answer_timeout_s)
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._endpoint.ping_interval_s):
                        await self._doubted.wait()
                self._doubted.clear()
                pong = await self._transport.ping()
                try:
                    async with asyncio.timeout(limit_s):
                        await pong
                except TimeoutError:
                    self._give_up(f"no answer to a ping within {limit_s:g} s")

    def _give_up(self, reason: str) -> None:
        """Drop the socket; the reader reports why."""
        if self._loss is None:
            self._loss = SpeechUnavailable(reason, service=self._endpoint.url, has_waited=True)
            self._transport.abort()

    def _deliver(self) -> None:
        """Deliver what the protocol has for the service, the user and the timer."""
        self._write()
        if not self._is_delivering:  # else on_event called us, and the outer loop continues
            self._is_delivering = True
            try:
                while (event := self._protocol.next_event()) is not None:
                    self.on_event(event)
            finally:
                self._is_delivering = False
        self._arm_timer()

    def _write(self) -> None:
        """Write pending messages; the reader reports a lost socket."""
        if messages := self._protocol.messages_to_send():
            waiting_bytes = self._transport.write(messages)
            if waiting_bytes and waiting_bytes > MAX_BACKLOG_MS * self._protocol.bytes_per_ms:
                self._give_up("it has stopped reading")

    def _arm_timer(self) -> None:
        deadline = self._protocol.next_deadline()
        if self._timer is not None and self._timer.when() != deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and deadline is not None:
            self._timer = self._loop.call_at(deadline, self._handle_timeout)

    def _handle_timeout(self) -> None:
        self._timer = None
        self._protocol.handle_timeout(self._loop.time())
        if self.closed:
            self._transport.abort()  # ends the reader
        self._deliver()
