"""What the table of Pythons says, without running one of them whole."""

from __future__ import annotations

import sys

import pytest

from tests.house.code import ROOT
from tools.check_pythons import PYTHONS, Checked, find_python, summary_of, table


def test_the_pythons_are_those_of_the_classifiers() -> None:
    """What we say that we run on is what is checked."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert [each for each in PYTHONS if f'"Programming Language :: Python :: {each}"' in text] == [
        *PYTHONS
    ]
    assert text.count('"Programming Language :: Python :: 3.') == len(PYTHONS)


@pytest.mark.parametrize(
    ("output", "code", "expected"),
    [
        ("....\n3 passed, 1 skipped in 2.10s\n", 0, "3 passed, 1 skipped"),
        ("==== 1 failed, 3 passed in 61.02s (0:01:01) ====\n", 1, "1 failed, 3 passed"),
        ("no module named pytest\n", 2, "failed: exit code 2"),
    ],
)
def test_what_pytest_counted(output: str, code: int, expected: str) -> None:
    """Its last line; without one, that it failed."""
    assert summary_of(output, code) == expected


def test_a_python_that_is_here_is_found() -> None:
    """This one; and none that there never was."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert find_python(version)
    assert find_python("3.99") is None


def test_the_table() -> None:
    """A failure is seen; a Python that is not there is none."""
    rows = [
        Checked("3.12.1", "newest", "ok", "ok", "3 passed"),
        Checked("3.11.7", "lowest", "", "", "1 failed, 2 passed"),
        Checked("3.14", "newest", "not there", "", ""),
    ]
    assert [row.is_well for row in rows] == [True, False, True]
    assert list(table(rows))[2] == "| 3.12.1 | newest | ok | ok | 3 passed |"
