"""The step ``form``: what it leaves behind."""

from __future__ import annotations

from ivr_agi.flow.run.results import Status
from tests.flow.conversation import SILENCE, converse

FLOW = """\
start: a
steps:
  a:
    do: form
    prompt: What?
    fields:
      n: {slot: {type: number}, prompt: 'N?'}
      sum: {slot: {type: money, currency: EUR}, prompt: 'Sum?'}
    go: end
    read_back: false
    no_input: {go: out}
    no_match: {go: out}
  end: {do: if, when: n == "4" and sum == "12.5", go: right, else: out}
  right: {do: hangup}
  out: {do: transfer, extension: "200"}
"""


async def test_its_fields_are_variables() -> None:
    """For steps, for the dialplan and in the journal; without an answer there are none."""
    result, caller = await converse(FLOW, "four people", "twelve euros fifty")
    assert result.status is Status.COMPLETED
    assert result.variables == {"IVR_SLOT_N": "4", "IVR_SLOT_SUM": "12.5"}
    told = {e.data["field"]: e.data["value"] for e in caller.events if e.event == "slot"}
    assert told == {"n": "4", "sum": "12.5"}
    result, _ = await converse(FLOW, *[SILENCE] * 4)
    assert (result.status, result.variables) == (Status.TRANSFER, {})


async def test_a_secure_form() -> None:
    """Only conditions and services see it."""
    flow = FLOW.replace("    read_back: false\n", "    read_back: false\n    secure: true\n")
    result, caller = await converse(flow, "four people", "twelve euros fifty")
    assert (result.status, result.variables) == (Status.COMPLETED, {})
    assert all(event.data.get("value") is None for event in caller.events)
