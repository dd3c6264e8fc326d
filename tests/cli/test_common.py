"""What several sub-commands share: numbers in limits."""

from __future__ import annotations

import argparse

import pytest

from ivr_agi.cli import main
from ivr_agi.cli.common import whole_number


def test_whole_number() -> None:
    """Both ends are in; anything else is told with the limits."""
    convert = whole_number(0, 65535)
    assert [convert("0"), convert("65535")] == [0, 65535]
    for text in ("-1", "65536", "x", "1.5", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="from 0 to 65535, got"):
            convert(text)


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["speech-server", "--port", "99999"], "a whole number from 0 to 65535, got '99999'"),
        (["serve", "--workers", "65"], "a whole number from 1 to 64, got '65'"),
        (["bench", "calls", "--profile", "0"], "a whole number from 1 to 1000, got '0'"),
        (["bench", "calls", "--at", "1,,2"], "whole numbers with commas between, got '1,,2'"),
    ],
)
def test_numbers_out_of_range(
    argv: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A usage error that says the range, no traceback and no list of all numbers."""
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith(f"error: argument {argv[-2]}: must be {reason}")
