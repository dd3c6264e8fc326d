"""Signing in: new cookies with the flags that OWASP asks for, wrong passwords, ways back."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from ivr_agi.console.access.attempts import FREE_TRIES
from ivr_agi.console.access.roles import Role
from ivr_agi.store.database import Database
from tests.console.site.conftest import PASSWORD, Site, served_site

pytestmark = pytest.mark.asyncio


async def test_in_and_out(site: Site) -> None:
    """It leads to the page that was asked for; after it the cookie is nothing."""
    browser = site.browser()
    async with browser.get("/calls?flow=main") as answer:
        assert answer.url.path == "/sign-in"
        to = answer.url.query["next"]
    assert to == "/calls?flow=main"
    form = {"name": "user-watch", "password": PASSWORD, "next": to}
    async with browser.post("/sign-in", data=form) as answer:
        assert str(answer.url.relative()) == "/calls?flow=main"
    cookies = {one.key: one.value for one in browser.cookie_jar}
    await site.post(browser, "/sign-out")
    assert "ivr_session" not in {one.key for one in browser.cookie_jar}
    async with browser.get("/calls", cookies=cookies, allow_redirects=False) as answer:
        assert answer.status == 303
    assert [line.what for line in (await site.audit())][-1] == "signed in"


async def cookie(site: Site) -> tuple[str, SimpleCookie]:
    """The Set-Cookie of a sign-in."""
    form = {"name": "user-watch", "password": PASSWORD}
    async with site.browser().post("/sign-in", data=form, allow_redirects=False) as answer:
        return answer.headers["Set-Cookie"], SimpleCookie(answer.headers["Set-Cookie"])


async def test_the_cookie_on_this_machine(site: Site) -> None:
    """No script reads it; other sites' forms do not send it."""
    text, _ = await cookie(site)
    assert text.startswith("ivr_session=")
    assert "HttpOnly" in text
    assert "SameSite=Lax" in text
    assert "Path=/" in text
    assert "Domain" not in text
    assert "expires" not in text.lower()


async def test_the_cookie_by_tls(stored: Database, tmp_path: Path) -> None:
    """Its name keeps other hosts from setting it."""
    async with served_site(stored, tmp_path, origin="https://ivr.example.com") as site:
        headers = {"Host": "ivr.example.com"}
        form = {"name": "user-watch", "password": PASSWORD}
        async with site.browser().post(
            "/sign-in", data=form, headers=headers, allow_redirects=False
        ) as answer:
            text = answer.headers["Set-Cookie"]
            assert text.startswith("__Host-ivr_session=")
            assert "Secure" in text
            assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_a_cookie_that_was_given_before_is_no_session(site: Site) -> None:
    """Session fixation: each sign-in makes a new one, and ends the one before."""
    browser = site.browser()
    browser.cookie_jar.update_cookies(
        {"ivr_session": "chosen by an attacker"}, site.server.make_url("/")
    )
    form = {"name": "user-watch", "password": PASSWORD}
    async with browser.post("/sign-in", data=form):
        pass
    first = {one.key: one.value for one in browser.cookie_jar}["ivr_session"]
    assert first != "chosen by an attacker"
    async with browser.post("/sign-in", data=form):
        pass
    second = {one.key: one.value for one in browser.cookie_jar}["ivr_session"]
    assert second != first
    other = site.browser()
    async with other.get("/calls", cookies={"ivr_session": first}, allow_redirects=False) as answer:
        assert answer.status == 303


async def test_wrong_passwords(site: Site) -> None:
    """The same answer for who is and who is not a user; then it waits, also for the right one."""
    browser = site.browser()
    told = set()
    for name in ("user-watch", "nobody"):
        async with browser.post("/sign-in", data={"name": name, "password": "wrong"}) as answer:
            assert answer.status == 403
            told.add(await answer.text())
    assert len(told) == 1
    for _ in range(FREE_TRIES):
        async with browser.post("/sign-in", data={"name": "user-watch", "password": "x"}):
            pass
    form = {"name": "user-watch", "password": PASSWORD}
    async with browser.post("/sign-in", data=form) as answer:
        assert answer.status == 429
        assert "Too many wrong passwords" in await answer.text()
    await site.signed_in(Role.LISTEN)


async def test_many_at_once_are_told_to_come_later(site: Site) -> None:
    """Each password takes 32 MB and a fifth of a second."""
    site.context.passwords_waiting = 16
    form = {"name": "user-watch", "password": PASSWORD}
    async with site.browser().post("/sign-in", data=form) as answer:
        assert answer.status == 503


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/sign-in",
        "javascript:alert(1)",
        "/%0d%0aX: y\r\nX: y",
        "",
    ],
)
async def test_it_leads_to_no_other_site(site: Site, to: str) -> None:
    """Nor into a circle, nor into a header."""
    form = {"name": "user-watch", "password": PASSWORD, "next": to}
    async with site.browser().post("/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/"
    async with site.browser().get(
        "/look", params={"theme": "dark", "next": to}, allow_redirects=False
    ) as answer:
        assert answer.headers["Location"] == "/"


async def test_language_and_colours(site: Site) -> None:
    """By the browser, or as chosen; what is none of them is not kept."""
    browser = site.browser()
    assert "Sign in" in await site.text(browser, "/sign-in")
    async with browser.get("/sign-in", headers={"Accept-Language": "zh-CN,zh;q=0.9"}) as answer:
        assert "登录" in await answer.text()
    await site.text(browser, "/look?language=zh&theme=dark&next=/sign-in")
    text = await site.text(browser, "/sign-in")
    assert "登录" in text
    assert 'data-theme="dark"' in text
    await site.text(browser, "/look?language=<script>&theme=x")
    assert 'data-theme="dark"' in await site.text(browser, "/sign-in")


async def test_who_is_in_needs_no_form(site: Site) -> None:
    """It leads on."""
    browser = await site.signed_in()
    async with browser.get("/sign-in", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/"


async def test_without_users(site: Site) -> None:
    """The page says how to make one."""
    await asyncio.to_thread(site.context.users.path.unlink)
    assert "ivr-agi users add" in await site.text(site.browser(), "/sign-in")
