"""Flows that calls cannot use: by name, whatever is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.doctor.access import User
from ivr_agi.doctor.findings import Finding, Severity
from ivr_agi.doctor.flows import check_arguments, check_flows, check_program_name
from ivr_agi.doctor.pbx import EagiCall
from ivr_agi.settings import PathSettings, Settings

ROOT, NOBODY = User(0, frozenset()), User(65534, frozenset())
RIGHT = "start: a\nsteps: {a: {do: hangup, prompt: %s}}\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One flow."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/main_menu.yaml").write_text(RIGHT % "Bye")
    return Settings(paths=PathSettings(flows="flows", spool="spool"), base=tmp_path)


def texts(found: list[Finding]) -> list[str]:
    """What is not good."""
    return [each.text for each in found if each.severity is not Severity.GOOD]


def test_all_is_well(settings: Settings) -> None:
    """The flows are named."""
    (found,) = check_flows(settings, ROOT)
    assert (found.severity, found.text) == (Severity.GOOD, "main_menu")


def test_each_wrong_file_is_named(settings: Settings) -> None:
    """Not only the first one; and one that has another ending."""
    folder = settings.flows_dir
    for name in ("x", "y"):
        (folder / f"{name}.yaml").write_text("start: nowhere\nsteps: {a: {do: hangup}}\n")
    (folder / "z.yml").touch()
    told = texts(check_flows(settings, ROOT))
    assert ["z.yml" in told[0], "x.yaml:1:1" in told[1], "y.yaml:1:1" in told[2]] == [True] * 3


def test_a_file_that_calls_cannot_read(settings: Settings) -> None:
    """Root can, and so the flow looks right."""
    (settings.flows_dir / "main_menu.yaml").chmod(0o600)
    told = texts(check_flows(settings, NOBODY))
    assert told
    assert "uid 65534, which runs the calls, may not read" in told[0]
    assert "main_menu.yaml" in told[0]


def test_a_text_that_the_voice_cannot_say(settings: Settings) -> None:
    """O10."""
    (settings.flows_dir / "main_menu.yaml").write_text(RIGHT % "再见", encoding="utf-8")
    (told,) = texts(check_flows(settings, ROOT))
    assert "main_menu.yaml: steps.a.prompt: english_cameal_common is an English voice" in told


def test_no_flow(settings: Settings) -> None:
    """There is one to begin with."""
    (settings.flows_dir / "main_menu.yaml").unlink()
    assert "there is none in" in texts(check_flows(settings, ROOT))[0]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("main_menu",), ""),
        (("main_menuu",), "there is no flow 'main_menuu'; did you mean 'main_menu'?"),
        (("Main_Menu",), "did you mean 'main_menu'?"),
        (("main_menu.yaml",), "did you mean 'main_menu'?"),
        (("${FLOW}",), ""),
        (("${WRONG}",), "there is no flow 'bank' (flows here: main_menu)"),
        (("${GLOBAL(NOTHING)}",), "the global variable NOTHING"),
        (("${EXTEN}",), ""),
        (("--script", "/none.py"), "names the script /none.py"),
        ((), "has the arguments (none)"),
        (("a", "b"), "has the arguments a, b"),
        (("--scrpt", "b"), "has the arguments --scrpt, b"),
    ],
)
def test_arguments_of_the_dialplan(
    arguments: tuple[str, ...], problem: str, settings: Settings
) -> None:
    """O16: a name that is no flow's, with what was meant; what only a call knows is left."""
    globals_ = {"FLOW": "main_menu", "WRONG": "bank", "NOTHING": ""}
    call = EagiCall("ivr", "ivr-agi", arguments)
    told = texts(check_arguments([call, call], globals_, settings, ROOT))
    assert len(told) == bool(problem)
    assert problem in "".join(told)


def test_a_script_that_is_there(settings: Settings, tmp_path: Path) -> None:
    """And may be read by whoever runs the calls."""
    script = tmp_path / "x.py"
    script.touch(mode=0o600)
    call = EagiCall("ivr", "ivr-agi", ("--script", str(script)))
    assert texts(check_arguments([call], {}, settings, ROOT)) == []
    assert len(texts(check_arguments([call], {}, settings, NOBODY))) == 1


def test_the_sample_of_the_dialplan(settings: Settings) -> None:
    """Its second flow is not installed, and nobody calls it."""
    call = EagiCall("ivr-reminder", "ivr-agi", ("reminder",))
    assert check_arguments([call], {}, settings, ROOT) == []


@pytest.mark.parametrize(
    ("program", "globals_", "is_empty"),
    [
        ("ivr-agi", {}, False),
        ("${IVR_AGI}", {"IVR_AGI": "ivr-agi"}, False),
        ("${IVR_AGI}", {"IVR_AGI": ""}, True),
        ("${IVR_AGI}", {}, True),
        ("${GLOBAL(PROGRAM)}", {"PROGRAM": ""}, True),
        ("${OF_THE_CHANNEL}", {}, False),
    ],
)
def test_an_empty_global(program: str, globals_: dict[str, str], *, is_empty: bool) -> None:
    """O16: EAGI() starts nothing then."""
    found = check_program_name(EagiCall("ivr", program, ("main_menu",)), globals_)
    assert (found is not None) is is_empty
