"""Who is signed in. Core, no I/O.

A cookie is 32 random bytes, made anew at each sign-in. Only their digest is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

__all__ = ("SignedIn", "Sessions")

TOKEN_BYTES = 32
MOST_SIGNED_IN = 10_000


@dataclass(slots=True)
class SignedIn:
    """A user who is signed in."""

    user: str
    mark: str
    """Of the user's password and role: another one ends the session."""
    began: float
    last: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(TOKEN_BYTES))

    def allows(self, csrf: str) -> bool:
        """Return whether a form came from a page of this session."""
        return hmac.compare_digest(csrf.encode(), self.csrf.encode())


class Sessions:
    """The sessions of this process; they end with it.

    Args:
        idle_s: A session ends after so long without a request.
        longest_s: No session is longer.
    """

    def __init__(self, *, idle_s: float, longest_s: float) -> None:
        self._idle_s = idle_s
        self._longest_s = longest_s
        self._open: dict[str, SignedIn] = {}

    def open(self, user: str, mark: str, now: float) -> str:
        """Begin a session; return its cookie."""
        for digest in [key for key, one in self._open.items() if self._is_over(one, now)]:
            del self._open[digest]
        while len(self._open) >= MOST_SIGNED_IN:
            del self._open[next(iter(self._open))]
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._open[_digest(token)] = SignedIn(user, mark, now, now)
        return token

    def find(self, token: str, now: float, *, keep: bool = True) -> SignedIn | None:
        """Return the session of a cookie.

        Args:
            token: The cookie.
            now: Seconds.
            keep: Whether this counts as use: a page that asks by itself does not.
        """
        session = self._open.get(_digest(token))
        if session is None:
            return None
        if self._is_over(session, now):
            self.close(token)
            return None
        if keep:
            session.last = now
        return session

    def close(self, token: str) -> None:
        """End a session, if there is one."""
        self._open.pop(_digest(token), None)

    def close_of(self, user: str) -> None:
        """End all sessions of a user."""
        for digest in [key for key, one in self._open.items() if one.user == user]:
            del self._open[digest]

    def _is_over(self, session: SignedIn, now: float) -> bool:
        return now - session.last > self._idle_s or now - session.began > self._longest_s


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
