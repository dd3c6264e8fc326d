"""Who signed in, looked, listened and changed. Shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.console.site.context import context_of
from ivr_agi.console.site.rendering import page
from ivr_agi.store.audit import list_audit

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ("show_audit",)


async def show_audit(request: web.Request) -> web.Response:
    """Show the newest lines of the audit."""
    context = context_of(request)
    return page(request, "audit", lines=await context.ask(lambda: list_audit(context.database)))
