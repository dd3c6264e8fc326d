"""Files of tests in several processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ivr_agi.errors import IvrError
from ivr_agi.rehearsal import suites
from ivr_agi.rehearsal.conversations import Ran, Verdict, load_suite
from ivr_agi.rehearsal.suites import run_suites

TESTS = Path(__file__).parents[2] / "config" / "flows" / "tests"
FLOW = TESTS.parent / "main_menu.yaml"


def write_suite(file: Path, count: int) -> Path:
    """Write a file of so many conversations."""
    lines = [f"  - {{name: n{n}, talk: [{{press: '1'}}, {{silence: 3}}]}}" for n in range(count)]
    file.write_text("\n".join([f"flow: {FLOW}", "tests:", *lines]))
    return file


def told(verdict: Verdict) -> tuple[object, ...]:
    """What came of it, but not its time: in a part of its own its prompts are not cached yet."""
    return verdict.name, verdict.problem, verdict.log, verdict.turns


def test_two_processes_find_what_one_does(tmp_path: Path) -> None:
    """Verdicts in the files' order, the coverage of all parts."""
    files = [TESTS / "clinic_en.yaml", write_suite(tmp_path / "t.yaml", 60), TESTS / "bank_zh.yaml"]
    loaded = [load_suite(file) for file in files]
    alone, shared = (list(run_suites(loaded, jobs=jobs)) for jobs in (1, 2))
    for one, two in zip(alone, shared, strict=True):
        assert [told(verdict) for verdict in one.verdicts] == [told(v) for v in two.verdicts]
        assert one.coverage == two.coverage
    assert [verdict.name for verdict in shared[1].verdicts] == [f"n{n}" for n in range(60)]


def test_as_many_processes_as_pay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None for a few conversations."""
    monkeypatch.setattr(suites, "ProcessPoolExecutor", None)
    [ran] = run_suites([load_suite(write_suite(tmp_path / "t.yaml", 2))])
    assert len(ran.verdicts) == 2


def test_a_process_that_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, no waiting."""

    def leave(*_: object) -> Ran:
        os._exit(9)

    monkeypatch.setattr(suites, "run_tests", leave)
    with pytest.raises(IvrError, match="ended from outside"):
        list(run_suites([load_suite(write_suite(tmp_path / "t.yaml", 2))], jobs=2))


def a_long_run(folder: Path) -> list[str]:
    """A command that prints something soon, and takes a while then."""
    files = [write_suite(folder / f"{count}.yaml", count) for count in (2, 2000)]
    command = [sys.executable, "-u", "-m", "ivr_agi", "flow", "test", "--jobs", "2"]
    return [*command, *map(str, files)]


@pytest.mark.parametrize("is_group", [True, False], ids=["terminal", "parent"])
def test_ctrl_c(tmp_path: Path, is_group: bool) -> None:
    """Nothing is told, and nothing is left: neither a process nor a file."""
    spool = tmp_path / "tmp"
    spool.mkdir()
    with subprocess.Popen(
        a_long_run(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(spool)},
        start_new_session=True,
        # A job in the background of a script ignores SIGINT, and so do its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as tests:
        assert tests.stdout
        assert tests.stderr
        tests.stdout.readline()  # the first file is done
        (os.killpg if is_group else os.kill)(tests.pid, signal.SIGINT)
        told = tests.stderr.read()  # to its end: no process has it any more
    assert (tests.returncode, told) == (130, b"")
    assert list(spool.iterdir()) == []


def test_the_parent_is_killed(tmp_path: Path) -> None:
    """Its processes leave too, and take its files along."""
    spool = tmp_path / "tmp"
    spool.mkdir()
    with subprocess.Popen(
        a_long_run(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(spool)},
    ) as tests:
        assert tests.stdout
        assert tests.stderr
        tests.stdout.readline()
        tests.kill()
        assert b"Traceback" not in tests.stderr.read()  # to its end: all have left
    assert list(spool.iterdir()) == []


HUNG = """
import sys, tempfile
from pathlib import Path
from ivr_agi.rehearsal import suites
from ivr_agi.rehearsal.conversations import load_suite

def hang(*_):
    tempfile.mkdtemp()
    sys.stdout.write("hangs\\n")
    sys.stdout.flush()
    while True:
        try:
            while True: pass
        except BaseException: pass

suites.run_tests = hang
try:
    list(suites.run_suites([load_suite(Path(sys.argv[1]))], jobs=1 + 1))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("is_group", [True, False], ids=["terminal", "parent"])
def test_ctrl_c_while_a_call_hangs(tmp_path: Path, is_group: bool) -> None:
    """Nobody waits for it: under load, a call that was ended half way had hung for 12 minutes."""
    spool = tmp_path / "tmp"
    spool.mkdir()
    suite = write_suite(tmp_path / "t.yaml", 60)
    with subprocess.Popen(
        [sys.executable, "-c", HUNG, str(suite)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(spool)},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as tests:
        assert tests.stdout
        assert tests.stderr
        for _ in range(2):
            assert tests.stdout.readline() == b"hangs\n"
        (os.killpg if is_group else os.kill)(tests.pid, signal.SIGINT)
        told = tests.stderr.read()
    assert (tests.returncode, told) == (130, b"")
    assert list(spool.iterdir()) == []


def test_who_stops_asking_ends_the_processes(tmp_path: Path) -> None:
    """What is left is not run; nobody stays."""
    loaded = [load_suite(write_suite(tmp_path / f"{n}.yaml", 2)) for n in range(2)]
    found = run_suites(loaded, jobs=2)
    next(found)
    found.close()
    assert not multiprocessing.active_children()
