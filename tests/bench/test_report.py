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
        (Target(p99=0), False),
        (Target(least=2), True),
        (Target(least=3), False),
        (Target(p99=5, least=3), False),
    ],
)
def test_targets(target: Target, met: bool | None) -> None:
    """All bounds must hold."""
    assert row("x", "ms", [1.0, 2.0, 3.0], target).is_met is met
    assert row("x", "ms", [], target).is_met is None


def test_baseline() -> None:
    """Its median, and how many times ours it is."""
    found = row("x", "ms", [1.0, 2.0, 3.0], baseline=[10.0, 8.0, 9.0])
    assert (found.baseline, found.ratio) == (9.0, 4.5)
    assert row("x", "ms", [0.0], baseline=[1.0]).ratio is None
    assert row("x", "ms", [1.0]).ratio is None
    assert found.ratio == as_json("m", [found])["rows"][0]["ratio"]


def test_text_shows_a_baseline() -> None:
    """Beside our own; a row without one leaves the columns empty."""
    rows = [
        row("fast", "ms", [2.0], Target(least=1), baseline=[150.0]),
        row("other", "calls", [1.0]),
    ]
    lines = as_text("m", rows).splitlines()
    assert lines[2].split()[-3:] == ["baseline", "ratio", "target"]
    assert lines[3].split()[4:] == ["150", "75", "x", "p50", ">=", "1", "met"]
    assert lines[4].split() == ["other", "1", "calls", "1"]


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
