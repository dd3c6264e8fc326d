"""Tokens from the vendor's identity service (IAM), in exchange for a user's password.

Shell: one blocking request. Source: ``sis-protocol.md`` 2.1 and the vendor's page iam_30_0001.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from ivr_agi.errors import ConfigError, SpeechProtocolError
from ivr_agi.sis.access.health import Backoff
from ivr_agi.sis.access.rest import send

if TYPE_CHECKING:
    from ivr_agi.secret import Secret

__all__ = ("Login", "IamToken", "fetch_token")

_LIFE_S = 24 * 3600.0
"""Lifetime of a token if the answer does not say, seconds."""
_MARGIN_S = 600.0
"""A token this close to its expiry is not used, seconds."""
_POSTPONE_S = 60.0
"""Seconds between tries to renew a token that is still valid."""
_YOUNG_S = 60.0
"""A token refused this soon after it was made is wrong, not expired; seconds."""


@dataclass(frozen=True)
class Login:
    """Where to fetch tokens, and for whom.

    Raises:
        ConfigError: ``url`` is not an ``https`` URL (``http`` is for this machine only).
    """

    url: str
    """``https://iam.{region}.myhuaweicloud.com``"""
    user: str
    password: Secret
    domain: str
    """Name of the user's account."""
    project: str
    """Name of the project, usually the region: a token is valid for one project only."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        is_local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if not parts.hostname or not (
            parts.scheme == "https" or (parts.scheme == "http" and is_local)
        ):
            raise ConfigError("must be https://host", key="iam_url")


class IamToken(msgspec.Struct, frozen=True):
    """A cached token. Times are wall clock seconds."""

    token: str
    made_at: float
    expires_at: float
    renew_at: float
    """When to fetch a new one."""

    def __repr__(self) -> str:
        return f"IamToken(***, made_at={self.made_at:.0f}, expires_at={self.expires_at:.0f})"

    def is_valid(self, now: float) -> bool:
        """It may be used."""
        return self.made_at <= now < self.expires_at - _MARGIN_S

    def is_due(self, now: float) -> bool:
        """It should be renewed."""
        return now >= self.renew_at or not self.is_valid(now)

    def is_old(self, now: float) -> bool:
        """It was not made just now."""
        return now >= self.made_at + _YOUNG_S

    def postponed(self, now: float) -> IamToken:
        """Return the token with its renewal in one minute."""
        return msgspec.structs.replace(self, renew_at=now + _POSTPONE_S)


def fetch_token(login: Login, now: float, *, timeout_s: float) -> IamToken:
    """Fetch a token from IAM; blocks for up to ``timeout_s`` per try, with a retry or two.

    Raises:
        SpeechUnavailable: Nobody answers in time.
        SpeechRejected: IAM refuses: wrong password, no such project, ...
        SpeechProtocolError: The answer holds no token.
    """
    user = {
        "name": login.user,
        "password": login.password.reveal(),
        "domain": {"name": login.domain},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"name": login.project}}
    headers, body = send(
        "POST",
        f"{login.url}/v3/auth/tokens?nocatalog=true",
        {"Content-Type": "application/json"},
        msgspec.json.encode({"auth": {"identity": identity, "scope": scope}}),
        service=login.url,
        timeout_s=timeout_s,
        use_proxy=login.url.startswith("https:"),
        retries=Backoff(),
        secrets=[login.password.reveal()],
    )
    token = headers.get("X-Subject-Token") or ""
    if not re.fullmatch(r"[!-~]+", token):
        raise SpeechProtocolError("the answer has no X-Subject-Token", service=login.url)
    expires_at = _read_end(body, now)
    return IamToken(token, now, expires_at, renew_at=now + (expires_at - now) / 2)


class _TokenInfo(msgspec.Struct, frozen=True):
    expires_at: datetime | None = None


class _Answer(msgspec.Struct):
    token: _TokenInfo = _TokenInfo()


def _read_end(body: bytes, now: float) -> float:
    """Return when the token expires; in 24 h if the answer does not say or our clock is far off."""
    try:
        expires_at = msgspec.json.decode(body, type=_Answer).token.expires_at
    except (msgspec.MsgspecError, UnicodeError):
        expires_at = None
    end = expires_at.timestamp() if expires_at is not None else now + _LIFE_S
    return end if now + 2 * _MARGIN_S < end <= now + _LIFE_S else now + _LIFE_S
