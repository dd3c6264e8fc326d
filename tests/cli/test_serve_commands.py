"""``ivr-agi serve`` and ``ivr-agi install``: what an administrator types and sees."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ivr_agi.cli import main, serve
from ivr_agi.serve.board import Board
from ivr_agi.serve.handover import listen_unix
from ivr_agi.serve.systemd import Given
from tests.serve.running import write_installation


def test_install_and_remove(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what it did, and what comes next."""
    config = tmp_path / "ivr-agi.toml"
    config.write_text('[serve]\nsocket = "run/socket"\n')
    arguments = ["install", "--agi-dir", str(tmp_path)]
    assert main([*arguments, "--config", str(config)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"installed: {tmp_path}/ivr-agi",
        f"the server is expected at: {tmp_path}/run/socket",
        f"start it with systemd, or as Asterisk's user: ivr-agi serve --config {config}",
        "in the dialplan: same => n,EAGI(ivr-agi,main_menu)",
    ]
    text = (tmp_path / "ivr-agi").read_text()
    assert f"'call', '--config', '{config}')" in text
    assert os.access(tmp_path / "ivr-agi", os.X_OK)
    for said in (f"removed: {tmp_path}/ivr-agi\n", f"nothing to remove in {tmp_path}\n"):
        assert main([*arguments, "--remove"]) == 0
        assert capsys.readouterr().out == said


def test_install_into_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line."""
    assert main(["install", "--agi-dir", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == (
        f"ivr-agi: {tmp_path}/none/ivr-agi: cannot write it: No such file or directory\n"
    )


@pytest.mark.parametrize("argv", [["serve"], ["install"]])
def test_help(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """--help works."""
    with pytest.raises(SystemExit) as caught:
        main([*argv, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("usage: ivr-agi")


def test_no_workers() -> None:
    """It takes one at least."""
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--workers", "0"])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ('[speech]\nurl = "nonsense"\n', "ivr-agi.toml: speech.url: must be ws://host:port"),
        ("[serve]\nworkers = 0\n", "serve.workers: expected a whole number >= 1"),
        ('[paths]\nspool = "ivr-agi.toml"\n', "paths.spool: cannot write prompts"),
        ('[journal]\nfile = "ivr-agi.toml/j"\n', "journal.file: cannot open the journal"),
        ('[log]\nfile = "ivr-agi.toml/l"\n', "log.file: cannot open the log file"),
        ('[serve]\nsocket = "running"\n', "a server is running there"),
    ],
)
def test_it_does_not_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: str, error: str
) -> None:
    """What is wrong is said at once, not by each worker again and again."""
    config = tmp_path / "ivr-agi.toml"
    spool = "" if "spool" in settings else '[paths]\nspool = "spool"\n'
    config.write_text(settings + spool)
    with listen_unix(tmp_path / "running"):
        assert main(["serve", "--config", str(config)]) == 2
    assert error in capsys.readouterr().err


@pytest.mark.parametrize("given", [False, True])
def test_what_serve_sets_up(
    given: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Socket, journal and workers; only a socket of its own is removed at the end."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    config = tmp_path / "ivr-agi.toml"
    config.write_text(
        "[serve]\nsocket = 'socket'\n[journal]\nfile = 'journal'\n[log]\nfile = 'log'\n"
        "[paths]\nflows = 'flows'\nspool = 'spool'\n[speech]\nurl = 'ws://127.0.0.1:9'\n"
    )
    worked: list[tuple[Any, ...]] = []

    class OneWorker:
        """A supervisor that does the work itself."""

        def __init__(self, board: Board, work: Callable[[int], int], **options: Any) -> None:
            self.work = work
            assert options["n_workers"] == 2
            assert options["leaves_workers"] == given
            again = options["renewal"]._command  # what SIGHUP starts
            assert again[-5:] == ["serve", "--config", str(config), "--workers", "2"]

        def run(self, announce: Callable[[], None]) -> int:
            announce()
            assert (tmp_path / "socket").exists()
            return self.work(1)

    def work(*args: Any, socket_stays: bool) -> int:
        worked.append(args)
        assert socket_stays == given
        return 7

    monkeypatch.setattr(serve, "Supervisor", OneWorker)
    monkeypatch.setattr(serve, "run_worker", work)
    if given:
        listener = listen_unix(tmp_path / "socket")
        monkeypatch.setattr(serve, "given_by_systemd", lambda: Given(listener))
    try:
        assert main(["serve", "--workers", "2", "--config", str(config)]) == 7
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert capsys.readouterr().out == f"listening on {tmp_path / 'socket'}\n"
    assert worked[0][4] == os.getpid()
    assert (tmp_path / "journal").exists()
    assert (tmp_path / "socket").exists() == given


def test_standard_fds_are_nobodys_pipe() -> None:
    """W3: a server that was started without them would give their numbers to a call's pipes."""
    code = (
        "import os\nfrom ivr_agi.cli.serve import _open_standard_fds\n"
        "os.close(0); os.close(1)\n_open_standard_fds()\n"
        "assert all(os.readlink(f'/proc/self/fd/{fd}') == '/dev/null' for fd in (0, 1))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_check_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says whether a server could start, and starts none, beside one that runs."""
    config = write_installation(tmp_path)
    (tmp_path / "run").mkdir()
    with listen_unix(tmp_path / "run/socket"):
        assert main(["serve", "--check", "--config", str(config)]) == 0
        assert "can serve with these settings" in capsys.readouterr().out
        write_installation(tmp_path, {"workers": 0})
        assert main(["serve", "--check", "--config", str(config)]) == 2
        assert "serve.workers" in capsys.readouterr().err
