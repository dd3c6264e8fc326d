"""The page of a call: everything that is known, all of it text, nothing of secure steps."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from ivr_agi.console.access.roles import Role
from ivr_agi.console.site.call_page import marks_of, way_drawn
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.store.tables import timelines
from tests.console.site.conftest import HOSTILE, Site, events_of, hostile_call

pytestmark = pytest.mark.asyncio


async def test_all_of_a_call(site: Site) -> None:
    """Facts, sound, turns, way, events, other calls; by number and by Asterisk's id."""
    browser = await site.signed_in()
    call = site.call_id("2.1")
    text = await site.text(browser, f"/calls/{call}")
    for part in ("Sound", "Turns", "Way through the flow", "Events", "Other calls of this caller"):
        assert f">{part}</h2>" in text
    assert 'class="box asks taken"' in text
    assert "no match" in text
    assert "0.90" in text
    assert "<b>800</b>" in text
    assert f'href="/calls/{site.call_id("2.0")}"' in text
    assert f'href="/calls/{site.call_id("1.1")}"' not in text
    assert "2.1" in await site.text(browser, "/calls/2.1")
    assert "looked at call" in (await site.audit())[0].what


async def test_every_text_is_text(site: Site) -> None:
    """Words, names, extensions, targets, versions: none is a tag, an attribute or a template."""
    browser = await site.signed_in()
    for path in ("", "?all=1", "/wave"):
        text = await site.text(browser, f"/calls/{site.call_id('1.1')}{path}")
        assert "<script>alert" not in text
        assert "{{7*7}}" in text
        assert "onerror" not in text
    assert "interim words" in await site.text(browser, f"/calls/{site.call_id('1.1')}?all=1")


async def test_a_secure_step_shows_nothing(site: Site) -> None:
    """No word, key, score or prompt; on no page."""
    browser = await site.signed_in()
    text = await site.text(browser, f"/calls/{site.call_id('1.2')}?all=1")
    events = text.split("Events</h2>")[1].split("Other calls")[0]
    turns = text.split("Turns</h2>")[1].split("</section>")[0]
    for part in (events.replace(f"extension {HOSTILE}", ""), turns):
        assert "words: ..." in events
        assert "0.9" not in turns
        assert "presses 7" not in part
    assert "<q>" not in turns
    marks = {mark.text for mark in marks_of(events_of(hostile_call("1.2", 0.0, secure=True)))}
    assert {"key ...", "..."} <= marks


async def test_what_is_not_there(site: Site) -> None:
    """Not found, whatever the name."""
    browser = await site.signed_in()
    for name in ("99999", "x", quote(HOSTILE, safe=""), "..%2f..%2fetc%2fpasswd", "%00", "1" * 30):
        text = await site.text(browser, f"/calls/{name}", 404)
        assert "There is no such thing here" in text
    await site.text(browser, "/calls/99999/wave", 404)


async def test_zoom(site: Site) -> None:
    """A part; what is no part is all of it."""
    browser = await site.signed_in()
    call = site.call_id("1.1")

    async def part(asked: str) -> list[str]:
        text = await site.text(browser, f"/calls/{call}/wave?{asked}")
        return re.findall(r'data-(?:from|to)="([\d.]+)"', text)[:2]

    assert tuple(await part("from=1&to=2")) == ("1.0", "2.0")
    whole = ("0.0", "3.0")
    for asked in ("", "from=x&to=y", "from=nan&to=inf", "from=-5&to=999", "to=1e999"):
        assert tuple(await part(asked)) == whole, asked
    begin, end = await part("from=2.9&to=1")
    assert float(end) - float(begin) >= 0.19


async def test_sound_is_drawn(site: Site) -> None:
    """The caller's side is loud where the caller was."""
    browser = await site.signed_in()
    text = await site.text(browser, f"/calls/{site.call_id('1.1')}/wave?from=1&to=2")
    caller = re.search(r'class="caller" d="([^"]+)"', text)
    assert caller is not None
    heights = [float(point.split()[1]) for point in re.findall(r"[\d.]+ [\d.]+", caller[1])]
    assert min(heights) < 25
    silent = await site.text(browser, f"/calls/{site.call_id('2.0')}/wave")
    assert "Nothing was recorded" in silent


async def test_when_the_words_are_gone(site: Site) -> None:
    """It is told; what is left is shown."""

    def delete() -> None:
        with site.context.database.writing() as connection:
            connection.execute(sa.delete(timelines))

    await asyncio.to_thread(delete)
    browser = await site.signed_in()
    text = await site.text(browser, f"/calls/{site.call_id('1.1')}")
    assert "has been deleted" in text
    assert "Way through the flow" in text


async def test_who_may_not_listen_is_told(site: Site) -> None:
    """No player."""
    browser = await site.signed_in(Role.WATCH)
    text = await site.text(browser, f"/calls/{site.call_id('1.1')}")
    assert "<audio" not in text
    assert "does not allow to listen" in text
    assert "<audio" in await site.text(
        await site.signed_in(Role.LISTEN), f"/calls/{site.call_id('1.1')}"
    )


async def test_a_hostile_flow_is_drawn_as_text() -> None:
    """Names of steps, prompts, words."""
    flow = await asyncio.to_thread(
        parse_flow,
        """
start: menu
defaults:
  no_input: {go: end, after: 2}
  no_match: {go: end, after: 2}
steps:
  menu:
    do: menu
    prompt: "<img src=x onerror=alert(1)>"
    choices:
      - {words: ["</text><script>alert(2)</script>"], go: end}
  end: {do: hangup}
""",
        "x.yaml",
    )
    drawn = way_drawn(flow, ["menu", "end"])
    assert "<script" not in drawn
    assert "<img" not in drawn
    assert "<style" not in drawn
    assert 'class="way taken"' in drawn
