"""Conversation tests: the samples' own, and what is told when one fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError, FlowError
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import load_flow
from ivr_agi.flow.tools.lint import lint
from ivr_agi.rehearsal.conversations import Coverage, Verdict, load_suite, run_tests

FLOWS = Path(__file__).parents[2] / "config" / "flows"
SPOKEN = FLOWS / "tests" / "main_menu_spoken.yaml"
ALL_SPOKEN = sorted((FLOWS / "tests").glob("*_spoken.yaml"))
SUITES = sorted(set((FLOWS / "tests").glob("*.yaml")) - set(ALL_SPOKEN))


def run_suite(file: Path) -> tuple[Program, list[Verdict], Coverage]:
    """Run all of a file."""
    loaded = load_suite(file)
    ran = run_tests(loaded)
    return loaded.program, ran.verdicts, ran.coverage


@pytest.mark.parametrize("file", SUITES, ids=lambda file: str(file.stem))
def test_samples_pass_their_tests(file: Path) -> None:
    """Every conversation, and every step is in one."""
    program, verdicts, coverage = run_suite(file)
    assert [(verdict.name, verdict.problem) for verdict in verdicts if verdict.problem] == []
    assert coverage.missing(program)[0] == []


@pytest.mark.engine
def test_spoken_samples_are_heard() -> None:
    """Recordings, through the engines, over the prompt and after it."""
    _, verdicts, _ = run_suite(SPOKEN)
    assert [verdict.problem for verdict in verdicts] == ["", ""]
    assert "  (heard: account balance)" in verdicts[0].log


@pytest.mark.engine
@pytest.mark.parametrize(
    "file", [one for one in ALL_SPOKEN if one != SPOKEN], ids=lambda one: one.stem
)
def test_spoken_forms_are_heard(file: Path) -> None:
    """A sentence, corrections by name and by value."""
    _, verdicts, _ = run_suite(file)
    assert [(verdict.problem, verdict.log) for verdict in verdicts if verdict.problem] == []


def test_a_test_shows_how_a_sentence_was_read() -> None:
    """Which words made what."""
    _, verdicts, _ = run_suite(FLOWS / "tests" / "appointment_en.yaml")
    assert "  (read: tomorrow = day; at ten = hour)" in verdicts[1].log


def test_a_recording_that_cannot_be_read(tmp_path: Path) -> None:
    """Told before anything is run."""
    (tmp_path / "x.yaml").write_text(FLOW)
    (tmp_path / "t.yaml").write_text(
        "flow: x.yaml\ntests: [{name: n, talk: [{say_audio: no.wav}]}]"
    )
    with pytest.raises(ConfigError, match=r"no.wav: cannot read"):
        run_suite(tmp_path / "t.yaml")


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
        (
            "talk: [{press: '1'}, {say: x}], http: {'https://': {}}, python: {'m:f': {}}",
            "ended before say: x",
        ),
        (
            "talk: [{press: '1'}, {hear: Hello}], http: {'https://': {}}, python: {'m:f': {}}",
            "heard 'Bye'",
        ),
        ("talk: [], expect: {status: COMPLETED}", "expected status 'COMPLETED', got 'HANGUP'"),
        ("talk: [], expect: {variables: {IVR_X: '1'}}", "expected IVR_X '1', got None"),
        ("talk: [], expect: {steps: [a, c]}", "expected step 'c' on the way a"),
        (("talk: [{press: '1'}], http: {'https://': {}}, python: {'m:f': {}}, "
         "expect: {requests: [GET y]}"), "expected requests"),
        ("talk: [{press: '1'}], http: {'https://': {}}", "no answer in this test for m:f ()"),
        (("talk: [{press: '1', over: 0.3}, {outcome: Heard}], http: {'https://': {}}, "
         "python: {'m:f': {}}"), "expected outcome Heard, there was Pressed"),
        (("talk: [{press: '1', over: 0.3}, {barge_in: none}], http: {'https://': {}}, "
         "python: {'m:f': {}}"), "expected no barge-in, there was one by key"),
        (("talk: [{press: '1'}, {barge_in: voice}], http: {'https://': {}}, "
         "python: {'m:f': {}}"), "expected barge-in by voice, there was none"),
        ("arguments: {nmae: Ann}", "the flow has no variable nmae: nothing reads it"),
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


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{say: a, press: '1'}", "expected one of say, say_audio, noise"),
        ("{}", "expected one of say, say_audio, noise"),
        ("{hear: a, over: 1}", "over belongs to one of say"),
        ("{speech: broken}", "invalid value 'broken'; there are"),
    ],
)
def test_a_line_with_a_mistake(tmp_path: Path, line: str, reason: str) -> None:
    """One thing a line, with its place."""
    (tmp_path / "t.yaml").write_text(f"flow: x.yaml\ntests: [{{name: n, talk: [{line}]}}]")
    with pytest.raises(FlowError, match=r"t.yaml:2:\d+: ") as found:
        run_suite(tmp_path / "t.yaml")
    assert reason in str(found.value)


TURNS = """\
start: a
steps:
  a: {do: menu, choices: [{words: [tea], key: "1", go: b}, {words: [milk], key: "2", go: b}],
      prompt: "Would you like a cup of tea, or rather a glass of warm milk with honey?",
      no_input: {go: out}, no_match: {go: out}}
  b: {do: menu, choices: [{words: [sugar], key: "1", go: out}], barge_in: none,
      prompt: "Please listen to the end of this. Then say sugar.",
      no_input: {go: out}, no_match: {go: out}}
  out: {do: hangup}
"""


@pytest.mark.parametrize(
    "talk",
    [
        "{say: tea}, {outcome: Heard}, {barge_in: none}, {step: b}",
        "{say: tea, over: 1}, {outcome: Heard}, {barge_in: voice}, {step: b}",
        "{press: '2', over: 1}, {outcome: Pressed}, {barge_in: key}, {step: b}",
        "{press: '21', over: 1}, {outcome: Pressed}",
        "{noise: 0.3, over: 1}, {barge_in: noise}, {say: tea}, {step: b}, {barge_in: none}",
        "{noise: 0.3, over: 1}, {say: milk, over: 4}, {barge_in: voice}, {step: b}",
        "{say: coffee, over: 1}, {step: a}, {hear: glass of warm milk}, {say: tea}, {step: b}",
        "{say: tea}, {say: sugar, over: 1}, {outcome: NoInput}",
        "{say: tea}, {say: sugar}, {outcome: Heard}",
        "{say: tea}, {press: '1', over: 1}, {outcome: NoInput}, {press: '1'}, {outcome: Pressed}",
        "{hang_up: true, over: 1}, {outcome: HungUp}",
        (
            "{speech: down}, {silence: 1}, {outcome: SpeechDown}, {hear: For tea}, {press: '1'}, "
            "{step: b}, {speech: up}, {press: '1'}"
        ),
        "{speech: down}, {press: '1'}, {outcome: SpeechDown}, {outcome: Pressed}, {step: b}",
        (
            "{speech: refused}, {silence: 1}, {step: a}, {speech: refused}, {silence: 1}, "
            "{hear: press 1}, {press: '1'}"
        ),
        "{speech: dies}, {say: tea}, {outcome: SpeechDown}, {hear: For tea}, {press: '1'}",
        "{speech: frozen}, {say: tea}, {step: a}, {press: '1'}, {outcome: Pressed}, {step: b}",
        "{say: tea}, {voice: down}, {silence: 1}",
    ],
)
def test_what_a_caller_and_a_service_may_do(tmp_path: Path, talk: str) -> None:
    """Over the prompt and after it, words, keys and coughs, with the service up and down."""
    (tmp_path / "x.yaml").write_text(TURNS)
    (tmp_path / "t.yaml").write_text(f"flow: x.yaml\ntests: [{{name: n, talk: [{talk}]}}]")
    _, [verdict], _ = run_suite(tmp_path / "t.yaml")
    assert not verdict.problem, "\n".join(verdict.log)
