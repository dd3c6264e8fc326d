"""Findings: what a check found, and how to fix it. Core, no I/O."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    """How serious a finding is."""

    GOOD = 0
    """As it should be."""
    WARNING = 1
    """Calls work, but not all of them, or not as well as they could."""
    ERROR = 2
    """Calls do not work."""


_EXIT_CODES = {Severity.GOOD: 0, Severity.WARNING: 4, Severity.ERROR: 1}
"""Exit codes; 2 and 3 mean wrong usage and a missing package, as with every command."""
_WORDS = {Severity.GOOD: "ok", Severity.WARNING: "WARNING", Severity.ERROR: "ERROR"}


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's output."""

    check: str
    """What was checked, in one or two words."""
    severity: Severity
    text: str
    """What was found, in one line without secrets."""
    advice: str = ""
    """What to do, in one line; empty if all is well."""


def good(check: str, text: str) -> Finding:
    """Make a finding: all is well."""
    return Finding(check, Severity.GOOD, text)


def warning(check: str, text: str, advice: str) -> Finding:
    """Make a finding: something could be better."""
    return Finding(check, Severity.WARNING, text, advice)


def failing(check: str, text: str, advice: str) -> Finding:
    """Make a finding: calls do not work like this."""
    return Finding(check, Severity.ERROR, text, advice)


def exit_code(findings: Iterable[Finding]) -> int:
    """Return the exit code: 0 if all is well, 4 for only warnings, 1 for errors."""
    return _EXIT_CODES[max((each.severity for each in findings), default=Severity.GOOD)]


def findings_as_text(
    findings: Iterable[Finding], paint: Callable[[str, Severity], str] = lambda text, severity: text
) -> str:
    """Format one line per finding, with what to do below it.

    Args:
        findings: The findings.
        paint: Returns the word for a severity in its colour.
    """
    lines = []
    for each in findings:
        word = paint(f"{_WORDS[each.severity]:<8}", each.severity)
        lines.append(f"{word} {each.check}: {each.text}")
        if each.advice:
            lines.append(f"{'':<8} -> {each.advice}")
    return "\n".join(lines)


def findings_as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Format for programs; the severity is a word: good, warning, error."""
    return [
        {
            "check": each.check,
            "severity": each.severity.name.lower(),
            "text": each.text,
            "advice": each.advice or None,
        }
        for each in findings
    ]
