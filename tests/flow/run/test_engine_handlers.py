"""Where a flow goes on when a step fails, and what it still does when the caller has hung up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from ivr_agi.errors import ConfigError, FlowError, SpeechUnavailable
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.outside import FlowRequest, Outside
from ivr_agi.flow.run.results import Status
from ivr_agi.flow.tools.lint import lint
from tests.flow.conversation import DOWN, Caller, converse, rehearse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.virtual_time

FAILS = """\
start: a
on_error: sorry
steps:
  a: {do: say, prompt: "{{ nothing }}", go: b}
  b: {do: hangup, result: not reached}
  sorry: {do: transfer, prompt: Sorry., extension: "200"}
"""


async def test_a_step_that_fails() -> None:
    """The flow goes on elsewhere; the journal has the reason."""
    result, caller = await converse(FAILS)
    assert (result.status, result.transfer, caller.said) == (Status.TRANSFER, "200", ["Sorry."])
    (event,) = [event for event in caller.events if event.event == "step_failed"]
    assert event.data["step"] == "a"
    assert "'nothing' is undefined" in event.data["error"]


async def test_the_reason_is_a_variable() -> None:
    """For a service that is to be told; flow check knows it."""
    flow = FAILS.replace('extension: "200"', 'extension: "200", variables: {WHY: "{{ error }}"}')
    result, _ = await converse(flow)
    assert "'nothing' is undefined" in result.variables["IVR_WHY"]
    assert [warned.rule for warned in lint(parse_flow(flow))] == ["unknown_variable"]


async def test_once_in_each_flow() -> None:
    """A handler that fails itself ends the call: nothing goes in circles."""
    with pytest.raises(FlowError, match="undefined"):
        await converse(
            FAILS.replace("Sorry.", "'{{ too }}'").replace("on_error: sorry", "on_error: a")
        )


async def test_speech_that_is_down() -> None:
    """And a question that has no keys: the flow says where to go."""
    flow = """\
start: a
on_error: sorry
defaults: {no_input: {go: b}, no_match: {go: b}}
steps:
  a: {do: ask, prompt: Well, slot: {type: text}, save: x, go: b}
  b: {do: hangup}
  sorry: {do: voicemail, mailbox: "200"}
"""
    result, _ = await converse(flow, DOWN)
    assert result.status is Status.VOICEMAIL
    result, _ = await converse(flow.replace("on_error: sorry\n", ""), DOWN)
    assert result.status is Status.SPEECH_DOWN


async def test_the_flow_that_called() -> None:
    """Has the error of one that has no place for it."""
    outer = """\
start: a
on_error: sorry
steps:
  a: {do: call, flow: inner, go: b}
  b: {do: hangup}
  sorry: {do: hangup, result: sorry}
"""
    inner = 'start: a\nsteps: {a: {do: say, prompt: "{{ nothing }}", go: a}}'
    program = Program("outer", {"outer": parse_flow(outer), "inner": parse_flow(inner)})
    assert (await converse(program))[0].result == "sorry"


async def test_a_hang_up_is_no_error() -> None:
    """It ends the call."""
    flow = FAILS.replace('"{{ nothing }}"', "Hello")
    outside = Outside(has_hung_up=iter([False, True]).__next__)
    assert (await converse(flow, outside=outside))[0].status is Status.HANGUP


LEAVES = """\
start: a
variables: {n: 5}
after_hang_up: {go: tell, deadline_s: 20}
defaults: {no_input: {go: bye}, no_match: {go: bye}}
steps:
  a: {do: ask, prompt: Well, slot: {type: digits, length: 3}, save: x, go: b}
  b: {do: confirm, prompt: Sure, yes: bye, no: bye}
  bye: {do: hangup, prompt: Bye.}
  tell:
    do: http
    method: POST
    url: https://example.com/left
    json: {x: "{{ x | default('') }}"}
    go: done
    error: lost
  done: {do: dialplan, result: told, variables: {NOTED: "1"}}
  lost: {do: dialplan, result: lost}
"""


def service(requests: list[FlowRequest], takes_s: float = 0.0) -> Callable[[FlowRequest], Any]:
    """A service that notes what it is asked."""

    async def fetch(request: FlowRequest) -> Any:
        await asyncio.sleep(takes_s)
        requests.append(request)
        return {}

    return fetch


async def test_steps_after_a_hang_up() -> None:
    """They run on the call that is over; the dialplan has their variables, and HANGUP."""
    requests: list[FlowRequest] = []
    caller = Caller("one two three")
    outside = Outside(
        fetch=service(requests, 3),
        has_hung_up=lambda: not caller.answers and len(caller.plans) > 1,
        attend=lambda: pytest.fail("nobody is there"),
        find_music=lambda: pytest.fail("nobody hears it"),
    )
    result, _ = await converse(LEAVES, caller=caller, outside=outside)
    assert requests[0].body == b'{"x":"123"}'
    assert (result.status, result.result) == (Status.HANGUP, "told")
    assert result.variables == {"IVR_SLOT_X": "123", "IVR_NOTED": "1"}
    assert caller.said == ["Well", "Sure"]


async def test_they_have_a_deadline() -> None:
    """The call is over then, as if there were none."""
    requests: list[FlowRequest] = []
    flow = LEAVES.replace("error: lost", "error: lost\n    timeout_s: 100")
    result, caller = await converse(flow, outside=Outside(fetch=service(requests, 50)))
    assert (result.status, result.result, requests) == (Status.HANGUP, "", [])
    (event,) = [event for event in caller.events if event.event == "step_failed"]
    assert event.data["error"] == "not done in 20 s"


async def test_one_that_fails() -> None:
    """The call is over all the same."""
    flow = LEAVES.replace("default('')", "nothing()")
    result, caller = await converse(flow)
    assert result.status is Status.HANGUP
    assert "step_failed" in [event.event for event in caller.events]


async def test_each_flow_has_its_own() -> None:
    """The inner one's come first."""
    requests: list[FlowRequest] = []
    outer = LEAVES.replace("start: a", "start: sub").replace(
        "steps:\n", "steps:\n  sub: {do: call, flow: inner, go: a}\n"
    )
    inner = LEAVES.replace("/left", "/inner")
    program = Program("outer", {"outer": parse_flow(outer), "inner": parse_flow(inner)})
    result, _ = await converse(program, outside=Outside(fetch=service(requests)))
    assert [request.url[-5:] for request in requests] == ["inner", "/left"]
    assert result.status is Status.HANGUP


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("go: tell", "go: bye", "steps.bye: after_hang_up leads here, where nobody is"),
        ("go: tell", "go: a", "steps.a: after_hang_up leads here"),
        ("go: tell", "go: tel", "after_hang_up.go: there is no step 'tel'; did you mean 'tell'"),
        ("error: lost", "error: lost\n    filler: Wait", "steps.tell: after_hang_up leads here"),
        ("error: lost", "error: lost\n    say: true", "steps.tell: after_hang_up leads here"),
        ("result: lost", "prompt: Lost", "steps.lost: after_hang_up leads here"),
        ("{do: dialplan, result: lost}", "{do: transfer, queue: a}", "steps.lost: after_hang_up"),
        ("deadline_s: 20", "deadline_s: 61", "after_hang_up.deadline_s: expected"),
        ("deadline_s: 20", "deadline_s: 0", "after_hang_up.deadline_s: expected"),
        ("{go: tell, deadline_s: 20}", "tell", "after_hang_up: expected"),
        ("variables: {n: 5}", "on_error: x", "on_error: there is no step 'x'"),
        ("variables: {n: 5}", "on_error: [a]", "on_error: expected"),
    ],
)
def test_mistakes(old: str, new: str, expected: str) -> None:
    """Told when the flow is checked, with their place."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(LEAVES.replace(old, new, 1))


@pytest.mark.parametrize("step", ["set, go: lost", "goto, go: lost", "if, when: n, go: lost, else: done",
                                  "python, function: 'm:f', go: lost, error: lost"])  # fmt: skip
def test_what_needs_nobody(step: str) -> None:
    """Is allowed there; flow check finds all steps reached."""
    flow = LEAVES.replace("go: tell,", "go: new,").replace(
        "steps:\n", f"steps:\n  new: {{do: {step}}}\n"
    )
    warned = [one for one in lint(parse_flow(flow)) if one.rule == "unreachable"]
    assert [one.place[-1] for one in warned] in ([], ["tell"], ["tell", "done"])


def test_the_kinds_of_failures() -> None:
    """Whatever a step raises that is ours."""
    assert issubclass(FlowError, ConfigError)
    assert not issubclass(SpeechUnavailable, ConfigError)


TESTS = """
  - name: a hang-up in the middle
    talk: [{say: one two three}, {hear: Sure}, {hang_up: true}]
    http: {"https://example.com/": {answer: {}, takes_s: 4}}
    expect: {status: HANGUP, result: told, requests: [POST https://example.com/left],
             variables: {IVR_NOTED: "1", IVR_SLOT_X: "123"}}
  - name: to the end
    talk: [{say: one two three}, {say: "yes"}]
    expect: {status: COMPLETED, requests: []}
"""


def test_whole_calls(tmp_path: Path) -> None:
    """With a channel that has hung up, in virtual time."""
    assert rehearse(tmp_path, TESTS, flow=LEAVES) == ["", ""]
