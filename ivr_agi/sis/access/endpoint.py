"""An endpoint of the speech service: its address, time limits and credentials.

Core, no I/O. Source: ``sis-protocol.md`` 1 (endpoints) and 2.1 (token).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from ivr_agi.errors import SpeechRejected
    from ivr_agi.secret import Secret
    from ivr_agi.sis.access.signing import HttpRequest

__all__ = ("Endpoint", "Identity")


class Identity(Protocol):
    """Credentials for an endpoint (:mod:`ivr_agi.sis.access.identity`)."""

    async def headers(self, request: HttpRequest, *, project_id: str, url: str) -> dict[str, str]:
        """Return the headers that authenticate a request. They hold secrets: for sending only.

        Args:
            request: The request that a signature covers.
            project_id: The endpoint's project.
            url: The endpoint's URL, for errors.

        Raises:
            SpeechRejected: There were too many refusals: nothing is sent for a while.
            SpeechError: A token could not be fetched.

        Cancellation: safe.
        """
        ...

    def accepted(self) -> None:
        """Note that the service accepted the credentials."""
        ...

    def refused(self, error: SpeechRejected) -> bool:
        """Note a 401 or 403.

        Returns:
            True if a cached token had expired: a new one may be accepted.
        """
        ...


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of the speech service.

    Raises:
        ConfigError: ``url``, ``project_id``, ``token`` or a time is invalid.
    """

    url: str
    """``ws://host:port`` or ``wss://host``; certificates are always verified."""
    project_id: str
    """The project of the endpoint and the token; part of every path."""
    token: Secret | None = None
    """Value of the header X-Auth-Token; None: not sent."""
    connect_timeout_s: float = 3.0
    """Seconds for TCP, TLS and the WebSocket upgrade together."""
    answer_timeout_s: float = 5.0
    """Seconds for the answers to START and END, and for a REST response."""
    ping_interval_s: float = 5.0
    """Seconds between pings on a recognition socket. A frozen service is silent, just like one that
    has not recognised anything yet: only pings tell them apart."""
    has_scores: bool = True
    """What it gives as ``score`` means something: words may be judged by it."""
    identity: Identity | None = None
    """Credentials instead of ``token``: an access key, or a login that fetches tokens."""
    enterprise_project_id: str = ""
    """Value of the header Enterprise-Project-Id, for billing; empty: not sent."""

    def __post_init__(self) -> None:
        _check_url(self.url)
        object.__setattr__(self, "url", self.url.rstrip("/"))
        if not re.fullmatch(r"[\w-]+", self.project_id, re.ASCII):
            reason = f"must be letters, digits, _ and -, got {self.project_id!r}"
            raise ConfigError(reason, key="project_id")
        if not re.fullmatch(r"[\w-]*", self.enterprise_project_id, re.ASCII):
            raise ConfigError("must be letters, digits, _ and -", key="enterprise_project_id")
        if self.token is not None and not re.fullmatch(r"[!-~]+", self.token.reveal()):
            raise ConfigError("must be printable ASCII without spaces", key="token")
        for key in ("connect_timeout_s", "answer_timeout_s", "ping_interval_s"):
            if not getattr(self, key) > 0:
                raise ConfigError(f"must be more than 0, got {getattr(self, key)!r}", key=key)

    @property
    def headers(self) -> dict[str, str]:
        """Headers of every request, but not ``identity``'s. They hold the token: only send them."""
        headers = {}
        if self.token is not None:
            headers["X-Auth-Token"] = self.token.reveal()
        if self.enterprise_project_id:
            headers["Enterprise-Project-Id"] = self.enterprise_project_id
        return headers

    @property
    def host(self) -> str:
        """Value of Host as websockets sends it. It is signed, so REST requests send the same."""
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        default = 443 if parts.scheme == "wss" else 80
        return host if parts.port in (None, default) else f"{host}:{parts.port}"

    def api_path(self, path: str) -> str:
        """Return the path of an API, ``/v1/...``, e.g. of ``rasr/sentence-stream``."""
        return f"/v1/{self.project_id}/{path}"

    @property
    def is_loopback(self) -> bool:
        """The service runs on this machine: no proxy is in between."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    def socket_url(self, path: str) -> str:
        """Return the address of a WebSocket API, e.g. ``rasr/sentence-stream``."""
        return self.url + self.api_path(path)

    def rest_url(self, path: str) -> str:
        """Return the address of a REST API on the same host, e.g. ``asr/vocabularies``."""
        return "http" + self.socket_url(path).removeprefix("ws")


def _check_url(url: str) -> None:
    # The text is not shown if it may hold credentials.
    try:
        parts = urlsplit(url)
        port_ok = parts.port != 0
    except ValueError:
        raise ConfigError("is not a URL", key="url") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError("must hold no credentials and no query", key="url")
    if parts.scheme not in ("ws", "wss") or not parts.hostname or not port_ok:
        raise ConfigError(f"must be ws://host:port or wss://host, got {url!r}", key="url")
