"""Stands before every page: whose origin, who, what they may, and what browsers may do. Shell.

A request is answered only under the page's own names, so that no other site's name can lead here
(DNS rebinding). What changes something comes from a form of this origin (``Origin``, or
``Sec-Fetch-Site``) with the session's token.
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from aiohttp import web

from ivr_agi.console.site.context import CONTEXT, VISITOR, SiteContext, Visitor, context_of
from ivr_agi.console.site.rendering import page
from ivr_agi.errors import ConfigError
from ivr_agi.secret import printable
from ivr_agi.store.database import StoreUnavailable

if TYPE_CHECKING:
    from ivr_agi.console.access.roles import Role

__all__ = (
    "NEEDS",
    "address_of",
    "cookie_name",
    "find_visitor",
    "guard",
    "own_hosts",
    "set_headers",
)

_log = logging.getLogger("ivr_agi.console")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NEEDS = web.AppKey("needs", dict[tuple[str, str], "Role | None"])
"""What each route needs, by method and path; None: nothing, not even a sign-in."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Give every answer what keeps browsers from doing more than the page needs."""
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.popall("Server", None)
    if context_of(request).is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


def cookie_name(context: SiteContext) -> str:
    """Return the name of the session's cookie; by TLS one that no other host can set."""
    return "__Host-ivr_session" if context.is_secure else "ivr_session"


def own_hosts(origin: str) -> frozenset[str]:
    """Return the values of ``Host`` under which the page answers."""
    parts = urlsplit(origin)
    host = parts.netloc.lower()
    names = {host}
    name, _, port = host.rpartition(":")
    if name in LOOPBACK:
        names |= {f"{each}:{port}" for each in LOOPBACK}
    return frozenset(names)


def address_of(request: web.Request) -> str:
    """Return who asks: the last address that the proxy has written, or the peer's."""
    if context_of(request).settings.console.behind_proxy:
        told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if told:
            return told[:64]
    return request.remote or ""


async def find_visitor(
    context: SiteContext, token: str, now: float, *, keep: bool = True
) -> Visitor | None:
    """Return who is signed in with a cookie; None: nobody, or not any more.

    Raises:
        ConfigError: The file of users is wrong.
    """
    session = context.sessions.find(token, now, keep=keep)
    if session is None:
        return None
    user = (await context.ask(context.users.users)).get(session.user)
    if user is None or not hmac.compare_digest(user.mark, session.mark):
        context.sessions.close(token)
        return None
    return Visitor(session.user, user.rank, session, token)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through who may, and tell everybody else why not."""
    context = request.app[CONTEXT]
    hosts = own_hosts(context.origin)
    if request.headers.get("Host", "").lower() not in hosts:
        return web.Response(status=421, text="this page has another address\n")
    try:
        refused = await _refusal(request, context, hosts)
        return refused if refused is not None else await handler(request)
    except StoreUnavailable as exc:
        _log.warning("a page cannot be shown: %s", exc)
        return _told(request, 503, "The store does not answer. Calls go on. Try again in a while.")
    except ConfigError as exc:  # of the installation: a page tells of what was asked for itself
        _log.error("a page cannot be shown: %s", exc)
        return _told(request, 500, "The installation has a mistake.", more=exc.reason)
    except web.HTTPException as exc:
        if exc.status < 400:
            raise
        return _told(request, exc.status, _WORDS.get(exc.status, "This cannot be done."))
    except Exception:  # noqa: BLE001  # a mistake of ours is told on a page, and in the log
        _log.exception("a page has failed: %s %s", request.method, printable(request.path))
        return _told(request, 500, "The page has failed. The log says why.")


async def _refusal(
    request: web.Request, context: SiteContext, hosts: frozenset[str]
) -> web.Response | None:
    """Return the answer to who may not; None: they may."""
    if request.match_info.http_exception is not None:
        return None  # no such page: told by aiohttp
    resource = request.match_info.route.resource
    path = resource.canonical if resource is not None else request.path
    method = "GET" if request.method == "HEAD" else request.method
    needed = request.app[NEEDS][method, path]
    if method == "POST" and not _is_own_origin(request, context, hosts):
        return _told(request, 403, "This did not come from a page of the console.")
    token = request.cookies.get(cookie_name(context), "")
    visitor = await find_visitor(context, token, time.monotonic()) if token else None
    if visitor is not None:
        request[VISITOR] = visitor
    if needed is None:
        return None
    if visitor is None:
        if method == "POST":
            return _told(request, 403, "You are signed out: sign in, and try again.")
        back = quote(request.rel_url.path_qs, safe="")
        raise web.HTTPSeeOther(f"/sign-in?next={back}")
    if not visitor.may(needed):
        return _told(request, 403, "Your role does not allow this.")
    if method == "POST":
        csrf = (await request.post()).get("csrf", "")
        if not isinstance(csrf, str) or not visitor.session.allows(csrf):
            return _told(request, 403, "This form is too old: open the page again.")
    return None


def _is_own_origin(request: web.Request, context: SiteContext, hosts: frozenset[str]) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None:
        parts = urlsplit(origin)
        scheme = urlsplit(context.origin).scheme
        return parts.scheme == scheme and parts.netloc.lower() in hosts
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _told(request: web.Request, status: int, text: str, *, more: str = "") -> web.Response:
    return page(request, "error", status=status, status_code=status, text=text, more=more)


_WORDS = {
    400: "This was not understood.",
    404: "There is no such thing here.",
    405: "This cannot be done.",
    413: "This is too long.",
    416: "The recording has no such part.",
}
