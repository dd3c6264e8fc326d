"""The signature ``SDK-HMAC-SHA256`` of a request with an access key (AK/SK).

Core, no I/O: the time is an argument. Source: ``sis-protocol.md`` 2.2; its test vectors are in the
tests.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ivr_agi.secret import Secret

__all__ = ("AccessKey", "HttpRequest", "canonical_request", "sign", "signature")

_ALGORITHM = "SDK-HMAC-SHA256"


@dataclass(frozen=True)
class AccessKey:
    """An access key (AK/SK)."""

    access: str
    """The AK: the name of the key; it is sent."""
    secret: Secret
    """The SK; never sent."""
    security_token: Secret | None = None
    """Token of a temporary key; sent as X-Security-Token."""


@dataclass(frozen=True)
class HttpRequest:
    """The parts of a request that a signature covers."""

    method: str
    """``GET`` for a WebSocket's upgrade."""
    host: str
    """Value of Host exactly as it is sent, with the port if it is not the default."""
    path: str
    """``/v1/...``"""
    query: str = ""
    """The part after ``?``."""
    body: bytes = b""


def sign(
    key: AccessKey, request: HttpRequest, at: datetime, headers: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the headers that sign a request; send them with ``headers`` and Host.

    Args:
        key: The access key.
        request: The request.
        at: Now, UTC. The gateway allows a difference of 15 minutes.
        headers: Other headers to sign, e.g. X-Project-Id.
    """
    added = {"X-Sdk-Date": at.strftime("%Y%m%dT%H%M%SZ")}
    if key.security_token is not None:
        added["X-Security-Token"] = key.security_token.reveal()
    covered = {"host": request.host}
    covered |= {name.lower(): value for name, value in {**(headers or {}), **added}.items()}
    names = ";".join(sorted(covered))
    made = signature(key.secret, request, covered)
    authorization = f"{_ALGORITHM} Access={key.access}, SignedHeaders={names}, Signature={made}"
    return {**added, "Authorization": authorization}


def signature(secret: Secret, request: HttpRequest, headers: Mapping[str, str]) -> str:
    """Return the signature alone, 64 hex digits; to verify one, make it again.

    Args:
        secret: The SK.
        request: The request; its ``host`` is not used.
        headers: All signed headers by lower-case name, with host and x-sdk-date.
    """
    canonical = hashlib.sha256(canonical_request(request, headers).encode()).hexdigest()
    to_sign = f"{_ALGORITHM}\n{headers['x-sdk-date']}\n{canonical}"
    return hmac.new(secret.reveal().encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def canonical_request(request: HttpRequest, headers: Mapping[str, str]) -> str:
    """Return the canonical text that both sides sign; ``headers`` by lower-case name."""
    path = "/".join(quote(unquote(part), safe="~") for part in request.path.split("/"))
    query = sorted(parse_qsl(request.query, keep_blank_values=True))
    lines = [
        request.method,
        path if path.endswith("/") else path + "/",
        "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query),
        *(f"{name}:{headers[name].strip()}" for name in sorted(headers)),
        "",
        ";".join(sorted(headers)),
        hashlib.sha256(request.body).hexdigest(),
    ]
    return "\n".join(lines)
