"""All pages, what each needs, and how they are served. Shell."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING

from aiohttp import web

from ivr_agi.console.access.roles import Role
from ivr_agi.console.process import parse_address, served
from ivr_agi.console.site.audit_page import show_audit
from ivr_agi.console.site.call_list import list_page
from ivr_agi.console.site.call_page import call_page, wave_part
from ivr_agi.console.site.context import CONTEXT, SiteContext
from ivr_agi.console.site.flow_pages import flow_page, flows_page, step_page
from ivr_agi.console.site.guard import LOOPBACK, NEEDS, guard, set_headers
from ivr_agi.console.site.live import LiveCalls
from ivr_agi.console.site.now_page import LIVE, live_events, live_page, now_events, now_page
from ivr_agi.console.site.recordings import play
from ivr_agi.console.site.rendering import ASSETS, asset_bytes, load_files
from ivr_agi.console.site.signing_in import choose_look, show_sign_in, sign_in, sign_out
from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ivr_agi.console.site.guard import Handler
    from ivr_agi.settings import Settings
    from ivr_agi.store_settings import ConsoleSettings

__all__ = ("make_site", "page_origin", "served_page", "tls_of")

MOST_BYTES = 1 << 20
"""Of a form."""


async def _asset(request: web.Request) -> web.Response:
    """Send one of the files that pages load."""
    name = request.match_info["name"]
    if name not in ASSETS:
        raise web.HTTPNotFound
    data, version = asset_bytes(name)
    is_known = request.query.get("v") == version
    cache = "public, max-age=31536000, immutable" if is_known else "no-cache"
    headers = {"Cache-Control": cache, "Content-Type": f"{ASSETS[name]}; charset=utf-8"}
    return web.Response(body=data, headers=headers)


_ROUTES: tuple[tuple[str, str, Handler, Role | None], ...] = (
    ("GET", "/", now_page, Role.WATCH),
    ("GET", "/now/events", now_events, Role.WATCH),
    ("GET", "/live/{call}", live_page, Role.WATCH),
    ("GET", "/live/{call}/events", live_events, Role.WATCH),
    ("GET", "/calls", list_page, Role.WATCH),
    ("GET", "/calls/{call}", call_page, Role.WATCH),
    ("GET", "/calls/{call}/wave", wave_part, Role.WATCH),
    ("GET", r"/calls/{call:\d{1,18}}/sound/{number:\d{1,4}}", play, Role.LISTEN),
    ("GET", "/flows", flows_page, Role.WATCH),
    ("GET", "/flows/{flow}", flow_page, Role.WATCH),
    ("GET", "/flows/{flow}/steps/{step}", step_page, Role.WATCH),
    ("GET", "/audit", show_audit, Role.ADMINISTER),
    ("GET", "/sign-in", show_sign_in, None),
    ("POST", "/sign-in", sign_in, None),
    ("POST", "/sign-out", sign_out, Role.WATCH),
    ("GET", "/look", choose_look, None),
    ("GET", "/assets/{name}", _asset, None),
)
"""Method, path, what answers, and the role that it needs."""


def make_site(context: SiteContext) -> web.Application:
    """Return the application with all pages."""
    site = web.Application(middlewares=[guard], client_max_size=MOST_BYTES)
    site[CONTEXT], site[NEEDS] = context, {}
    site[LIVE] = LiveCalls(context.open_calls, deadline_s=context.settings.call.deadline_s)
    for method, path, handler, role in _ROUTES:
        add = site.router.add_get if method == "GET" else site.router.add_post
        name = "call" if path == "/calls/{call}" else None
        route = add(path, handler, name=name)
        assert route.resource is not None  # of every route with a path
        site[NEEDS][method, route.resource.canonical] = role
    site.on_response_prepare.append(set_headers)

    async def close(_: web.Application) -> None:
        context.close()

    site.on_cleanup.append(close)
    return site


def page_origin(console: ConsoleSettings) -> str:
    """Return where browsers find the page.

    Raises:
        ConfigError: Other machines would reach it without TLS, or the settings are no address.
    """
    host, port = parse_address(console.page, key="console.page")
    shown = f"[{host}]" if ":" in host else host
    is_loopback = shown in LOOPBACK
    if not is_loopback and not console.certificate and not console.behind_proxy:
        reason = (
            f"the page would be at {console.page} without TLS: name a certificate, or set "
            "behind_proxy = true where a proxy ends TLS, or take 127.0.0.1"
        )
        raise ConfigError(reason, key="console.page")
    if console.origin:
        scheme, _, rest = console.origin.partition("://")
        if scheme not in ("http", "https") or not rest or "/" in rest or "@" in rest:
            reason = f"expected an address like https://ivr.example.com, got {console.origin!r}"
            raise ConfigError(reason, key="console.origin")
        if scheme == "http" and not is_loopback:
            reason = "browsers on other machines come by https, to the certificate or the proxy"
            raise ConfigError(reason, key="console.origin")
        return console.origin
    if console.behind_proxy:
        reason = "say where browsers find the page behind the proxy: https://ivr.example.com"
        raise ConfigError(reason, key="console.origin")
    return f"{'https' if console.certificate else 'http'}://{shown}:{port}"


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """Return the certificate of the page; None: it has none.

    Raises:
        ConfigError: It cannot be read.
    """
    console = settings.console
    if not console.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    key = console.certificate_key
    try:
        context.load_cert_chain(
            settings.path(console.certificate), settings.path(key) if key else None, password=""
        )
    except (OSError, ssl.SSLError) as exc:
        reason = f"cannot read the certificate and its key: {exc.strerror or exc}"
        raise ConfigError(reason, path=console.certificate, key="console.certificate") from exc
    return context


@contextlib.asynccontextmanager
async def served_page(context: SiteContext) -> AsyncIterator[None]:
    """Serve the page meanwhile.

    Raises:
        ConfigError: The address or the certificate cannot be used.
    """
    settings = context.settings
    tls = await asyncio.to_thread(tls_of, settings)
    await asyncio.to_thread(load_files)
    async with served(make_site(context), settings.console.page, key="console.page", tls=tls):
        yield
