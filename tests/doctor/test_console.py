"""Asking Asterisk, or what is in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.doctor import console
from ivr_agi.doctor.console import Console, ConsoleError


def script(folder: Path, text: str) -> str:
    """A program that stands for Asterisk."""
    path = folder / "asterisk"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_asks_without_a_shell(tmp_path: Path) -> None:
    """A command is one argument, whatever is in it; colours are taken off."""
    program = script(tmp_path, r'printf "%s\n" "$@"; printf "\033[1mbold\033[0m"')
    said = Console(program, "/etc/a b.conf").ask("core show; $(x)")
    assert said == "-C\n/etc/a b.conf\n-rx\ncore show; $(x)\nbold"


def test_no_asterisk(tmp_path: Path) -> None:
    """Not there; there and not running; there and stuck."""
    with pytest.raises(ConsoleError, match="No such file"):
        Console(str(tmp_path / "none")).ask("x")
    with pytest.raises(ConsoleError, match="Unable to connect"):
        Console(script(tmp_path, "echo Unable to connect >&2; exit 1")).ask("x")
    with pytest.raises(ConsoleError, match="exit code 7"):
        Console(script(tmp_path, "exit 7")).ask("x")


def test_a_stuck_one_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor ends, whatever Asterisk does."""
    monkeypatch.setattr(console, "TIMEOUT_S", 0.1)
    with pytest.raises(ConsoleError, match="no answer"):
        Console(script(tmp_path, "exec sleep 60")).ask("x")
