"""Limits of one call: steps, questions, no-inputs, no-matches. Core, no I/O."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ivr_agi.errors import FlowError

if TYPE_CHECKING:
    from ivr_agi.flow.file.head import CallLimits

__all__ = ("MAX_STEPS", "Budget")

MAX_STEPS = 1000
"""Most steps of a call: ends a flow that loops without input."""


class Budget:
    """Counts against the limits of a call, over all its steps and flows.

    Args:
        max_turns: Most questions.
    """

    def __init__(self, max_turns: int) -> None:
        self._max_turns = max_turns
        self.counts: Counter[str] = Counter()
        """Steps, turns, and misses by kind, so far."""

    def count_step(self) -> bool:
        """Count a step; True if there are too many."""
        self.counts["steps"] += 1
        return self.counts["steps"] > MAX_STEPS

    def count_turn(self) -> None:
        """Count a question.

        Raises:
            FlowError: There are too many.
        """
        self.counts["turns"] += 1
        if self.counts["turns"] > self._max_turns:
            raise FlowError(f"more than {self._max_turns} questions in one call (limits.turns)")

    def count_miss(self, kind: str, limits: CallLimits) -> bool:
        """Count a ``no_input`` or ``no_match``; True if the limit is reached."""
        self.counts[kind] += 1
        return self.counts[kind] >= int(getattr(limits, kind))
