"""How one turn is to go: every choice there is, with its default and the reason for it.

Core, no I/O. Names are VoiceXML's where it has one. What each setting does to a call is told to
operators in ``docs/barge-in.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from ivr_agi.dialogue.turn.keys import KeyRules
from ivr_agi.knobs import BargeIn, OverPrompt, TypeAhead
from ivr_agi.language.words import HESITATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.settings import RecognitionSettings, TurnSettings

__all__ = ("TurnPlan",)


@dataclass(frozen=True, kw_only=True)
class TurnPlan:
    """How a turn is to go."""

    listen: bool = True
    """Take speech; False is a keys-only turn."""
    barge_in: BargeIn = BargeIn.BOTH
    """What ends the prompt early."""
    over_prompt: OverPrompt = OverPrompt.DROP
    """What becomes of what comes over a prompt that may not be interrupted."""

    guard_ms: int = 200
    """No voice stops the prompt so long after its begin: clicks, and the end of the last answer.
    The shortest that is in use elsewhere (200 to 600); words and resuming do the rest."""
    mandatory_s: float = 0.0
    """Nothing at all stops the prompt before this point of it, seconds: for what must be said."""
    min_voice_ms: int = 0
    """A voice that is shorter does not stop the prompt. Elsewhere 250 to 500, because there a stop
    is for good; here a cough costs a short pause, and waiting would cost every caller."""
    min_words: int = 1
    """Words (fillers are none; in Chinese characters) that make a voice an interruption. Words
    that mean a choice always do."""
    fillers: frozenset[str] = HESITATIONS
    """What is no word."""
    confirm_timeout_s: float = 2.0
    """A voice that has said no word for so long does not keep the prompt stopped, seconds."""
    cool_down_s: float = 1.0
    """After a false barge-in a voice alone does not stop the prompt for so long (0.5 to 1.5)."""
    own_onset: bool = False
    """Pause at the plugin's own voice detection, before the service's VOICE_START. For services
    that are far away; needs ``min_voice_ms`` = 0."""
    onset_confirm_s: float = 0.6
    """VOICE_START is awaited so long after our own onset: detection (0.2), a far network (0.3)."""

    timeout_s: float = 5.0
    """No-input: silence after the prompt's end, seconds (VoiceXML ``timeout``)."""
    max_speech_s: float = 30.0
    """Longest utterance, seconds (VoiceXML ``maxspeechtimeout``)."""
    incomplete_timeout_s: float | None = None
    """Silence that ends a sentence (VoiceXML ``incompletetimeout``, the service's ``vad_tail``);
    None: the setting ``recognition.vad_tail_ms``."""
    complete_timeout_s: float | None = None
    """The same where the words so far mean a choice and do not change any more (VoiceXML
    ``completetimeout``). None: no shorter one; words come a little later than the voice, so it is
    worth its risk only beside a long ``incomplete_timeout_s``."""
    service_grace_s: float = 2.0
    """How long a silent service is waited for beyond its own deadline, seconds."""
    deadline_s: float = 120.0
    """Whole turn, seconds."""

    keys: KeyRules = KeyRules()
    """How many keys make an answer."""
    type_ahead: TypeAhead = TypeAhead.KEEP
    """What becomes of keys pressed before."""

    matches: Callable[[str], bool] | None = field(default=None, compare=False)
    """Whether words mean a choice; for ``hotword``, ``min_words`` and ``complete_timeout_s``."""
    choices: tuple[str, ...] = field(default=(), compare=False)
    """Phrases that may be said: the prompt may name them, and they are still the caller's."""

    @classmethod
    def from_settings(cls, turn: TurnSettings, recognition: RecognitionSettings) -> Self:
        """Return the plan of an installation; a step replaces what it sets itself."""
        return cls(
            timeout_s=turn.timeout_s,
            max_speech_s=recognition.max_seconds,
            service_grace_s=turn.service_grace_s,
            deadline_s=turn.deadline_s,
            guard_ms=turn.guard_ms,
            min_voice_ms=turn.min_voice_ms,
            min_words=turn.min_words,
            confirm_timeout_s=turn.confirm_timeout_s,
            cool_down_s=turn.cool_down_s,
            over_prompt=OverPrompt(turn.over_prompt),
            complete_timeout_s=turn.complete_timeout_s or None,
            keys=KeyRules(inter_digit_s=turn.inter_digit_s),
            own_onset=turn.own_onset,
            type_ahead=TypeAhead(turn.type_ahead),
        )
