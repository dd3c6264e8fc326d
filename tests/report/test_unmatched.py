"""What was not understood, by likeness."""

from __future__ import annotations

from ivr_agi.report.unmatched import group_unmatched
from ivr_agi.store.queries import UnmatchedWords


def said(text: str, step: str = "menu", meant: str = "") -> UnmatchedWords:
    """Once."""
    return UnmatchedWords(1, 0.0, "main", step, text, meant)


def test_groups() -> None:
    """Likeness within a step; the most frequent first, with what was meant."""
    groups = group_unmatched(
        [
            *[said("my invoice please", meant="billing")] * 3,
            said("my invoices please", meant="200"),
            said("My invoice, please!", meant="billing"),
            said("我要查账单"),
            said("我要查帐单"),
            said("my invoice please", step="other"),
            said("?"),
        ]
    )
    assert [(group.step, group.n) for group in groups] == [
        ("menu", 5),
        ("menu", 2),
        ("menu", 1),
        ("other", 1),
    ]
    assert groups[0].text == "my invoice please"
    assert groups[0].meant == {"billing": 4, "200": 1}
    assert groups[0].texts == {"my invoice please": 4, "my invoices please": 1}
