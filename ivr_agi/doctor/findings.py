"""What a check found, and what to do about it. Core, no I/O."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = (
    "Finding",
    "Severity",
    "exit_code",
    "failing",
    "findings_as_json",
    "findings_as_text",
    "good",
    "warning",
)


class Severity(enum.IntEnum):
    """How bad it is."""

    GOOD = 0
    """As it should be."""
    WARNING = 1
    """Calls work; not all of them, or not as well as they could."""
    ERROR = 2
    """Calls do not work."""


_EXIT_CODES = {Severity.GOOD: 0, Severity.WARNING: 4, Severity.ERROR: 1}
"""2 and 3 are usage and a missing package, as of every command."""
_WORDS = {Severity.GOOD: "ok", Severity.WARNING: "WARNING", Severity.ERROR: "ERROR"}


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's."""

    check: str
    """What was looked at, one or two words."""
    severity: Severity
    text: str
    """What was found, one line; no secret is in it."""
    advice: str = ""
    """What to do, one line; empty where all is well."""


def good(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, Severity.GOOD, text)


def warning(check: str, text: str, advice: str) -> Finding:
    """Something could be better."""
    return Finding(check, Severity.WARNING, text, advice)


def failing(check: str, text: str, advice: str) -> Finding:
    """Calls do not work like this."""
    return Finding(check, Severity.ERROR, text, advice)


def exit_code(findings: Iterable[Finding]) -> int:
    """0: all is well; 4: warnings only; 1: errors."""
    return _EXIT_CODES[max((each.severity for each in findings), default=Severity.GOOD)]


def findings_as_text(findings: Iterable[Finding]) -> str:
    """A line each, with what to do below it where there is something to do."""
    lines = []
    for each in findings:
        lines.append(f"{_WORDS[each.severity]:<8} {each.check}: {each.text}")
        if each.advice:
            lines.append(f"{'':<8} -> {each.advice}")
    return "\n".join(lines)


def findings_as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """For programs; severity as a word: good, warning, error."""
    return [
        {
            "check": each.check,
            "severity": each.severity.name.lower(),
            "text": each.text,
            "advice": each.advice or None,
        }
        for each in findings
    ]
