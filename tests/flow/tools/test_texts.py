"""Every text that a flow may say, and what that costs."""

from __future__ import annotations

from ivr_agi.dialogue.prompt.parts import Text
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.tools.texts import Cost, estimate_cost, texts_of

FLOW = """\
start: main
steps:
  main:
    do: menu
    prompt:
      - Hello
      - {recording: beep, text: Beep}
      - {text: 你好, voice: zh, fallback: hello-zh}
      - {number: 12}
      - {number: "{{ n }}"}
    choices: [{key: "1", go: bye, label: Bye}]
    no_input: {go: bye, prompts: [Once, Hello]}
    no_match: {go: bye, prompts: [{variants: [Twice, "{{ again }}"]}]}
  bye: {do: hangup, prompt: {en: Goodbye, zh: 再见}}
  out: {do: transfer, extension: "1"}
"""


def test_all_texts() -> None:
    """Each once; recordings, labels and what changes in each call are left out."""
    said = [
        Text("Hello"),
        Text("你好", voice="zh", fallback="hello-zh"),
        Text("twelve"),
        Text("Once"),
        Text("Twice"),
        Text("Goodbye"),
    ]
    assert texts_of(Program.of(parse_flow(FLOW))) == said
    texts = texts_of(Program.of(parse_flow(FLOW)), "zh")
    assert texts[2] == Text("十二")
    assert texts[-1] == Text("再见")


KEYS = """\
start: main
steps:
  main: {do: menu, prompt: Which, choices: [{words: [sales], key: "1", go: n}, {words: [help], go: n}],
         no_input: {go: n}, no_match: {go: n}}
  n: {do: ask, prompt: How many, slot: {type: number}, save: n, go: free, no_input: {go: y}, no_match: {go: y}}
  free: {do: ask, prompt: What, slot: {type: text}, save: t, go: y, no_input: {go: y}, no_match: {go: y}}
  y: {do: confirm, prompt: Sure, yes: own, no: own, no_input: {go: own}, no_match: {go: own}}
  own: {do: menu, prompt: Own, keys_prompt: Press 1., choices: [{words: [x], key: "1", go: z}],
        no_input: {go: z}, no_match: {go: z}}
  z: {do: hangup}
"""


def test_texts_for_when_speech_is_down() -> None:
    """O11: what a call says then is cached as well, by the same texts."""
    texts = [each.text for each in texts_of(Program.of(parse_flow(KEYS)))]
    assert {
        "I cannot hear words at the moment. Please use the keys of your phone.",
        "For sales, press 1. For help, press 2.",
        "Please use the keys, and end with the hash key.",
        "For yes, press 1. For no, press 2.",
        "Press 1.",
    } <= set(texts)
    assert len(texts) == len(set(texts))
    assert not [text for text in texts if "For x" in text]


def test_all_texts_of_two_languages() -> None:
    """Each by the voice that will say it."""
    flow = """\
languages: [en, zh]
start: a
steps: {a: {do: hangup, prompt: [OK, {en: one, zh: 一}, {digits: "1", voice: zh}]}}
"""
    assert texts_of(Program.of(parse_flow(flow))) == [
        Text("OK", "en"),
        Text("one", "en"),
        Text("幺", "zh"),
        Text("OK", "zh"),
        Text("一", "zh"),
    ]


PRICED = """\
start: a
defaults: {no_input: {prompts: [你好]}}
steps:
  a: {do: say, prompt: [%s, {recording: x, text: not counted}, 你好], go: b}
  b: {do: hangup, prompt: "{{ c }}"}
"""


def test_cost() -> None:
    """Each text once, each rounded up; recordings are free, texts with variables told apart."""
    cost = estimate_cost(parse_flow(PRICED % ("x" * 101)))
    assert cost == Cost(texts=2, characters=103, calls={"ordinary": 3, "premium": 4}, changing=1)


def test_the_words_of_a_step_that_waits() -> None:
    """Ours, where it has none: they are to be there when a service is slow."""
    flow = (
        "start: a\nlanguages: [en, zh]\nsteps:\n"
        "  a: {do: http, url: 'https://x', go: b, error: b%s}\n  b: {do: hangup}\n"
    )
    assert texts_of(Program.of(parse_flow(flow % ""))) == [
        Text("One moment, please.", "en"),
        Text("请稍等。", "zh"),
    ]
    assert texts_of(Program.of(parse_flow(flow % ", filler: {recording: x}"))) == []
