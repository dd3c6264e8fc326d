"""Whether a voice, words or a key may stop the prompt now, and what words mean.

Core, no I/O: the guards of barge-in (``docs/barge-in.md``), which the turn asks.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from ivr_agi.dialogue.hearing.echo import is_prompt_text
from ivr_agi.knobs import BargeIn, OverPrompt
from ivr_agi.language.words import count_words, is_backchannel

if TYPE_CHECKING:
    from ivr_agi.dialogue.turn.plan import TurnPlan

__all__ = ("Judge", "Meaning")


class Meaning(enum.Enum):
    """What words mean to a turn."""

    INPUT = "input"
    """An answer; over a prompt, also an interruption."""
    EARLY = "early"
    """An answer that counts when the prompt is over."""
    NOTHING = "nothing"
    """Nothing: hesitations, the prompt's own words, or not asked for now."""


class Judge:
    """Judges voices, words and keys of one turn.

    Args:
        plan: The guards.
        prompt_text: What the prompt says, if known.
        now: Monotonic seconds.
    """

    def __init__(self, plan: TurnPlan, prompt_text: str, now: float) -> None:
        self.is_echo = False
        """The present voice was taken for the prompt coming back."""
        self.mandatory_until: float | None = None
        """When the mandatory part of the prompt is over; None: it has not begun."""
        self._plan = plan
        self._prompt_text = prompt_text
        self._prompt_began_at: float | None = None
        self._voice_at = now
        self._voice_over_prompt = False
        self._voice_barred = False
        self._cool_until = now

    def note_prompt(self, now: float, position_s: float) -> None:
        """Note that the prompt begins, or goes on, at ``position_s``."""
        if self._prompt_began_at is None:
            self._prompt_began_at = now
        if self.is_mandatory(now):
            self.mandatory_until = now + self._plan.mandatory_s - position_s

    def forget_echo(self) -> None:
        """Note that the prompt is over, so that nothing more is its echo."""
        self.is_echo = False

    def cool_down(self, now: float) -> None:
        """Let no voice stop the prompt for a while: the last one was a false alarm."""
        self._cool_until = now + self._plan.cool_down_s

    def bar_voice(self) -> None:
        """Let the present voice stop nothing more; its words may."""
        self._voice_barred = True

    def hear_onset(self, now: float) -> bool:
        """Return whether a voice that we heard ourselves may stop the prompt."""
        self._voice_at = now
        self._voice_barred = self._is_barred(now)
        return self._may_stop(now)

    def hear_voice(self, now: float, *, over_prompt: bool, is_echo: bool, is_paused: bool) -> bool:
        """Return whether a voice that the service heard may stop the prompt.

        Args:
            now: Monotonic seconds.
            over_prompt: The prompt is not over.
            is_echo: The voice is nothing but the prompt coming back.
            is_paused: Our own detector heard it first, and it has passed the guards.
        """
        self._voice_over_prompt = over_prompt
        self.is_echo = over_prompt and is_echo
        if is_paused:
            self._voice_barred = is_echo
            return not is_echo
        self._voice_at = now
        self._voice_barred = is_echo or self._is_barred(now)
        return self._may_stop(now)

    def may_stop_at(self) -> float | None:
        """Return when the voice may stop the prompt, if it lasts until then; None: never."""
        plan, began_at = self._plan, self._prompt_began_at
        if self._voice_barred or (plan.mandatory_s > 0 and began_at is None):
            return None
        at = self._voice_at + plan.min_voice_ms / 1000
        if began_at is not None:  # before that there is nothing to guard
            at = max(at, began_at + plan.guard_ms / 1000, self.mandatory_until or at)
        return at

    def keys_may_stop(self, now: float) -> bool:
        """Return whether a key may stop the prompt."""
        return self._plan.barge_in.by_keys and not self.is_mandatory(now)

    def judge_words(self, text: str, now: float, *, over_prompt: bool) -> Meaning:
        """Return what words mean that were said over the prompt, or after it."""
        plan = self._plan
        if self.is_echo:  # the caller's own voice in it would have been heard
            return Meaning.NOTHING
        is_hotword = over_prompt and plan.barge_in is BargeIn.HOTWORD
        min_words = max(1, plan.min_words if over_prompt else 1)
        too_few = count_words(text, plan.fillers) < min_words
        only_listens = over_prompt and plan.matches is not None and is_backchannel(text)
        if is_hotword or too_few or only_listens or self._is_prompt_text(text):
            # Only in doubt: matching words with choices costs more than the rest of a turn.
            if plan.matches is None or not plan.matches(text):
                return Meaning.NOTHING
        if not over_prompt or (plan.barge_in.by_speech and not self.is_mandatory(now)):
            return Meaning.INPUT
        return Meaning.EARLY if plan.over_prompt is OverPrompt.KEEP else Meaning.NOTHING

    def is_mandatory(self, now: float) -> bool:
        """Return whether the mandatory part of the prompt is not over."""
        until = self.mandatory_until
        return self._plan.mandatory_s > 0 and (until is None or now < until)

    def _is_prompt_text(self, text: str) -> bool:
        """Return whether the prompt's own words come back; False if the choices are unknown."""
        plan = self._plan
        knows_choices = bool(plan.choices) or plan.matches is not None
        if not (knows_choices and self._voice_over_prompt):
            return False
        return is_prompt_text(text, self._prompt_text, plan.choices)

    def _is_barred(self, now: float) -> bool:
        return now < self._cool_until or not self._plan.barge_in.by_voice

    def _may_stop(self, now: float) -> bool:
        at = self.may_stop_at()
        return at is not None and at <= now
