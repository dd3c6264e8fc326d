"""What a turn wants done: commands, which the dialogue session carries out. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr_agi.dialogue.turn.outcomes import Outcome

__all__ = (
    "EndRecognition",
    "Finish",
    "Note",
    "ResumePrompt",
    "StartRecognition",
    "StopPrompt",
    "TurnCommand",
)


@dataclass(frozen=True)
class StartRecognition:
    """Start a session, giving up the one that may be active, and send the pre-roll first."""

    silence_s: float
    """Leading silence from *now* on that makes the service say EXCEEDED_SILENCE, seconds."""
    has_preroll: bool = True
    """False: what was heard before is the prompt's echo, and not to be heard again."""


@dataclass(frozen=True)
class EndRecognition:
    """Send END."""

    cancel: bool
    """True gives up what was said; False waits for its words."""


@dataclass(frozen=True)
class StopPrompt:
    """Stop the prompt within a frame; it may have to go on."""


@dataclass(frozen=True)
class ResumePrompt:
    """Go on with the prompt, from the last pause before the stop."""


@dataclass(frozen=True)
class Note:
    """Tell the operator."""

    event: str
    """Name for the journal."""


@dataclass(frozen=True)
class Finish:
    """The turn is over; prompt and keys are awaited no more."""

    outcome: Outcome


TurnCommand = StartRecognition | EndRecognition | StopPrompt | ResumePrompt | Note | Finish
