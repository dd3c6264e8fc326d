"""The call's line to the recogniser: connected ahead of need, reused turn after turn.

Stands between the caller's audio (every 20 ms frame, whatever happens) and a
:class:`~ivr_agi.sis.client.Recognizer` that may be connecting, in a session, between two, or gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.audio.frames import bytes_to_ms, ms_to_bytes
from ivr_agi.errors import SpeechError
from ivr_agi.sis.client import Recognizer, Service
from ivr_agi.sis.events import (
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
    from collections.abc import Callable

    from ivr_agi.journal import Journal
    from ivr_agi.sis.messages import RecognitionConfig

__all__ = ("SpeechLink",)

_log = logging.getLogger("ivr_agi.dialogue")

MAX_HELD_BYTES = ms_to_bytes(5000)
"""Audio kept while the socket is being opened; the oldest is dropped beyond it."""

MAX_VAD_HEAD_MS = 60000
"""Largest ``vad_head`` (sis-protocol.md 5)."""


class SpeechLink:
    """Recognition for one call: one session at a time, on a socket that is kept.

    Args:
        service: Where to connect.
        preroll: Gives the caller's last half second (PCM), sent first in every session.
        journal: Gets an entry for every event.
    """

    def __init__(self, service: Service, preroll: Callable[[], bytes], journal: Journal) -> None:
        self.on_event: Callable[[RecognitionEvent], None] | None = None
        """Gets the events of the newest session, in the call stack of the socket's reader."""
        self._service = service
        self._preroll = preroll
        self._journal = journal
        self._recognizer: Recognizer | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._wanted: RecognitionConfig | None = None
        self._held = bytearray()
        self._session = 0
        self._chunk_ms = 40

    def open_ahead(self) -> None:
        """Begin to connect if there is no socket; a failure shows when a session is started."""
        if self._recognizer is not None and self._recognizer.closed:
            self._recognizer = None
        if self._recognizer is None and self._connecting is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect())

    def start(self, config: RecognitionConfig, *, chunk_ms: int) -> None:
        """Start a session with the pre-roll; one that is active is given up.

        Args:
            config: ``vad_head`` counts from now on; the pre-roll's length is added to it.
            chunk_ms: Length of the messages that audio is sent in.
        """
        self._chunk_ms = chunk_ms
        self._held = bytearray(self._preroll())
        preroll_ms = round(bytes_to_ms(len(self._held)))
        self._wanted = msgspec.structs.replace(
            config, vad_head=min(MAX_VAD_HEAD_MS, config.vad_head + preroll_ms)
        )
        self._session = -1
        self.open_ahead()
        if self._recognizer is not None:
            self._begin(self._recognizer, self._wanted)

    def end(self, *, cancel: bool) -> None:
        """Send END. No effect without a session."""
        self._wanted = None
        if self._recognizer is not None:
            self._recognizer.end(cancel=cancel)

    def set_chunk(self, chunk_ms: int) -> None:
        """Set the length of the messages that audio is sent in, ms."""
        self._chunk_ms = chunk_ms
        if self._recognizer is not None:
            self._recognizer.chunk_ms = chunk_ms

    def feed(self, frame: bytes) -> None:
        """Take one frame of the caller's audio; never waits."""
        if self._wanted is not None:
            self._held += frame
            del self._held[:-MAX_HELD_BYTES]
        elif self._recognizer is not None:
            self._recognizer.send_audio(frame)

    async def close(self) -> None:
        """Close the socket."""
        self.on_event = None
        if self._connecting is not None:
            self._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._connecting
        if self._recognizer is not None:
            await self._recognizer.close()

    def _begin(self, recognizer: Recognizer, config: RecognitionConfig) -> None:
        recognizer.end(cancel=True)
        recognizer.chunk_ms = self._chunk_ms
        self._session = recognizer.start(config)
        recognizer.send_audio(bytes(self._held))
        self._held.clear()
        self._wanted = None

    async def _connect(self) -> None:
        try:
            recognizer = await Recognizer.connect(self._service, on_event=self._on_event)
        except SpeechError as exc:
            _log.warning("%s", exc)
            self._journal.record("speech_unavailable", error=str(exc))
            if self._wanted is not None:
                self._wanted = None
                self._emit(RecognitionFailed(session=self._session, trace_id=None, error=exc))
            return
        finally:
            self._connecting = None
        self._recognizer = recognizer
        if self._wanted is not None:
            self._begin(recognizer, self._wanted)

    def _on_event(self, event: RecognitionEvent) -> None:
        if event.session != self._session:  # it was given up; only its end is of interest
            if isinstance(event, RecognitionEnded | RecognitionFailed):
                self._note(event)
            return
        self._note(event)
        self._emit(event)

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
                record(name, text=event.text, score=event.score, trace_id=trace)
            case RecognitionEnded():
                record("recognition_end", reason=event.reason.value, trace_id=trace)
            case RecognitionFailed():
                record("recognition_end", reason="FAILED", error=str(event.error), trace_id=trace)
