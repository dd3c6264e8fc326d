"""The command line of the benchmarks: what is listed, options, results."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

import pytest

from benchmarks import __main__ as listing
from benchmarks.command import ALL_BENCHMARKS, benchmark_parser, run_benchmark
from ivr_agi.bench.report import Row, Target, row


def main_of(name: str) -> object:
    """The module that ``python -m benchmarks.NAME`` runs."""
    return importlib.import_module(f"benchmarks.{name}")


def run(name: str, *argv: str) -> int:
    """Run a benchmark's command."""
    code: int = main_of(name).main(argv)  # type: ignore[attr-defined]
    return code


def test_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """With their commands."""
    assert listing.main() == 0
    out = capsys.readouterr().out
    assert all(f"python -m benchmarks.{name} " in out for name in ALL_BENCHMARKS)


@pytest.mark.parametrize("name", ALL_BENCHMARKS)
def test_each_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the command as it is typed."""
    with pytest.raises(SystemExit) as caught:
        run(name, "--help")
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: python -m benchmarks.{name} ")
    assert "--json FILE" in out


@pytest.mark.parametrize(
    "argv",
    [
        ["sip", "--rate", "0"],
        ["sip", "--seconds", "0"],
        ["sip", "--sip", "nowhere"],
        ["sip", "--watch", "asterisk"],
        ["flow", "--turns", "0"],
        ["launch", "--launches", "0"],
        ["noise", "--seconds", "0"],
        ["noise", "--words", "0"],
        ["onset", "--words", "0"],
        ["soak", "--calls", "0"],
        ["turn", "--turns", "0"],
    ],
)
def test_what_cannot_be_measured(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A usage error of one line."""
    assert run(*argv) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"python -m benchmarks.{argv[0]}: ")
    assert error.count("\n") == 1


def test_asterisk_without_its_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before an Asterisk is fetched."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "pocketsphinx" or None)
    assert run("turn", "--asterisk") == 3
    assert "pocketsphinx is not installed" in capsys.readouterr().err


def test_rows_are_shown_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table on standard output, JSON where it is asked for."""

    def measure(_: argparse.Namespace) -> list[Row]:
        return [row("turns", "turns/s", [2.0, 3.0], Target(least=2))]

    path = tmp_path / "x.json"
    assert run_benchmark(benchmark_parser("flow"), measure, ["--json", str(path)]) == 0
    assert "p50 >= 2" in capsys.readouterr().out
    assert json.loads(path.read_text())["rows"][0]["p50"] == 2.0
    assert run_benchmark(benchmark_parser("flow"), measure, ["--json", str(tmp_path)]) == 2
