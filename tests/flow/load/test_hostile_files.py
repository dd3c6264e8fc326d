"""Files that no parser expects: each is refused with its place, and no other flow notices."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.load import library as library_module
from ivr_agi.flow.load import loader
from ivr_agi.flow.load.library import FlowLibrary
from ivr_agi.flow.load.loader import find_flow, load_flow, load_program, parse_flow

GOOD = "start: a\nsteps: {a: {do: hangup}}\n"
SAID = "start: a\nsteps: {a: {do: hangup, prompt: '%s'}}\n"
WHEN = "start: a\nsteps: {a: {do: if, when: '%s', go: a, else: a}}\n"

HOSTILE = {
    "a day that is none": GOOD
    + "hours: {h: {weekly: {mon: [09:00-10:00]}, holidays: [2026-02-30]}}",
    "a time that is none": GOOD + "variables: {x: 2026-01-01 25:61:00}",
    "a number that is none": GOOD + "variables: {x: 0b_}",
    "a number that is too long": GOOD + f"variables: {{x: {'9' * 5000}}}",
    "a tag of its own": GOOD + "variables: {x: !!python/object:os.system y}",
    "bytes that are none": GOOD + "variables: {x: !!binary '=a'}",
    "a set as a key": GOOD + "variables: {? {a: 1} : 2}",
    "brackets in YAML": "[" * 20_000,
    "brackets in a template": SAID % ("{{ " + "(" * 10_000 + " }}"),
    "brackets in a condition": WHEN % ("(" * 10_000),
    "a chain in a template": SAID % ("{{ a" + " + a" * 20_000 + " }}"),
    "a list that holds itself": GOOD + "variables: &v {x: *v}",
    "a surrogate": GOOD + 'variables: {x: "\\ud800"}',
    "a NUL": GOOD + "variables: {x: \0}",
}
HOSTILE["a billion laughs"] = (
    GOOD
    + "variables:\n  a0: &a0 [x]\n"
    + "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
)


@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_a_file_raises_is_a_refused_file(kind: str, tmp_path: Path) -> None:
    """With its name; the others are read."""
    (tmp_path / "bad.yaml").write_text(HOSTILE[kind], encoding="utf-8")
    with pytest.raises(FlowError) as caught:
        load_program(tmp_path / "bad.yaml")
    assert str(tmp_path / "bad.yaml") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("constant", ["9 ** (9 ** 9)", '"a" * 99999999999', '"%99999999d" % 1'])
def test_nothing_is_computed_while_a_file_is_checked(constant: str) -> None:
    """Jinja would: the check of one flow would hold up all."""
    parse_flow(SAID % f"{{{{ {constant} }}}}")
    parse_flow(WHEN % constant)


def test_the_place_of_a_value_that_is_none() -> None:
    """C1: an impossible day without quotes, as YAML takes it for a date."""
    with pytest.raises(FlowError, match="flow:4:12: '2026-02-30' is no date; a text needs quotes"):
        parse_flow(GOOD + "variables:\n  x: {day: 2026-02-30}")


def test_defaults_are_read_with_the_same_care(tmp_path: Path) -> None:
    """What is wrong in them refuses the flows, and nothing else."""
    (tmp_path / "x.yaml").write_text(GOOD)
    (tmp_path / "_defaults.yaml").write_text("commands: {help: {key: 2026-02-30}}")
    with pytest.raises(FlowError, match=r"_defaults.yaml:1:\d+"):
        load_flow(tmp_path / "x.yaml")


def test_whatever_is_raised_has_the_name_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a bug of ours costs one flow only."""

    def bug(_: object) -> None:
        raise ZeroDivisionError("of ours\nand more")

    monkeypatch.setattr(loader, "find_faults", bug)
    with pytest.raises(FlowError, match="^x.yaml: cannot be read: ZeroDivisionError: of ours and"):
        parse_flow(GOOD, "x.yaml")


def test_a_file_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded where it is read."""
    monkeypatch.setattr(loader, "MAX_CHARACTERS", 10)
    (tmp_path / "x.yaml").write_text(GOOD)
    with pytest.raises(FlowError, match="more than 10 characters"):
        load_flow(tmp_path / "x.yaml")


@pytest.mark.parametrize("name", ["x" * 252, "x" * 5000, "../x", "", "x\0y", "\udcff", "a/b"])
def test_a_name_that_no_file_has(name: str, tmp_path: Path) -> None:
    """C2: it may come from the caller (${EXTEN})."""
    with pytest.raises(FlowError, match="there is no flow") as caught:
        find_flow(name, tmp_path)
    assert len(str(caught.value)) < 300
    with pytest.raises(FlowError, match="there is no flow"):
        FlowLibrary(tmp_path).get(name)


def test_one_file_of_many(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The server reads the others, and says once what is wrong."""
    for number, text in enumerate(HOSTILE.values()):
        (tmp_path / f"a{number}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "itself.yaml").symlink_to(tmp_path / "itself.yaml")
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    library = FlowLibrary(tmp_path, copies=tmp_path / "copies")
    with caplog.at_level(logging.ERROR):
        library.read_all()
        library.read_all()
    assert library.peek("good") is not None
    assert len(caplog.records) == len(HOSTILE) + 3


def test_a_library_goes_on_whatever_one_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that fails, say, while one of the files is read."""
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    really = find_flow

    def find(name: str, directory: Path) -> Path:
        if name == "a":
            raise OSError(5, "Input/output error")
        return really(name, directory)

    monkeypatch.setattr(library_module, "find_flow", find)
    library = FlowLibrary(tmp_path)
    library.read_all()
    assert library.peek("b") is not None
    assert "a.yaml: cannot be read: OSError" in caplog.text
    with pytest.raises(FlowError, match="cannot be read: OSError"):
        library.get("a")
