"""What the dialplan is told when a flow ends."""

from __future__ import annotations

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.results import FlowResult, Status
from tests.flow.conversation import converse


def leave(step: str) -> str:
    """A flow of one step."""
    return f"start: a\nvariables: {{city: Kiel}}\nsteps: {{a: {step}}}"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ('{do: transfer, extension: "200"}', FlowResult(status=Status.TRANSFER, transfer="200")),
        (
            "{do: transfer, queue: sales, priority: 5}",
            FlowResult(
                status=Status.TRANSFER,
                transfer="sales",
                variables={"IVR_TRANSFER_KIND": "QUEUE", "IVR_PRIORITY": "5"},
            ),
        ),
        (
            '{do: transfer, sip: "sip:desk@example.com"}',
            FlowResult(
                status=Status.TRANSFER,
                transfer="sip:desk@example.com",
                variables={"IVR_TRANSFER_KIND": "SIP"},
            ),
        ),
        (
            '{do: voicemail, mailbox: "200@sales"}',
            FlowResult(status=Status.VOICEMAIL, variables={"IVR_MAILBOX": "200@sales"}),
        ),
        (
            "{do: callback, queue: sales}",
            FlowResult(
                status=Status.CALLBACK, variables={"IVR_CALLBACK": "123", "IVR_QUEUE": "sales"}
            ),
        ),
        (
            '{do: dialplan, result: "to {{ city }}", variables: {CITY: "{{ city }}"}}',
            FlowResult(status=Status.DIALPLAN, result="to Kiel", variables={"IVR_CITY": "Kiel"}),
        ),
        ("{do: hangup}", FlowResult(status=Status.COMPLETED)),
        ("{do: return}", FlowResult(status=Status.COMPLETED)),
    ],
)
async def test_ways_out(step: str, expected: FlowResult) -> None:
    """Each has its status and its variables."""
    result, _ = await converse(leave(step))
    assert result == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{do: transfer}", "exactly one of extension, queue, sip"),
        ('{do: transfer, queue: a, extension: "1"}', "exactly one"),
        ('{do: transfer, extension: "1", priority: 3}', "only a queue has a priority"),
        ('{do: transfer, sip: "sip:a b@c"}', "a SIP address"),
        ("{do: transfer, queue: 'a,b'}", "without spaces"),
        ("{do: dialplan, variables: {city: x}}", "in capitals"),
        ("{do: dialplan, variables: {STATUS: x}}", "IVR_STATUS is set by the program itself"),
        ('{do: transfer, queue: a, variables: {SLOT_X: "1"}}', "IVR_SLOT_X is set by"),
    ],
)
def test_mistakes(step: str, expected: str) -> None:
    """Nothing that the dialplan could take for something else."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(leave(step))


async def test_a_call_back_number_is_one() -> None:
    """Whatever was said, the dialplan gets digits."""
    with pytest.raises(FlowError, match="no telephone number"):
        await converse(leave("{do: callback, number: '{{ city }}'}"))


CALLED_BACK = """
start: a
variables: {number: ""}
steps:
  a: {do: callback, number: "{{ number }}", prompt: We call you back., no_number: ask}
  ask: {do: hangup, result: no number}
"""


@pytest.mark.parametrize("number", ["", "anonymous", "Restricted", "+", "alice", "1", "12a"])
async def test_no_number_is_no_promise(number: str) -> None:
    """W8: nobody is told that we call back where we cannot."""
    result, caller = await converse(CALLED_BACK, number=number)
    assert (result.result, caller.said) == ("no number", [])
    with pytest.raises(FlowError, match="no telephone number"):
        await converse(CALLED_BACK.replace(", no_number: ask", ""), number=number)


async def test_a_number_is_one() -> None:
    """Blanks and brackets do not count."""
    result, caller = await converse(CALLED_BACK, number="+49 (431) 12-34")
    assert (result.variables["IVR_CALLBACK"], result.target) == ("+494311234", "+494311234")
    assert caller.said == ["We call you back."]


NAMED = """\
start: a
variables: {desk: "200"}
steps:
  a:
    do: transfer
    prompt: I connect you.
    extension: "{{ desk }}"
    allowed: ["200", "201"]
    else: none
  none: {do: hangup, result: none}
"""


@pytest.mark.parametrize("way", ["extension", "queue"])
@pytest.mark.parametrize(
    ("desk", "expected"), [("201", "201"), ("202", ""), ("", ""), ("200\n", "200"), ("2", "")]
)
async def test_a_variable_names_the_destination(way: str, desk: str, expected: str) -> None:
    """One of the list; nothing is promised for anything else."""
    result, caller = await converse(NAMED.replace("extension", way), desk=desk)
    assert (result.transfer, bool(caller.said)) == (expected, bool(expected))
    assert result.status is (Status.TRANSFER if expected else Status.COMPLETED)


async def test_a_variable_that_names_no_destination() -> None:
    """Without else the call fails, without the name."""
    with pytest.raises(FlowError, match="names nothing of allowed") as caught:
        await converse(NAMED.replace("    else: none\n", ""), desk="0900")
    assert "0900" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('    allowed: ["200", "201"]\n', "", "steps.a.allowed: a variable needs allowed"),
        ('"201"', '"20 1"', "steps.a.allowed.1: expected an extension"),
        ('"201"', "201", "steps.a.allowed.1: expected a text"),
        ('"{{ desk }}"', '"200"', "steps.a.extension: allowed and else belong to a variable"),
        ('"{{ desk }}"', '"{{ desk"', "steps.a.extension: template: "),
        ("else: none", "else: nowhere", "steps.a.else: there is no step"),
    ],
)
def test_mistakes_in_destinations(old: str, new: str, expected: str) -> None:
    """Told when the flow is checked, with their place."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(NAMED.replace(old, new, 1))
