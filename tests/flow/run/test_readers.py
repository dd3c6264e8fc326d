"""Reading options, yes and no, and typed answers with their corrections."""

from __future__ import annotations

import pytest

from ivr_agi.flow.run.options import Option
from ivr_agi.flow.run.readers import OptionReader, YesNoReader, give_keys
from ivr_agi.language.matching import Bands, Decision
from tests.flow.conversation import SILENCE, converse

ASK = """\
start: before
commands: {repeat: {}, back: {}, help: {}, operator: {go: out}}
steps:
  before: {do: menu, prompt: before, choices: [{words: [book], go: a}],
           no_input: {go: out}, no_match: {go: out}}
  a: {do: ask, prompt: N, slot: {%s}, save: n, go: end, no_input: {go: out}, no_match: {go: out}%s}
  end: {do: hangup, prompt: "{{ n }}"}
  out: {do: transfer, extension: "200"}
"""


async def answer(slot: str, *answers: str, more: str = "") -> list[str]:
    """Ask for one slot; what was said after the question before."""
    _, caller = await converse(ASK % (slot, more), "book", *answers)
    return caller.said[1:]


def test_keys_for_choices_without_one() -> None:
    """The first digit that no other key begins with; after the ninth there is none."""
    options = [Option(["a"], None, 0), Option(["b"], "12", 1), Option(["c"], None, 2)]
    assert {key: option.value for key, option in give_keys(options).items()} == {
        "2": 0, "12": 1, "3": 2,
    }  # fmt: skip
    assert len(give_keys([Option([str(n)], None, n) for n in range(12)])) == 9


def test_a_reader_of_keys() -> None:
    """The beginning of a longer key waits for the rest; one that is not there is nothing."""
    reader = OptionReader([Option([], "12", "x")], Bands(), "en", "Which?")
    assert not reader.listens
    assert reader.wants_more("1")
    assert not reader.wants_more("12")
    assert (reader.read_keys("12").decision, reader.read_keys("12").value) == (Decision.ACCEPT, "x")
    assert reader.read_keys("3").decision is not Decision.ACCEPT
    assert reader.question() == "Which?"


def test_a_reader_of_yes_and_no() -> None:
    """What only may be one is asked about; "okay" is an answer here, over a prompt, too."""
    reader = YesNoReader(Bands(), "en", "Right?")
    assert reader.read_words("of course").value is True
    assert reader.read_words("mhm").decision is Decision.CONFIRM
    assert reader.read_words("what?").decision is Decision.NO_MATCH
    assert reader.is_answer("okay")
    assert not reader.is_answer("uh")
    assert reader.read_words("no").pieces == (("no", "yn"),)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["five", "no, six", "yes"], "6"),
        (["five", "make it six", "that's right"], "6"),
        (["five", "not five, six", "yes"], "6"),
        (["five", "yes, five"], "5"),
        (["five", "five"], "5"),
        (["five", "no", "six", "#1"], "6"),
        (["five", "go back", "six", "yes"], "6"),
        (["about five", "no, six", "yes"], "6"),
    ],
)
async def test_a_read_back_is_corrected(answers: list[str], expected: str) -> None:
    """By the right answer itself; the same again is a yes; back asks the question again."""
    said = await answer("type: number", *answers, more=", read_back: true")
    assert said[-1] == expected


async def test_back_at_a_question_about_an_answer() -> None:
    """Did you say ...? asks the question itself again, not the one before it."""
    assert (await answer("type: number", "about five", "go back", "six"))[-3:] == [
        "Did you say five? Say yes or no, or press 1 for yes, 2 for no.", "N", "6",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "answers",
    [
        ["one two", "repeat", "three four five six"],
        ["one two", SILENCE, "three four five six"],
        ["one two", "help", "three four five six"],
        ["one two", "the weather is nice", "three four five six"],
        ["one two", "start over", "three four five six"],
        ["#12#", "three four", "repeat", "three four five six"],
        ["one two", "#34", "no, three four five six"],
        ["one two", "three four five six"],
        ["three four", "#56"],
        ["#34#", "five", "six"],
        ["three four five seven", "no, the last one is six"],
    ],
)
async def test_an_answer_in_several_breaths(answers: list[str]) -> None:
    """Words and keys are one answer, and what was given up is gone."""
    said = await answer("type: digits, length: 4", *answers, "yes", more=", read_back: true")
    assert said[-1] == "3456", said


async def test_commands_are_heard_at_free_text() -> None:
    """If they are all that is said."""
    assert (await answer("type: text", "go back"))[-1] == "before"
    assert (await answer("type: text", "go back please"))[-1] == "before"
    assert (await answer("type: text", "I cannot go back there"))[-1] == "I cannot go back there"
    assert (await answer("type: text", "repeat", "a broken operator"))[-1] == "a broken operator"


async def test_options_without_keys_get_some() -> None:
    """And their places are options as well."""
    slot = "type: one_of, options: [{value: k, words: [Kiel]}, {value: b, words: [Bonn]}]"
    assert (await answer(slot, "the second one"))[-1] == "b"
    assert (await answer(slot, "#2"))[-1] == "b"
    assert (await answer(slot, "anything but Kiel", "yes"))[-1] == "b"
    assert (await answer(slot, "Kiel, no, Bonn"))[-1] == "b"
