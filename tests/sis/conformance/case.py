"""What a case is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.sis.conformance.endpoint import Endpoint

__all__ = ("CASES", "Case", "case")

Run = Callable[[Endpoint, str], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """One thing that an endpoint must do."""

    clause: str
    """Section of ``sis-protocol.md``, and its row or note; or a row of ``sis-rows.md``."""
    mode: str
    """Path below the project: a recognition mode's, or ``rtts``."""
    run: Run
    is_policy: bool
    """Section 8 settles it for our own server; others may do otherwise."""

    @property
    def name(self) -> str:
        """E.g. ``4.3-start_twice-short-stream``."""
        words = self.clause.replace(", ", "-").replace(" ", "_")
        return f"{words}-{self.run.__name__}-{self.mode.removeprefix('rasr/').replace('/', '_')}"


_PATHS = {"rtts": "rtts", "streaming": "vcs/voices/clone", "tables": "asr/vocabularies"}

CASES: list[Case] = []
"""In the order of definition."""


def case(clause: str, *modes: str, policy: bool = False) -> Callable[[Run], Run]:
    """Enter a case, once for each mode (without: for all modes of recognition).

    Args:
        clause: What it checks.
        modes: ``short``, ``sentence``, ``continue``, ``rtts``, ``streaming`` or ``tables``.
        policy: See :attr:`Case.is_policy`.
    """

    def enter(run: Run) -> Run:
        for mode in modes or ("short", "sentence", "continue"):
            path = _PATHS.get(mode, f"rasr/{mode}-stream")
            CASES.append(Case(clause, path, run, policy))
        return run

    return enter
