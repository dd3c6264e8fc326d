"""``ivr-agi flow talk``: the keyboard for a caller."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from ivr_agi.cli import main

HEAD = "defaults: {no_input: {go: bye}, no_match: {go: bye}}\n"
COMMANDS = "commands: {operator: {key: '0', go: bye}}\n"
RECORD = """start: a
steps:
  a: {do: record, prompt: Speak., save: message, go: bye, review: true}
  bye: {do: hangup}
"""
TWO_MENUS = """start: a
steps:
  a: {do: menu, prompt: 'Which?', choices: [{key: '1', go: b}]}
  b: {do: menu, prompt: 'And now?', choices: [{key: '2', go: c}]}
  c: {do: hangup, result: two}
  bye: {do: hangup}
"""


def talk(flow: str, lines: Iterable[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Talk to a flow until it ends, or the keyboard does."""
    typed = iter(lines)

    def read(_: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", read)
    file = folder / "x.yaml"
    file.write_text(HEAD + flow)
    assert main(["flow", "talk", str(file)]) == 0


def test_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Silence and keys that say nothing are no input; words are one, to be said again or kept."""
    talk(RECORD, ["", "#9", "Please call me back", "#3", "again", "#1"], tmp_path, monkeypatch)
    out = capsys.readouterr().out
    assert out.count("(no_input: step=a") == 2
    assert "(deleted: message-1)" in out
    assert out.endswith("IVR_STATUS=COMPLETED\nIVR_SLOT_MESSAGE=message-2\n")


def test_a_hang_up_in_place_of_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-D."""
    talk(RECORD, [], tmp_path, monkeypatch)
    assert capsys.readouterr().out.endswith("IVR_STATUS=HANGUP\n")


def test_a_key_leaves_the_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a command of the whole flow."""
    talk(COMMANDS + RECORD, ["#0"], tmp_path, monkeypatch)
    out = capsys.readouterr().out
    assert "(command: " in out
    assert out.endswith("IVR_STATUS=COMPLETED\n")


def test_keys_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two keys are two answers, and what is no key is none."""
    talk(TWO_MENUS, ["#x", "#12"], tmp_path, monkeypatch)
    out = capsys.readouterr().out
    assert out.count("IVR: Which?") == 2
    assert out.endswith("IVR_STATUS=COMPLETED\nIVR_RESULT=two\n")
