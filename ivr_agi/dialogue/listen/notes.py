"""Writes what a recogniser says to the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionFailed,
    RecognitionStarted,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)

if TYPE_CHECKING:
    from ivr_agi.journal import Journal
    from ivr_agi.sis.wire.events import RecognitionEvent

__all__ = ("note_recognition",)


def note_recognition(
    journal: Journal, event: RecognitionEvent, *, is_secret: bool, endpoint: str | None = None
) -> None:
    """Record an event of a recognition session.

    Args:
        journal: The call's.
        event: The event.
        is_secret: Its words must not be in the journal.
        endpoint: URL of the service.
    """
    trace = event.trace_id
    match event:
        case RecognitionStarted():
            journal.record("recognition_started", endpoint=endpoint, trace_id=trace)
        case VoiceStarted():
            journal.record("voice_start", trace_id=trace)
        case VoiceEnded():
            journal.record("voice_end", trace_id=trace)
        case SilenceExceeded():
            journal.record("silence_exceeded", trace_id=trace)
        case AudioExceeded():
            journal.record("audio_exceeded", trace_id=trace)
        case Transcribed(is_final=is_final):
            words = {} if is_secret else {"text": event.text, "score": event.score}
            journal.record("result" if is_final else "interim", **words, trace_id=trace)
        case RecognitionEnded():
            journal.record("recognition_end", reason=event.reason.value, trace_id=trace)
        case RecognitionFailed():
            error = str(event.error)
            journal.record("recognition_end", reason="FAILED", error=error, trace_id=trace)
