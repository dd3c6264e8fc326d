"""The finer points of listening that a step, or a flow, may set: ``turn: {...}``. Core, no I/O.

The names are those of ``[turn]`` in ``ivr-agi.toml``, which holds for steps that say nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

import msgspec
from msgspec import Meta

from ivr_agi.flow.file.spec import Spec
from ivr_agi.knobs import TurnKnobs, find_knobs

if TYPE_CHECKING:
    from ivr_agi.dialogue.turn.plan import TurnPlan

__all__ = ("TurnSpec",)

if TYPE_CHECKING:
    _Knobs = Spec
else:
    _Knobs = msgspec.defstruct(
        "_Knobs",
        [
            (name, Annotated[hint, Meta(description=knob.what)] | None, None)
            for name, (hint, knob) in find_knobs(TurnKnobs).items()
            if knob.in_flow == "turn"
        ],
        bases=(Spec,),
        frozen=True,
        kw_only=True,
    )


class TurnSpec(_Knobs, frozen=True, kw_only=True):
    """How the caller is listened to: a field for each knob that has its place here, else None."""

    def over(self, other: Self) -> Self:
        """Return these with what they leave open taken from others."""
        theirs = msgspec.structs.asdict(other)
        return type(self)(**(theirs | self._given()))

    def applied_to(self, plan: TurnPlan) -> TurnPlan:
        """Return a plan with what is set here."""
        given = self._given()
        return msgspec.structs.replace(plan, **given) if given else plan

    def _given(self) -> dict[str, Any]:
        values = msgspec.structs.asdict(self)
        return {name: value for name, value in values.items() if value is not None}
