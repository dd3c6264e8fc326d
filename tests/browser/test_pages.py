"""Every page in a real Chromium: sizes, colours, keys, sound, what is live, what is hostile."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from importlib import resources
from typing import Any

import pytest
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from ivr_agi.journal import JournalFile
from tests.browser.conftest import Browser, Demo
from tests.console.site.conftest import hostile_call
from tests.store.journals import BEGIN

pytestmark = pytest.mark.browser

STEP = "/flows/main_menu/steps/main"
PAGES = (
    *("/", "/calls", "/calls?words=xyzzy", "CALL", "LIVE", "/flows", "/flows/main_menu", STEP),
    *("/audit", "/nothing"),
)


def path_of(browser: Browser, page: str) -> str:
    """The path of a page; a call that has a recording, a call that goes on."""
    if page == "LIVE":
        browser.open("/")
        browser.until(lambda: browser.all("#now tr a"))
        return str(browser.script("return document.querySelector('#now a').getAttribute('href')"))
    if page == "CALL":
        return recorded(browser)
    return page


def recorded(browser: Browser) -> str:
    """A call with a recording."""
    with contextlib.closing(sqlite3.connect(browser.demo.folder / "store.sqlite3")) as store:
        (call,) = store.execute(
            "SELECT min(call_id) FROM recordings WHERE kind = 'call'"
        ).fetchone()
    return f"/calls/{call}"


def axe(browser: Browser) -> list[str]:
    """What axe finds wrong in the page."""
    text = resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    browser.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": text})
    run = "axe.run().then((found) => JSON.stringify(found.violations))"
    answer = browser.driver.execute_cdp_cmd(
        "Runtime.evaluate", {"expression": run, "awaitPromise": True}
    )
    violations: list[dict[str, Any]] = json.loads(answer["result"]["value"])
    return [
        f"{one['id']}: {one['help']}: {node['html'][:120]}: {node.get('failureSummary', '')[:200]}"
        for one in violations
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_and_axe_finds_nothing(browser: Browser, page: str) -> None:
    """At 360 and 1920 px, light and dark: nothing is cut off, and it can be read."""
    path = path_of(browser, page)
    browser.open(path)
    for width, dark in ((360, False), (1920, True), (360, True), (1920, False)):
        browser.look(width, dark=dark)
        assert browser.script("return document.documentElement.scrollWidth") <= width
        assert axe(browser) == []
    if page == "/nothing":
        browser.reports()  # Chromium reports the 404 that was asked for


def test_in_chinese(browser: Browser) -> None:
    """The page says what language it is in."""
    browser.open("/look?language=zh&next=/calls")
    assert browser.script("return document.documentElement.lang") == "zh-CN"
    assert "通话" in browser.find("h1").text
    assert axe(browser) == []
    browser.open("/look?language=en&next=/calls")


def test_without_a_mouse(browser: Browser) -> None:
    """Sign in, go to the calls, search, open one, zoom, help, sign out."""
    browser.driver.delete_all_cookies()
    browser.open("/")

    def press(*keys: str) -> None:
        ActionChains(browser.driver).send_keys(*keys).perform()

    press(browser.demo.user, Keys.TAB, browser.demo.password, Keys.ENTER)
    browser.until(lambda: browser.all("nav"))
    press("g", "c")
    browser.until(lambda: "/calls" in browser.driver.current_url)
    press("/")
    press(Keys.TAB, Keys.TAB, "main_menu", Keys.ENTER)
    browser.until(lambda: "flow=main_menu" in browser.driver.current_url)
    assert {row.text for row in browser.all("tbody td:nth-child(4)")} == {"main_menu"}
    press("j")
    press("j")
    press("k")
    press(Keys.ENTER)
    browser.until(lambda: browser.all("#wave"))
    whole = float(browser.find("#wave").get_attribute("data-to"))
    press("+")
    browser.until(lambda: float(browser.find("#wave").get_attribute("data-from")) > 0)
    press("0")
    browser.until(lambda: float(browser.find("#wave").get_attribute("data-to")) == whole)
    press("?")
    browser.until(lambda: browser.all("dialog[open]"))
    press(Keys.ESCAPE)
    browser.until(lambda: not browser.all("dialog[open]"))


def test_a_click_on_the_waveform_plays_from_there(browser: Browser) -> None:
    """By a part of the file."""
    browser.open(recorded(browser))
    drawing = browser.find("#wave svg")
    ActionChains(browser.driver).move_to_element(drawing).click().perform()
    half = float(browser.find("#wave").get_attribute("data-to")) / 2
    browser.until(
        lambda: browser.script("return document.querySelector('audio').currentTime") > half - 1
    )
    browser.until(lambda: float(browser.find("#cursor").get_attribute("x1")) > 400)
    browser.script("document.querySelector('audio').pause()")


def test_calls_come_and_go(browser: Browser, demo: Demo) -> None:
    """While one looks; words as they are heard; hostile ones are text."""
    now = time.time()
    lines = [_at(line, now) for line in hostile_call("9.9", 0.0) if b'"call_ended"' not in line]
    end = [_at(line, now) for line in hostile_call("9.9", 0.0) if b'"call_ended"' in line]
    browser.open("/")
    file = JournalFile(demo.folder / "journal.jsonl")
    file.append(b"".join(lines))
    row = "#now tr[data-call='9.9']"
    browser.until(lambda: browser.all(row))
    browser.until(lambda: "<script>alert(1)" in browser.find(f"{row} [data-field=words]").text)
    assert not browser.all("#now script")
    browser.find(f"{row} a").click()
    browser.until(lambda: "words: <script>alert(1)" in browser.find("#live").text)
    file.append(b"".join(end))
    file.close()
    browser.until(lambda: browser.find("#after").is_displayed())
    browser.until(lambda: _is_stored(browser))
    browser.reports()  # Chromium reports the 404s before
    assert "<script>alert(1)" in browser.find(".turns").text
    with pytest.raises(NoAlertPresentException):
        _ = browser.driver.switch_to.alert.text


def test_what_moves_moves_less_for_who_asks_so(browser: Browser) -> None:
    """``prefers-reduced-motion``."""
    browser.open("/")
    browser.script("document.querySelector('#now').append(document.createElement('tr'))")
    browser.script("document.querySelector('#now').lastElementChild.className = 'new'")
    style = "return getComputedStyle(document.querySelector('#now tr.new')).animationName"
    assert browser.script(style) == "none"


def _is_stored(browser: Browser) -> bool:
    browser.open("/calls/9.9")
    return bool(browser.all("#wave"))


def _at(line: bytes, now: float) -> bytes:
    """A line of a test's journal as one of now."""
    entry = json.loads(line)
    entry["at_s"] = entry["time"] = now + entry["time"] - BEGIN
    return json.dumps(entry).encode() + b"\n"
