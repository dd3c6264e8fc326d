"""One question: global commands, "did you say", limits, keys; the same for every verb."""

from __future__ import annotations

import pytest

from ivr_agi.dialogue.prompt.parts import Parts, Recording, Text
from ivr_agi.errors import FlowError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.results import Status
from tests.flow.conversation import DOWN, SILENCE, converse, menu

COMMANDS = """\
start: a
commands:
  help: {{key: "*", prompt: general help}}
  repeat: {{}}
  back: {{}}
  operator: {{key: "0", go: out}}
  chinese: {{words: [中文], language: zh}}
steps:
  a: {}
  b: {}
  out: {{do: transfer, extension: "200"}}
  z: {{do: hangup}}
""".format(
    menu("'{{ language }} a'", "{words: [sales], key: '1', go: b}", more=", help: help of a"),
    menu("b", "{words: [end], key: '9', go: z}", "{words: [operator console], go: z}"),
)


async def test_global_commands() -> None:
    """Help of the step, or in general; repeat, back, a change of language, the operator."""
    answers = ["help", "repeat", "sales", "#*", "go back", "中文", "人工"]
    result, caller = await converse(COMMANDS, *answers)
    assert caller.said == [
        "en a", "help of a", "help of a", "b", "general help", "en a", "zh a",
    ]  # fmt: skip
    assert (result.status, result.transfer) == (Status.TRANSFER, "200")
    assert caller.languages == ["zh"]


async def test_the_steps_own_words_go_first() -> None:
    """A choice that is better matched than a command is taken."""
    result, _ = await converse(COMMANDS, "sales", "operator console")
    assert result.status is Status.COMPLETED


async def test_a_step_may_refuse_commands() -> None:
    """Then their words and keys are a no-match."""
    flow = COMMANDS.replace("help: help of a", "help: help of a, commands: false")
    result, caller = await converse(flow, "#0", "operator", "#0")
    assert caller.said == ["en a"] * 3
    assert result.transfer == "200"


async def test_back_at_the_first_step_asks_again() -> None:
    """There is no step before it."""
    _, caller = await converse(COMMANDS, "back")
    assert caller.said == ["en a", "en a"]


CONFIRM = """\
start: a
steps:
  a: {}
  out: {{do: transfer, extension: "200"}}
  tech: {{do: hangup, prompt: tech}}
  bill: {{do: hangup, prompt: bill}}
""".format(menu("a", "{words: [technical support], go: tech}", "{words: [billing], go: bill}"))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["tecnical suppor", "yes"], "tech"),
        (["tecnical suppor", "#1"], "tech"),
        (["tecnical suppor", "billing"], "bill"),
        (["tecnical suppor", "no", "billing"], "bill"),
        (["tecnical suppor", SILENCE, "billing"], "bill"),
    ],
)
async def test_what_is_only_likely_is_asked_about(answers: list[str], expected: str) -> None:
    """Yes takes it, no asks again, another choice is taken at once."""
    flow = CONFIRM.replace("no_input:", "bands: {accept: 0.99, confirm: 0.5}, no_input:")
    flow = flow if "billing" not in answers else flow.replace("accept: 0.99", "accept: 0.9")
    _, caller = await converse(flow, *answers)
    assert caller.said[1].startswith("Did you say technical support?")
    assert caller.said[-1] == expected


async def test_limits_of_the_call() -> None:
    """Counted over all steps, each kind apart."""
    flow = COMMANDS.replace("commands:", "limits: {no_input: 2, go: z}\ncommands:", 1)
    result, _ = await converse(flow, SILENCE, "sales", "weather", SILENCE)
    assert result.status is Status.COMPLETED


async def test_a_call_has_so_many_questions() -> None:
    """Nobody is held by commands either."""
    flow = COMMANDS.replace("commands:", "limits: {turns: 5}\ncommands:", 1)
    with pytest.raises(FlowError, match="more than 5 questions"):
        await converse(flow, *["repeat"] * 9)


async def test_defaults_are_inherited() -> None:
    """Step before flow."""
    flow = """\
start: a
defaults:
  timeout_s: 2
  barge_in: keys
  no_input: {after: 2, go: x, prompts: [flow]}
  no_match: {go: y}
steps:
  a: {do: menu, prompt: a, choices: [{words: [b], go: b}], no_input: {prompts: [step]}, timeout_s: 1}
  b: {do: menu, prompt: b, choices: [{words: [c], go: x}]}
  x: {do: hangup, prompt: x}
  y: {do: hangup, prompt: y}
"""
    _, caller = await converse(flow, SILENCE, "b", SILENCE, SILENCE)
    assert caller.said == ["a", "step", "b", "flow", "x"]
    assert [plan.timeout_s for plan in caller.plans] == [1, 1, 2, 2]
    assert caller.plans[0].barge_in == "keys"


async def test_what_follows_wrong_keys_is_forgotten() -> None:
    """Not after words: who then presses a key means it."""
    flow = CONFIRM.replace("do: menu", "do: menu, turn: {type_ahead: keep}", 1)
    _, caller = await converse(flow, "#9", "nonsense", "billing")
    assert [plan.type_ahead for plan in caller.plans] == ["keep", "clear", "keep"]


async def test_prompts_have_variants_and_parts() -> None:
    """Another variant each time; several parts are one prompt, which may be interrupted."""
    flow = CONFIRM.replace(
        "prompt: a", "prompt: {variants: [one, [{recording: tone}, two, three]]}", 1
    )
    _, caller = await converse(flow, "x", "x", "x")
    assert caller.said == ["one", "file tone", "two", "three", "one"]
    assert caller.prompts[1] == Parts((Recording("tone"), Text("two"), Text("three")))


async def test_speech_is_tried_again_later() -> None:
    """After a few questions by keys."""
    _, caller = await converse(COMMANDS, DOWN, "#5", "#1", "#5", "#5")
    assert [plan.listen for plan in caller.plans] == [True, False, False, False, True, True]


async def test_a_key_may_have_two_digits() -> None:
    """The first is waited upon; the pause ends it."""
    flow = CONFIRM.replace("technical support]", "technical support], key: '1'").replace(
        "billing]", "billing], key: '12'"
    )
    assert (await converse(flow, "#12"))[1].said[-1] == "bill"
    assert (await converse(flow, "#1", SILENCE))[1].said[-1] == "tech"


def test_an_exit_is_needed() -> None:
    """In the step or in the defaults, and it must be there."""
    step = "a: {do: menu, prompt: a, choices: [{words: [b], go: a}]}"
    with pytest.raises(FlowError, match="no_input needs go, .* after 3 times"):
        parse_flow(f"start: a\nsteps: {{{step}}}")
    defaults = "defaults: {no_input: {go: x}, no_match: {go: a}}"
    with pytest.raises(FlowError, match="no step 'x', the no_input.go of the defaults"):
        parse_flow(f"start: a\n{defaults}\nsteps: {{{step}}}")


async def test_a_hash_key_too_much() -> None:
    """Pressed after an answer that was complete without it: no wrong answer to the next question."""
    flow = """\
start: a
steps:
  a: {do: ask, prompt: a, slot: {type: digits, length: 4}, save: a, go: b,
      no_input: {go: out}, no_match: {go: out, after: 1}}
  b: {do: confirm, prompt: b, yes: end, no: end, no_input: {go: out}, no_match: {go: out, after: 1}}
  end: {do: hangup, prompt: end}
  out: {do: hangup, prompt: out}
"""
    _, caller = await converse(flow, "#1234#", "#1")
    assert caller.said[-1] == "end"
    assert "no_match" not in [event.event for event in caller.events]
    _, caller = await converse(flow, "#1234", "###", "#1")  # only one, and only at once
    assert caller.said[-1] == "out"


TIMES = """\
start: a
defaults: {no_input: {go: b, after: 4}, no_match: {go: b}, timeout_s: [4, 6]}
steps:
  a: {do: confirm, prompt: "Well?", yes: b, no: b%s}
  b: {do: hangup}
"""


@pytest.mark.parametrize(
    ("own", "expected"), [("", [4, 6, 6]), (", timeout_s: [2, 3, 9]", [2, 3, 9]),
                          (", timeout_s: 7", [7, 7, 7])],
)  # fmt: skip
async def test_a_time_out_for_each_attempt(own: str, expected: list[float]) -> None:
    """The last one stays."""
    _, caller = await converse(TIMES % own, SILENCE, "blue", "yes")
    questions = [plan.timeout_s for plan in caller.plans]
    assert questions == expected


@pytest.mark.parametrize("times", ["[]", "[0]", "[301]", "x", "[5, x]"])
def test_no_time_outs(times: str) -> None:
    """Told with their place."""
    with pytest.raises(FlowError, match=r"steps\.a\.timeout_s"):
        parse_flow(TIMES % f", timeout_s: {times}")
