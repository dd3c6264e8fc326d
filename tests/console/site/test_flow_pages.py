"""The flows: with their traffic, step by step, and what was not understood."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest

from tests.console.site.conftest import HOSTILE, Site, since

pytestmark = pytest.mark.asyncio


async def test_flows_are_listed(site: Site) -> None:
    """Those that have a file, and those that only took calls."""
    browser = await site.signed_in()
    text = await site.text(browser, f"/flows?since={since()}")
    assert 'href="/flows/main_menu?since=' in text
    assert '<td class="number">5</td>' in text
    await asyncio.to_thread((site.folder / "flows" / "main_menu.yaml").unlink)
    assert "the file is gone" in await site.text(browser, f"/flows?since={since()}")


async def test_a_flow_with_its_traffic(site: Site) -> None:
    """Drawn, each step leads to its page; versions side by side."""
    browser = await site.signed_in()
    text = await site.text(browser, f"/flows/main_menu?since={since()}")
    assert "5 visits" in text
    assert f'<a href="/flows/main_menu/steps/main?since={since()}">' in text
    assert "Versions" in text
    assert "<script>alert" not in text
    one = await site.text(browser, f"/flows/main_menu?since={since()}&version={quote(HOSTILE)}")
    assert "in all versions" in one
    assert "<script>alert" not in one
    assert ">5</b>" in one


async def test_a_step_with_what_was_not_understood(site: Site) -> None:
    """Grouped, with the calls; its prompts, choices and ways."""
    browser = await site.signed_in()
    text = await site.text(browser, f"/flows/main_menu/steps/main?since={since()}")
    assert "<script>alert" not in text
    assert "script" in text.split("What was not understood here</h2>")[1]
    assert f'href="/calls/{site.call_id("1.1")}"' in text
    for part in ("Choices", "What it says", "Where it leads"):
        assert f">{part}</h2>" in text
    assert any("looked at words of step" in line.what for line in await site.audit())
    secure = text.split("What was not understood here</h2>")[1].split("</section>")[0]
    assert f'href="/calls/{site.call_id("1.2")}"' not in secure


async def test_what_is_not_there(site: Site) -> None:
    """No file but a flow's is ever opened."""
    browser = await site.signed_in()
    (site.folder / "secret.yaml").touch()
    for path in (
        "nothing",
        "..%2fsecret",
        "main_menu/steps/nothing",
        quote(HOSTILE, safe=""),
        "%00",
        "main_menu.yaml",
        "main_menu/steps/..%2f..",
    ):
        await site.text(browser, f"/flows/{path}", 404)


async def test_a_flow_that_is_wrong(site: Site) -> None:
    """The mistake is told, as text; numbers are shown all the same."""
    file = site.folder / "flows" / "main_menu.yaml"
    await asyncio.to_thread(file.write_text, "start: [<script>alert(1)</script>]")
    browser = await site.signed_in()
    text = await site.text(browser, f"/flows/main_menu?since={since()}")
    assert "main_menu.yaml:1:" in text
    assert "<script>alert" not in text
    assert ">5</b>" in text
    await site.text(browser, f"/flows/main_menu/steps/main?since={since()}")


async def test_what_is_no_time(site: Site) -> None:
    """It is told; the page shows the last week."""
    browser = await site.signed_in()
    for path in ("/flows", "/flows/main_menu", "/flows/main_menu/steps/main"):
        text = await site.text(browser, f"{path}?since={quote(HOSTILE)}", 400)
        assert "expected 24h" in text
        assert "<script>alert" not in text
