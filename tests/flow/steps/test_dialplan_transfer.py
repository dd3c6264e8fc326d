"""Transfers that come back: where the call goes on, with what it knew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.place import CallPlace, decode_place, encode_place
from ivr_agi.flow.run.results import Status
from tests.flow.conversation import converse, rehearse

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """\
start: who
variables: {tries: 0}
defaults: {no_input: {go: out}, no_match: {go: out}}
steps:
  who: {do: ask, prompt: "Your number?", slot: {type: digits, length: 3}, save: number, go: desk}
  desk:
    do: call
    flow: desks
    arguments: {number: "{{ number }}"}
    save: back
    go: done
  done: {do: hangup, prompt: "{{ number }}: {{ back.how }}.", result: "{{ back.how }}"}
  out: {do: hangup, result: none}
"""
DESKS = """\
start: connect
variables: {number: ""}
languages: [en, zh]
defaults: {no_input: {go: lost}, no_match: {go: lost}}
steps:
  connect:
    do: transfer
    prompt: I connect you.
    extension: "200"
    timeout_s: 20
    busy: other
    no_answer: other
    failed: lost
    after: survey
    announce: "A caller with number {{ number }}."
    accept: true
  other:
    do: menu
    prompt: Nobody is there. Wait or leave?
    choices: [{words: [wait], key: "1", go: connect}, {words: [leave], key: "2", go: lost}]
  survey:
    do: ask
    prompt: How good was it, from one to five?
    slot: {type: number, minimum: 1, maximum: 5}
    save: marks
    go: marked
  marked: {do: return, values: {how: "{{ marks }} of five"}}
  lost: {do: return, values: {how: lost}}
"""

TESTS = """
  - name: after the call
    talk: [{say: one two three}, {hear: I connect you}, {hear: from one to five}, {say: four}]
    dialled: [ANSWER]
    expect: {result: 4 of five, steps: [who, desk, desks.connect, desks.survey, done],
             variables: {IVR_SLOT_NUMBER: "123"}}
  - name: busy, then nobody answers, then unavailable
    talk: [{say: one two three}, {say: wait}, {say: wait}, {hear: "123: lost"}]
    dialled: [BUSY, NOANSWER, CHANUNAVAIL]
    expect: {status: COMPLETED, result: lost}
  - name: declined, and a hang-up
    talk: [{say: one two three}, {hear: Nobody is there}, {hang_up: true}]
    dialled: [DECLINED]
    expect: {status: HANGUP}
  - name: it is the caller who hangs up first
    talk: [{say: one two three}]
    expect: {status: TRANSFER, transfer: "200",
             variables: {IVR_FLOW: main, IVR_AFTER: "1", IVR_TIMEOUT: "20"}}
"""


def test_whole_calls(tmp_path: Path) -> None:
    """Out of a flow that another one calls, and back into both."""
    assert rehearse(tmp_path, TESTS, main=FLOW, desks=DESKS) == [""] * 4


SIMPLE = """\
start: a
variables: {n: 0}
steps:
  a: {do: set, values: {n: "{{ n + 1 }}"}, go: b}
  b: {do: transfer, queue: sales, failed: c}
  c: {do: if, when: n > 2, go: d, else: a}
  d: {do: hangup, result: "{{ n }}"}
"""


async def call_and_back(flow: str, dialled: str, again: str | None = None) -> tuple[str, str]:
    """Transfer, and come back; gives status and result or error, of the second part."""
    kept: list[CallPlace] = []

    async def keep(place: CallPlace) -> str:
        kept.append(decode_place(encode_place(place)))
        return "token"

    first, _ = await converse(flow, outside=Outside(keep_place=keep))
    assert first.status is Status.TRANSFER
    assert first.variables["IVR_RETURN"] == "token"
    result, _ = await converse(again or flow, place=kept[0], came_of=dialled)
    return result.status, result.result or result.error


@pytest.mark.parametrize(
    ("ways", "dialled", "expected"),
    [
        ("failed: c", "BUSY", "failed"),
        ("failed: c, busy: d", "BUSY", "busy"),
        ("failed: c, busy: d", "FULL", "busy"),
        ("failed: c, busy: d", "DECLINED", "busy"),
        ("failed: c, no_answer: d", "NOANSWER", "busy"),
        ("failed: c, no_answer: d", "TIMEOUT", "busy"),
        ("failed: c, after: d", "ANSWER", "busy"),
        ("failed: c, after: d", "CONTINUE", "busy"),
        ("failed: c, after: d", "CONGESTION", "failed"),
        ("failed: c, after: d", "", "failed"),
        ("failed: c, after: d", "JOINEMPTY", "failed"),
    ],
)
async def test_ways_back(ways: str, dialled: str, expected: str) -> None:
    """Each status of Asterisk's has one; what is not named is ``failed``."""
    flow = f"""\
start: b
steps:
  b: {{do: transfer, queue: sales, {ways}}}
  c: {{do: hangup, result: failed}}
  d: {{do: hangup, result: busy}}
"""
    assert await call_and_back(flow, dialled) == (Status.COMPLETED, expected)


async def test_no_way_for_it() -> None:
    """The dialplan falls back, and is told why; after a talk all is well."""
    flow = SIMPLE.replace("failed: c", "no_answer: c")
    expected = (Status.FAILED, "the transfer came to nothing: BUSY")
    assert await call_and_back(flow, "BUSY") == expected
    assert await call_and_back(flow, "ANSWER") == (Status.COMPLETED, "")


async def test_words_for_whoever_answers() -> None:
    """They go with the place of the call; without ways back it comes back too, to end in order."""
    flow = """\
start: b
variables: {n: 7}
steps:
  b: {do: transfer, extension: "200", announce: "A call of {{ n }}.", accept: true}
"""
    kept: list[CallPlace] = []

    async def keep(place: CallPlace) -> str:
        kept.append(place)
        return "token"

    first, _ = await converse(flow, outside=Outside(keep_place=keep))
    assert (first.variables["IVR_ANNOUNCE"], first.variables["IVR_RETURN"]) == ("token", "token")
    assert (kept[0].announcement, kept[0].must_accept) == ("A call of 7.", True)
    result, _ = await converse(flow, place=kept[0], came_of="ANSWER")
    assert result.status is Status.COMPLETED


async def test_a_flow_that_has_changed_meanwhile() -> None:
    """Its step is gone: it begins anew."""
    other = "start: x\nsteps: {x: {do: hangup, result: anew}}"
    assert await call_and_back(SIMPLE, "BUSY", other) == (Status.COMPLETED, "anew")
    other = "start: x\nsteps: {x: {do: hangup, result: anew}, b: {do: hangup, result: b}}"
    assert await call_and_back(SIMPLE, "BUSY", other) == (Status.COMPLETED, "anew")


async def test_limits_are_those_of_all_parts() -> None:
    """Or a desk that is always busy would never end."""
    kept: list[CallPlace] = []

    async def keep(place: CallPlace) -> str:
        kept.append(place)
        return "token"

    outside = Outside(keep_place=keep)
    await converse(SIMPLE, outside=outside)
    await converse(SIMPLE, outside=outside, place=kept[0], came_of="BUSY")
    assert kept[1].counts["steps"] == kept[0].counts["steps"] + 4
    assert kept[1].frames[0].values["n"] == 2


async def test_secrets_are_not_kept() -> None:
    """Whoever needs a PIN again asks again."""
    flow = """\
start: a
defaults: {no_input: {go: c}, no_match: {go: c}}
steps:
  a: {do: ask, prompt: "PIN?", slot: {type: digits, length: 4}, secure: true, save: pin, go: b}
  b: {do: transfer, queue: sales, failed: c}
  c: {do: hangup}
"""
    kept: list[CallPlace] = []

    async def keep(place: CallPlace) -> str:
        kept.append(place)
        return "token"

    await converse(flow, "#4711#", outside=Outside(keep_place=keep))
    assert b"4711" not in encode_place(kept[0])


async def test_where_nothing_can_be_kept() -> None:
    """It is a transfer like any other."""
    result, _ = await converse(SIMPLE)
    assert (result.status, "IVR_RETURN" in result.variables) == (Status.TRANSFER, False)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("failed: c", "failed: x", "steps.b.failed: there is no step 'x'"),
        ("failed: c", "busy: x", "steps.b.busy: there is no step 'x'"),
        ("failed: c", "after: 3", "steps.b.after: expected"),
        ("failed: c", "timeout_s: 0", "steps.b.timeout_s: expected"),
        ("failed: c", "timeout_s: 1.5", "steps.b.timeout_s: expected"),
        ("failed: c", "timeout_s: 3601", "steps.b.timeout_s: expected"),
        ("failed: c", "accept: true", "steps.b.accept: accept needs announce"),
        ("failed: c", "announce: Hi", "steps.b.announce: a queue has announcements of its own"),
        ("failed: c", "variables: {RETURN: x}", "IVR_RETURN is set by the program itself"),
    ],
)
def test_mistakes(old: str, new: str, expected: str) -> None:
    """Told when the flow is checked, with their place."""
    with pytest.raises(FlowError, match=expected):
        parse_flow(SIMPLE.replace(old, new))
