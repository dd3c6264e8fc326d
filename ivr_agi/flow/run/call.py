"""One call as its steps see it: each part of it does one thing, and this puts them together.

Core, no I/O: only the talker waits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from ivr_agi.flow.run.budget import Budget
from ivr_agi.flow.run.outage import SpeechOutage
from ivr_agi.flow.run.position import Position
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.flow.run.speaker import FlowSpeaker, Talker
from ivr_agi.flow.run.values import Values

if TYPE_CHECKING:
    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.flow.file.head import FlowHead
    from ivr_agi.flow.run.outside import Outside
    from ivr_agi.journal import Journal

__all__ = ("FlowCall", "RunFlow")

RunFlow = Callable[["FlowCall", str, Mapping[str, Any]], Awaitable[FlowResult | dict[str, Any]]]
"""Runs a flow of the program on a call, from its name and arguments to what it returned."""


class FlowCall:
    """A call in a flow.

    Args:
        main: Name of the first flow.
        head: What that flow says beside its steps.
        run_flow: Runs another flow of the program (the engine does).
        talker: The call.
        journal: Gets steps, choices, no-input and no-match.
        plan: The turn's clocks, where a step sets none.
        min_score: Words below it are a no-match.
        vocabularies: Hot-word table of each step that has one; of flows that are called by
            ``flow.step``.
        language: Language at the start, where the flow names none.
        caller: ``number``, ``name``, ``called`` of the caller, for templates.
        outside: What the flow reaches beyond the call.
    """

    def __init__(
        self,
        main: str,
        head: FlowHead,
        run_flow: RunFlow,
        talker: Talker,
        journal: Journal,
        *,
        plan: TurnPlan,
        min_score: float,
        vocabularies: Mapping[str, str],
        language: str,
        caller: Mapping[str, str],
        outside: Outside,
    ) -> None:
        self.journal = journal
        self.plan = plan
        self.min_score = min_score
        self.vocabularies = vocabularies
        self.outside = outside
        self.position = Position(main, head)
        """Where it is."""
        self.values = Values(self.position, language, caller)
        """What it knows."""
        self.budget = Budget(head.limits.turns)
        """What it may still cost."""
        self.outage = SpeechOutage()
        """Whether it goes on by keys."""
        self.speaker = FlowSpeaker(talker, self.values, self.budget, journal, outside.set_language)
        """What it says and hears."""
        self.owes_hash = False
        """The last answer was keyed and complete without a hash key, which may still come."""
        self._run_flow = run_flow
        if head.languages:
            self.speaker.set_language(head.languages[0])

    @property
    def flow(self) -> FlowHead:
        """What the flow under way says beside its steps."""
        return self.position.head

    @property
    def language(self) -> str:
        """What is spoken."""
        return self.values.language

    def note(self, event: str, **data: Any) -> None:
        """Write what happened in the step into the journal."""
        self.journal.record(event, step=self.position.step, **data)

    async def run_flow(
        self, name: str, arguments: Mapping[str, Any]
    ) -> FlowResult | dict[str, Any]:
        """Run another flow of the program.

        Returns:
            How the call ends, or what the flow returned.
        """
        return await self._run_flow(self, name, arguments)

    def end(
        self,
        status: Status,
        *,
        transfer: str = "",
        error: str = "",
        result: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> FlowResult:
        """Return how the call ends, with what the dialplan is told."""
        values = self.values
        slots = {f"IVR_SLOT_{name.upper()}": value for name, value in values.slots.items()}
        return FlowResult(
            status=status,
            result=values.result if result is None else result,
            transfer=transfer,
            error=error,
            variables={**slots, **(variables or {})},
        )
