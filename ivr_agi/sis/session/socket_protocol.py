"""One RASR socket: sessions one after another, and what belongs to none of them.

Core, no I/O. Driven by the user's calls, by messages from the socket and by time. The shell
(:mod:`ivr_agi.sis.client.recognizer`) feeds it, writes ``messages_to_send()``, delivers
``next_event()`` and drops the socket once it ``is_closed``.

A session that is started while an older one is still ending waits for its turn, so
``end(cancel=True); start(config)`` renews a session.

Source: ``sis-protocol.md`` 4.3, 7 and 8, rows 1, 13 and 14.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from ivr_agi.errors import SpeechError, SpeechProtocolError, SpeechUnavailable
from ivr_agi.sis.session.modes import Mode, RecognitionState
from ivr_agi.sis.session.recognition import RecognitionSession, WireMessage, plain_config
from ivr_agi.sis.wire.formats import PCM_8K
from ivr_agi.sis.wire.messages import (
    FatalErrorResponse,
    RecognitionConfig,
    RecognitionResponse,
    decode_recognition_response,
    rejection,
)

if TYPE_CHECKING:
    from ivr_agi.sis.wire.events import RecognitionEvent

__all__ = ("RecognitionProtocol",)

_logger = logging.getLogger("ivr_agi.sis")

_MAX_SESSIONS = 64
"""Most sessions that wait for the socket. Each ``start()`` is one step of a call, and the first
session's deadline is seconds away: more than this is an endless loop."""


class RecognitionProtocol:
    """The client's side of one RASR socket."""

    def __init__(
        self,
        *,
        mode: Mode = Mode.SENTENCE,
        answer_timeout_s: float = 5.0,
        service: str = "",
    ) -> None:
        self.is_closed = False
        """No more sessions can be started; the shell drops the socket."""
        self._mode = mode
        self._answer_timeout_s = answer_timeout_s
        self._service = service
        self._sessions: deque[RecognitionSession] = deque()
        """The first one has the socket; the last one is the user's."""
        self._n_started = 0
        self._is_plain = False
        """The service has refused fields that some regions do not know."""
        self._previous_trace_id: str | None = None
        self._messages: list[WireMessage] = []
        self._events: deque[RecognitionEvent] = deque()

    @property
    def trace_id(self) -> str | None:
        """The service's id of the session that has the socket, or had it last."""
        front = self._sessions[0].trace_id if self._sessions else None
        return front or self._previous_trace_id

    @property
    def is_idle(self) -> bool:
        """No session is running or waiting."""
        return not self._sessions

    # What the user wants.

    def start(self, config: RecognitionConfig, now: float) -> int:
        """Start a session, or queue it until the older one has ended.

        Returns:
            Its number: 1, 2, ...

        Raises:
            ConfigError: The client does not support ``config``.
            RuntimeError: The previous session was not ended, or far too many are waiting.
            SpeechUnavailable: The socket is closed.
        """
        if self.is_closed:
            raise SpeechUnavailable("the socket is closed", service=self._service)
        if self._sessions and self._sessions[-1].is_open:
            raise RuntimeError(f"session {self._n_started} is open: end() comes before start()")
        if len(self._sessions) >= _MAX_SESSIONS:
            raise RuntimeError(f"{_MAX_SESSIONS} sessions wait for the socket")
        session = RecognitionSession(
            self._n_started + 1,
            plain_config(config) if self._is_plain else config,
            send=self._messages.append,
            emit=self._events.append,
            mode=self._mode,
            answer_timeout_s=self._answer_timeout_s,
            service=self._service,
        )
        self._n_started += 1
        self._sessions.append(session)
        self._give_turn(now)
        return self._n_started

    @property
    def bytes_per_ms(self) -> int:
        """Bytes per millisecond of the newest session's audio."""
        newest = self._sessions[-1].audio_format if self._sessions else PCM_8K
        return newest.bytes_per_ms

    def send_audio(self, audio: bytes) -> None:
        """Send audio in the newest session, in its format; it is dropped if none is open."""
        if self._sessions:
            self._sessions[-1].send_audio(audio)

    def end(self, now: float, *, cancel: bool = False) -> None:
        """End the newest session; no effect if it has ended."""
        if self._sessions:
            self._sessions[-1].end(now, cancel=cancel)

    def close(self) -> None:
        """Cancel all sessions, because the user closes the socket."""
        self.is_closed = True
        for session in self._sessions:
            session.close()
        self._retire()

    # What the socket and the clock bring.

    def receive(self, message: WireMessage, now: float) -> None:
        """Take one frame of the service."""
        if isinstance(message, bytes):
            _logger.debug("< %d bytes ignored, trace %s", len(message), self.trace_id)
            return
        try:
            response = decode_recognition_response(message)
        except SpeechProtocolError as error:
            # Nobody knows which words were lost with it, so the socket cannot be trusted.
            self.connection_lost(SpeechProtocolError(error.reason, service=self._service))
            return
        _logger.debug("< %s, trace %s", type(response).__name__, self.trace_id)
        if self._sessions and not self._is_late(response):
            self._sessions[0].receive(response, now)
        if isinstance(response, FatalErrorResponse):
            self.connection_lost(rejection(response, service=self._service))
        self._give_turn(now)

    def connection_lost(self, error: SpeechError) -> None:
        """The socket is lost or unusable: all sessions end with ``error``."""
        self.is_closed = True
        for session in self._sessions:
            session.lose(error)
        self._retire()

    def next_deadline(self) -> float | None:
        """When :meth:`handle_timeout` is due, monotonic seconds; None: no answer is awaited."""
        return self._sessions[0].deadline if self._sessions else None

    def handle_timeout(self, now: float) -> None:
        """Check whether an answer is overdue: then the socket is given up."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return
        session = self._sessions[0]
        awaited = "START" if session.state is RecognitionState.STARTING else "END"
        session.handle_timeout()
        # Its late answer, and words before it, would be taken for the next session's.
        reason = f"no answer to {awaited}"
        self.connection_lost(SpeechUnavailable(reason, service=self._service, has_waited=True))

    # What comes out.

    @property
    def has_events(self) -> bool:
        """Whether there are events for the user."""
        return bool(self._events)

    def messages_to_send(self) -> list[WireMessage]:
        """Return the messages to write now, in order: text as str, audio as bytes."""
        if not self._messages:
            return []
        messages = self._messages.copy()
        self._messages.clear()
        return messages

    def next_event(self) -> RecognitionEvent | None:
        """Return the next event for the user, or None."""
        return self._events.popleft() if self._events else None

    def _give_turn(self, now: float) -> None:
        """Start the next session when the previous one is over."""
        self._retire()
        while self._sessions and self._sessions[0].state is RecognitionState.WAITING:
            self._sessions[0].take_turn(now)
            self._retire()

    def _retire(self) -> None:
        while self._sessions and self._sessions[0].state is RecognitionState.OVER:
            session = self._sessions.popleft()
            self._is_plain = self._is_plain or session.is_plain
            self._previous_trace_id = session.trace_id

    def _is_late(self, response: RecognitionResponse) -> bool:
        """Tell whether a response belongs to a session that was given up when its END did not come.

        Only the trace_id tells; with one trace_id for the whole socket, no response is late.
        """
        session = self._sessions[0]
        return (
            response.trace_id is not None
            and session.trace_id is not None
            and response.trace_id == self._previous_trace_id != session.trace_id
        )
