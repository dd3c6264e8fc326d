"""The finer points of listening that a step, or a flow, may set: ``turn: {...}``. Core, no I/O.

The names are those of ``[turn]`` in ``ivr-agi.toml``, which holds for steps that say nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Self

import msgspec
from msgspec import Meta

from ivr_agi.flow.file.spec import Seconds, Spec
from ivr_agi.knobs import OverPrompt, TypeAhead

if TYPE_CHECKING:
    from ivr_agi.dialogue.turn.plan import TurnPlan

__all__ = ("TurnSpec",)


class TurnSpec(Spec, frozen=True, kw_only=True):
    """How the caller is listened to; what is not set is taken from elsewhere."""

    mandatory_s: Annotated[float, Meta(ge=0, le=120)] | None = None
    """Nothing stops the prompt before this point of it, seconds: for what must be said."""
    over_prompt: OverPrompt | None = None
    """Words and keys over a prompt that may not be interrupted: ``drop`` them, or ``keep`` them as
    the answer for when it may be given."""
    min_voice_ms: Annotated[int, Meta(ge=0, le=5000)] | None = None
    """A shorter voice does not stop the prompt."""
    min_words: Annotated[int, Meta(ge=1, le=10)] | None = None
    """So many words make an interruption; words of a choice always do."""
    confirm_timeout_s: Seconds | None = None
    """A voice without words keeps the prompt stopped no longer than this."""
    cool_down_s: Annotated[float, Meta(ge=0, le=60)] | None = None
    """After a false barge-in a voice alone does not stop the prompt for so long."""
    incomplete_timeout_s: Annotated[float, Meta(ge=0.2, le=3)] | None = None
    """Silence that ends a sentence; else ``recognition.vad_tail_ms``."""
    complete_timeout_s: Annotated[float, Meta(gt=0, le=3)] | None = None
    """The same where the words so far mean a choice."""
    max_speech_s: Annotated[float, Meta(ge=1, le=60)] | None = None
    """Longest sentence; else ``recognition.max_seconds``."""
    inter_digit_s: Seconds | None = None
    """Wait for a further key."""
    deadline_s: Annotated[float, Meta(gt=0, le=300)] | None = None
    """The whole of prompt and listening."""
    type_ahead: TypeAhead | None = None
    """Keys pressed before the prompt count for it (``keep``), or are forgotten (``clear``)."""

    def over(self, other: Self) -> Self:
        """Return these with what they leave open taken from others."""
        theirs = msgspec.structs.asdict(other)
        return type(self)(**(theirs | self._given()))

    def applied_to(self, plan: TurnPlan) -> TurnPlan:
        """Return a plan with what is set here."""
        given = self._given()
        inter_digit_s = given.pop("inter_digit_s", None)
        if inter_digit_s is not None:
            given["keys"] = replace(plan.keys, inter_digit_s=inter_digit_s)
        return replace(plan, **given) if given else plan

    def _given(self) -> dict[str, Any]:
        values = msgspec.structs.asdict(self)
        return {name: value for name, value in values.items() if value is not None}
