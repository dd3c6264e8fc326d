"""The list of calls: the same as ``ivr-agi calls`` has."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest

from tests.console.site.conftest import HOSTILE, Site, since

pytestmark = pytest.mark.asyncio


def begun(text: str) -> list[str]:
    """The links of the rows."""
    return re.findall(r'<td><a href="/calls/(\d+)">', text)


async def test_calls_are_found(site: Site) -> None:
    """By caller, words, step, status, machine and time."""
    browser = await site.signed_in()
    begin = since()
    assert len(begun(await site.text(browser, f"/calls?since={begin}"))) == 5
    for asked, n in (
        ("status=transfer", 5),
        ("status=HANGUP", 0),
        ("step=main", 5),
        ("step=other", 0),
        ("flow=main_menu", 5),
        ("node=node", 5),
        ("node=other", 0),
        (f"words={quote('alert(1)')}", 4),
        (f"words={quote('%')}", 0),
        (f"until={begin}", 0),
    ):
        assert len(begun(await site.text(browser, f"/calls?since={begin}&{asked}"))) == n, asked


async def test_what_is_no_time(site: Site) -> None:
    """It is told in the form, which keeps what was written."""
    browser = await site.signed_in()
    text = await site.text(browser, f"/calls?since={quote(HOSTILE)}", 400)
    assert "expected 24h, 7d" in text
    assert (
        f'value="{html.escape(HOSTILE)}"'.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
        in text
    )
    for before in ("nan", "inf", "x", "1e999"):
        await site.text(browser, f"/calls?before={before}", 400)


async def test_older_calls(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page, each call once."""
    monkeypatch.setattr("ivr_agi.console.site.call_list.ROWS", 2)
    browser = await site.signed_in()
    path, found = f"/calls?since={since()}&flow=main_menu", []
    while True:
        text = await site.text(browser, path)
        found += begun(text)
        older = re.search(r'href="([^"]+)" rel="next"', text)
        if older is None:
            break
        path = html.unescape(older[1])
    assert len(found) == len(set(found)) == 5


async def test_every_text_of_a_caller_is_text(site: Site) -> None:
    """Whatever it says."""
    browser = await site.signed_in()
    text = await site.text(browser, f"/calls?since={since()}&words={quote(HOSTILE)}")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "49" not in re.sub(r'[\d-]{10} [\d:]{8}|value="[^"]*"|v=\w+', "", text)
