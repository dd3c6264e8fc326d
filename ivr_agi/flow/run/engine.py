"""Runs a flow: step after step over a dialogue, until the call is handed back or over.

Whatever happens, the dialplan gets its variables: ``IVR_STATUS`` and what belongs to it. The engine
knows no step: each verb (:mod:`ivr_agi.flow.steps`) runs itself on a
:class:`~ivr_agi.flow.run.call.FlowCall`.

Core, no I/O: all waiting is the talker's, so it runs in virtual time too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.errors import CallerHungUp, SpeechError
from ivr_agi.flow.file.model import Flow, Program
from ivr_agi.flow.run.call import FlowCall, Talker
from ivr_agi.flow.run.results import FlowResult, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.flow.run.outside import Outside
    from ivr_agi.journal import Journal

__all__ = ("FlowEngine",)


class FlowEngine:
    """Runs one flow on one call.

    Args:
        flow: The flow, or with the flows that it calls.
        talker: The call.
        journal: Gets steps, choices, no-input and no-match.
        plan: The turn's clocks, where a step sets none.
        min_score: Words below it are a no-match.
        vocabularies: Hot-word table of each step that has one.
        language: Language at the start, where the flow names none.
        caller: ``number``, ``name``, ``called`` of the caller, for templates.
        outside: What the flow reaches beyond the call.
    """

    def __init__(
        self,
        flow: Flow | Program,
        talker: Talker,
        journal: Journal,
        *,
        plan: TurnPlan,
        min_score: float,
        vocabularies: Mapping[str, str],
        language: str = "en",
        caller: Mapping[str, str] | None = None,
        outside: Outside | None = None,
    ) -> None:
        self.call = FlowCall(
            Program.of(flow) if isinstance(flow, Flow) else flow,
            talker,
            journal,
            plan=plan,
            min_score=min_score,
            vocabularies=vocabularies,
            language=language,
            caller=caller,
            outside=outside,
        )

    async def run(self, arguments: Mapping[str, Any] | None = None) -> FlowResult:
        """Run the flow to its end.

        Args:
            arguments: Variables at the start, before the flow's own.

        Raises:
            IvrError: What no step can handle: the channel is lost, a command is refused, ...
        """
        call = self.call
        try:
            result = await call.run_flow(call.program.main, arguments or {})
        except CallerHungUp:
            return call.end(Status.HANGUP)
        except SpeechError as exc:
            return call.end(Status.SPEECH_DOWN, error=str(exc))
        return result if isinstance(result, FlowResult) else call.end(Status.COMPLETED)
