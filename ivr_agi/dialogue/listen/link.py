"""The call's line to a recogniser: connected ahead of need, reused, replaced when it fails.

Stands between the caller's audio (every 20 ms frame, whatever happens) and a
:class:`~ivr_agi.sis.client.recognizer.RecognitionClient` that may be connecting, in a session,
between two, or gone.

An endpoint that fails in a session is replaced by the next one, which gets everything that was said
since the session began: the sentence survives, and the turn does not even notice. A failure reaches
the turn only when no endpoint is left.

The service cuts a socket on which no audio comes for 20 s, and silence can only be sent in a
session; so a socket without one is closed after 15 s, and a new one opened when a turn begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import random
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.audio.frames import bytes_to_ms, ms_to_bytes
from ivr_agi.dialogue.listen.replay import BURST_BYTES, CATCH_UP_BYTES, Pacing, Replay
from ivr_agi.errors import ConfigError, SpeechError
from ivr_agi.sis.access.failover import EndpointAttempts, Endpoints
from ivr_agi.sis.client.pool import IDLE_S, CallSockets, SocketPool, is_usable
from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionEvent,
    RecognitionFailed,
    RecognitionStarted,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ivr_agi.journal import Journal
    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.client.recognizer import RecognitionClient
    from ivr_agi.sis.wire.messages import RecognitionConfig

__all__ = ("SpeechLink",)

_log = logging.getLogger("ivr_agi.dialogue")

MAX_VAD_HEAD_MS = 60000
"""Largest ``vad_head`` (sis-protocol.md 5)."""
MIN_VAD_HEAD_MS = 500
"""What is left of it at least, where another endpoint goes on with a session."""


class _Line:
    """A socket to one endpoint."""

    def __init__(self, endpoint: Endpoint, recognizer: RecognitionClient) -> None:
        self.endpoint = endpoint
        self.recognizer = recognizer

    def is_usable(self, now: float) -> bool:
        """A session can be started on it."""
        return is_usable(self.recognizer, now)


class _Session:
    """A session that the turn wants, on whichever line."""

    def __init__(self, config: RecognitionConfig, audio: Replay, *, is_secret: bool) -> None:
        self.config = config
        self.is_secret = is_secret
        """Its words are not for the journal, even where they come when their step is over."""
        self.audio = audio
        self.number = 0
        """Of the recogniser; 0: not started on this line."""
        self.is_live = False
        """The service has answered START."""
        self.is_settled = False
        """The outcome is known: to begin again elsewhere would only say it twice."""
        self.end_asked = False
        self.end_sent = False

    def rewind(self) -> None:
        """Begin again on another line."""
        self.audio.rewind()
        self.number, self.is_live, self.end_sent = 0, False, False


class SpeechLink:
    """Recognition for one call: one session at a time, on a socket that is kept.

    Args:
        endpoints: Where to connect.
        preroll: Gives the caller's last half second (PCM), sent first in every session.
        journal: Gets an entry for every event.
        vocabularies: For each endpoint but the first, by URL: its own id of each hot-word table of
            the first. Tables that it does not have are not asked for.
        sockets: Where sockets come from and go to; default: they are the call's own.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        preroll: Callable[[], bytes],
        journal: Journal,
        *,
        vocabularies: Mapping[str, Mapping[str, str]] | None = None,
        sockets: CallSockets | None = None,
    ) -> None:
        self.on_event: Callable[[RecognitionEvent], None] | None = None
        """Gets the events of the newest session, in the call stack of the socket's reader."""
        self._endpoints = endpoints
        self._preroll = preroll
        self._journal = journal
        self._vocabularies = vocabularies or {}
        self._sockets = sockets or SocketPool(max_kept=0).for_call()
        self._line: _Line | None = None
        self._n_lines = 0
        self._connecting: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._idle: asyncio.TimerHandle | None = None
        self._attempts: EndpointAttempts | None = None
        self._session: _Session | None = None
        self._max_bytes = ms_to_bytes(40)
        """Of one message."""
        self._pacing = Pacing()

    def open_ahead(self) -> None:
        """Begin to connect if there is no socket; a failure shows when a session is started."""
        now = asyncio.get_running_loop().time()
        if self._line is not None and not self._line.is_usable(now):
            self._drop_line()
        if self._line is None and self._connecting is None:
            self._attempts = None
            self._connect(self._endpoints.in_use)

    def start(self, config: RecognitionConfig, *, chunk_ms: int, quiet_chunk_ms: int = 0) -> None:
        """Start a session with the pre-roll; one that is active is given up.

        Args:
            config: ``vad_head`` counts from now on; the pre-roll's length is added to it.
            chunk_ms: Length of the messages that audio is sent in.
            quiet_chunk_ms: The same on a quiet line (:class:`.Pacing`), if it is longer.
        """
        self.set_chunk(chunk_ms, quiet_chunk_ms)
        audio = Replay(self._preroll())
        vad_head = config.vad_head + round(bytes_to_ms(len(audio)))
        config = msgspec.structs.replace(config, vad_head=min(MAX_VAD_HEAD_MS, vad_head))
        self._session = _Session(config, audio, is_secret=self._journal.secure)
        self.open_ahead()
        if self._line is not None:
            self._attempts = None
            self._begin(self._line, self._session)

    def end(self, *, cancel: bool) -> None:
        """Send END. No effect without a session."""
        session = self._session
        if session is None:
            return
        if not cancel:
            session.end_asked = True
            self._send(session, CATCH_UP_BYTES)
        elif session.number == 0:  # nobody has heard of it
            self._session = None
            self._watch_idle()
        elif self._line is not None:
            session.is_settled = session.end_asked = session.end_sent = True
            self._line.recognizer.end(cancel=True)

    def set_chunk(self, chunk_ms: int, quiet_chunk_ms: int = 0) -> None:
        """Set the length of the messages that audio is sent in, ms; arguments as in `start`."""
        self._pacing.set_chunk(chunk_ms, quiet_chunk_ms)
        self._max_bytes = ms_to_bytes(max(chunk_ms, quiet_chunk_ms))

    def feed(self, frame: bytes) -> None:
        """Take one frame of the caller's audio; never waits."""
        session = self._session
        if session is None:
            return
        audio = session.audio
        if not session.end_asked:
            n_waiting = audio.add(frame)
            if n_waiting < self._pacing.message_bytes(frame, has_voice=audio.has_voice):
                return
        self._send(session, CATCH_UP_BYTES)

    async def close(self) -> None:
        """Close the socket, or leave it to the next call."""
        self.on_event = None
        self._session = None
        if self._connecting is not None:
            self._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._connecting
        self._stop_watching()
        line, self._line = self._line, None
        if line is not None:
            await self._sockets.end(line.endpoint, line.recognizer)
        else:
            await self._sockets.end(None, None)
        await asyncio.gather(*self._closing)

    # Lines.

    def _connect(self, endpoint: Endpoint, wait_s: float = 0.0) -> None:
        self._connecting = asyncio.get_running_loop().create_task(self._open(endpoint, wait_s))

    async def _open(self, endpoint: Endpoint, wait_s: float) -> None:
        """Open a socket to an endpoint, or to one after it."""
        self._n_lines += 1
        on_event = functools.partial(self._on_event, self._n_lines)
        try:
            if not self._sockets.admit():
                self._give_up(SpeechError("as many speech sessions as are allowed are under way"))
                return
            while True:
                await asyncio.sleep(wait_s)
                try:
                    recognizer = await self._sockets.connect(endpoint, on_event=on_event)
                    break
                except SpeechError as error:
                    following = self._next(endpoint, error)
                    if following is None:
                        self._give_up(error)
                        return
                    endpoint, wait_s = following
        finally:
            self._connecting = None
        self._line = _Line(endpoint, recognizer)
        if self._session is None:
            self._watch_idle()
            return
        try:
            self._begin(self._line, self._session)
        except ConfigError as error:  # nobody else would hear of it
            self._give_up(SpeechError(str(error)))

    def _next(self, endpoint: Endpoint, error: SpeechError) -> tuple[Endpoint, float] | None:
        """Note that an endpoint failed; which one is next, and in how many seconds."""
        now = asyncio.get_running_loop().time()
        if self._attempts is None:
            self._attempts = EndpointAttempts(self._endpoints)
        following = self._attempts.after(endpoint, error, now, random.random())
        if following is None or (self._session is None and following[1]):
            return None  # nobody waits for it yet: there is time to try again later
        if following[0] is not endpoint:
            _log.warning("%s; going on at %s", error, following[0].url)
        self._journal.record(
            "failover",
            error=str(error),
            failed=endpoint.url,
            next=following[0].url,
            trace_id=error.trace_id,
        )
        return following

    def _give_up(self, error: SpeechError) -> None:
        level = logging.INFO if self._session is None else logging.WARNING
        _log.log(level, "%s", error)
        self._journal.record("speech_unavailable", error=str(error), trace_id=error.trace_id)
        if self._session is not None:
            self._session = None
            self._emit(RecognitionFailed(session=0, trace_id=error.trace_id, error=error))

    def _drop_line(self) -> None:
        self._stop_watching()
        if self._line is not None:
            closing = asyncio.get_running_loop().create_task(self._line.recognizer.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            self._line = None

    def _watch_idle(self) -> None:
        self._stop_watching()
        if self._line is not None:
            due = self._line.recognizer.used_at + IDLE_S  # also where a call before used it
            self._idle = asyncio.get_running_loop().call_at(due, self._drop_line)

    def _stop_watching(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    # Sessions.

    def _begin(self, line: _Line, session: _Session) -> None:
        self._stop_watching()
        recognizer = line.recognizer
        recognizer.end(cancel=True)
        config = session.config
        if line.endpoint is not self._endpoints.first and config.vocabulary_id is not None:
            own = self._vocabularies.get(line.endpoint.url, {}).get(config.vocabulary_id)
            config = msgspec.structs.replace(config, vocabulary_id=own)
        if forgotten_ms := round(bytes_to_ms(session.audio.n_forgotten)):
            vad_head = max(MIN_VAD_HEAD_MS, config.vad_head - forgotten_ms)
            config = msgspec.structs.replace(config, vad_head=vad_head)
        session.number = recognizer.start(config)

    def _send(self, session: _Session, max_bytes: int) -> None:
        """Send what the service has not got yet, and END behind it where it is asked for."""
        line = self._line
        if line is None:
            return
        audio, left = session.audio, max(max_bytes, self._max_bytes)
        while session.is_live and left > 0 and not audio.is_sent:
            pcm = audio.take(min(left, self._max_bytes))
            left -= len(pcm)
            line.recognizer.send_audio(pcm)
        if not session.is_live:
            return
        if session.end_asked and not session.end_sent and audio.is_sent:
            session.end_sent = True
            line.recognizer.end()

    def _on_event(self, n_line: int, event: RecognitionEvent) -> None:
        session = self._session
        is_last = isinstance(event, RecognitionEnded | RecognitionFailed)
        if n_line != self._n_lines or session is None or event.session != session.number:
            if is_last:  # it was given up; only its end is of interest
                self._note(event)
            return
        with self._journal.held:  # what is done about it comes first
            self._note(event)
            self._take_in(session, event, is_last=is_last)

    def _take_in(self, session: _Session, event: RecognitionEvent, *, is_last: bool) -> None:
        line = self._line
        if isinstance(event, RecognitionStarted) and line is not None:
            session.is_live = True
            self._endpoints.worked(line.endpoint)
            self._send(session, BURST_BYTES)
        elif isinstance(event, VoiceStarted):
            session.audio.has_voice = True
        elif isinstance(event, AudioExceeded) or (
            isinstance(event, Transcribed) and event.is_final and event.text
        ):
            session.is_settled = True
        elif isinstance(event, RecognitionFailed) and self._begin_again(session, event.error):
            return
        if is_last:
            self._session = None
            self._watch_idle()
        self._emit(event)

    def _begin_again(self, session: _Session, error: SpeechError) -> bool:
        """Take a failed session to the next endpoint; False where it ends here."""
        if session.is_settled or self._line is None:
            return False
        following = self._next(self._line.endpoint, error)
        if following is None:
            return False
        self._drop_line()
        session.rewind()
        self._connect(*following)
        return True

    def _emit(self, event: RecognitionEvent) -> None:
        if self.on_event is not None:
            self.on_event(event)

    def _note(self, event: RecognitionEvent) -> None:
        record, trace = self._journal.record, event.trace_id
        match event:
            case RecognitionStarted():
                record("recognition_started", trace_id=trace)
            case VoiceStarted():
                record("voice_start", trace_id=trace)
            case VoiceEnded():
                record("voice_end", trace_id=trace)
            case SilenceExceeded():
                record("silence_exceeded", trace_id=trace)
            case AudioExceeded():
                record("audio_exceeded", trace_id=trace)
            case Transcribed(is_final=is_final):
                name = "result" if is_final else "interim"
                if self._session is not None and self._session.is_secret:
                    record(name, trace_id=trace)
                else:
                    record(name, text=event.text, score=event.score, trace_id=trace)
            case RecognitionEnded():
                record("recognition_end", reason=event.reason.value, trace_id=trace)
            case RecognitionFailed():
                record("recognition_end", reason="FAILED", error=str(event.error), trace_id=trace)
