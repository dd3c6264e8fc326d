"""What stands before every page: names, origins, roles, tokens, headers."""

from __future__ import annotations

import asyncio

import pytest
from yarl import URL

from ivr_agi.console.access.roles import Role
from ivr_agi.console.site.application import make_site
from ivr_agi.console.site.guard import NEEDS, POLICY, own_hosts
from ivr_agi.store.database import StoreUnavailable
from tests.console.site.conftest import PASSWORD, Site, csrf_of

pytestmark = pytest.mark.asyncio

PUBLIC = {"/sign-in", "/look", "/assets/{name}"}


async def test_only_these_pages_need_no_sign_in(site: Site) -> None:
    """Whoever adds a page has to say what it needs."""
    needs = make_site(site.context)[NEEDS]
    assert {path for (_, path), role in needs.items() if role is None} == PUBLIC
    everything = {
        r.resource.canonical for r in make_site(site.context).router.routes() if r.resource
    }
    assert everything == {path for _, path in needs}


async def test_without_a_sign_in_there_is_nothing(site: Site) -> None:
    """Every page leads to the sign-in; what changes something is refused."""
    browser = site.browser()
    for (method, path), role in make_site(site.context)[NEEDS].items():
        if role is None:
            continue
        shown = path.format(
            call="1", number="0", flow="main_menu", step="main", draft="x", version="x", name="x"
        )
        async with browser.request(method, shown, allow_redirects=False) as answer:
            text = await answer.text()
            assert answer.status == (303 if method == "GET" else 403), (method, path)
            assert "0790" not in text
            if method == "GET":
                assert answer.headers["Location"].startswith("/sign-in?next=/")


async def test_each_role_gets_its_pages_and_no_more(site: Site) -> None:
    """By the table of routes."""
    needs = make_site(site.context)[NEEDS]
    for role in Role:
        browser = await site.signed_in(role)
        for (method, path), needed in needs.items():
            if needed is None or method != "GET" or "events" in path:
                continue
            shown = path.format(
                call=site.call_id("1.1"),
                number="0",
                flow="main_menu",
                step="main",
                draft="x",
                version="x",
                name="x",
            )
            async with browser.get(shown) as answer:
                assert (answer.status == 403) is (role < needed), (role, path)


async def test_headers_of_every_answer(site: Site) -> None:
    """Pages, errors, files: nothing inline, no frame, no other origin, nothing kept."""
    browser = await site.signed_in()
    for path in ("/", "/calls", "/nothing", "/assets/console.css", "/assets/x", "/sign-in"):
        async with browser.get(path) as answer:
            assert answer.headers["Content-Security-Policy"] == POLICY
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Cache-Control"] == (
                "no-cache" if path == "/assets/console.css" else "no-store"
            )
            assert "Server" not in answer.headers
            text = await answer.text()
            assert "<script>" not in text
            assert " style=" not in text
            assert " onclick=" not in text
    assert "unsafe" not in POLICY


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "x@127.0.0.1:{port}", ""]
)
async def test_under_another_name_there_is_no_page(site: Site, host: str) -> None:
    """DNS rebinding: another site's name leads to this machine."""
    browser = await site.signed_in()
    shown = host.format(port=site.server.port)
    async with browser.get("/calls", headers={"Host": shown}) as answer:
        assert answer.status == 421
        assert "0790" not in await answer.text()


async def test_own_names() -> None:
    """Loopback has three; all else has one."""
    assert own_hosts("http://localhost:8781") == {"127.0.0.1:8781", "localhost:8781", "[::1]:8781"}
    assert own_hosts("https://ivr.example.com") == {"ivr.example.com"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:{port}.evil.example"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
async def test_a_form_of_another_origin_changes_nothing(
    site: Site, headers: dict[str, str]
) -> None:
    """Although it has the cookie, and even the token."""
    browser = await site.signed_in()
    csrf = csrf_of(await site.text(browser, "/calls"))
    given = {name: text.format(port=site.server.port) for name, text in headers.items()}
    async with browser.post("/sign-out", data={"csrf": csrf}, headers=given) as answer:
        assert answer.status == 403
    assert "Sign out" in await site.text(browser, "/calls")


async def test_a_form_without_origin(site: Site) -> None:
    """Taken only if the browser says that it is of this one."""
    browser = await site.signed_in()
    browser.headers.popall("Origin")
    csrf = csrf_of(await site.text(browser, "/calls"))
    async with browser.post("/sign-out", data={"csrf": csrf}) as answer:
        assert answer.status == 403
    for word, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200)):
        async with browser.post(
            "/sign-out", data={"csrf": csrf}, headers={"Sec-Fetch-Site": word}
        ) as answer:
            assert answer.status == status


@pytest.mark.parametrize("csrf", ["", "x", "é"])
async def test_a_form_without_the_token_changes_nothing(site: Site, csrf: str) -> None:
    """Although it is of this origin."""
    browser = await site.signed_in()
    async with browser.post("/sign-out", data={"csrf": csrf}) as answer:
        assert answer.status == 403
    assert "Sign out" in await site.text(browser, "/calls")


async def test_the_token_of_another_session_is_none(site: Site) -> None:
    """Each has its own."""
    mine, other = await site.signed_in(), await site.signed_in(Role.WATCH)
    csrf = csrf_of(await site.text(other, "/calls"))
    async with mine.post("/sign-out", data={"csrf": csrf}) as answer:
        assert answer.status == 403


async def test_a_user_who_is_removed_or_changed_is_out(site: Site) -> None:
    """At once: the session is of a password and a role."""
    browser, other = await site.signed_in(Role.WATCH), await site.signed_in(Role.LISTEN)
    await asyncio.to_thread(site.context.users.remove, "user-watch")
    await asyncio.to_thread(site.context.users.add, "user-listen", Role.WATCH, PASSWORD)
    for each in (browser, other):
        async with each.get("/calls", allow_redirects=False) as answer:
            assert answer.status == 303


async def test_a_store_that_is_gone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told; and what cannot be noted is not shown."""
    browser = await site.signed_in()

    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailable("the store cannot be used: gone")

    monkeypatch.setattr("ivr_agi.console.site.context.note_access", fail)
    text = await site.text(browser, f"/calls/{site.call_id('1.1')}", 503)
    assert "The store does not answer" in text
    assert "0790" not in text


async def test_a_users_file_that_is_wrong(site: Site) -> None:
    """Nobody is let in, and it is told without words of the file."""
    browser = await site.signed_in()
    await asyncio.to_thread(site.context.users.path.write_text, "{")
    assert "it is no file of users" in await site.text(browser, "/calls", 500)


async def test_a_mistake_of_ours(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page says that there is one; the traceback is for the log."""
    browser = await site.signed_in()
    monkeypatch.setattr("ivr_agi.console.site.call_list.list_calls", lambda *_: 1 / 0)
    text = await site.text(browser, "/calls", 500)
    assert "The page has failed" in text
    assert "ZeroDivision" not in text


ODD = ("%00", "%ff", "%ed%a0%80", "%F0%9F%98%80", "%25", "%0d%0aX:y", "a" * 3000, "0" * 18)


@pytest.mark.parametrize("odd", ODD)
async def test_odd_texts_break_nothing(site: Site, odd: str) -> None:
    """In every part of an address: the page, or a sentence; never a mistake of ours."""
    browser = await site.signed_in()
    for path in (
        *(f"/calls?{name}={odd}" for name in ("words", "caller", "since", "before", "limit")),
        *(f"/calls/{odd}", f"/calls/{odd}/wave", f"/calls/1/sound/{odd}", f"/live/{odd}"),
        *(f"/calls/1.1?from={odd}&to={odd}", f"/flows/{odd}", f"/flows/main_menu/steps/{odd}"),
        *(f"/flows?since={odd}&until={odd}", f"/flows/main_menu?version={odd}"),
        *(f"/assets/{odd}", f"/look?next={odd}&theme={odd}", f"/sign-in?next={odd}"),
    ):
        async with browser.get(URL(path, encoded=True)) as answer:
            assert answer.status in (200, 400, 404), (path, answer.status)


@pytest.mark.parametrize(
    "time", ["0001-01-01", "9999-12-31", "999999w", "1969-01-01", "2300-01-01", "-1d"]
)
async def test_far_times_break_nothing(site: Site, time: str) -> None:
    """Not the calendar, not the count of days."""
    browser = await site.signed_in()
    for path in ("/calls", "/flows", "/flows/main_menu", "/flows/main_menu/steps/main"):
        for asked in (f"since={time}", f"until={time}", f"since={time}&until={time}"):
            async with browser.get(f"{path}?{asked}") as answer:
                assert answer.status in (200, 400), (path, asked)


async def test_who_asks_behind_a_proxy(site: Site) -> None:
    """The last address that the proxy has written; without one, headers say nothing."""
    import msgspec
    from aiohttp.test_utils import make_mocked_request

    from ivr_agi.console.site.guard import address_of

    app = make_site(site.context)
    request = make_mocked_request(
        "GET", "/", headers={"X-Forwarded-For": "6.6.6.6, 1.2.3.4"}, app=app
    )
    assert address_of(request) != "1.2.3.4"
    settings = site.context.settings
    console = msgspec.structs.replace(settings.console, behind_proxy=True)
    site.context.settings = msgspec.structs.replace(settings, console=console)
    assert address_of(request) == "1.2.3.4"
