"""The benchmark of call flows: what it measures, not how fast this machine is."""

from __future__ import annotations

from benchmarks.flow import FlowPlan, run_flows


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
