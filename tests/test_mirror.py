"""How much of a module its own tests run: that it is counted right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import coverage
import pytest

from tests.house.code import ROOT, modules
from tests.mirror import EXCEPTIONS, TESTED_WITH, enough, share

MODULE = """\
def choose(who):
    if who == "its own test":
        return 1
    if who == "a forked child":
        return 2
    if who == "a thread":
        return 3
    if who == "a callback in virtual time":
        return 4
    if who == "another module's test":
        return 5
    return 6
"""
OWN_TESTS = """\
import os, threading
from room.thing import choose
from tests.virtual import VirtualTimeLoop

def test_here():
    assert choose("its own test") == 1

def test_in_a_forked_child():
    if (pid := os.fork()) == 0:
        os._exit(choose("a forked child"))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2

def test_in_a_thread():
    thread = threading.Thread(target=choose, args=["a thread"])
    thread.start()
    thread.join()

def test_in_virtual_time():
    loop = VirtualTimeLoop()
    loop.call_later(3600, lambda: (choose("a callback in virtual time"), loop.stop()))
    loop.run_forever()
    loop.close()
"""
OTHER_TESTS = """\
from room.thing import choose

def test_on_the_way():
    assert choose("another module's test") == 5
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one module, whose tests were run as ours are."""
    folder = tmp_path_factory.mktemp("planted")
    for name, text in {
        "room/thing.py": MODULE,
        "tests/room/test_thing.py": OWN_TESTS,
        "tests/room/test_thing_else.py": "def test_nothing():\n    pass\n",
        "tests/room/test_thingy.py": OTHER_TESTS,
        "pyproject.toml": _how_ours_are_measured(),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n1", "--cov", "--cov-context=test"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    return folder


def _how_ours_are_measured() -> str:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    ours = tools["coverage"]["run"] | {"source": ["room"], "omit": []}
    lines = (f"{name} = {json.dumps(value)}" for name, value in ours.items())
    return "\n".join(["[tool.coverage.run]", *lines])


def _share(planted: Path, own: str) -> tuple[int, int]:
    data = coverage.Coverage(data_file=str(planted / ".coverage"))
    data.load()
    return share(data, planted / "room/thing.py", [own])


def test_all_that_its_own_tests_run_counts(planted: Path) -> None:
    """Here, in a forked child, in a thread, in virtual time: but nothing that others run.

    Four of the five questions are answered with yes, and three with no on the way to the next.
    """
    assert _share(planted, "room/test_thing.py") == (4 + 3, 10)


def test_what_others_run_counts_for_them_only(planted: Path) -> None:
    """A name that begins like another one's is not its."""
    assert _share(planted, "room/test_thingy.py") == (4 + 1, 10)
    assert _share(planted, "room/test_thing_else.py") == (0, 10)


def test_a_module_that_nothing_imports(planted: Path) -> None:
    """Nothing of it was run."""
    data = coverage.Coverage(data_file=str(planted / ".coverage"))
    data.load()
    assert share(data, planted / "room/unknown.py", ["room/test_unknown.py"]) == (0, 1)


@pytest.mark.parametrize(
    ("run", "all_of", "is_enough"),
    [(85, 100, True), (84, 100, False), (1, 2, True), (0, 2, False), (0, 0, True), (0, 1, False)],
)
def test_enough(run: int, all_of: int, is_enough: bool) -> None:
    """85 %; one branch may be missing, but not the only one."""
    assert enough(run, all_of) is is_enough


def test_the_lists_name_what_is_there() -> None:
    """A file that is gone is off the lists, too."""
    files = {module.file for module in modules().values()}
    known = files | {file.removeprefix("ivr_agi/") for file in files}
    assert {*EXCEPTIONS, *TESTED_WITH} <= known
