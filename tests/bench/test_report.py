"""Numbers as text and as JSON."""

from __future__ import annotations

import pytest

from ivr_agi.bench.report import Row, Target, as_json, as_text, row


def test_percentiles_are_nearest_rank() -> None:
    """Of samples that occurred."""
    found = row("x", "ms", [float(number) for number in range(100, 0, -1)])
    assert (found.n, found.p50, found.p95, found.p99) == (100, 50.0, 95.0, 99.0)
    assert row("x", "ms", [1.0, 2.0, 3.0]).p99 == 3.0


def test_few_samples() -> None:
    """One has no percentiles, none has nothing."""
    assert row("x", "ms", [7.0]) == Row("x", "ms", 1, 7.0, None, None, Target())
    assert row("x", "ms", []).p50 is None


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (Target(), None),
        (Target(p50=2), True),
        (Target(p50=2, p99=2.5), False),
        (Target(p95=3), True),
    ],
)
def test_targets(target: Target, met: bool | None) -> None:
    """All bounds must hold."""
    assert row("x", "ms", [1.0, 2.0, 3.0], target).is_met is met
    assert row("x", "ms", [], target).is_met is None


def test_json_is_the_form_of_the_design() -> None:
    """docs/design.md 6: what does not apply is null."""
    found = as_json("m", [row("x", "ms", [1.0], Target(p50=2, p99=3))])
    assert found == {
        "machine": "m",
        "rows": [
            {
                "name": "x",
                "unit": "ms",
                "n": 1,
                "p50": 1.0,
                "p95": None,
                "p99": None,
                "target": "p50 <= 2, p99 <= 3",
                "baseline": None,
                "ratio": None,
            }
        ],
    }


def test_text() -> None:
    """A line each, with the verdict and what it means."""
    rows = [
        row("fast", "ms", [1.0, 2.0], Target(p50=2), "how fast"),
        row("slow", "ms", [9.0], Target(p50=2)),
    ]
    lines = as_text("this machine", rows).splitlines()
    assert lines[0] == "this machine"
    assert lines[3].split() == ["fast", "1", "2", "2", "ms", "2", "p50", "<=", "2", "met"]
    assert lines[4].endswith("MISSED")
    assert lines[-1] == "fast: how fast"
