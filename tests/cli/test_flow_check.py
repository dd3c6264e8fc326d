"""``ivr-agi flow check``: files and folders, every mistake, the settings' voices, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr_agi.cli import main
from ivr_agi.cli.flow_check import is_suite, yaml_files
from ivr_agi.errors import ConfigError

SAMPLES = Path(__file__).parents[2] / "config/flows"
RIGHT = "start: a\nsteps:\n  a: {do: hangup}\n"
THREE = """\
start: nowhere
steps:
  a:
    do: menu
    prompt: Hello
    promt: x
    choices:
      - {words: [sales], go: b}
      - {words: [support], key: x, go: gone}
    no_input: {go: b}
    no_match: {go: b}
  b: {do: transfer, extension: 200}
  c: {do: http, url: "http://a", go: b, error: b, timeout_s: soon}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Flows, defaults, and conversation tests."""
    (tmp_path / "a.yaml").write_text(RIGHT)
    (tmp_path / "b.yaml").write_text(THREE)
    (tmp_path / "_defaults.yaml").write_text("defaults: {timeout_s: 3}\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/a.yaml").write_text("flow: ../a.yaml\ntests:\n  - name: it ends\n")
    return tmp_path


def test_every_mistake_is_told_with_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """O13: in the order of the file, and none that only follows from another."""
    file = folder / "b.yaml"
    assert main(["flow", "check", str(file)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.removeprefix(f"ivr-agi: {file}:").split(": ")[:2] for line in lines] == [
        ["1:1", "start"],
        ["6:5", "steps.a.promt"],
        ["9:28", "steps.a.choices.1.key"],
        ["9:36", "steps.a.choices.1.go"],
        ["12:21", "steps.b.extension"],
        ["13:51", "steps.c.timeout_s"],
    ]


def test_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its flows and their defaults, without the conversation tests."""
    (folder / "b.yaml").unlink()
    assert main(["flow", "check", str(folder)]) == 0
    checked = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert checked == [str(folder / "_defaults.yaml"), str(folder / "a.yaml")]
    with pytest.raises(ConfigError, match="there is no file of tests"):
        yaml_files([str(folder / "tests/..")], lambda text: False, "file of tests")
    (folder / "x.yaml").write_bytes(b"\xff")
    assert main(["flow", "check", str(folder)]) == 2
    assert "x.yaml:1: cannot read the flow: it is not UTF-8 text" in capsys.readouterr().err


def test_tests_of_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever they are in it."""
    assert is_suite("flow: x\ntests:\n  - name: y\n")
    assert main(["flow", "test", str(folder)]) == 0
    assert "1 conversations, 0 failed" in capsys.readouterr().out


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check, cost and test, for programs."""
    assert main(["flow", "check", "--json", str(folder)]) == 2
    files = json.loads(capsys.readouterr().out)["files"]
    assert [Path(each["file"]).name for each in files] == ["_defaults.yaml", "a.yaml", "b.yaml"]
    assert [len(each["mistakes"]) for each in files] == [0, 0, 6]
    assert files[2]["mistakes"][1]["line"] == 6
    assert main(["flow", "cost", "--json", str(folder / "a.yaml")]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["texts"] == 0
    assert main(["flow", "test", "--json", str(folder)]) == 0
    (ran,) = json.loads(capsys.readouterr().out)["files"]
    assert ran["tests"][0]["passed"] is True
    assert ran["steps_not_taken"] == []


@pytest.mark.parametrize(
    ("prompt", "rule"),
    [
        ("您好", "voice"),
        ("{zh: 您好, en: Hello}", None),
        ("{text: 您好, voice: zh}", None),
        ("{text: 您好, voice: english_amy_common}", "voice"),
        ("<speak>Hello</speak>", "ssml"),
        ("{text: <speak>Hello</speak>, voice: chinese_huaxiaomei_common}", None),
        ("Hello", None),
    ],
)
def test_the_voices_of_the_settings(
    prompt: str, rule: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """O10, W12: what a voice cannot say is a warning."""
    config, flow = tmp_path / "ivr-agi.toml", tmp_path / "x.yaml"
    config.write_text('[synthesis]\nproperty = "english_cameal_common"\n')
    flow.write_text(
        f"start: a\nsteps:\n  a: {{do: say, prompt: {prompt}, go: b}}\n  b: {{do: hangup}}\n"
    )
    assert main(["flow", "check", "--config", str(config), str(flow)]) == 0
    said = capsys.readouterr().out
    assert (f"[{rule}]" in said) if rule else "no warnings" in said


@pytest.mark.parametrize(
    ("head", "words", "is_told"),
    [
        ("", "[账单]", True),
        ("", "[账单, bill]", False),
        ("", "[bill]", False),
        ("languages: [zh]", "[账单]", False),
        ("languages: [en, zh]", "{en: [bill], zh: [账单]}", False),
        ("languages: [en, zh]", "[账单]", True),
    ],
)
def test_the_recogniser_of_the_settings(
    head: str, words: str, is_told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Words that it cannot hear."""
    flow = tmp_path / "x.yaml"
    flow.write_text(
        f"start: a\n{head}\nsteps:\n"
        f"  a: {{do: menu, prompt: Hi, choices: [{{words: {words}, key: '1', go: b}}],\n"
        "      no_input: {go: b}, no_match: {go: b}}\n  b: {do: hangup}\n"
    )
    assert main(["flow", "check", str(flow)]) == 0
    assert (
        "hears English: nobody can say '账单' [recognizer]" in capsys.readouterr().out
    ) is is_told


def test_the_samples_have_no_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    """With the settings of a fresh installation."""
    assert main(["flow", "check", "--strict", str(SAMPLES)]) == 0
    assert capsys.readouterr().out.count("no warnings") == len(list(SAMPLES.glob("*.yaml")))


def test_sounds_and_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording that is not there is a warning, and with --strict a failure."""
    flow, sounds = tmp_path / "x.yaml", tmp_path / "sounds"
    flow.write_text("start: a\nsteps:\n  a: {do: hangup, prompt: {recording: bye, text: Bye}}\n")
    sounds.mkdir()
    argv = ["flow", "check", "--sounds", str(sounds), str(flow)]
    assert main(argv) == 0
    assert "there is no recording 'bye'" in capsys.readouterr().out
    assert main([*argv, "--strict"]) == 1
    (sounds / "bye.wav").touch()
    assert main([*argv, "--strict"]) == 0
    assert main(["flow", "check", "--sounds", str(sounds / "none"), str(flow)]) == 2
