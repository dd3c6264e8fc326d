"""The events of a recognition session, one frozen dataclass each, and words with their times.

Core, no I/O. A session's events come in order, and all of them before the first event of the next
session; the last one is a :class:`RecognitionEnded` or a :class:`RecognitionFailed`.

Source: ``sis-protocol.md`` 4.2 (with the notes on ``word_info``) and 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.errors import SpeechError
    from ivr_agi.sis.wire.messages import EndReason, WordInfo

__all__ = (
    "AudioExceeded",
    "RecognitionEnded",
    "RecognitionEvent",
    "RecognitionFailed",
    "RecognitionStarted",
    "SilenceExceeded",
    "TimedWord",
    "Transcribed",
    "VoiceEnded",
    "VoiceStarted",
    "join_pieces",
)

_WORD_START = "\N{LOWER ONE EIGHTH BLOCK}"


@dataclass(frozen=True, kw_only=True)
class RecognitionEvent:
    """Base of all events."""

    session: int
    """Number of the session, as ``start()`` returned it: 1, 2, ..."""
    trace_id: str | None = None
    """The service's id of the session, if it gave one."""


@dataclass(frozen=True, kw_only=True)
class RecognitionStarted(RecognitionEvent):
    """The service accepted START."""


@dataclass(frozen=True, kw_only=True)
class VoiceStarted(RecognitionEvent):
    """The caller has begun to speak: the cue for barge-in."""


@dataclass(frozen=True, kw_only=True)
class VoiceEnded(RecognitionEvent):
    """The sentence is over. Call ``end()`` and wait for :class:`RecognitionEnded`.

    The service takes no more audio in this session, and none is sent.
    The final words may come before or after this (``sis-protocol.md`` 8, row 2).
    """


@dataclass(frozen=True, kw_only=True)
class SilenceExceeded(RecognitionEvent):
    """Nothing was said, or (after :class:`VoiceStarted`) only a noise without words."""


@dataclass(frozen=True, kw_only=True)
class AudioExceeded(RecognitionEvent):
    """The session has as much audio as the service takes (60 s, or 5 h in continue-stream).

    No more is sent; call ``end()`` for the words. If the service noticed first, with the error
    SIS.0309, :class:`RecognitionFailed` follows.
    """


@dataclass(frozen=True, kw_only=True)
class TimedWord:
    """One word, or one Chinese character, and when it was said."""

    text: str
    start_ms: int
    """Milliseconds since the first audio of the session."""
    end_ms: int
    """Milliseconds since the first audio of the session."""


@dataclass(frozen=True, kw_only=True)
class Transcribed(RecognitionEvent):
    """Words. A later final result with the same ``start_ms`` replaces an earlier one."""

    text: str
    """Empty if the service heard no words."""
    is_final: bool
    """False: the service may still change its mind."""
    score: float | None
    """Confidence of a final result, 0 to 1; None if there is none. Also None for interim results,
    whose figures mean nothing (``sis-protocol.md`` 4.2)."""
    start_ms: int
    """Milliseconds since the first audio of the session."""
    end_ms: int
    """Milliseconds since the first audio of the session."""
    words: tuple[TimedWord, ...] = ()
    """With ``need_word_info``, if the service gives them; there may be gaps between them."""


@dataclass(frozen=True, kw_only=True)
class RecognitionEnded(RecognitionEvent):
    """The session is over, and all its results have been delivered."""

    reason: EndReason
    """NORMAL, CANCEL (requested by ``end(cancel=True)`` or ``close()``) or ERROR."""


@dataclass(frozen=True, kw_only=True)
class RecognitionFailed(RecognitionEvent):
    """The session ended early."""

    error: SpeechError
    """What went wrong, and whether a retry may help."""


def join_pieces(pieces: Iterable[WordInfo]) -> tuple[TimedWord, ...]:
    """Join pieces up to the next mark into words; without marks, each piece is a word."""
    words: list[TimedWord] = []
    in_marked_word = False
    for piece in pieces:
        text = piece.word.removeprefix(_WORD_START)
        is_marked = text != piece.word
        if in_marked_word and not is_marked:
            first = words.pop()
            words.append(
                TimedWord(text=first.text + text, start_ms=first.start_ms, end_ms=piece.end_time)
            )
        else:
            words.append(TimedWord(text=text, start_ms=piece.start_time, end_ms=piece.end_time))
        in_marked_word = in_marked_word or is_marked
    return tuple(words)
