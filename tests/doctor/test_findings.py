"""What the doctor prints, and how it exits."""

from __future__ import annotations

import pytest

from ivr_agi.doctor.findings import (
    Finding,
    exit_code,
    failing,
    findings_as_json,
    findings_as_text,
    good,
    warning,
)

FINE, SO_SO, BAD = good("disk", "free"), warning("clock", "odd", "set it"), failing("a", "b", "c")


@pytest.mark.parametrize(
    ("findings", "code"),
    [([], 0), ([FINE], 0), ([FINE, SO_SO], 4), ([BAD, SO_SO, FINE], 1)],
)
def test_exit_code(findings: list[Finding], code: int) -> None:
    """The worst counts."""
    assert exit_code(findings) == code


def test_text() -> None:
    """A line each, and what to do below it."""
    assert findings_as_text([FINE, SO_SO, BAD]).splitlines() == [
        "ok       disk: free",
        "WARNING  clock: odd",
        "         -> set it",
        "ERROR    a: b",
        "         -> c",
    ]


def test_json() -> None:
    """For programs."""
    assert findings_as_json([FINE, SO_SO]) == [
        {"check": "disk", "severity": "good", "text": "free", "advice": None},
        {"check": "clock", "severity": "warning", "text": "odd", "advice": "set it"},
    ]
