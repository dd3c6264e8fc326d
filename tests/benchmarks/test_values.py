"""Random values."""

from __future__ import annotations

import random

import pytest

from benchmarks.values import CHANCES
from ivr_agi.language.slots import Parsed


@pytest.mark.parametrize("kind", CHANCES)
def test_values(kind: str) -> None:
    """They differ, and those that can be keyed are values of their slot by keys, too."""
    some = random.Random(kind)
    values = [CHANCES[kind](some) for _ in range(20)]
    assert len({str(value) for _, value in values}) > 1
    if kind in {"card", "digits"}:
        assert all(slot.parse_keys(value) == Parsed(value) for slot, value in values)
