"""Makes pages of templates, in the language and the colours that the browser asks for. Shell.

Everything that callers, flows, files or Asterisk have said is text: the template engine escapes it,
and no template says ``safe`` but of what our own drawing has escaped.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
from aiohttp import web

from ivr_agi.console.access.roles import Role
from ivr_agi.console.site.chinese import CHINESE
from ivr_agi.console.site.context import VISITOR, context_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = (
    "ASSETS",
    "PAGE_LANGUAGES",
    "LANGUAGE_COOKIE",
    "THEMES",
    "THEME_COOKIE",
    "asset_bytes",
    "load_files",
    "page_language",
    "page",
    "translate",
)

PAGE_LANGUAGES = ("en", "zh")
THEMES = ("auto", "light", "dark")
LANGUAGE_COOKIE, THEME_COOKIE = "ivr_language", "ivr_theme"

ASSETS = {
    "console.css": "text/css",
    "keys.js": "text/javascript",
    "now.js": "text/javascript",
    "call.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""All files that the page may load, and what they are."""

_ENGLISH = {
    "voice_to_stop": "voice to stop",
    "voice_to_words": "voice to first words",
    "voice_to_final": "voice to last words",
    "silence_to_final": "silence to last words",
    "final_to_end": "last words to END",
    "no_input": "no input",
    "no_match": "no match",
    "keys_only": "keys only",
    "slot": "answer",
    "NoInput": "nothing",
    "HungUp": "hangs up",
    "Recorded": "message",
    "call_refused": "refused calls",
    "stalled": "stalls of a worker",
    "journal_gap": "gaps in the journal",
}
"""Names of the journal that have better ones on a page."""


@functools.cache
def asset_bytes(name: str) -> tuple[bytes, str]:
    """Return a file that the page loads, and its version."""
    data = resources.files("ivr_agi.console.site").joinpath("static", name).read_bytes()
    return data, hashlib.sha256(data).hexdigest()[:16]


def page_language(request: web.Request) -> str:
    """Return the language: the one that was chosen, else the first that the browser wants."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in PAGE_LANGUAGES:
        return str(chosen)
    for wanted in request.headers.get("Accept-Language", "").split(","):
        code = wanted.partition(";")[0].strip().partition("-")[0].lower()
        if code in PAGE_LANGUAGES:
            return code
    return "en"


def translate(language: str, text: str, **values: Any) -> str:
    """Return a text of the page in a language, with values in its braces."""
    told = CHINESE.get(text, text) if language == "zh" else _ENGLISH.get(text, text)
    return told.format(**values) if values else told


def page(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """Return a page.

    Args:
        request: What is answered.
        template: Name of the template, without ``.html.j2``.
        status: Of HTTP.
        values: What the template shows.
    """
    language = page_language(request)
    theme = request.cookies.get(THEME_COOKIE)
    context = context_of(request)
    text = (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(
            t=functools.partial(translate, language),
            language=language,
            theme=theme if theme in THEMES else "auto",
            visitor=request.get(VISITOR),
            here=request.path,
            moment=_moment_filter(context.zone),
            zone=context.zone,
            **values,
        )
    )
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")


def _moment_filter(zone: datetime.tzinfo) -> Callable[[float], str]:
    def moment(at: float) -> str:
        return f"{datetime.datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S}"

    return moment


def _clock(seconds: float | None) -> str:
    """Return a length as ``1:05``."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def load_files() -> None:
    """Read all templates and files of pages: no page waits for the disk."""
    for name in _environment().list_templates():
        _environment().get_template(name)
    for name in ASSETS:
        asset_bytes(name)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ivr_agi.console.site", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"clock": _clock, "share": _share}
    environment.globals |= {
        "Role": Role,
        "asset": lambda name: f"/assets/{name}?v={asset_bytes(name)[1]}",
    }
    return environment
