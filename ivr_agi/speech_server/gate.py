"""Decides who may use the server, and how many at once. Core, no I/O: the time is an argument.

Source: ``sis-protocol.md`` 2 (both ways, 15 minutes of skew), 3 (headers), 12.2 (refusals).
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ivr_agi.sis.access.signing import signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_agi.secret import Secret
    from ivr_agi.sis.access.signing import HttpRequest

__all__ = ("Gate", "Slots")

MOST_SKEW = timedelta(minutes=15)
"""Largest difference between a signature's date and ours (2.2)."""

_AUTHORIZATION = re.compile(
    r"SDK-HMAC-SHA256 Access=([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True)
class Gate:
    """Accepts requests; all of them if there is neither a token nor keys."""

    token: Secret | None = None
    """The only accepted ``X-Auth-Token``."""
    keys: Mapping[str, Secret] | None = None
    """Access keys and their secrets."""

    def refusal(
        self, request: HttpRequest, headers: Mapping[str, str], now: datetime
    ) -> str | None:
        """Return why a request is refused; None if it is accepted.

        Args:
            request: The request; its ``host`` is not used.
            headers: The headers as they came, by lower-case name.
            now: The time, UTC.
        """
        if self.token is None and not self.keys:
            return None
        if "authorization" in headers and self.keys:
            return self._signature_refusal(request, headers, now)
        if self.token is None or not (given := headers.get("x-auth-token")):
            return "x-auth-token not found"
        same = hmac.compare_digest(given.encode(), self.token.reveal().encode())
        return None if same else "decrypt token fail"

    def _signature_refusal(
        self, request: HttpRequest, headers: Mapping[str, str], now: datetime
    ) -> str | None:
        wrong = "verify aksk signature fail"
        match = _AUTHORIZATION.fullmatch(headers["authorization"])
        secret = (self.keys or {}).get(match[1]) if match else None
        if match is None or secret is None:
            return wrong
        names = match[2].split(";")
        # The sender chooses the list, but these two must be on it (2.2).
        if not {"host", "x-sdk-date"} <= set(names) <= headers.keys():
            return wrong
        date = headers["x-sdk-date"]
        try:
            signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            return wrong
        if abs(now - signed_at) > MOST_SKEW:
            return "calc ak sk signature fail:signature expired"
        covered = {name: headers[name] for name in names}
        expected = signature(secret, request, covered)
        return None if hmac.compare_digest(expected, match[3]) else wrong


class Slots:
    """A counter with a bound: without a free slot a client is refused, nobody waits.

    Args:
        most: Number of slots.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        """It may be changed; who has a slot keeps it."""
        self.taken = 0

    def take(self) -> bool:
        """Take a slot; False if all are taken."""
        if self.taken >= self.most:
            return False
        self.taken += 1
        return True

    def release(self) -> None:
        """Give a slot back."""
        self.taken -= 1
