"""Roles: each may do what those before it may."""

from __future__ import annotations

from ivr_agi.console.access.roles import Role


def test_they_are_in_order() -> None:
    """By what they may do."""
    assert [one.told for one in sorted(Role)] == ["watch", "listen", "change", "administer"]
