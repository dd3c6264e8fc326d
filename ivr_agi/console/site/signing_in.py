"""Signing in and out, language and colours. Shell."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from aiohttp import web

from ivr_agi.console.site.context import VISITOR, SiteContext, context_of, visitor_of
from ivr_agi.console.site.guard import address_of, cookie_name
from ivr_agi.console.site.rendering import (
    LANGUAGE_COOKIE,
    PAGE_LANGUAGES,
    THEME_COOKIE,
    THEMES,
    page,
)
from ivr_agi.secret import printable

if TYPE_CHECKING:
    from ivr_agi.console.access.users import PageUser

__all__ = ("choose_look", "show_sign_in", "sign_in", "sign_out")

_log = logging.getLogger("ivr_agi.console")
MOST_PASSWORDS = 16
"""Passwords that wait to be looked at; more are told to come later."""
YEAR_S = 365 * 86_400


async def show_sign_in(request: web.Request) -> web.Response:
    """Show the form."""
    if VISITOR in request:
        raise web.HTTPSeeOther(_own_path(request.query.get("next", "")))
    return await _form(request)


async def sign_in(request: web.Request) -> web.Response:
    """Look at a name and a password; begin a session."""
    context, form = context_of(request), await request.post()
    name, password = form.get("name", ""), form.get("password", "")
    if not isinstance(name, str) or not isinstance(password, str):
        raise web.HTTPBadRequest
    name, address, now = name[:64], address_of(request), time.monotonic()
    wait_s = context.attempts.wait_s(name, address, now)
    if wait_s > 0:
        text = "Too many wrong passwords. Try again in {n} seconds."
        return await _form(request, status=429, wrong=text, n=round(wait_s + 0.5))
    context.attempts.note_wrong(name, address, now)
    user = await _check(context, name, password)
    if user is None:
        _log.warning("sign-in refused from %s", printable(address))
        return await _form(request, status=403, wrong="Name or password is wrong.")
    context.attempts.note_right(name, address)
    old = request.cookies.get(cookie_name(context))
    if old:
        context.sessions.close(old)
    await context.ask(lambda: context.note(name, "signed in"))
    token = context.sessions.open(name, user.mark, time.monotonic())
    to = form.get("next", "")
    response = web.HTTPSeeOther(_own_path(to if isinstance(to, str) else ""))
    response.set_cookie(
        cookie_name(context),
        token,
        path="/",
        httponly=True,
        secure=context.is_secure,
        samesite="Lax",
    )
    raise response


async def _check(context: SiteContext, name: str, password: str) -> PageUser | None:
    """Return the user if the password is right; one is looked at at a time."""
    if context.passwords_waiting >= MOST_PASSWORDS:
        raise web.HTTPServiceUnavailable
    context.passwords_waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(
            context.passwords, context.users.check, name, password
        )
    finally:
        context.passwords_waiting -= 1


async def sign_out(request: web.Request) -> web.Response:
    """End the session."""
    context, visitor = context_of(request), visitor_of(request)
    context.sessions.close(visitor.token)
    response = web.HTTPSeeOther("/sign-in")
    response.del_cookie(
        cookie_name(context), path="/", httponly=True, secure=context.is_secure, samesite="Lax"
    )
    raise response


async def choose_look(request: web.Request) -> web.Response:
    """Keep language and colours in cookies, which say nothing else; go back."""
    response = web.HTTPSeeOther(_own_path(request.query.get("next", "")))
    for cookie, key, known in (
        (LANGUAGE_COOKIE, "language", PAGE_LANGUAGES),
        (THEME_COOKIE, "theme", THEMES),
    ):
        chosen = request.query.get(key, "")
        if chosen in known:
            response.set_cookie(
                cookie,
                chosen,
                max_age=YEAR_S,
                path="/",
                httponly=True,
                secure=context_of(request).is_secure,
                samesite="Lax",
            )
    raise response


async def _form(
    request: web.Request, *, status: int = 200, wrong: str = "", n: int = 0
) -> web.Response:
    context = context_of(request)
    to = request.query.get("next", "")
    has_users = bool(await context.ask(context.users.users))
    return page(request, "sign_in", status=status, wrong=wrong, n=n, next=to, has_users=has_users)


def _own_path(text: str) -> str:
    """Return a path of this page; whatever leads elsewhere is the first page."""
    is_own = text.startswith("/") and not text.startswith(("//", "/\\", "/sign-in"))
    return text if is_own and text.isprintable() and "\\" not in text else "/"
