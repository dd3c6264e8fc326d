"""Conversation tests: the samples' own, and what is told when one fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr_agi.dialogue.plan import TurnPlan
from ivr_agi.errors import FlowError
from ivr_agi.flow.conversations import run_suite
from ivr_agi.flow.engine import FlowEngine, FlowResult, Outside
from ivr_agi.flow.lint import lint
from ivr_agi.flow.loader import load_flow, load_program
from ivr_agi.flow.rehearsal import Action, PaperCaller
from ivr_agi.flow.results import Status
from ivr_agi.flow.virtual import run_virtually
from ivr_agi.journal import Journal

FLOWS = Path(__file__).parents[2] / "config" / "flows"
SUITES = sorted((FLOWS / "tests").glob("*.yaml"))


@pytest.mark.parametrize("file", SUITES, ids=lambda file: str(file.stem))
def test_samples_pass_their_tests(file: Path) -> None:
    """Every conversation, and every step is in one."""
    program, verdicts, coverage = run_suite(file)
    assert [(verdict.name, verdict.problem) for verdict in verdicts if verdict.problem] == []
    assert coverage.missing(program)[0] == []


@pytest.mark.parametrize("file", sorted(FLOWS.glob("*.yaml")), ids=lambda file: str(file.stem))
def test_samples_have_no_warnings(file: Path) -> None:
    """They are what people copy."""
    assert lint(load_flow(file)) == []


FLOW = """\
start: a
steps:
  a: {do: menu, prompt: Tea or milk, choices: [{words: [tea], key: "1", go: b}],
      no_input: {go: b}, no_match: {go: b}}
  b: {do: http, url: "https://x/{{ choice }}", go: c, error: c}
  c: {do: python, function: "m:f", go: d, error: d}
  d: {do: hangup, prompt: Bye}
"""


def problem(folder: Path, test: str) -> str:
    """What is wrong with one test."""
    (folder / "x.yaml").write_text(FLOW)
    (folder / "t.yaml").write_text(f"flow: x.yaml\ntests: [{{name: n, {test}}}]")
    _, [verdict], _ = run_suite(folder / "t.yaml")
    return verdict.problem


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("talk: [{hear: coffee}]", "expected to hear 'coffee', heard 'Tea or milk'"),
        ("talk: [{step: b}]", "expected step 'b', the call is in 'a'"),
        ("talk: [{say: tea}]", "no answer in this test for GET https://x/tea"),
        ("talk: [{press: '1'}, {say: x}], http: {'https://': {}}", "ended before say: x"),
        ("talk: [{press: '1'}, {hear: Hello}], http: {'https://': {}}", "heard 'Bye'"),
        ("talk: [], expect: {status: COMPLETED}", "expected status 'COMPLETED', got 'HANGUP'"),
        ("talk: [], expect: {variables: {IVR_X: '1'}}", "expected IVR_X '1', got None"),
        ("talk: [], expect: {steps: [a, c]}", "expected step 'c' on the way a"),
        ("talk: [{press: '1'}], http: {'https://': {}}, expect: {requests: [GET y]}",
         "expected requests"),
    ],
)  # fmt: skip
def test_what_went_wrong_is_told(tmp_path: Path, test: str, expected: str) -> None:
    """In one line."""
    assert expected in problem(tmp_path, test)


def test_a_test_that_goes_well(tmp_path: Path) -> None:
    """With a service and a function in their place."""
    assert not problem(
        tmp_path,
        "talk: [{hear: milk}, {speech: down}, {silence: 1}, {speech: up}, {press: '1'}], "
        "http: {'https://x': [{fails: true}, {answer: 3, takes_s: 2}]}, "
        "python: {'m:f': {answer: 3}}, "
        "expect: {status: COMPLETED, result: tea, steps: [a, b, d], "
        "requests: [GET https://x/tea, GET https://x/tea]}",
    )


def test_a_test_file_with_a_mistake(tmp_path: Path) -> None:
    """Told like a flow's."""
    (tmp_path / "t.yaml").write_text("flow: x.yaml\ntests: [{name: n, talks: []}]")
    with pytest.raises(FlowError, match=r"t.yaml:2:19: .*did you mean 'talk'"):
        run_suite(tmp_path / "t.yaml")


PROGRAMS = [load_program(file) for file in sorted(FLOWS.glob("*.yaml"))]
WORDS = st.sampled_from(
    "yes no repeat back 中文 英文 人工 1234 book tomorrow 十点 ten "
    "余额 挂失 对 不是 sales 110105194912310 weather".split()
)
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.tuples(st.just("say"), WORDS | st.text(max_size=20)),
    st.tuples(st.just("press"), st.text("0123456789*#", min_size=1, max_size=12)),
    st.just(("silence", "")),
    st.just(("down", "")),
    st.just(("up", "")),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PROGRAMS), st.lists(ACTIONS, max_size=60), st.booleans())
def test_whatever_a_caller_does_a_call_ends(
    program: object, actions: list[Action], answers: bool
) -> None:
    """No sample raises or outlives its limits, and each call has a status."""
    waiting = list(actions)

    def act(_: list[str]) -> Action:
        while waiting:
            action = waiting.pop(0)
            if action[0] not in {"down", "up"}:
                return action
            caller.speech_down = action[0] == "down"
        return "silence", ""

    async def fetch(_: object) -> object:
        if not answers:
            raise OSError
        return {"known": True, "balance": 1, "free": False, "ticket": "A"}

    async def call() -> FlowResult:
        return await FlowEngine(
            program,  # type: ignore[arg-type]
            caller,
            Journal(),
            plan=TurnPlan(),
            min_score=0,
            vocabularies={},
            caller={"number": "5550100"},
            outside=Outside(fetch=fetch),
        ).run()

    caller = PaperCaller(act)
    assert run_virtually(call()).status in set(Status)
