"""Filling a form: by one sentence, by questions, by keys; corrections, back, what is missing."""

from __future__ import annotations

import datetime

import pytest

from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.results import FlowResult, Status
from tests.flow.conversation import DOWN, SILENCE, Caller, converse

FLOW = """\
start: before
commands:
  back: {}
  repeat: {}
  help: {}
  operator: {key: "0", go: out}
steps:
  before: {do: menu, prompt: before, choices: [{words: [book], key: "1", go: a}],
           no_input: {go: out}, no_match: {go: out}}
  a:
    do: form
    prompt: What can I book?
    fields:
      people:
        slot: {type: number, minimum: 1, maximum: 12}
        prompt: How many?
        words: [people, guests]
        reasons: {too_large: 'Twelve at most. How many?'}
      day: {slot: {type: date, earliest: today}, prompt: 'Which day?', words: [day, date]}
      hour: {slot: {type: time, earliest: "17:00", latest: "22:00"}, prompt: 'What time?', words: [time]}
    read_back_prompt: "{{ people }}, {{ day }}, {{ hour }}?"
    go: end
    no_input: {go: out}
    no_match: {go: out, prompts: ['Sorry?']}
  end: {do: hangup, prompt: "{{ people }} {{ day }} {{ hour }}"}
  out: {do: transfer, extension: "200"}
"""
NOW = datetime.datetime(2026, 10, 1, 9, tzinfo=datetime.UTC)
CHECK = "four, Friday, October second, twenty twenty six, seven p m?"
DONE = "4 2026-10-02 19:00"


async def fill(*answers: str, flow: str = FLOW) -> tuple[FlowResult, Caller]:
    """Talk to the form."""
    return await converse(flow, "book", *answers, outside=Outside(wall_clock=lambda: NOW))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["a table for four tomorrow at seven", "yes"], ["check"]),
        (["for four people", "tomorrow at seven", "that's right"], ["Which day?", "check"]),
        (["four people tomorrow", "seven", "yes"], ["What time?", "check"]),
        (["at seven", "four", "tomorrow", "yes"], ["How many?", "Which day?", "check"]),
        (["seven", "four", "tomorrow", "seven", "yes"],
         ["How many?", "Which day?", "What time?", "check"]),
        ([SILENCE, "four tomorrow at seven", "yes"], ["How many?", "check"]),
        (["I like cheese", "four", "tomorrow at seven", "yes"],
         ["How many?", "Which day?", "check"]),
        (["forty people tomorrow at seven", "four", "yes"], ["Twelve at most. How many?", "check"]),
        (["tomorrow", "at seven", "four", "yes"], ["How many?", "How many?", "check"]),
    ],
)  # fmt: skip
async def test_any_order(answers: list[str], said: list[str]) -> None:
    """What a sentence does not bring is asked for, and a refused value says why."""
    result, caller = await fill(*answers)
    assert result.status is Status.COMPLETED, caller.said
    expected = [CHECK if one == "check" else one for one in said]
    heard = [one for one in caller.said[2:-1] if one != "Sorry?"]
    assert heard == expected
    assert caller.said[-1] == DONE
    assert result.variables == {
        "IVR_SLOT_PEOPLE": "4", "IVR_SLOT_DAY": "2026-10-02", "IVR_SLOT_HOUR": "19:00"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "done"),
    [
        (["no, at eight", "yes"], "4 2026-10-02 20:00"),
        (["no, eight o'clock", "yes"], "4 2026-10-02 20:00"),
        (["make it five people", "yes"], "5 2026-10-02 19:00"),
        (["yes, but on Saturday", "yes"], "4 2026-10-03 19:00"),
        (["the date is wrong", "Saturday", "yes"], "4 2026-10-03 19:00"),
        (["no, the date is wrong", "Saturday", "yes"], "4 2026-10-03 19:00"),
        (["no", "the date", "Saturday", "yes"], "4 2026-10-03 19:00"),
        (["no", "on Saturday at eight", "yes"], "4 2026-10-03 20:00"),
        (["no", "time", "at eight", "yes"], "4 2026-10-02 20:00"),
        (["#2", "#1", "#5#", "#1"], "5 2026-10-02 19:00"),
        (["no, not at seven, at eight", "yes"], "4 2026-10-02 20:00"),
        (["no, forty people", "five", "yes"], "5 2026-10-02 19:00"),
        (["yes, at seven"], DONE),
        (["#1"], DONE),
    ],
)
async def test_corrections_at_the_read_back(answers: list[str], done: str) -> None:
    """By name and by value, in words and keys; then it is read back again."""
    result, caller = await fill("a table for four tomorrow at seven", *answers)
    assert result.status is Status.COMPLETED, caller.said
    assert caller.said[-1] == done


async def test_a_mere_no_asks_what_is_wrong() -> None:
    """With the names of the fields, and their keys without speech."""
    _, caller = await fill("a table for four tomorrow at seven", "no", "day", "tomorrow", "yes")
    assert caller.said[3] == "What is wrong: people, day, time?"
    own = FLOW.replace("    go: end\n", "    go: end\n    change_prompt: Which one?\n", 1)
    _, caller = await fill("a table for four tomorrow at seven", "no", "day", flow=own)
    assert caller.said[3] == "Which one?"


async def test_a_correction_on_the_way() -> None:
    """An earlier field is changed while a later one is asked for."""
    _, caller = await fill("four people", "no, five people, tomorrow", "at seven", "yes")
    assert caller.said[-1] == "5 2026-10-02 19:00"


async def test_back() -> None:
    """To the question before, in the form; out of it from the first one; its answer is gone."""
    _, caller = await fill("four people", "tomorrow", "go back", "Saturday", "at seven", "yes")
    assert caller.said[-1] == "4 2026-10-03 19:00"
    _, caller = await fill("go back")
    assert caller.said == ["before", "What can I book?", "before"]
    _, caller = await fill("four people tomorrow", "seven", "go back", "at eight", "yes")
    assert caller.said[-1] == "4 2026-10-02 20:00"
    _, caller = await fill(
        "four tomorrow at seven", "go back", "for five on Saturday at nine pm", "#1"
    )
    assert caller.said[3] == "What can I book?"
    assert caller.said[-1] == "5 2026-10-03 21:00"


async def test_by_keys() -> None:
    """Field by field, with speech, or without it from the first question on."""
    _, caller = await fill("#4#", "#1002#", "#1900", "#1")
    assert caller.said[-1] == DONE
    _, caller = await fill(DOWN, "#4#", "#1002#", "#1900", "#1")
    assert caller.said[-1] == DONE
    assert caller.said[3:5] == ["How many?", "Please use the keys, and end with the hash key."]
    _, caller = await fill("four people", DOWN, "#1002#", "#1900", "#2", "#3", "#2000", "#1")
    assert caller.said[-1] == "4 2026-10-02 20:00"
    _, caller = await fill("four people tomorrow at seven", DOWN, "#2", "#3", "#2000", "#1")
    assert "For people, press 1. For day, press 2. For time, press 3." in caller.said
    assert caller.said[-1] == "4 2026-10-02 20:00"


async def test_commands() -> None:
    """Are heard at every question."""
    result, _ = await fill("four people", "operator")
    assert result.status is Status.TRANSFER
    _, caller = await fill("four people", "repeat", "help", "tomorrow at seven", "#1")
    assert caller.said[2:5] == ["Which day?"] * 3


async def test_no_answer_leads_out() -> None:
    """After three misses of one question."""
    result, caller = await fill(SILENCE, SILENCE, SILENCE, SILENCE)
    assert result.status is Status.TRANSFER
    assert caller.said == ["before", "What can I book?", "How many?", "How many?", "How many?"]


async def test_what_is_doubtful_is_read_back() -> None:
    """Even if the form does not read back."""
    flow = FLOW.replace("    go: end\n", "    go: end\n    read_back: false\n", 1)
    _, caller = await fill("four people tomorrow at seven", flow=flow)
    assert caller.said == ["before", "What can I book?", DONE]
    _, caller = await fill("about four people tomorrow at seven", "yes", flow=flow)
    assert caller.said == ["before", "What can I book?", CHECK, DONE]


async def test_our_own_read_back() -> None:
    """Each answer with its name."""
    flow = FLOW.replace('    read_back_prompt: "{{ people }}, {{ day }}, {{ hour }}?"\n', "")
    _, caller = await fill("four people tomorrow at seven", "yes", flow=flow)
    assert caller.said[2] == (
        "I have people four, day Friday, October second, twenty twenty six, time seven p m. Is that right?"
    )


async def test_a_text_and_a_yes_or_no_are_only_what_is_asked_for() -> None:
    """Any words would be one. Without speech a text cannot be given."""
    flow = FLOW.replace(
        "      hour:",
        "      child: {slot: {type: yes_no}, prompt: 'A child?'}\n"
        "      note: {slot: {type: text}, prompt: 'What else?'}\n      hour:",
    ).replace("{{ people }}, {{ day }}, {{ hour }}?", "{{ child }}, {{ note }}?")
    _, caller = await fill(
        "yes, four people tomorrow at seven", "no", "a birthday at eight", "yes", flow=flow
    )
    assert caller.said[2:5] == ["A child?", "What else?", "no, a birthday at eight?"]
    _, caller = await fill("four people tomorrow at seven", "no", "go back", "yes", flow=flow)
    assert caller.said[2:5] == ["A child?", "What else?", "A child?"]


async def test_a_form_of_one_field() -> None:
    """No asks for it again."""
    flow = """\
start: before
steps:
  before: {do: goto, go: a}
  a: {do: form, prompt: Open, fields: {n: {slot: {type: number}, prompt: 'N?'}}, go: end,
      no_input: {go: end}, no_match: {go: end}}
  end: {do: hangup, prompt: "{{ n }}"}
"""
    _, caller = await converse(flow, "four", "no", "five", "yes")
    assert caller.said == ["Open", "I have n four. Is that right?", "N?",
                           "I have n five. Is that right?", "5"]  # fmt: skip


async def test_a_secure_form_leaves_nothing() -> None:
    """Neither in the journal nor with the dialplan; the read-back is private."""
    flow = FLOW.replace("    go: end\n", "    go: end\n    secure: true\n", 1).replace(
        'prompt: "{{ people }} {{ day }} {{ hour }}"', "prompt: done"
    )
    result, caller = await fill("four people tomorrow at seven", "yes", flow=flow)
    assert result.variables == {}
    assert all(event.data.get("value") is None for event in caller.events)
    assert getattr(caller.prompts[2], "is_private", False)
