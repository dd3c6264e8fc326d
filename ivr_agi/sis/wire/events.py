"""What a recogniser tells its user, one frozen dataclass per event.

Core, no I/O. The events of a session come in order, and all of them before the first event of the
next session; exactly one :class:`RecognitionEnded` or :class:`RecognitionFailed` is its last.

Source: ``sis-protocol.md`` 4.2 and 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_agi.errors import SpeechError
    from ivr_agi.sis.wire.messages import EndReason
    from ivr_agi.sis.wire.words import TimedWord

__all__ = (
    "AudioExceeded",
    "RecognitionEnded",
    "RecognitionEvent",
    "RecognitionFailed",
    "RecognitionStarted",
    "SilenceExceeded",
    "Transcribed",
    "VoiceEnded",
    "VoiceStarted",
)


@dataclass(frozen=True, kw_only=True)
class RecognitionEvent:
    """Base of all events."""

    session: int
    """Which session of the recogniser, as ``start()`` returned it: 1, 2, ..."""
    trace_id: str | None = None
    """The service's own id of the session, where it gave one."""


@dataclass(frozen=True, kw_only=True)
class RecognitionStarted(RecognitionEvent):
    """The service has accepted START."""


@dataclass(frozen=True, kw_only=True)
class VoiceStarted(RecognitionEvent):
    """The caller speaks: the cue for barge-in."""


@dataclass(frozen=True, kw_only=True)
class VoiceEnded(RecognitionEvent):
    """The sentence is over; call ``end()`` and wait for :class:`RecognitionEnded`.

    The service takes no more audio of this session, and none is sent.
    The final words may come before or after this (``sis-protocol.md`` 8, row 2).
    """


@dataclass(frozen=True, kw_only=True)
class SilenceExceeded(RecognitionEvent):
    """Nothing was said, or (after :class:`VoiceStarted`) a noise without words."""


@dataclass(frozen=True, kw_only=True)
class AudioExceeded(RecognitionEvent):
    """The session has all the audio that the service takes (60 s, or 5 h in continue-stream).

    No more is sent; call ``end()`` for the words. Where the service noticed it first, with an error
    (SIS.0309), :class:`RecognitionFailed` follows.
    """


@dataclass(frozen=True, kw_only=True)
class Transcribed(RecognitionEvent):
    """Words. A later final with the same ``start_ms`` replaces an earlier one."""

    text: str
    """Empty where the service heard no words."""
    is_final: bool
    """False: the service may still change its mind."""
    score: float | None
    """Confidence 0 to 1 of a final result; None where there is none, and for interim ones, whose
    figures mean nothing (``sis-protocol.md`` 4.2)."""
    start_ms: int
    """Milliseconds since the first audio of the session."""
    end_ms: int
    """Milliseconds since the first audio of the session."""
    words: tuple[TimedWord, ...] = ()
    """With ``need_word_info``, where the service gives them; they may leave gaps."""


@dataclass(frozen=True, kw_only=True)
class RecognitionEnded(RecognitionEvent):
    """The session is over, all its results have been given."""

    reason: EndReason
    """NORMAL, CANCEL (asked for by ``end(cancel=True)`` or ``close()``) or ERROR."""


@dataclass(frozen=True, kw_only=True)
class RecognitionFailed(RecognitionEvent):
    """The session is over before its time."""

    error: SpeechError
    """What went wrong, and whether a retry may help."""
