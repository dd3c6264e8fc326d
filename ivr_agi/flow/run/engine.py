"""Runs a flow step by step over a dialogue, until the call ends or returns to the dialplan.

The dialplan always gets its variables: ``IVR_STATUS`` and what belongs to it. The engine knows no
kind of step: each verb (:mod:`ivr_agi.flow.steps`) runs itself on a
:class:`~ivr_agi.flow.run.call.FlowCall`. Core, no I/O: only the talker
waits, so that it runs in virtual time, too.
"""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from ivr_agi.errors import CallerHungUp, ChannelClosed, IvrError, SpeechError
from ivr_agi.flow.file.model import Flow, Program
from ivr_agi.flow.run.budget import MAX_STEPS
from ivr_agi.flow.run.call import FlowCall
from ivr_agi.flow.run.company import refuse_after_hang_up
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.results import FlowResult, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.flow.file.spec import StepName
    from ivr_agi.flow.file.step import StepSpec
    from ivr_agi.flow.run.place import CallPlace
    from ivr_agi.flow.run.position import FlowFrame
    from ivr_agi.flow.run.speaker import Talker
    from ivr_agi.journal import Journal

__all__ = ("FlowEngine",)

_log = logging.getLogger("ivr_agi.flow")


class FlowEngine:
    """Runs one flow on one call.

    Args:
        flow: The flow, or a program with the flows it calls.
        talker: The call.
        journal: Gets steps, choices, no-input and no-match.
        plan: Turn settings that steps may override.
        min_score: Words with a lower score are a no-match.
        vocabularies: Hot-word table of each step that has one; of flows that are called by
            ``flow.step``.
        language: Initial language, if the flow names none.
        caller: ``number``, ``name``, ``called`` of the caller, for templates.
        outside: What the flow uses outside the call.
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
        timezone: str = "",
        language: str = "en",
        caller: Mapping[str, str] | None = None,
        outside: Outside | None = None,
    ) -> None:
        self._program = Program.of(flow) if isinstance(flow, Flow) else flow
        self._call = FlowCall(
            self._program.main,
            self._program.flows[self._program.main],
            functools.partial(_run_flow, dict(self._program.flows)),
            talker,
            journal,
            plan=plan,
            min_score=min_score,
            vocabularies=vocabularies,
            timezone=timezone,
            language=language,
            caller=caller or {},
            outside=outside or Outside(),
        )

    async def run(
        self,
        arguments: Mapping[str, Any] | None = None,
        *,
        place: CallPlace | None = None,
        dialled: str = "",
    ) -> FlowResult:
        """Run the flow to its end.

        Args:
            arguments: Initial variables; they override the flow's.
            place: Where it goes on, after a transfer.
            dialled: What came of the transfer.

        Raises:
            IvrError: Errors that no step can handle: a lost channel, a refused command, ...
        """
        call = self._call
        if place is not None:
            call.restore(place, dialled)
        try:
            result = await call.run_flow(self._program.main, arguments or {})
        except CallerHungUp:
            return replace(call.epilogue or call.end(Status.HANGUP), status=Status.HANGUP)
        except SpeechError as exc:
            return call.end(Status.SPEECH_DOWN, error=str(exc))
        return result if isinstance(result, FlowResult) else call.end(Status.COMPLETED)


async def _run_flow(
    flows: dict[str, Flow], call: FlowCall, name: str, arguments: Mapping[str, Any]
) -> FlowResult | dict[str, Any]:
    """Run a flow. A function, so that a call has no reference cycle.

    Args:
        flows: Those of the call; one that Python calls by its name is added.
        call: The call.
        name: The flow.
        arguments: Its variables.

    Returns:
        How the call ends, or what the flow returned.

    Raises:
        FlowError: There is no such flow.
    """
    if name not in flows:
        found, tables = await call.outside.find_flow(name)
        flows.update(found)
        call.vocabularies.update(tables)
    flow, position = flows[name], call.position
    caller_step = position.step
    frame = position.enter_flow(name, flow, arguments)
    step = _resume(call, frame, flow) or flow.start
    try:
        return await _run_steps(call, flow, frame, step)
    except ChannelClosed:
        await _run_after_hang_up(call, flow, frame)
        raise
    finally:
        position.leave_flow(caller_step)


async def _run_steps(
    call: FlowCall, flow: Flow, frame: FlowFrame, step: str
) -> FlowResult | dict[str, Any]:
    """Run steps of a flow until it ends, or returns values."""
    while True:
        went: StepName | FlowResult
        try:
            went = await _run_step(call, step, flow.steps[step])
        except ChannelClosed:
            raise
        except IvrError as exc:
            if flow.on_error is None or frame.has_failed or call.is_alone:
                raise
            frame.has_failed = True
            _log.error("step %s: %s", call.position.full_step, exc)
            call.note("step_failed", error=str(exc))
            call.values.set("error", str(exc))
            went = flow.on_error
        if frame.returned is not None:
            return frame.returned
        if isinstance(went, FlowResult):
            return went
        step = went


async def _run_after_hang_up(call: FlowCall, flow: Flow, frame: FlowFrame) -> None:
    """Do what is left to do when the caller has hung up; no failure changes how the call ended."""
    if flow.after_hang_up is None or frame.is_alone:
        return
    call.is_alone = frame.is_alone = True
    work = _run_steps(call, flow, frame, flow.after_hang_up.go)
    try:
        done = await call.outside.waiting.wait(work, flow.after_hang_up.deadline_s)
    except (IvrError, TimeoutError) as exc:
        error = str(exc) or f"not done in {flow.after_hang_up.deadline_s:g} s"
        _log.error("after the hang-up, step %s: %s", call.position.full_step, error)
        call.note("step_failed", error=error)
        return
    if isinstance(done, FlowResult):
        call.epilogue = done


def _resume(call: FlowCall, frame: FlowFrame, flow: Flow) -> str | None:
    """Go on in a flow after a transfer; None: it begins anew, or for the first time."""
    if not call.resuming:
        return None
    before = call.resuming.pop(0)
    step = flow.steps.get(before.step)
    if before.name != frame.name or step is None or not step.resumes:  # the files have changed
        call.resuming, call.dialled = [], None
        return None
    frame.values = {**frame.values, **before.values}
    frame.history = list(before.history)
    return before.step


async def _run_step(call: FlowCall, name: str, step: StepSpec) -> StepName | FlowResult:
    refuse_after_hang_up(call)
    if call.budget.count_step():
        return call.end(Status.FAILED, error=f"{MAX_STEPS} steps without an end")
    position = call.position
    position.enter_step(name)
    position.frame.resumes = step.resumes
    call.journal.record("step", step=position.full_step)
    if not call.is_alone:
        await call.outside.enter_step(position.full_step, is_recorded=step.record)
    went: StepName | FlowResult = await step.run(call)
    return went
