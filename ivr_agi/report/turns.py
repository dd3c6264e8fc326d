"""The turns of a call: what was asked, what came, what was made of it. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ivr_agi.store.summary import UNDERSTOOD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.journal import Event

__all__ = ("TurnTold", "tell_turns")


@dataclass
class TurnTold:
    """A turn; empty where a secure step has left it out."""

    at_s: float
    """Its end, seconds since the call's begin."""
    step: str
    prompt: str
    outcome: str
    text: str
    """What the caller said."""
    keys: str
    score: float | None
    understood: str = ""
    """What the flow made of it: ``choice``, ``no_match``, ..."""
    value: str = ""
    """The choice, the answer or the command."""
    stopped_ms: int | None = None
    """Where the prompt was stopped for good."""
    false_stops: int = 0
    legs_ms: dict[str, Any] = field(default_factory=dict)


def tell_turns(events: Iterable[Event]) -> list[TurnTold]:
    """Return the turns of a call in their order."""
    found: list[TurnTold] = []
    began_at_s: float | None = None
    step = ""
    prompts: list[str] = []
    for event in events:
        began_at_s = event.at_s if began_at_s is None else began_at_s
        data = event.data
        match event.event:
            case "step":
                step, prompts = str(data.get("step", "")), []
            case "prompt_started":
                prompts.append(str(data.get("text") or data.get("recording") or "..."))
            case "outcome":
                found.append(
                    TurnTold(
                        at_s=event.at_s - began_at_s,
                        step=step,
                        prompt=" ".join(prompts),
                        outcome=str(data.get("outcome", "")),
                        text=str(data.get("text") or ""),
                        keys=str(data.get("keys") or ""),
                        score=data.get("score"),
                        stopped_ms=data.get("barge_in_position_ms"),
                        false_stops=data.get("false_barge_ins") or 0,
                        legs_ms=data.get("legs_ms") or {},
                    )
                )
                prompts = []
            case kind if kind in UNDERSTOOD and found and not found[-1].understood:
                if found[-1].step == step:
                    value = data.get("choice") or data.get("value") or data.get("command") or ""
                    found[-1].understood, found[-1].value = kind, str(value)
    return found
