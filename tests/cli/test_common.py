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
    "argv", [["speech-server", "--port", "99999"], ["serve", "--workers", "65"]]
)
def test_numbers_out_of_range(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A usage error that says the range, no traceback and no list of all numbers."""
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"argument {argv[1]}: must be a whole number from" in last
