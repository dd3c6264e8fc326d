"""What a turn is told, one frozen type for each. Core, no I/O.

What the service says goes in as it is (:mod:`ivr_agi.sis.wire.events`), with one exception: a voice
that the runner knows to be the prompt coming back is :class:`EchoHeard`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionEvent,
    RecognitionFailed,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)

if TYPE_CHECKING:
    from ivr_agi.errors import SpeechError

__all__ = (
    "CallerLeft",
    "EchoHeard",
    "KeyPressed",
    "OfSession",
    "OnsetHeard",
    "OwnQuietHeard",
    "OwnVoiceHeard",
    "PromptEnded",
    "PromptFailed",
    "PromptStarted",
    "TurnInput",
)


@dataclass(frozen=True)
class PromptStarted:
    """The prompt begins to play, or goes on."""

    position_s: float = 0.0
    """Where in it, seconds."""


@dataclass(frozen=True)
class PromptEnded:
    """The prompt has ended, or broken off because a part is missing."""


@dataclass(frozen=True)
class PromptFailed:
    """The prompt cannot be synthesised."""

    error: SpeechError
    """Why."""


@dataclass(frozen=True)
class KeyPressed:
    """The caller pressed a key."""

    key: str
    """``0`` to ``9``, ``*`` or ``#``."""


@dataclass(frozen=True)
class OnsetHeard:
    """Our own detector heard a voice begin, before the service said so."""


@dataclass(frozen=True)
class EchoHeard:
    """The service heard a voice that is only the prompt coming back."""

    trace_id: str | None = None
    """The service's id of the session."""


@dataclass(frozen=True)
class OwnVoiceHeard:
    """The caller's own voice is in what was taken for an echo."""


@dataclass(frozen=True)
class OwnQuietHeard:
    """The voice that talks over the prompt is over by our own ear; the service says so later."""


@dataclass(frozen=True)
class CallerLeft:
    """The caller hung up."""


OfSession = RecognitionEvent | EchoHeard | OwnVoiceHeard | OwnQuietHeard
"""What can be told only while a session of the turn is open."""

TurnInput = (
    PromptStarted
    | PromptEnded
    | PromptFailed
    | KeyPressed
    | OnsetHeard
    | EchoHeard
    | OwnVoiceHeard
    | OwnQuietHeard
    | CallerLeft
    | VoiceStarted
    | VoiceEnded
    | SilenceExceeded
    | AudioExceeded
    | Transcribed
    | RecognitionEnded
    | RecognitionFailed
)
