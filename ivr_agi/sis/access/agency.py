"""Temporary access keys of the machine's agency, from the vendor's metadata service.

Shell: one or two blocking requests. A machine in the vendor's cloud that has an agency gets an
access key, a secret key and a security token for it, which live an hour; new ones are there ten
minutes before. Where the metadata service is of version 2, it wants a token of its own first.

Source: the vendor's page ecs_03_1202 (``/openstack/latest/securitykey``), and its SDK
(``MetadataAccessor``: ``/meta-data/latest/api/token``).
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from ivr_agi.errors import Remedy, SpeechProtocolError, SpeechRejected
from ivr_agi.secret import Secret
from ivr_agi.sis.access.health import Backoff
from ivr_agi.sis.access.rest import send
from ivr_agi.sis.access.signing import AccessKey

__all__ = ("METADATA_URL", "AgencyKey", "fetch_agency_key")

METADATA_URL = "http://169.254.169.254"
_LIFE_S = 3600.0
"""Lifetime of a key if the answer does not say, seconds."""
_RENEW_S = 600.0
"""Seconds before the end of a key when there is a new one."""
_MARGIN_S = 60.0
"""A key this close to its expiry is not used, seconds."""
_POSTPONE_S = 60.0
_YOUNG_S = 60.0
_SESSION_S = 6 * 3600
"""Lifetime of the metadata service's own token."""


class AgencyKey(msgspec.Struct, frozen=True):
    """A cached key. Times are wall clock seconds."""

    access: str
    secret: str
    security_token: str
    made_at: float
    expires_at: float
    renew_at: float

    def __repr__(self) -> str:
        return f"AgencyKey({self.access!r}, ***, expires_at={self.expires_at:.0f})"

    @property
    def key(self) -> AccessKey:
        """The key, to sign with."""
        return AccessKey(self.access, Secret(self.secret), Secret(self.security_token))

    def is_valid(self, now: float) -> bool:
        """It may be used."""
        return self.made_at <= now < self.expires_at - _MARGIN_S

    def is_due(self, now: float) -> bool:
        """It should be renewed."""
        return now >= self.renew_at or not self.is_valid(now)

    def is_old(self, now: float) -> bool:
        """It was not made just now."""
        return now >= self.made_at + _YOUNG_S

    def postponed(self, now: float) -> AgencyKey:
        """Return the key with its renewal in one minute."""
        return msgspec.structs.replace(self, renew_at=now + _POSTPONE_S)


class _Credential(msgspec.Struct):
    access: str
    secret: str
    securitytoken: str
    expires_at: datetime | None = None


class _Answer(msgspec.Struct):
    credential: _Credential


def fetch_agency_key(url: str, now: float, *, timeout_s: float) -> AgencyKey:
    """Fetch the machine's temporary key; blocks for up to ``timeout_s`` per try.

    Args:
        url: The metadata service, :data:`METADATA_URL`.
        now: Wall clock seconds.
        timeout_s: Seconds to wait for an answer.

    Raises:
        SpeechUnavailable: Nobody answers: this is no machine of the vendor's.
        SpeechRejected: The machine has no agency.
        SpeechProtocolError: The answer holds no key.
    """
    headers = {}
    token = _session_token(url, timeout_s)
    if token:
        headers["X-Metadata-Token"] = token
    try:
        _, body = send(
            "GET",
            f"{url}/openstack/latest/securitykey",
            headers,
            service=url,
            timeout_s=timeout_s,
            use_proxy=False,
            retries=Backoff(),
            secrets=[token] if token else [],
        )
    except SpeechRejected as error:
        raise SpeechRejected(
            error.code,
            "this machine has no agency: choose one in the console (ECS, Management Information)",
            service=url,
            remedy=Remedy.FIX_ACCOUNT,
            status=error.status,
        ) from error
    try:
        found = msgspec.json.decode(body, type=_Answer).credential
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise SpeechProtocolError("the answer has no credential", service=url) from None
    if not all(re.fullmatch(r"[!-~]+", part) for part in (found.access, found.securitytoken)):
        raise SpeechProtocolError("the answer's credential is no key", service=url)
    end = found.expires_at.timestamp() if found.expires_at is not None else 0.0
    if not now + _MARGIN_S < end <= now + 24 * _LIFE_S:
        end = now + _LIFE_S
    return AgencyKey(
        access=found.access,
        secret=found.secret,
        security_token=found.securitytoken,
        made_at=now,
        expires_at=end,
        renew_at=max(now + (end - now) / 2, end - _RENEW_S),
    )


def _session_token(url: str, timeout_s: float) -> str:
    """Return the token of a metadata service of version 2; empty: it is of version 1."""
    try:
        _, body = send(
            "PUT",
            f"{url}/meta-data/latest/api/token",
            {"X-Metadata-Token-Ttl-Seconds": str(_SESSION_S)},
            service=url,
            timeout_s=timeout_s,
            use_proxy=False,
        )
    except SpeechRejected:
        return ""
    text = body.decode(errors="replace").strip()
    return text if re.fullmatch(r"[!-~]+", text) else ""
