"""Replays of calls: made of the journals of rehearsed ones, so that each is known to the word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ivr_agi.errors import RequestFailed
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import load_program
from ivr_agi.flow.run.outside import FlowRequest, Outside
from ivr_agi.journal import Event
from ivr_agi.rehearsal.caller import CallerAction, Deed
from ivr_agi.rehearsal.replay import (
    CannedAnswers,
    Replayed,
    ReplayVerdict,
    count_verdicts,
    replay_calls,
)
from ivr_agi.rehearsal.spec import CannedResponse
from ivr_agi.rehearsal.stage import RehearsedCall, Script, Stage
from ivr_agi.rehearsal.virtual import run_virtually
from ivr_agi.settings import Settings, load_settings

FLOW = """
start: menu
steps:
  menu:
    do: menu
    prompt: Bills or support?
    choices:
      - {words: [bills], key: "1", value: bills, go: balance}
      - {words: [support], key: "2", value: support, go: person}
    no_input: {after: 3, go: bye}
    no_match: {after: 3, go: bye}
  balance:
    do: http
    url: https://bank.example.com/balance
    save: {amount: account.items.0.amount}
    go: tell
    error: bye
  tell: {do: say, prompt: "You owe {{ amount }}.", go: score}
  score:
    do: python
    function: bank:score
    save: points
    go: bye
    error: person
  person: {do: transfer, extension: "200"}
  bye: {do: hangup}
"""
SAYS, PRESS, SILENT, LEAVES = Deed.SAY, Deed.PRESS, Deed.SILENCE, Deed.HANG_UP


def program(folder: Path, text: str = FLOW, *changes: tuple[str, str]) -> Program:
    """A flow in a file, with something of its text changed."""
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file = folder / "main.yaml"
    file.write_text(text)
    return load_program(file)


async def fetch(_: FlowRequest) -> Any:
    """The bank's answer."""
    return {"account": {"items": [{"amount": 42, "more": "x"}]}}


async def fetch_nothing(_: FlowRequest) -> Any:
    """The bank is closed."""
    raise RequestFailed("HTTP 503")


async def score(*_: Any) -> int:
    """The user's function."""
    return 7


def call_of(flow: Program, *deeds: CallerAction, get: Any = fetch) -> list[Event]:
    """Return the journal of a call."""
    events: list[Event] = []
    waiting = list(deeds)

    def next_action(_: RehearsedCall) -> CallerAction:
        return waiting.pop(0) if waiting else CallerAction(LEAVES)

    outside = Outside(fetch=get, invoke=score)
    script = Script(program=flow, next_action=next_action, outside=outside, on_event=events.append)
    with Stage() as stage:
        run_virtually(stage.play(script))
    lines = [msgspec.json.encode(event, enc_hook=str) for event in events]
    return [msgspec.json.decode(line, type=Event) for line in lines]


def replay(
    events: list[Event],
    flow: Program,
    answers: CannedAnswers | None = None,
    settings: Settings | None = None,
) -> Replayed:
    """Replay one call."""
    with Stage(settings) as stage:
        (found,) = replay_calls(stage, [(events, flow)], answers or CannedAnswers())
    return found


@pytest.mark.parametrize(
    "deeds",
    [
        [CallerAction(SAYS, "bills")],
        [CallerAction(PRESS, "2")],
        [CallerAction(SAYS, "mumble"), CallerAction(SAYS, "bills")],
        [CallerAction(SILENT), CallerAction(PRESS, "1")],
        [CallerAction(SAYS, "bills", 0.5)],
        [CallerAction(SILENT)] * 4,
        [CallerAction(LEAVES)],
        [CallerAction(SAYS, "mumble"), CallerAction(LEAVES)],
    ],
    ids=range(8),
)
def test_nothing_changed(tmp_path: Path, deeds: list[CallerAction]) -> None:
    """The same flow says the same, with what services answered then."""
    flow = program(tmp_path)
    found = replay(call_of(flow, *deeds), flow)
    assert found.now == found.was
    assert found.verdict is ReplayVerdict.SAME
    assert found.difference == ("", "")


def test_a_service_that_failed(tmp_path: Path) -> None:
    """It fails in the replay, as often."""
    flow = program(tmp_path)
    events = call_of(flow, CallerAction(SAYS, "bills"), get=fetch_nothing)
    found = replay(events, flow)
    assert found.verdict is ReplayVerdict.SAME
    assert "step tell" not in found.now


def test_words_that_are_understood_now(tmp_path: Path) -> None:
    """The caller's second try is not needed."""
    deeds = [CallerAction(SAYS, "mumble"), CallerAction(SAYS, "support")]
    events = call_of(program(tmp_path), *deeds)
    flow = program(tmp_path, FLOW, ("[support]", "[support, mumble]"))
    found = replay(events, flow)
    assert found.verdict is ReplayVerdict.OTHERWISE
    assert found.difference == ("menu: no_match", "menu: choice support")
    assert found.now[-1] == "ends TRANSFER 200"


def test_a_question_that_nobody_was_asked(tmp_path: Path) -> None:
    """The call goes otherwise, and nobody knows on from there."""
    events = call_of(program(tmp_path), CallerAction(SAYS, "support"))
    flow = program(tmp_path, FLOW, ("[support]", "[other]"))
    found = replay(events, flow)
    assert found.verdict is ReplayVerdict.OTHERWISE
    assert found.difference == ("menu: choice support", "menu: no_match")
    assert found.reason == "the caller was not asked at menu then"


def test_a_step_of_another_name(tmp_path: Path) -> None:
    """It differs from the first line on."""
    events = call_of(program(tmp_path), CallerAction(SAYS, "support"))
    text = FLOW.replace("start: menu", "start: first").replace("  menu:\n", "  first:\n")
    found = replay(events, program(tmp_path, text))
    assert found.verdict is ReplayVerdict.OTHERWISE
    assert found.difference == ("step menu", "step first")


def test_an_answer_that_is_not_known(tmp_path: Path) -> None:
    """A changed step saves what was not kept: nobody can tell, unless the tests say it."""
    events = call_of(program(tmp_path), CallerAction(SAYS, "bills"))
    flow = program(tmp_path, FLOW, ("{amount: ", "{owner: name, amount: "))
    found = replay(events, flow)
    assert found.verdict is ReplayVerdict.CANNOT_TELL
    assert found.reason == "no answer is known for the http step balance"
    answer = {"name": "Li", "account": {"items": [{"amount": 1}]}}
    canned = CannedAnswers({"https://bank.example.com/": CannedResponse(answer=answer)})
    assert replay(events, flow, canned).verdict is ReplayVerdict.SAME
    fails = CannedAnswers({"https://bank.example.com/": CannedResponse(fails=True)})
    assert replay(events, flow, fails).verdict is ReplayVerdict.OTHERWISE


def test_a_function_that_is_not_known(tmp_path: Path) -> None:
    """The same of a function."""
    events = call_of(program(tmp_path), CallerAction(SAYS, "bills"))
    events = [event for event in events if event.event != "python"]
    flow = program(tmp_path)
    assert replay(events, flow).reason == "no answer is known for the python step score"
    canned = CannedAnswers(python={"bank:score": CannedResponse(answer=1)})
    assert replay(events, flow, canned).verdict is ReplayVerdict.SAME
    fails = CannedAnswers(python={"bank:score": CannedResponse(fails=True)})
    assert replay(events, flow, fails).now[-1] == "ends TRANSFER 200"


def test_what_the_journal_does_not_say(tmp_path: Path) -> None:
    """Words that were secret, and a time line without its begin."""
    flow = program(tmp_path)
    events = call_of(flow, CallerAction(SAYS, "bills"))
    silent = [
        Event(at_s=one.at_s, event=one.event, data={"outcome": "Heard"})
        if one.event == "outcome"
        else one
        for one in events
    ]
    found = replay(silent, flow)
    assert found.verdict is ReplayVerdict.CANNOT_TELL
    assert found.reason == "the journal does not say what the caller did at menu"
    assert replay(events[1:], flow).verdict is ReplayVerdict.CANNOT_TELL
    assert replay([], flow).call == ""


def test_settings_instead_of_a_flow(tmp_path: Path) -> None:
    """Words that the service was not sure of, with another ``min_score``."""
    flow = program(tmp_path)
    events = call_of(flow, CallerAction(SAYS, "bills", score=0.6))
    assert replay(events, flow).verdict is ReplayVerdict.SAME
    file = tmp_path / "new.toml"
    file.write_text("[recognition]\nmin_score = 0.8\n")
    found = replay(events, flow, settings=load_settings(file))
    assert found.verdict is ReplayVerdict.OTHERWISE
    assert found.difference[0] == "menu: choice bills"


def test_in_sum(tmp_path: Path) -> None:
    """Each verdict, and each difference, counted."""
    old = program(tmp_path)
    said = ["bills", "support", "mumble"]
    calls = [call_of(old, CallerAction(SAYS, words), CallerAction(LEAVES)) for words in said]
    flow = program(tmp_path, FLOW, ("[support]", "[support, mumble]"))
    with Stage() as stage:
        found = replay_calls(stage, [*((one, flow) for one in calls), ([], flow)], CannedAnswers())
    assert count_verdicts(found) == {
        "calls": 4,
        "verdicts": {"same": 2, "otherwise": 1, "cannot tell": 1},
        "cannot_tell": {"the journal has no begin of the call": 1},
        "otherwise": [{"was": "menu: no_match", "now": "menu: choice support", "calls": 1}],
    }
