"""Flow files: right ones are read, wrong ones are told with line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.head import MissSpec
from ivr_agi.flow.file.spec import Extension, PromptSpec, StepName
from ivr_agi.flow.load.loader import (
    find_flow,
    load_flow,
    load_program,
    load_yaml_as,
    parse_flow,
    parse_nodes,
    place_error,
)
from ivr_agi.flow.steps.dialplan import HangupStep, TransferStep
from ivr_agi.flow.steps.menu import Choice, MenuStep
from ivr_agi.flow.steps.say import SayStep
from ivr_agi.knobs import BargeIn

FLOWS = Path(__file__).parents[3] / "config" / "flows"

GOOD = """\
start: hello
steps:
  hello: {do: say, prompt: {recording: welcome}, go: main}
  main:
    do: menu
    prompt: Yes or no?
    choices:
      - {words: [yes], key: "1", go: bye}
      - {words: [no], go: agent}
    no_input: {go: agent, after: 2, prompts: [Hello]}
    no_match: {go: agent}
    barge_in: keys
  agent: {do: transfer, extension: "200"}
  bye: {do: hangup, prompt: Bye.}
"""


def test_a_flow_is_read() -> None:
    """Every kind of step, with its defaults."""
    flow = parse_flow(GOOD)
    agent, bye = StepName("agent"), StepName("bye")
    assert flow.start == "hello"
    assert flow.steps == {
        "hello": SayStep(prompt=PromptSpec({"recording": "welcome"}), go=StepName("main")),
        "main": MenuStep(
            prompt=PromptSpec("Yes or no?"),
            choices=[Choice(words=["yes"], key="1", go=bye), Choice(words=["no"], go=agent)],
            no_input=MissSpec(go=agent, after=2, prompts=[PromptSpec("Hello")]),
            no_match=MissSpec(go=agent),
            barge_in=BargeIn.KEYS,
        ),
        "agent": TransferStep(extension=Extension("200")),
        "bye": HangupStep(prompt=PromptSpec("Bye.")),
    }


@pytest.mark.parametrize("file", sorted(FLOWS.glob("*.yaml")), ids=lambda file: str(file.name))
def test_the_samples_are_right(file: Path) -> None:
    """What is shipped can be run."""
    assert load_flow(file).steps


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ("start: hello", "start: helo", "1:1", "there is no step 'helo'"),
        ("go: main}", "go: mian}", "3:50", "there is no step 'mian'"),
        ("go: bye}", "go: by}", "8:34", "there is no step 'by'"),
        ("{go: agent, after", "{go: nobody, after", "10:16", "there is no step 'nobody'"),
        ("do: menu", "do: menue", "5:5", "invalid value 'menue'"),
        ("do: menu", "dont: menu", "4:3", "the key 'do' is missing"),
        ("    prompt: Yes or no?\n", "", "4:3", "the key 'prompt' is missing"),
        (
            "barge_in: keys",
            "bargein: keys",
            "12:5",
            "unknown key 'bargein'; did you mean 'barge_in'?",
        ),
        (
            "barge_in: keys",
            "barge_in: noise",
            "12:5",
            "invalid value 'noise'; there are both, hotword",
        ),
        ('key: "1"', "key: 1", "8:24", "expected a text, got a whole number: put it in quotes"),
        ('key: "1"', 'key: "1*"', "8:24", 'expected a key ("0" to "9"'),
        ("words: [no], ", "", "9:9", "a choice needs words or a key"),
        ("words: [no]", "words: [YES]", "9:9", "'yes' is in choice 1 too"),
        ("words: [no]", "words: no", "9:10", "got a text"),
        ("after: 2", "after: 0", "10:27", "expected a whole number >= 1"),
        ('extension: "200"', 'extension: "2 0"', "13:25", "expected an extension (letters"),
        ("Bye.}", "Bye., go: x}", "14:35", "unknown key"),
        ("steps:", "steps: [", "4:3", "no YAML"),
        ("no_match: {go: agent}", "", "4:3", "no_match needs go"),
        ("Yes or no?", '"{{ x"', "6:5", "template: unexpected end of template"),
        ("prompt: Yes or no?", "prompt: {en: Yes, german: Ja}", "6:5", "expected a prompt"),
        ("prompt: Yes or no?", "prompt: 3", "6:5", "expected a prompt"),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, place: str, expected: str) -> None:
    """File, line, column, path of keys, and what is wrong."""
    assert old in GOOD
    with pytest.raises(FlowError) as caught:
        parse_flow(GOOD.replace(old, new, 1), "menu.yaml")
    assert str(caught.value).startswith(f"menu.yaml:{place}: "), str(caught.value)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "flow:1:1: the flow is empty"),
        ("- 1", "1:1: expected keys with values (key: value), got a list"),
        (
            "start: x\nsteps: {}",
            "2:1: steps: expected keys with values (key: value) of length >= 1",
        ),
        (
            "start: x\nsteps: {x: 3}",
            "2:9: steps.x: expected keys with values (key: value), got a whole number",
        ),
        ("start: x\nsteps: {1: {do: hangup}}", "expected a text, got a whole number"),
        ("start: x\nsteps: {x: {do: hangup}, x y: {do: hangup}}", "expected a name (letters"),
        ("start: \x07", "no YAML"),
        (f"start: {'[' * 3000}{']' * 3000}", "no YAML: nested too deeply"),
    ],
)
def test_other_shapes(text: str, expected: str) -> None:
    """Whatever the YAML is, the answer is one line."""
    with pytest.raises(FlowError) as caught:
        parse_flow(text)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_yes_and_no_are_words() -> None:
    """YAML 1.1 would make booleans of them, and a menu of yes and no a riddle."""
    menu = parse_flow(GOOD).steps["main"]
    assert isinstance(menu, MenuStep)
    assert [choice.words for choice in menu.listed()] == [["yes"], ["no"]]


def test_find_flow(tmp_path: Path) -> None:
    """A flow is found by its name, and only in the folder."""
    (tmp_path / "menu.yaml").write_text(GOOD)
    assert find_flow("menu", tmp_path) == tmp_path / "menu.yaml"
    for name in ("other", "../flows/menu", ""):
        with pytest.raises(FlowError, match=r"there is no flow .* \(flows here: menu\)"):
            find_flow(name, tmp_path)
    with pytest.raises(FlowError, match="flows here: none"):
        find_flow("menu", tmp_path / "none")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Neither a missing file nor one that is no text is a traceback."""
    with pytest.raises(FlowError, match="cannot read the flow: No such file"):
        load_flow(tmp_path / "none.yaml")
    (tmp_path / "x.yaml").write_bytes(b"\xff")
    with pytest.raises(FlowError, match="not UTF-8"):
        load_flow(tmp_path / "x.yaml")


CALLER = "start: a\nsteps:\n  a: {do: call, flow: %s, go: b}\n  b: {do: hangup}\n"


def test_a_program_is_a_flow_and_those_it_calls(tmp_path: Path) -> None:
    """Each of them once, though they call each other."""
    (tmp_path / "one.yaml").write_text(CALLER % "two")
    (tmp_path / "two.yaml").write_text(CALLER % "one")
    program = load_program(tmp_path / "one.yaml")
    assert (program.main, set(program.flows)) == ("one", {"one", "two"})


def test_a_called_flow_that_is_not_there(tmp_path: Path) -> None:
    """Told where it is called."""
    (tmp_path / "one.yaml").write_text(CALLER % "two")
    with pytest.raises(FlowError, match=r"one\.yaml:3:\d+: .*no flow 'two' beside this one"):
        load_program(tmp_path / "one.yaml")


def test_the_installations_defaults(tmp_path: Path) -> None:
    """They are told with their own file; with other ones it is another version of the flow."""
    (tmp_path / "one.yaml").write_text(CALLER % "one")
    before = load_program(tmp_path / "one.yaml").version
    defaults = tmp_path / "_defaults.yaml"
    defaults.write_text("commands: {operator: {key: '0', go: b}}\n")
    assert load_program(tmp_path / "one.yaml").version != before
    defaults.write_text("comands: {}\n")
    with pytest.raises(FlowError, match=r"_defaults\.yaml:1:1: .*did you mean 'commands'"):
        load_flow(tmp_path / "one.yaml")


def test_a_key_that_is_there_twice() -> None:
    """YAML itself would take the last one, without a word."""
    with pytest.raises(FlowError, match="flow:2:1: .*'start' is there twice"):
        parse_flow("start: a\nstart: b\nsteps: {a: {do: hangup}}\n")


def test_merged_keys_are_no_double_ones() -> None:
    """``<<`` may be there with keys of its own."""
    text = "start: a\nsteps:\n  a: &end {do: hangup}\n  b: {<<: *end, result: x}\n"
    assert set(parse_flow(text).steps) == {"a", "b"}


def test_other_files_have_the_same_errors(tmp_path: Path) -> None:
    """Right, empty, wrong."""
    file = tmp_path / "x.yaml"
    file.write_text("go: a\n")
    assert load_yaml_as(file, MissSpec) == MissSpec(go=StepName("a"))
    file.write_text("")
    with pytest.raises(FlowError, match=r"x\.yaml: expected keys with values"):
        load_yaml_as(file, MissSpec)
    file.write_text("after: 0\n")
    with pytest.raises(FlowError, match=r"x\.yaml:1:1: after: expected a whole number >= 1"):
        load_yaml_as(file, MissSpec)


def test_the_place_is_the_deepest_part_that_is_there() -> None:
    """Below a text there is nothing to point at."""
    node = parse_nodes("a: [1, x]\n")
    assert node is not None
    found = [place_error("r", "f", node, ["a", *rest]) for rest in ([], [1], [1, "b"], ["b"])]
    assert [(error.line, error.column) for error in found] == [(1, 1), (1, 8), (1, 8), (1, 1)]
