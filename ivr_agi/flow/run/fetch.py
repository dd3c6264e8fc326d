"""Sends the requests of ``http`` steps, over aiohttp. Asyncio shell.

aiohttp is imported with the first request, in a thread: it takes 0.15 s, and most calls send none.
Each request has a session and a connection of its own, so that none outlives it. Keep-alive would
save 0.2 ms of CPU (1.5 ms with TLS), but a request on a connection that the service has closed
meanwhile fails, and not every request may be sent twice.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import errno
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ivr_agi.errors import RequestFailed
from ivr_agi.flow.run.access import Tokens, client_context
from ivr_agi.flow.run.bodies import read_answer
from ivr_agi.flow.run.outside import FlowRequest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from types import ModuleType

__all__ = ("MAX_RESPONSE_BYTES", "fetch", "stream")

MAX_RESPONSE_BYTES = 1_000_000
"""Longest response body."""
MAX_HEADER_BYTES = 65_536
"""Longest header of a response. aiohttp's own limit, 8 kB, is too little for some gateways."""

_HEADERS = {"User-Agent": "ivr-agi", "Accept-Encoding": "identity"}
"""Sent unless the step sets them. An uncompressed body cannot grow."""


async def fetch(request: FlowRequest) -> Any:
    """Send a request and return the response as data; ``None`` if it is empty.

    Redirects are not followed: they would send the secret headers elsewhere. Proxies are those of
    the environment (``https_proxy``, ``no_proxy``); certificates are checked.

    Raises:
        RequestFailed: No connection, a status other than 2xx, no token, a body that is not of the
            kind that is asked for, or too long.
            Nothing of the URL, the headers or the response is in it.

    Cancellation: closes the connection. There is no other deadline.
    """
    body = bytearray()
    async with contextlib.aclosing(_read(request)) as pieces:
        async for piece in pieces:
            body += piece.data
    return read_answer(bytes(body), request.answer)


async def stream(request: FlowRequest) -> AsyncGenerator[str]:
    """Send a request and yield the text of the response as it comes.

    Of a stream of events (``text/event-stream``), the ``data`` of each. Otherwise as :func:`fetch`.

    Raises:
        RequestFailed: As :func:`fetch`; or the text is not UTF-8.

    Cancellation: closes the connection. There is no other deadline.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    events = _Events()
    async with contextlib.aclosing(_read(request)) as pieces:
        async for piece in pieces:
            try:
                text = decoder.decode(piece.data)
            except UnicodeDecodeError:
                raise RequestFailed("the answer is not UTF-8") from None
            for part in events.feed(text) if piece.is_events else [text]:
                if part:
                    yield part


class _Events:
    """Takes the data out of a stream of events, as far as it is complete."""

    def __init__(self) -> None:
        self._line = ""
        self._n_data = 0

    def feed(self, text: str) -> Iterator[str]:
        *lines, self._line = (self._line + text.replace("\r\n", "\n")).split("\n")
        for line in lines:
            if line.startswith("data:") and line != "data: [DONE]":
                # Lines of one event are joined by a line break, events by nothing.
                yield "\n" * bool(self._n_data) + line[5:].removeprefix(" ")
                self._n_data += 1
            elif not line:
                self._n_data = 0


class _Piece(NamedTuple):
    data: bytes
    is_events: bool


async def _read(request: FlowRequest) -> AsyncGenerator[_Piece]:
    """Yield the body of the response as it comes; RequestFailed."""
    client = await asyncio.to_thread(_import_client)
    try:
        if request.credentials is not None:
            token = await _TOKENS.get(request.credentials)
            headers = {**request.headers, "Authorization": f"Bearer {token}"}
            request = replace(request, headers=headers)
        async with contextlib.aclosing(_send(client, request)) as pieces:
            async for piece in pieces:
                yield piece
    except RequestFailed as exc:
        if exc.reason == "HTTP 401" and request.credentials is not None:
            _TOKENS.forget(request.credentials)  # the next try gets a new one
        raise
    except (client.ClientError, OSError) as exc:
        name = errno.errorcode.get(getattr(exc, "errno", None) or 0, type(exc).__name__)
        raise RequestFailed(f"no answer ({name})") from None
    except ValueError:  # characters that a URL or header cannot have
        raise RequestFailed("the URL or a header is malformed") from None


async def _ask_for_token(url: str, authorization: str, form: bytes) -> Any:
    headers = {
        "Accept": "application/json",
        "Authorization": authorization,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return await fetch(FlowRequest(url=url, method="POST", headers=headers, body=form))


_TOKENS = Tokens(_ask_for_token)


def _import_client() -> ModuleType:
    import urllib.request  # noqa: F401  # for _find_proxy

    import aiohttp

    return aiohttp


async def _send(client: ModuleType, request: FlowRequest) -> AsyncGenerator[_Piece]:
    import yarl

    url = yarl.URL(_check_url(request.url), encoded=True)
    context = None
    if request.certificate:
        context = await asyncio.to_thread(client_context, request.certificate)
    session = client.ClientSession(
        headers=_HEADERS,
        auto_decompress=False,
        cookie_jar=client.DummyCookieJar(),
        connector=client.TCPConnector(force_close=True),
        timeout=client.ClientTimeout(total=None, sock_connect=None),
        max_field_size=MAX_HEADER_BYTES,
    )
    async with (
        session,
        session.request(
            request.method,
            url,
            data=request.body,
            headers=request.headers,
            allow_redirects=False,
            ssl=True if context is None else context,
            proxy=_find_proxy(url.scheme, url.raw_authority.rpartition("@")[2]),
        ) as answer,
    ):
        if not 200 <= answer.status < 300:
            raise RequestFailed(f"HTTP {answer.status}")
        n_bytes, is_events = 0, answer.content_type == "text/event-stream"
        async for piece in answer.content.iter_any():
            n_bytes += len(piece)
            if n_bytes > MAX_RESPONSE_BYTES:
                raise RequestFailed(f"the answer has more than {MAX_RESPONSE_BYTES} bytes")
            yield _Piece(piece, is_events)


def _check_url(url: str) -> str:
    """Return the URL unchanged; its variables are already quoted.

    Raises:
        ValueError: It has characters that a URL cannot have.
    """
    if not all("!" <= char <= "~" for char in url):
        raise ValueError("a URL has printable ASCII characters only")
    return url


def _find_proxy(scheme: str, host: str) -> str | None:
    """Return the environment's proxy for ``host`` or ``host:port``, by urllib's rules."""
    import urllib.request

    proxy = urllib.request.getproxies().get(scheme)
    if not proxy or urllib.request.proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
