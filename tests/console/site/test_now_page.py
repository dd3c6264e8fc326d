"""The page of now: what goes on, as it does; only to who is signed in."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest

from ivr_agi.console.access.roles import Role
from ivr_agi.journal import Event
from tests.console.site.conftest import HOSTILE, Site
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.asyncio


def event(call: str, name: str, **data: Any) -> Event:
    """An event of now."""
    return Event(at_s=time.monotonic(), event=name, call=call, time=time.time(), data=data)


def call(unique_id: str, **data: Any) -> list[Event]:
    """A call that begins."""
    return [event(unique_id, "call_started", **({"caller": "5", "flow": "f"} | data))]


class Stream:
    """Messages of server-sent events."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def next(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                line = await self.answer.content.readline()
                assert line, "the stream has ended"
                if line.startswith(b"data: "):
                    found: dict[str, Any] = json.loads(line[6:])
                    return found


async def test_the_page_shows_what_goes_on(site: Site) -> None:
    """Each call; the endpoints; and hostile words as text."""
    site.going_on.append([*call("1.1", caller=HOSTILE), event("1.1", "step", step="menu")])
    browser = await site.signed_in()
    text = await site.text(browser, "/")
    assert "<script>alert" not in text
    assert "menu" in text
    assert site.context.settings.speech.url in text


async def test_changes_are_sent(site: Site) -> None:
    """All at first, then what is other, and what has gone."""
    site.going_on.append(call("1.1"))
    browser = await site.signed_in()
    async with browser.get("/now/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        stream = Stream(answer)
        first = await stream.next()
        assert [row["call"] for row in first["put"]] == ["1.1"]
        site.going_on.append(call("1.2"))
        second = await stream.next()
        assert [row["call"] for row in second["put"]] == ["1.2"]
        site.going_on[0].append(event("1.1", "result", text=f"{HOSTILE}\n\ndata: x"))
        third = await stream.next()
        assert third["put"][0]["words"] == f"{HOSTILE}\n\ndata: x"
        del site.going_on[0]
        assert await stream.next() == {"put": [], "gone": ["1.1"], "n": 1}


async def test_a_signed_out_user_gets_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream ends."""
    monkeypatch.setattr("ivr_agi.console.site.now_page.CHECK_S", 0.0)
    browser = await site.signed_in(Role.WATCH)
    async with browser.get("/now/events") as answer:
        await Stream(answer).next()
        await asyncio.to_thread(site.context.users.remove, "user-watch")
        async with asyncio.timeout(PATIENCE_S):
            while await answer.content.readline():
                pass


async def test_signs_of_life(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing happens."""
    monkeypatch.setattr("ivr_agi.console.site.now_page.SIGN_OF_LIFE_S", 0.0)
    browser = await site.signed_in()
    async with browser.get("/now/events") as answer:
        async with asyncio.timeout(PATIENCE_S):
            while await answer.content.readline() != b": \n":
                pass


async def test_one_call_is_followed(site: Site) -> None:
    """Line by line, to its end; then it is in the store."""
    site.going_on.append(call("7.7"))
    browser = await site.signed_in()
    assert "7.7" in await site.text(browser, "/live/7.7")
    async with browser.get("/live/7.7/events") as answer:
        stream = Stream(answer)
        first = await stream.next()
        assert first["first"]
        assert "begins" in first["lines"][0][1]
        site.going_on[0].append(event("7.7", "interim", text="sal"))
        second = await stream.next()
        assert "interim words: sal" in second["lines"][0][1]
        assert second["row"]["words"] == "sal"
        assert not second["first"]
        site.going_on.clear()
        assert await stream.next() == {"ended": True}
    async with browser.get("/live/1.1", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/calls/1.1"


async def test_in_chinese(site: Site) -> None:
    """What comes later is in the language of the page."""
    site.going_on.append([*call("1.1"), event("1.1", "prompt_started", text="x")])
    browser = await site.signed_in()
    async with browser.get("/now/events", headers={"Accept-Language": "zh"}) as answer:
        assert (await Stream(answer).next())["put"][0]["waits_for"] == "听提示音"
