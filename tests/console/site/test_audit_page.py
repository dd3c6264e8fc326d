"""The audit: who did what, for administrators."""

from __future__ import annotations

import pytest

from tests.console.site.conftest import Site

pytestmark = pytest.mark.asyncio


async def test_it_lists_who_did_what(site: Site) -> None:
    """The newest first."""
    browser = await site.signed_in()
    await site.text(browser, f"/calls/{site.call_id('1.1')}")
    text = await site.text(browser, "/audit")
    assert text.index(f"looked at call {site.call_id('1.1')}") < text.rindex("signed in")
    assert "user-administer" in text
    assert "0790" not in text
