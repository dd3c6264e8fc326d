"""Parts that other packages add: the sample packages are installed, type-checked and run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr_agi import plugins
from ivr_agi.errors import FlowError, IvrError
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.flow.load.library import FlowLibrary
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.load.schema import flow_schema
from ivr_agi.plugins import find_plugin, plugin_names
from ivr_agi.speech_server.engines.base import RecognizerOptions
from ivr_agi.speech_server.engines.registry import recognizer_named, recognizer_names
from ivr_agi.testing import hear, press, rehearse, say

SAMPLES = Path(__file__).parents[1] / "docs" / "samples"
PACKAGES = ("ivr-brands", "ivr-member", "ivr-wait")
FLOW = """\
start: wait
steps:
  wait: {do: wait, seconds: 20, go: number}
  number:
    {do: ask, prompt: "Your number?", slot: {type: custom, name: member}, save: member, go: done,
     reasons: {check_digit: "That is no number."}, no_input: {go: done}, no_match: {go: done}}
  done: {do: hangup, result: "{{ member }}"}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages, installed as a user does it, but without an index."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    packages = [str(SAMPLES / package) for package in PACKAGES]
    pip = [sys.executable, "-m", "pip", "install", "-q", *options]
    subprocess.run([*pip, "--target", str(folder), *packages], check=True)
    return folder


@pytest.fixture
def _known(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The packages are in the path of this process."""
    monkeypatch.syspath_prepend(str(installed))
    plugins._known.cache_clear()
    yield
    plugins._known.cache_clear()


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package whose parts are all wrong."""
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[ivr_agi.steps]\nnone = no_such_module:Step\nodd = math:sqrt\n"
        "other = ivr_agi.flow.steps.say:SayStep\n"
        "[ivr_agi.slots]\nworse = no_such_module:Slot\n"
        "[ivr_agi.engines]\nworse = no_such_module:make\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins._known.cache_clear()
    yield
    plugins._known.cache_clear()


def test_type_checked(installed: Path) -> None:
    """By mypy, strictly."""
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(installed / ".mypy")]
    modules = [str(SAMPLES / package / package.replace("-", "_")) for package in PACKAGES]
    done = subprocess.run(
        [*command, "--follow-imports", "silent", *modules, str(SAMPLES / "tickets.py")],
        capture_output=True, text=True, check=False, cwd=installed,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.usefixtures("_known")
def test_a_step_and_a_slot(tmp_path: Path) -> None:
    """A whole call, in virtual time."""
    flow = tmp_path / "f.yaml"
    flow.write_text(FLOW)
    call = rehearse(flow, press("123456"), hear("That is no number."), say("0 0 0 0 9 8"))
    assert call.result.result == "000098"
    assert call.duration_s > 20
    schema = str(flow_schema())
    assert "'enum': ['wait']" in schema


@pytest.mark.usefixtures("_known")
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("seconds: 20", "seconds: 90", "f:3:20: steps.wait.seconds: "),
        ("name: member", "name: membr", "no package adds a type 'membr' (here: member)"),
        ("name: member}", "name: member, limits: {size: 3}}", "unexpected keyword argument 'size'"),
        (", name: member}", "}", "custom needs the name of a type that another package adds"),
    ],
)
def test_mistakes_in_flows(old: str, new: str, expected: str) -> None:
    """As of our own: with the place."""
    with pytest.raises(FlowError) as caught:
        parse_flow(FLOW.replace(old, new), "f")
    assert expected in str(caught.value)


@pytest.mark.engine
@pytest.mark.usefixtures("_known")
def test_an_engine() -> None:
    """It is offered, and made."""
    assert "brands" in recognizer_names()
    recognizer_named("brands", RecognizerOptions())
    import ivr_brands  # type: ignore[import-not-found]  # installed by this test

    assert ivr_brands.spell("call big bank now") == "call BigBank now"


@pytest.mark.usefixtures("broken")
def test_a_broken_package_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At the step that needs it; other flows, and the server, do not notice."""
    for verb, expected in (
        ("none", "'none' of the package broken cannot be loaded: ModuleNotFoundError: No module"),
        ("odd", "'odd' of the package broken is no class on StepSpec: math:sqrt"),
        ("other", "'other' is no step of that verb: SayStep has tag='say'"),
    ):
        with pytest.raises(FlowError) as caught:
            parse_flow(f"start: a\nsteps:\n  a: {{do: {verb}}}\n", "f")
        assert str(caught.value).startswith("f:3:7: steps.a.do: ivr_agi.steps: ")
        assert expected in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(FlowError, match="'worse' of the package broken cannot be loaded"):
        parse_flow(FLOW.replace("do: wait", "do: say").replace("seconds: 20", "prompt: x")
                   .replace("name: member", "name: worse"))  # fmt: skip
    with pytest.raises(IvrError, match="worse"):
        recognizer_named("worse", RecognizerOptions())
    assert "['odd']" not in str(flow_schema())
    assert "'none' of the package broken cannot be loaded" in caplog.text
    (tmp_path / "good.yaml").write_text("start: a\nsteps: {a: {do: hangup}}\n")
    (tmp_path / "bad.yaml").write_text("start: a\nsteps: {a: {do: none}}\n")
    library = FlowLibrary(tmp_path)
    library.read_all()
    assert library.peek("good") is not None


def test_names() -> None:
    """None of the group, or not that one."""
    assert plugin_names("ivr_agi.no_such_group") == []
    assert find_plugin("ivr_agi.no_such_group", "x", StepSpec) is None
