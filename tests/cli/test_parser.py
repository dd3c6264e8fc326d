"""What the command line says of a slip of the hand."""

from __future__ import annotations

import pytest

from ivr_agi.cli import main


def refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said; the exit code is that of wrong usage."""
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["flow", "chek", "x"], "there is no 'chek'; did you mean 'check'?"),
        (["flow", "nonsense"], "there are check, schema, draw, cost, talk, evaluate, test"),
        (["vocabulary", "syn"], "did you mean 'sync'?"),
        (["flow", "check", "--stict", "x"], "there is no option --stict; did you mean '--strict'?"),
        (["doctor", "--jsn"], "there is no option --jsn; did you mean '--json'?"),
        (["prompts", "build", "--chek=1", "x"], "no option --chek; did you mean '--check'?"),
        (["vocabulary", "list", "--xyz"], "there is no option --xyz\n"),
        (["slots", "try", "numbr", "x"], "did you mean 'number'?"),
        (["completion", "bsh"], "did you mean 'bash'?"),
        (["vocabulary", "list", "x", "y"], "too many arguments: x y"),
    ],
)
def test_what_was_probably_meant(
    argv: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Commands, options and values; the usage is that of the command."""
    said = refused(argv, capsys)
    assert expected in said
    assert said.startswith(f"usage: ivr-agi {argv[0]}")


@pytest.mark.parametrize("argv", [[], ["flow"], ["vocabulary"], ["bench"]])
def test_without_a_command_the_help(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """All that there is."""
    said = refused(argv, capsys)
    assert said.startswith(" ".join(["usage: ivr-agi", *argv]))
    assert "--help" in said


def test_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """By name, as argparse says it."""
    assert "the following arguments are required: FILE" in refused(["flow", "check"], capsys)
