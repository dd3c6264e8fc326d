"""The page of regions, models and voices says what the code checks against."""

from __future__ import annotations

from tests.docs.catalogue import PAGE, make_page


def test_the_page_is_up_to_date() -> None:
    """``make docs`` writes it."""
    assert PAGE.read_text(encoding="utf-8") == make_page()
