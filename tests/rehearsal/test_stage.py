"""Whole rehearsed calls: whatever a caller does over every sample, a call ends well."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr_agi.dialogue.prompt.parts import Prompt, as_written
from ivr_agi.dialogue.turn.outcomes import Outcome, Recorded
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import load_program, parse_flow
from ivr_agi.flow.run.outside import FlowRequest, Outside
from ivr_agi.flow.run.results import Status
from ivr_agi.journal import Event
from ivr_agi.rehearsal.caller import CallerAction, Deed
from ivr_agi.rehearsal.service import ServiceFault
from ivr_agi.rehearsal.stage import Rehearsed, RehearsedCall, Script, Stage
from ivr_agi.rehearsal.virtual import run_virtually

FLOWS = Path(__file__).parents[2] / "config" / "flows"
PROGRAMS = {file.stem: load_program(file) for file in sorted(FLOWS.glob("*.yaml"))}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One spool folder for all."""
    with Stage() as stage:
        yield stage


def play(stage: Stage, text: str, *actions: CallerAction, **script: object) -> Rehearsed:
    """Rehearse a flow; after the actions the caller leaves."""
    plays = iter(actions)
    program = Program.of(parse_flow(text))
    return run_virtually(
        stage.play(
            Script(
                program=program,
                next_action=lambda _: next(plays, CallerAction(Deed.HANG_UP)),
                **script,  # type: ignore[arg-type]
            )
        )
    )


MENU = """\
start: a
variables: {name: nobody}
steps:
  a: {do: menu, prompt: "Tea, {{ name }}?", choices: [{words: [tea], key: "1", go: b}],
      no_input: {go: b}, no_match: {go: b}}
  b: {do: transfer, extension: "200", prompt: [{recording: custom/bye, text: Bye now.}]}
"""


def test_what_the_dialplan_gives_and_gets(stage: Stage) -> None:
    """Arguments and results go through AGI, quoting and all."""
    said: list[Prompt] = []
    events: list[Event] = []
    rehearsed = play(
        stage,
        MENU,
        CallerAction(Deed.SAY, "tea"),
        arguments={"name": 'Ann "Q" Öz'},
        caller={"number": "5550100"},
        on_prompt=said.append,
        on_event=events.append,
    )
    assert [as_written(prompt) for prompt in said] == [
        'Tea, Ann "Q" Öz?',
        "Bye now.",
    ]
    assert rehearsed.variables["IVR_STATUS"] == "TRANSFER"
    assert rehearsed.variables["IVR_TRANSFER"] == "200"
    assert rehearsed.questions == 1
    assert 3 < rehearsed.duration_s < 10
    assert events[-1].event == "call_ended"
    assert events[-1].at_s == pytest.approx(rehearsed.duration_s, abs=0.01)


def test_the_same_twice(stage: Stage) -> None:
    """Virtual time has no chance in it."""
    calls = [
        play(
            stage,
            MENU,
            CallerAction(Deed.NOISE, lasts_s=0.3, over_s=0.2),
            CallerAction(Deed.SAY, "tea"),
        )
        for _ in range(3)
    ]
    assert len({call.duration_s for call in calls[1:]}) == 1  # the first one synthesises
    assert {call.result.status for call in calls} == {Status.TRANSFER}


def test_the_caller_leaves_in_the_middle_of_a_prompt_that_asks_nothing(stage: Stage) -> None:
    """At any time of the call, not only at questions."""

    async def act(call: RehearsedCall) -> None:
        await asyncio.sleep(1)
        call.phone.hang_up()

    async def run() -> Rehearsed:
        flow = "start: a\nsteps: {a: {do: say, prompt: Please listen to all of this., go: a}}"
        script = Script(
            program=Program.of(parse_flow(flow)), next_action=lambda _: CallerAction(Deed.SILENCE)
        )
        call = RehearsedCall(stage, script)
        _, rehearsed = await asyncio.gather(act(call), call.run())
        return rehearsed

    rehearsed = run_virtually(run())
    assert rehearsed.result.status is Status.HANGUP
    assert rehearsed.duration_s == pytest.approx(1, abs=0.1)


RECORD = """\
start: a
steps:
  a: {do: record, prompt: After the tone., save: message, go: b, no_input: {after: 2, go: b}}
  b: {do: hangup, result: "{{ message | default('none') }}"}
"""


@pytest.mark.parametrize(
    ("actions", "result", "outcomes"),
    [
        ([CallerAction(Deed.SAY, "This is Ann, I am late.")], "message-1", ["Recorded"]),
        (
            [CallerAction(Deed.SILENCE), CallerAction(Deed.SAY, "This is Ann, I am late.")],
            "message-1",
            ["NoInput", "Recorded"],
        ),
        ([CallerAction(Deed.SILENCE), CallerAction(Deed.SILENCE)], "none", ["NoInput", "NoInput"]),
        ([CallerAction(Deed.HANG_UP)], "", ["HungUp"]),
    ],
)
def test_messages(
    stage: Stage, actions: list[CallerAction], result: str, outcomes: list[str]
) -> None:
    """They are recorded, from vowels; the real recorder judges them."""
    found: list[str] = []

    def note(outcome: Outcome | Recorded) -> None:
        found.append(type(outcome).__name__)

    rehearsed = play(stage, RECORD, *actions, on_outcome=note)
    assert rehearsed.result.result == result
    assert found == outcomes


WORDS = st.sampled_from(
    "yes no repeat back 中文 英文 人工 1234 book tomorrow 十点 ten "
    "余额 挂失 对 不是 一一零一零五一九四九一二三一零零二X "
    "sales weather balance operator cancel".split()
)
KEYS = st.sampled_from(["1", "2", "0", "1234", "123456"])
OVER = st.none() | st.floats(0, 8)
ACTIONS: st.SearchStrategy[CallerAction] = st.one_of(
    st.builds(CallerAction, st.just(Deed.SAY), WORDS | st.text(max_size=20), OVER),
    st.builds(
        CallerAction,
        st.just(Deed.PRESS),
        KEYS | st.text("0123456789*#", min_size=1, max_size=12),
        OVER,
    ),
    st.builds(CallerAction, st.just(Deed.SILENCE)),
    st.builds(CallerAction, st.just(Deed.NOISE), over_s=OVER, lasts_s=st.floats(0.05, 3)),
    st.builds(CallerAction, st.just(Deed.HANG_UP), over_s=OVER),
)
FAULTS = st.dictionaries(st.integers(0, 12), st.sampled_from(list(ServiceFault)), max_size=4)
NOW = datetime.datetime(2026, 10, 1, 9, tzinfo=datetime.UTC)


@pytest.mark.parametrize("name", PROGRAMS)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    actions=st.lists(ACTIONS, max_size=25),
    faults=FAULTS,
    answers=st.booleans(),
    hang_up_at=st.none() | st.floats(0, 60),
    number=st.sampled_from(["5550100", "anonymous", ""]),
)
def test_whatever_a_caller_does_a_call_ends(
    stage: Stage,
    name: str,
    actions: list[CallerAction],
    faults: dict[int, ServiceFault],
    answers: bool,
    hang_up_at: float | None,
    number: str,
) -> None:
    """No sample raises or outlives its limits, and each call has a status."""
    plays = iter(enumerate(actions))

    def next_action(call: RehearsedCall) -> CallerAction:
        at, action = next(plays, (-1, CallerAction(Deed.SILENCE)))
        if at in faults:
            call.service.fail(faults[at])
        return action

    async def fetch(_: FlowRequest) -> object:
        await asyncio.sleep(1)
        if not answers:
            raise OSError
        return {"known": True, "balance": 1, "free": False, "ticket": "A"}

    async def run() -> Rehearsed:
        outside = Outside(fetch=fetch, wall_clock=lambda: NOW)
        call = RehearsedCall(
            stage,
            Script(
                program=PROGRAMS[name],
                next_action=next_action,
                outside=outside,
                caller={"number": number},
            ),
        )
        loop = asyncio.get_running_loop()
        timer = None if hang_up_at is None else loop.call_at(hang_up_at, call.phone.hang_up)
        try:
            return await call.run()
        finally:
            if timer is not None:
                timer.cancel()

    rehearsed = run_virtually(run())
    limits = PROGRAMS[name].flows[name].limits
    assert rehearsed.variables["IVR_STATUS"] == rehearsed.result.status
    assert rehearsed.questions <= limits.turns
    assert rehearsed.duration_s <= stage.settings.call.deadline_s
    if rehearsed.result.status is Status.FAILED:
        assert "limits.turns" in rehearsed.result.error
