"""Sends the requests of ``http`` steps: the standard library's client, in a thread of its own."""

from __future__ import annotations

import asyncio
import http.client
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from ivr_agi.flow.run.outside import FlowRequest

__all__ = ("fetch",)

MAX_RESPONSE_BYTES = 1_000_000
"""Longest answer that is read."""


async def fetch(request: FlowRequest) -> Any:
    """Send a request and return the JSON of the answer; ``None`` where it is empty.

    Redirects are not followed: they would take the secret headers elsewhere.

    Raises:
        OSError: No connection, no answer in time, or a status other than 2xx.
        ValueError: The answer is no JSON, or too long.

    Cancellation: safe; the thread ends by the request's own time-out.
    """
    return await asyncio.to_thread(_fetch, request)


def _fetch(request: FlowRequest) -> Any:
    sent = urllib.request.Request(
        request.url, data=request.body, headers=dict(request.headers), method=request.method
    )
    try:
        with _OPENER.open(sent, timeout=request.timeout_s) as answer:
            body = answer.read(MAX_RESPONSE_BYTES + 1)
    except urllib.error.HTTPError as exc:
        exc.close()
        raise OSError(f"HTTP {exc.code}") from None
    except http.client.HTTPException as exc:
        raise OSError(f"no HTTP answer: {type(exc).__name__}") from None
    if len(body) > MAX_RESPONSE_BYTES:
        raise ValueError(f"the answer has more than {MAX_RESPONSE_BYTES} bytes")
    return msgspec.json.decode(body) if body.strip() else None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)
