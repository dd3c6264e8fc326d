"""Warnings, each from a flow that earns it."""

from __future__ import annotations

import pytest

from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.tools.lint import lint
from tests.flow.conversation import menu

END = "z: {do: hangup}\n  out: {do: hangup}"


def rules(steps: str, head: str = "") -> set[str]:
    """Names of the warnings."""
    found = lint(parse_flow(f"start: a\n{head}\nsteps:\n  {steps}"), has_sound="there".__eq__)
    return {warned.rule for warned in found}


LONG = "word " * 40


@pytest.mark.parametrize(
    ("rule", "steps"),
    [
        ("unreachable", "a: {do: hangup}\n  b: {do: goto, go: a}"),
        ("dead_end", "a: {do: goto, go: b}\n  b: {do: goto, go: b}"),
        ("silence_loop", "a: " + menu("a", "{key: '1', go: z}").replace("no_input: {go: out", "no_input: {go: a")
         + f"\n  {END}"),
        ("loop", ("a: {do: if, when: x, go: b, else: c}\n  b: {do: goto, go: d}\n"
                 "  d: {do: goto, go: b}\n  c: {do: hangup}")),
        ("no_key", f"a: {menu('a', '{words: [tea], go: z}')}\n  {END}"),
        ("key_prefix", "a: " + menu("a", "{key: '1', go: z}", "{key: '12', go: z}") + f"\n  {END}"),
        ("many_choices",
         "a: " + menu("a", *[f"{{key: '{n}', go: z}}" for n in range(6)]) + f"\n  {END}"),
        ("sounds_alike",
         "a: " + menu("a", "{words: [查询], key: '1', go: z}", "{words: [查寻], key: '2', go: z}")
         + f"\n  {END}"),
        ("shared_example",
         "a: " + menu("a", "{examples: [lost], go: z}", "{examples: [Lost!], key: '2', go: z}")
         .replace("menu", "route", 1) + f"\n  {END}"),
        ("few_examples",
         "a: " + menu("a", "{examples: [lost], go: z}", "{key: '2', go: z}").replace("menu", "route", 1)
         + f"\n  {END}"),
        ("same_prompt",
         "a: " + menu("same", "{key: '1', go: z}").replace("no_match: {", "no_match: {prompts: [same], ")
         + f"\n  {END}"),
        ("no_barge_in", f"a: {{do: say, prompt: {LONG}, go: z}}\n  z: {{do: hangup}}"),
        ("missing_recording", "a: {do: hangup, prompt: {recording: missing}}"),
        ("long_text", f"a: {{do: hangup, prompt: {LONG * 3}}}"),
        ("unknown_variable", "a: {do: hangup, prompt: '{{ nobody }}'}"),
        ("template_words", "a: " + menu("a", "{words: ['{{ x }}'], key: '1', go: z}") + f"\n  {END}"),
        ("template_words",
         "a: {do: ask, prompt: a, save: x, go: z, no_input: {go: z}, no_match: {go: z},\n"
         "      slot: {type: one_of, options: [{value: a, words: ['{{ x }}']}]}}\n  " + END),
        ("joined_words", "a: " + menu("a", "{words: [账单，余额], key: '1', go: z}") + f"\n  {END}"),
        ("joined_words", "a: " + menu("a", "{words: [账单、余额], key: '1', go: z}") + f"\n  {END}"),
        ("joined_words", "a: " + menu("a", "{words: ['a; b'], key: '1', go: z}") + f"\n  {END}"),
        ("ssml", "a: {do: hangup, prompt: {text: '<speak>a</speak>', voice: chinese_xiaoyan_common}}"),
        ("ssml", "a: {do: hangup, prompt: '<speak><b>a</b></speak>'}"),
        ("secret",
         ("a: {do: ask, prompt: a, slot: {type: digits}, save: pin, secure: true, go: b,\n"
         "      no_input: {go: b}, no_match: {go: b}}\n  b: {do: hangup, prompt: '{{ pin }}'}")),
    ],
)  # fmt: skip
def test_each_rule(rule: str, steps: str) -> None:
    """The rule, and a place that is in the file."""
    assert rule in rules(steps)


def test_languages() -> None:
    """A prompt or a choice without one of the flow's languages."""
    assert rules("a: {do: hangup, prompt: {en: a}}", "languages: [en, zh]") == {"missing_language"}
    words = "{words: {en: [tea]}, key: '1', go: z}"
    assert "missing_language" in rules(f"a: {menu('a', words)}\n  {END}", "languages: [en, zh]")


def test_a_good_flow_has_none() -> None:
    """Neither a loop that asks nor one with a condition is bad; a recording that is there is good."""
    steps = (
        "a: {do: menu, prompt: {recording: there}, choices: [{words: [tea], key: '1', go: b}],\n"
        "      no_input: {go: z}, no_match: {go: a}}\n"
        "  b: {do: set, values: {n: '{{ n + 1 }}'}, go: c}\n"
        "  c: {do: if, when: n < 3, go: b, else: a}\n  z: {do: hangup}"
    )
    assert rules(steps, "variables: {n: 0}") == set()


COMMANDED = "a: " + menu("a", "{words: [Repeat], key: '9', go: z}") + f"\n  {END}"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("commands: {repeat: {}}", {"command_words"}),
        ("commands: {other: {words: [repeat], go: z}}", {"command_words"}),
        ("commands: {other: {words: ['{{ x }}'], go: z}}", {"template_words"}),
        ("commands: {other: {words: [x], key: '9', go: z}}", {"command_key"}),
        ("commands: {other: {words: [x], go: z}}", set()),
        ("languages: [fr]", {"language"}),
        ("languages: [en-US, zh-CN]", set()),
    ],
)
def test_words_that_mean_two_things(head: str, expected: set[str]) -> None:
    """W13: what would be accepted, and be wrong."""
    assert rules(COMMANDED, head) == expected
