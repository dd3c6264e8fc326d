"""A call's link to a recogniser: connected in advance, reused, replaced when it fails.

It takes every 20 ms frame of the caller's audio, and passes it to a
:class:`~ivr_agi.sis.client.recognizer.RecognitionClient` that may be connecting, in a session,
between two sessions, or lost.

If an endpoint fails in a session, the next one replaces it and gets everything that was said since
the session began: the sentence survives, and the turn does not notice. A failure reaches the turn
only if no endpoint is left.

The service closes a socket without audio for 20 s, and even silence can be sent only in a session.
So a socket without a session is closed after 15 s, and a new one is opened when a turn begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import logging
import random
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import msgspec

from ivr_agi.audio.frames import FRAME_MS, bytes_to_ms, ms_to_bytes
from ivr_agi.dialogue.listen.notes import note_recognition
from ivr_agi.dialogue.listen.replay import BURST_BYTES, CATCH_UP_BYTES, Pacing, Replay
from ivr_agi.dialogue.listen.tables import HotWordTables
from ivr_agi.errors import ConfigError, Remedy, SpeechError, SpeechRejected, SpeechUnavailable
from ivr_agi.sis.access.failover import EndpointAttempts, Endpoints
from ivr_agi.sis.client.pool import CallSockets, SocketPool, expires_at, is_usable
from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionEvent,
    RecognitionFailed,
    RecognitionStarted,
    Transcribed,
    VoiceStarted,
)
from ivr_agi.sis.wire.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.journal import Journal
    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.client.recognizer import RecognitionClient
    from ivr_agi.sis.wire.messages import RecognitionConfig

__all__ = ("SpeechLink",)

_log = logging.getLogger("ivr_agi.dialogue")

MAX_VAD_HEAD_MS = 60000
"""Largest ``vad_head`` (sis-protocol.md 5)."""
MIN_VAD_HEAD_MS = 500
"""Smallest ``vad_head`` when another endpoint continues a session."""
MUTE_MS = 2000
"""Longest silence of a service after the caller has stopped speaking by our own ear, beyond the
session's ``vad_tail``. Then the next endpoint is given the sentence, or keys take over."""
RESCUE_MS = 1500
"""Time of all further endpoints together to hear the end of that sentence."""
SPOKEN_FRAMES = 10
"""Frames with a voice in which a service must have heard one: 200 ms."""

_OF_A_TABLE = frozenset({Remedy.FIX_REQUEST, Remedy.ESCALATE})
"""What to do about refusals that a hot-word table may be the reason of."""

_Listener: TypeAlias = "Callable[[RecognitionEvent], None]"


class _Connection(NamedTuple):
    """A socket to one endpoint."""

    endpoint: Endpoint
    recognizer: RecognitionClient


class _Session:
    """A session that a turn wants, on whichever connection."""

    def __init__(
        self, config: RecognitionConfig, audio: Replay, on_event: _Listener, *, is_secret: bool
    ) -> None:
        self.config = config
        self.on_event: _Listener | None = on_event
        """Gets its events: the turn that began it, and no other. None once it was given up."""
        self.is_secret = is_secret
        """Its words must not be in the journal, even if they come after the end of their step."""
        self.audio = audio
        self.number = 0
        """The recogniser's number; 0: not started on this connection."""
        self.table: str | None = None
        """The hot-word table that START named."""
        self.is_live = False
        """The service has answered START."""
        self.is_settled = False
        """The outcome is known: starting again elsewhere would only repeat it."""
        self.end_asked = False
        self.end_sent = False
        self.answer_due = 0
        """Frames of the call at which the service must have said something, if the caller is quiet
        by then."""
        self.expected_at = 0.0
        """When its time began, in the loop's time: after a stall, frames come in a burst."""
        self.n_voiced_before = 0
        """Frames with a voice before it began."""
        self.live_at = 0
        """Frames of the call at which START was answered."""
        self.was_doubted = False
        """It was asked for a pong, because it hears nothing where we hear a voice."""
        self.was_mute = False
        """Another endpoint was given the sentence, because one kept the caller waiting."""

    def rewind(self) -> None:
        """Prepare to start again on another connection."""
        self.audio.rewind()
        self.number, self.is_live, self.end_sent = 0, False, False


class SpeechLink:
    """Recognition for one call: one session at a time, on a persistent socket.

    Args:
        endpoints: The endpoints to use.
        preroll: Returns the caller's last half second (PCM), sent first in every session.
        journal: Gets an entry for every event.
        tables: Says which hot-word table to ask an endpoint for; default: the session's own.
        sockets: The pool of sockets; default: the call has its own.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        preroll: Callable[[], bytes],
        journal: Journal,
        *,
        tables: HotWordTables | None = None,
        sockets: CallSockets | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._preroll = preroll
        self._journal = journal
        self._tables = tables or HotWordTables()
        self._sockets = sockets or SocketPool(max_kept=0).for_call()
        self._connection: _Connection | None = None
        self._n_connections = 0
        self._connecting: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._idle: asyncio.TimerHandle | None = None
        self._attempts: EndpointAttempts | None = None
        self._session: _Session | None = None
        self._newest: _Session | None = None
        self._max_bytes = ms_to_bytes(40)
        """Most audio of one message."""
        self._pacing = Pacing()
        self.has_understood = False
        """Words came out of the caller's audio."""

    @property
    def n_quiet(self) -> int:
        """Frames of the caller's since the last voice, by our own ear, while a session listens."""
        return self._pacing.voice.n_quiet

    @property
    def kept_waiting_s(self) -> float:
        """Seconds that a caller who has spoken in the newest session has been quiet since."""
        session, voice = self._newest, self._pacing.voice
        if session is None or not (
            session.audio.has_voice or voice.n_voiced - session.n_voiced_before >= SPOKEN_FRAMES
        ):
            return 0.0
        return voice.n_quiet * FRAME_MS / 1000

    def open_ahead(self) -> None:
        """Start to connect if there is no socket; a failure is reported when a session starts."""
        now = asyncio.get_running_loop().time()
        if self._connection is not None and not is_usable(self._connection.recognizer, now):
            self._disconnect()
        if self._connection is None and self._connecting is None:
            self._attempts = None
            self._connect(self._endpoints.in_use)

    def start(
        self,
        config: RecognitionConfig,
        on_event: _Listener,
        *,
        chunk_ms: int,
        quiet_chunk_ms: int = 0,
    ) -> None:
        """Start a session with the pre-roll; an active one is given up.

        Args:
            config: ``vad_head`` counts from now; the pre-roll's length is added to it. Audio is
                brought to the rate of ``audio_format``, which is PCM.
            on_event: Gets the events of this session, and of no other, in the call stack of the
                socket's reader, until the session is over or given up.
            chunk_ms: Length of an audio message.
            quiet_chunk_ms: Its length on a quiet line (:class:`.Pacing`), if that is longer.
        """
        self.set_chunk(chunk_ms, quiet_chunk_ms)
        audio = Replay(self._preroll(), FORMATS[config.audio_format].rate_hz)
        vad_head = config.vad_head + round(bytes_to_ms(len(audio)))
        config = msgspec.structs.replace(config, vad_head=min(MAX_VAD_HEAD_MS, vad_head))
        session = _Session(config, audio, on_event, is_secret=self._journal.secure)
        session.n_voiced_before = self._pacing.voice.n_voiced
        self._session = self._newest = session
        self._expect(session)
        self.open_ahead()
        if self._connection is not None:
            self._attempts = None
            self._begin(self._connection, self._session)

    def end(self, *, cancel: bool) -> None:
        """Send END. No effect without a session.

        Args:
            cancel: Give the session up: nobody is told anything more of it.
        """
        session = self._session
        if session is None:
            return
        if cancel:
            session.on_event = None
        if not cancel:
            session.end_asked = True
            self._send(session, CATCH_UP_BYTES)
        elif session.number == 0:  # not started anywhere
            self._session = None
            self._watch_idle()
        elif self._connection is not None:
            session.is_settled = session.end_asked = session.end_sent = True
            self._connection.recognizer.end(cancel=True)

    def set_chunk(self, chunk_ms: int, quiet_chunk_ms: int = 0) -> None:
        """Set the length of audio messages, ms; arguments as in :meth:`start`."""
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
            n_due = self._pacing.message_bytes(frame, has_voice=audio.has_voice)
            if self._pacing.voice.n_frames >= session.answer_due:
                self._doubt(session)
            if n_waiting < n_due:
                return
        self._send(session, CATCH_UP_BYTES)

    async def close(self) -> None:
        """Close the socket, or keep it for the next call."""
        self._session = None
        if self._connecting is not None:
            self._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._connecting
        self._stop_watching()
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._sockets.end(connection.endpoint, connection.recognizer)
        else:
            await self._sockets.end(None, None)
        await asyncio.gather(*self._closing)

    # Connections.

    def _connect(self, endpoint: Endpoint, wait_s: float = 0.0) -> None:
        self._connecting = asyncio.get_running_loop().create_task(self._open(endpoint, wait_s))

    async def _open(self, endpoint: Endpoint, wait_s: float) -> None:
        """Open a socket to an endpoint, or to one of the next."""
        self._n_connections += 1
        on_event = functools.partial(self._on_event, self._n_connections)
        try:
            if not self._sockets.admit():
                self._give_up(SpeechError("the limit of speech sessions is reached"))
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
        self._connection = _Connection(endpoint, recognizer)
        if self._session is None:
            self._watch_idle()
            return
        try:
            self._begin(self._connection, self._session)
        except ConfigError as error:  # nobody else would report it
            self._give_up(SpeechError(str(error)))

    def _next(self, endpoint: Endpoint, error: SpeechError) -> tuple[Endpoint, float] | None:
        """Note that an endpoint failed; return the next one and the seconds to wait."""
        now = asyncio.get_running_loop().time()
        if self._attempts is None:
            self._attempts = EndpointAttempts(self._endpoints)
        following = self._attempts.after(endpoint, error, now, random.random())
        if following is None or (self._session is None and following[1]):
            return None  # nobody needs it yet: there is time to try again later
        if following[0] is not endpoint:
            _log.info("%s; continuing with %s", error, following[0].url)
        self._journal.record(
            "failover",
            error=str(error),
            failed=endpoint.url,
            next=following[0].url,
            trace_id=error.trace_id,
        )
        return following

    def _give_up(self, error: SpeechError) -> None:
        with self._journal.held:
            self._journal.record("speech_unavailable", error=str(error), trace_id=error.trace_id)
            session, self._session = self._session, None
            if session is not None:
                failed = RecognitionFailed(session=0, trace_id=error.trace_id, error=error)
                _emit(session, failed)
        _log.info("%s", error)

    def _disconnect(self) -> None:
        self._stop_watching()
        if self._connection is not None:
            closing = asyncio.get_running_loop().create_task(self._connection.recognizer.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            self._connection = None

    def _watch_idle(self) -> None:
        self._stop_watching()
        if self._connection is not None:
            due = expires_at(self._connection.recognizer)
            self._idle = asyncio.get_running_loop().call_at(due, self._disconnect)

    def _stop_watching(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    # Sessions.

    def _begin(self, connection: _Connection, session: _Session) -> None:
        self._stop_watching()
        recognizer = connection.recognizer
        recognizer.end(cancel=True)
        config, now = session.config, asyncio.get_running_loop().time()
        session.table = self._tables.choose(connection.endpoint.url, config.vocabulary_id, now)
        if session.table != config.vocabulary_id:
            config = msgspec.structs.replace(config, vocabulary_id=session.table)
        if forgotten_ms := round(bytes_to_ms(session.audio.n_forgotten)):
            vad_head = max(MIN_VAD_HEAD_MS, config.vad_head - forgotten_ms)
            config = msgspec.structs.replace(config, vad_head=vad_head)
        session.number = recognizer.start(config)

    def _send(self, session: _Session, max_bytes: int) -> None:
        """Send what the service does not have yet, and then END if it is requested."""
        connection = self._connection
        if connection is None:
            return
        audio, left = session.audio, max(max_bytes, self._max_bytes)
        while session.is_live and left > 0 and not audio.is_sent:
            n_bytes = min(left, self._max_bytes)
            left -= n_bytes
            connection.recognizer.send_audio(audio.take(n_bytes))
        if not session.is_live:
            return
        if session.end_asked and not session.end_sent and audio.is_sent:
            session.end_sent = True
            connection.recognizer.end()

    def _expect(self, session: _Session) -> None:
        """Give the service its time from now on; who takes over from a mute one has its own."""
        if not session.was_mute:
            patience_ms = session.config.vad_tail + MUTE_MS
            session.answer_due = self._pacing.voice.n_frames + patience_ms // FRAME_MS
            session.expected_at = asyncio.get_running_loop().time()

    def _doubt(self, session: _Session) -> None:
        """Decide whether the service keeps the caller waiting: it has said nothing for a while."""
        voice, config = self._pacing.voice, session.config
        patience = (config.vad_tail + MUTE_MS) // FRAME_MS
        has_spoken = voice.n_voiced - session.n_voiced_before >= SPOKEN_FRAMES
        had_s = asyncio.get_running_loop().time() - session.expected_at
        had = min(voice.n_quiet, int(had_s * 1000) // FRAME_MS + 1)
        if had < patience and not session.was_mute:
            session.answer_due = voice.n_frames + patience - had
        elif session.audio.has_voice or session.was_doubted or (has_spoken and not session.is_live):
            self._give_up_mute(session)
        elif has_spoken and self._connection is not None:
            session.was_doubted = True  # until the service's own deadline it may be right
            session.answer_due = session.live_at + (config.vad_head + RESCUE_MS) // FRAME_MS
            self._connection.recognizer.doubt()
        else:
            session.answer_due = voice.n_frames + SPOKEN_FRAMES

    def _give_up_mute(self, session: _Session) -> None:
        """Let another endpoint hear the sentence, or tell the turn that there is none."""
        connection, was_mute = self._connection, session.was_mute
        error = SpeechUnavailable(
            "silent after the caller stopped speaking",
            service=connection.endpoint.url if connection is not None else "",
            has_waited=True,
        )
        session.was_mute = True
        session.answer_due = self._pacing.voice.n_frames + RESCUE_MS // FRAME_MS
        if was_mute or connection is None or not self._begin_again(session, error):
            self._disconnect()
            self._give_up(error)

    def _on_event(self, n_connection: int, event: RecognitionEvent) -> None:
        session = self._session
        is_last = isinstance(event, RecognitionEnded | RecognitionFailed)
        if (
            n_connection != self._n_connections
            or session is None
            or event.session != session.number
        ):
            if is_last:  # it was abandoned; only its end is of interest
                note_recognition(self._journal, event, is_secret=True)
            return
        with self._journal.held:  # the reaction to it comes first
            at = self._connection.endpoint if self._connection is not None else None
            where = at.url if at is not None else None
            note_recognition(self._journal, event, is_secret=session.is_secret, endpoint=where)
            if isinstance(event, Transcribed) and at is not None and not at.has_scores:
                event = dataclasses.replace(event, score=None)
            self._take_in(session, event, is_last=is_last)

    def _take_in(self, session: _Session, event: RecognitionEvent, *, is_last: bool) -> None:
        connection = self._connection
        self._expect(session)
        if isinstance(event, RecognitionStarted) and connection is not None:
            session.is_live, session.live_at = True, self._pacing.voice.n_frames
            self._endpoints.worked(connection.endpoint)
            self._tables.note_started(asyncio.get_running_loop().time())
            for refused in self._tables.untold():
                self._journal.record("table_refused", **refused._asdict())
            self._send(session, BURST_BYTES)
        elif isinstance(event, VoiceStarted):
            session.audio.has_voice = True
        elif isinstance(event, AudioExceeded) or (
            isinstance(event, Transcribed) and event.is_final and event.text
        ):
            session.is_settled = True
            self.has_understood = self.has_understood or isinstance(event, Transcribed)
        elif isinstance(event, RecognitionFailed) and (
            self._begin_without_table(session, event.error)
            or self._begin_again(session, event.error)
        ):
            return
        if is_last:
            self._session = None
            self._watch_idle()
        _emit(session, event)

    def _begin_without_table(self, session: _Session, error: SpeechError) -> bool:
        """Start a session that was refused again, without its hot-word table."""
        connection = self._connection
        is_doubtful = isinstance(error, SpeechRejected) and error.remedy in _OF_A_TABLE
        if connection is None or session.is_live or session.table is None or not is_doubtful:
            self._tables.clear_suspicion()
            return False
        self._tables.suspect(connection.endpoint.url, session.table, error)
        self._disconnect()
        session.rewind()
        self._connect(connection.endpoint)
        return True

    def _begin_again(self, session: _Session, error: SpeechError) -> bool:
        """Move a failed session to the next endpoint; return False if it ends here."""
        if session.is_settled or self._connection is None:
            return False
        following = self._next(self._connection.endpoint, error)
        if following is None:
            return False
        self._disconnect()
        session.rewind()
        self._connect(*following)
        return True


def _emit(session: _Session, event: RecognitionEvent) -> None:
    if session.on_event is not None:
        session.on_event(event)
