"""What services ask for before they answer: tokens (OAuth2) and client certificates. Asyncio shell.

A token is kept in the process until shortly before its end, for all calls.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import os
import ssl
import urllib.parse
from typing import TYPE_CHECKING, Any

import msgspec

from ivr_agi.errors import RequestFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ivr_agi.flow.run.outside import Credentials

__all__ = ("Tokens", "client_context", "token_form")

EARLY_S = 30.0
"""How long before its end a token is not used any more."""
LASTS_S = 300.0
"""How long a token lasts of which the service does not say it."""


class Tokens:
    """The tokens of a process, by what they were got with.

    Args:
        ask: Sends a form to a URL with a header ``Authorization``, and returns the JSON.
    """

    def __init__(self, ask: Callable[[str, str, bytes], Awaitable[Any]]) -> None:
        self._ask = ask
        self._kept: dict[Credentials, tuple[str, float]] = {}

    async def get(self, credentials: Credentials) -> str:
        """Return a token that is valid now.

        Raises:
            RequestFailed: The service gives none.
        """
        now = asyncio.get_running_loop().time()
        token, ends_at = self._kept.get(credentials, ("", 0.0))
        if now < ends_at:
            return token
        pair = f"{_quoted(credentials.client_id)}:{_quoted(credentials.client_secret)}"
        basic = base64.b64encode(pair.encode()).decode()
        try:
            found = await self._ask(
                credentials.token_url, f"Basic {basic}", token_form(credentials.scope)
            )
        except RequestFailed as exc:
            raise RequestFailed(f"no token: {exc.reason}") from None
        try:
            given = msgspec.convert(found, _Given)
        except msgspec.ValidationError:
            raise RequestFailed("no token: the answer has no access_token") from None
        if not given.access_token.isascii() or not given.access_token.isprintable():
            raise RequestFailed("no token: the access_token is malformed")
        self._kept[credentials] = (given.access_token, now + given.expires_in - EARLY_S)
        return given.access_token

    def forget(self, credentials: Credentials) -> None:
        """Forget a token that the service refuses."""
        self._kept.pop(credentials, None)


class _Given(msgspec.Struct):
    access_token: str
    expires_in: float = LASTS_S


def token_form(scope: str) -> bytes:
    """Return what asks for a token (RFC 6749 4.4.2)."""
    form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
    return urllib.parse.urlencode(form).encode()


def _quoted(text: str) -> str:
    """Return a part of a pair as RFC 6749 2.3.1 has it."""
    return urllib.parse.quote(text, safe="")


def client_context(path: str) -> ssl.SSLContext:
    """Return a context with the certificate and the key of a PEM file; takes milliseconds.

    Raises:
        RequestFailed: It cannot be read, or is none.
    """
    try:
        return _context(path, os.stat(path).st_mtime_ns)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise RequestFailed("the client certificate cannot be read") from None


@functools.lru_cache(maxsize=16)
def _context(path: str, _changed_ns: int) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_cert_chain(path, password=lambda: "")
    return context
