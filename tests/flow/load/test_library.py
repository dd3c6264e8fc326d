"""Flows that change while calls run."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load.library import FlowLibrary

FLOW = "start: a\nsteps: {a: {do: hangup, prompt: one}}"


def write(file: Path, text: str) -> None:
    """Write a file that is seen to have changed."""
    file.write_text(text)


def test_a_change_is_live_at_the_next_call(tmp_path: Path) -> None:
    """The call before keeps its version; without a change nothing is read again."""
    file = tmp_path / "x.yaml"
    write(file, FLOW)
    library = FlowLibrary(tmp_path)
    first = library.get("x")
    assert library.get("x") is first
    write(file, FLOW.replace("one", "three"))
    second = library.get("x")
    assert first.version != second.version
    assert first.flows != second.flows


def test_a_broken_file_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The old version stays, the log says why, once."""
    file = tmp_path / "x.yaml"
    write(file, FLOW)
    library = FlowLibrary(tmp_path)
    first = library.get("x")
    write(file, FLOW.replace("do: hangup", "do: hangupp"))
    with caplog.at_level(logging.ERROR):
        assert library.get("x") is first
        assert library.get("x") is first
    assert [record.getMessage().split("; calls")[-1] for record in caplog.records] == [
        f" go on with version {first.version}"
    ]
    write(file, FLOW.replace("one", "seven"))
    assert library.get("x") is not first


def test_a_broken_file_is_refused_by_another_process_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each call may be a process of its own: the files that were last right are kept aside."""
    flows, copies = tmp_path / "flows", tmp_path / "copies"
    flows.mkdir()
    write(flows / "x.yaml", "start: a\nsteps: {a: {do: call, flow: y, go: b}, b: {do: hangup}}")
    write(flows / "y.yaml", "start: a\nsteps: {a: {do: return}}")
    write(flows / "_defaults.yaml", "defaults: {timeout_s: 3}")
    FlowLibrary(flows, copies=copies).get("x")
    write(flows / "y.yaml", "start: aa\nsteps: {aa: {do: return}}")
    second = FlowLibrary(flows, copies=copies).get("x")
    assert [folder.name for folder in (copies / "x").iterdir()] == [second.version]
    write(flows / "y.yaml", "start: aa\nsteps: {aa: {do: retrun}}")
    with caplog.at_level(logging.ERROR):
        third = FlowLibrary(flows, copies=copies).get("x")
    assert (third.version, third.flows) == (second.version, second.flows)
    assert "did you mean 'return'" in caplog.text
    assert f"calls go on with version {second.version}" in caplog.text
    with pytest.raises(FlowError, match="retrun"):
        FlowLibrary(flows).get("x")


def test_a_flow_that_is_gone_is_gone(tmp_path: Path) -> None:
    """A copy stands in for a broken file, not for one that was taken away; nor does a bad name."""
    flows, copies = tmp_path / "flows", tmp_path / "copies"
    flows.mkdir()
    write(flows / "x.yaml", FLOW)
    FlowLibrary(flows, copies=copies).get("x")
    (flows / "x.yaml").unlink()
    for name in ("x", "../copies/x"):
        with pytest.raises(FlowError, match="there is no flow"):
            FlowLibrary(flows, copies=copies).get(name)


def test_copies_that_cannot_be_made(tmp_path: Path) -> None:
    """Calls do not need them."""
    write(tmp_path / "x.yaml", FLOW)
    write(tmp_path / "file", "")
    assert FlowLibrary(tmp_path, copies=tmp_path / "file").get("x").version


def test_each_new_version_is_told(tmp_path: Path) -> None:
    """Once; a broken file is none."""
    told: list[str] = []
    library = FlowLibrary(tmp_path, on_new=lambda program: told.append(program.version))
    write(tmp_path / "x.yaml", FLOW)
    first = library.get("x")
    library.get("x")
    write(tmp_path / "x.yaml", FLOW.replace("hangup", "hangupp"))
    library.get("x")
    write(tmp_path / "x.yaml", FLOW.replace("one", "eleven"))
    library.get("x")
    assert told == [first.version, library.get("x").version]


def test_all_flows_are_read_ahead(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A server's calls look at no file; what is wrong is told once, until a file changes."""
    write(tmp_path / "x.yaml", FLOW)
    write(tmp_path / "y.yaml", "start: none\nsteps: {}\n")
    write(tmp_path / "_defaults.yaml", "{}\n")
    library = FlowLibrary(tmp_path)
    assert library.peek("x") is None
    library.read_all()
    library.read_all()
    first = library.peek("x")
    assert first is not None
    assert library.peek("y") is None
    assert [record.getMessage().count("y.yaml") for record in caplog.records] == [1]
    write(tmp_path / "x.yaml", FLOW.replace("one", "three"))
    assert library.peek("x") is first
    library.read_all()
    assert library.peek("x") is not first


def test_a_flow_that_never_was_right(tmp_path: Path) -> None:
    """There is nothing to go on with."""
    with pytest.raises(FlowError, match="there is no flow 'x'"):
        FlowLibrary(tmp_path).get("x")


def test_called_flows_and_defaults_belong_to_the_version(tmp_path: Path) -> None:
    """A change in any of them is a new version."""
    write(tmp_path / "x.yaml", "start: a\nsteps: {a: {do: call, flow: y, go: b}, b: {do: hangup}}")
    write(tmp_path / "y.yaml", "start: a\nsteps: {a: {do: return}}")
    library = FlowLibrary(tmp_path)
    versions = {library.get("x").version}
    write(tmp_path / "y.yaml", "start: aa\nsteps: {aa: {do: return}}")
    versions.add(library.get("x").version)
    write(tmp_path / "_defaults.yaml", "defaults: {timeout_s: 3}")
    program = library.get("x")
    assert len(versions | {program.version}) == 3
    assert sorted(program.flows) == ["x", "y"]
    assert program.flows["y"].defaults.timeout_s == 3
    write(tmp_path / "_defaults.yaml", "defaults: {timeout: 3}")
    with pytest.raises(FlowError, match=r"_defaults.yaml:1:12: .*did you mean 'timeout_s'"):
        FlowLibrary(tmp_path).get("x")
    (tmp_path / "_defaults.yaml").unlink()
    (tmp_path / "y.yaml").unlink()
    with pytest.raises(FlowError, match=r"x.yaml:2:23: steps.a.flow: there is no flow 'y'"):
        FlowLibrary(tmp_path).get("x")
