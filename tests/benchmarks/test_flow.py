"""The benchmark of call flows: what it measures, not how fast this machine is."""

from __future__ import annotations

import pytest

from benchmarks import flow
from benchmarks.flow import FlowPlan, run_flows
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.engine import FlowEngine
from ivr_agi.flow.run.results import Status
from ivr_agi.journal import Journal
from ivr_agi.rehearsal.caller import CallerAction, Deed
from ivr_agi.rehearsal.virtual import run_virtually


def test_every_kind_of_turn_is_measured() -> None:
    """Through all of a call and with the engine alone; the first row is that of design.md 6."""
    told: list[str] = []
    rows = run_flows(FlowPlan(turns=20, repeats=2), told.append)
    assert [row.name for row in rows] == [
        "flow_turns",
        "flow_turns_keys",
        "flow_turns_call",
        "flow_turns_call_keys",
        "flow_turns_call_barge_in",
        "flow_turns_test",
    ]
    assert all(row.unit == "turns/s" and row.n == 2 and (row.p50 or 0) > 20 for row in rows)
    assert str(rows[0].target) == "p50 >= 2000"
    assert len(told) == 6


@pytest.mark.parametrize(
    ("action", "status", "deed"),
    [
        (CallerAction(Deed.HANG_UP), Status.HANGUP, "leaves"),
        (CallerAction(Deed.SILENCE), Status.TRANSFER, "says nothing until the operator comes"),
    ],
)
def test_the_caller_of_the_engine_alone(action: CallerAction, status: Status, deed: str) -> None:
    """Does what any caller may."""
    caller = flow._EngineCaller(lambda: action)
    program = Program.of(parse_flow(flow._FLOW), "bench")

    async def run() -> Status:
        engine = FlowEngine(
            program, caller, Journal(), plan=TurnPlan(), min_score=0.5, vocabularies={}
        )
        return (await engine.run()).status

    assert run_virtually(run()) is status, deed
