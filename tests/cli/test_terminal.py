"""Colours and bars, where somebody watches."""

from __future__ import annotations

import io
import sys

import pytest

from ivr_agi.cli.terminal import Colour, paint, progress


class Terminal(io.StringIO):
    """A terminal that shows nothing."""

    def isatty(self) -> bool:
        return True


def test_a_colour_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only there."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert paint("ok", Colour.GREEN, Terminal()) == "\x1b[32mok\x1b[0m"
    assert paint("ok", Colour.GREEN, io.StringIO()) == "ok"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert paint("ok", Colour.GREEN) == "ok"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does not want it, or cannot show it."""
    monkeypatch.setenv(name, value)
    assert paint("ok", Colour.RED, Terminal()) == "ok"


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts; without a terminal nothing is written."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("ivr_agi.cli.terminal.SHOWN_AFTER_S", 0)
    with progress(2, "texts") as done:
        done()
        done()
    assert "/2" in terminal.getvalue()
    silent = io.StringIO()
    monkeypatch.setattr(sys, "stderr", silent)
    with progress(2, "texts") as done:
        done()
    assert not silent.getvalue()


def test_what_is_quick_has_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing flickers."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress(2, "texts") as done:
        done()
    assert "/2" not in terminal.getvalue()
