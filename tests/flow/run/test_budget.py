"""What one call may cost."""

from __future__ import annotations

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.head import CallLimits
from ivr_agi.flow.run.budget import MAX_STEPS, Budget


def test_questions() -> None:
    """One more than the limit is refused."""
    budget = Budget(2)
    budget.count_turn()
    budget.count_turn()
    with pytest.raises(FlowError, match=r"more than 2 questions in one call \(limits.turns\)"):
        budget.count_turn()


def test_steps() -> None:
    """A flow that goes round is noticed."""
    budget = Budget(1)
    assert not any(budget.count_step() for _ in range(MAX_STEPS))
    assert budget.count_step()


def test_misses_are_counted_apart() -> None:
    """Each against its own limit."""
    budget, limits = Budget(1), CallLimits(no_input=2, no_match=1)
    assert not budget.count_miss("no_input", limits)
    assert budget.count_miss("no_match", limits)
    assert budget.count_miss("no_input", limits)
