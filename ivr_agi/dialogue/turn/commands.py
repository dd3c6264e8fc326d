"""What a turn wants done: commands that its runner carries out. Core, no I/O."""

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
    """Start a recognition session, abandon the one that may be active, send the pre-roll first."""

    silence_s: float
    """Seconds of silence from *now* on after which the service says EXCEEDED_SILENCE."""
    has_preroll: bool = True
    """False: what was heard before is the prompt's echo, and is not sent again."""


@dataclass(frozen=True)
class EndRecognition:
    """Send END."""

    cancel: bool
    """True abandons what was said; False waits for its words."""


@dataclass(frozen=True)
class StopPrompt:
    """Stop the prompt within a frame; it may have to go on later."""


@dataclass(frozen=True)
class ResumePrompt:
    """Go on with the prompt, from the last pause before the stop."""


@dataclass(frozen=True)
class Note:
    """Write to the journal."""

    event: str
    """Name of the event."""


@dataclass(frozen=True)
class Finish:
    """End the turn; stop prompt and recognition."""

    outcome: Outcome


TurnCommand = StartRecognition | EndRecognition | StopPrompt | ResumePrompt | Note | Finish
