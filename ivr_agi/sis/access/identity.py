"""Credentials for the vendor: a key that signs, or a password that fetches tokens.

Shell: reads the clock, and the files in which processes share tokens and refusals. After
:data:`~ivr_agi.sis.access.health.MAX_REFUSALS` refusals in a row, no process sends anything for
five minutes: one more could lock the key, and no retry corrects a wrong secret.

Source: ``sis-protocol.md`` 2 (authentication), 12.2 (client rule).
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ivr_agi.errors import Remedy, SpeechError, SpeechRejected
from ivr_agi.secret import Secret
from ivr_agi.sis.access.agency import METADATA_URL, AgencyKey, fetch_agency_key
from ivr_agi.sis.access.health import Health, refused
from ivr_agi.sis.access.iam import IamToken, Login, fetch_token
from ivr_agi.sis.access.shared_file import SharedFile
from ivr_agi.sis.access.signing import AccessKey, sign

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Self

    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.access.signing import HttpRequest

__all__ = ("AgencyIdentity", "KeyIdentity", "PasswordIdentity", "identified")

_log = logging.getLogger("ivr_agi.sis")

_Answer = TypeVar("_Answer")


class _CountedIdentity:
    """Base of an :class:`~ivr_agi.sis.access.endpoint.Identity`: counts refusals.

    Args:
        name: Name under which refusals are counted; not a secret.
        refusals: Shared by all processes; default: only this object.
        clock: Returns wall clock seconds.
    """

    def __init__(
        self,
        name: str,
        refusals: SharedFile[Health] | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._refusals = refusals or SharedFile(Health)
        self._clock = clock

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    async def headers(self, request: HttpRequest, *, project_id: str, url: str) -> dict[str, str]:
        """See :meth:`ivr_agi.sis.access.endpoint.Identity.headers`."""
        health = self._refusals.read().get(self.name, Health())
        now = self._clock()
        if health.rests(now):
            reason = (
                f"nothing is sent for another {health.until - now:.0f} s, after: {health.error}"
            )
            raise SpeechRejected(
                "too many refusals", reason, service=url, remedy=Remedy.FIX_ACCOUNT
            )
        return await self._make_headers(request, project_id)

    def accepted(self) -> None:
        """Note that the service accepted the credentials."""
        if self._refusals.read().get(self.name):
            with self._refusals.change() as entries:
                entries.pop(self.name, None)

    def refused(self, error: SpeechRejected) -> bool:
        """Note a 401 or 403.

        Returns:
            True if a cached token had expired: a new one may be accepted.
        """
        with self._refusals.change() as entries:
            health = refused(entries.get(self.name, Health()), self._clock(), error.reason)
            entries[self.name] = health
        if health.until:
            _log.error("%s: refused %d times in a row, pausing", self.name, health.failures)
        return False

    async def _make_headers(self, request: HttpRequest, project_id: str) -> dict[str, str]:
        raise NotImplementedError


class KeyIdentity(_CountedIdentity):
    """Signs each request with an access key (AK/SK), permanent or temporary."""

    def __init__(
        self,
        key: AccessKey,
        refusals: SharedFile[Health] | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(f"key {key.access}", refusals, clock=clock)
        self._key = key

    async def _make_headers(self, request: HttpRequest, project_id: str) -> dict[str, str]:
        project = {"X-Project-Id": project_id}
        at = datetime.fromtimestamp(self._clock(), UTC)
        return {**project, **sign(self._key, request, at, project)}


class _Renewable(Protocol):
    """A token, or a temporary key. Times are wall clock seconds."""

    def is_valid(self, now: float) -> bool:
        """It may be used."""
        ...

    def is_due(self, now: float) -> bool:
        """It should be renewed."""
        ...

    def is_old(self, now: float) -> bool:
        """It was not made just now."""
        ...

    def postponed(self, now: float) -> Self:
        """Return it with its renewal a little later."""
        ...


_Held = TypeVar("_Held", bound=_Renewable)


class _RenewedIdentity(_CountedIdentity, Generic[_Held]):
    """Base: fetches what ends, and shares it with the other processes.

    It is renewed in time; if its source is unavailable then, the old one is still used. However
    many calls wait for it, in all processes, there is one request.
    """

    def __init__(
        self,
        name: str,
        held: SharedFile[_Held],
        refusals: SharedFile[Health] | None,
        *,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(name, refusals, clock=clock)
        self._held = held
        self._used: _Held | None = None
        self._lock = asyncio.Lock()

    def refused(self, error: SpeechRejected) -> bool:
        """Note a 401 or 403; a 401 for an older one only means that it has expired."""
        used, self._used = self._used, None
        if used is not None:
            with self._held.change() as entries:
                if entries.get(self.name) == used:
                    del entries[self.name]
            if error.status == 401 and used.is_old(self._clock()):
                return True
        return super().refused(error)

    async def _current(self) -> _Held:
        async with self._lock:
            held = self._held.read().get(self.name)
            if held is None or held.is_due(self._clock()):
                held = await self._renew()
            self._used = held
        return held

    async def _renew(self) -> _Held:
        try:
            return await asyncio.to_thread(self._renew_locked)
        except SpeechRejected as error:
            if error.status in (401, 403):
                super().refused(error)
            raise

    def _renew_locked(self) -> _Held:
        with self._held.change() as entries:
            now = self._clock()
            held = entries.get(self.name)
            if held is not None and not held.is_due(now):
                return held  # another process was faster
            try:
                entries[self.name] = self._fetch(now)
            except SpeechError as error:
                if held is None or not held.is_valid(now):
                    raise
                _log.warning("%s: cannot be renewed yet: %s", self.name, error)
                entries[self.name] = held.postponed(now)
            return entries[self.name]

    def _fetch(self, now: float) -> _Held:
        raise NotImplementedError


class PasswordIdentity(_RenewedIdentity[IamToken]):
    """Fetches tokens from IAM; a token is renewed at half its lifetime.

    Args:
        login: Where to fetch tokens, and for whom.
        tokens: Shared by all processes; default: only this object.
        refusals: As for :class:`KeyIdentity`.
        timeout_s: Seconds to wait for IAM's answer.
        clock: Returns wall clock seconds.
    """

    def __init__(
        self,
        login: Login,
        tokens: SharedFile[IamToken] | None = None,
        refusals: SharedFile[Health] | None = None,
        *,
        timeout_s: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        name = f"user {login.domain}/{login.user} in {login.project}"
        super().__init__(name, tokens or SharedFile(IamToken), refusals, clock=clock)
        self._login = login
        self._timeout_s = timeout_s
        self._masked: Secret | None = None
        """The token in use: whoever repeats it, it is in no error."""

    async def _make_headers(self, request: HttpRequest, project_id: str) -> dict[str, str]:
        token = await self._current()
        if self._masked is None or self._masked.reveal() != token.token:
            self._masked = Secret(token.token)
        return {"X-Auth-Token": token.token}

    def _fetch(self, now: float) -> IamToken:
        return fetch_token(self._login, now, timeout_s=self._timeout_s)


class AgencyIdentity(_RenewedIdentity[AgencyKey]):
    """Signs with the temporary keys of this machine's agency.

    Args:
        url: The metadata service.
        keys: Shared by all processes; default: only this object.
        refusals: As for :class:`KeyIdentity`.
        timeout_s: Seconds to wait for the metadata service's answer.
        clock: Returns wall clock seconds.
    """

    def __init__(
        self,
        url: str = METADATA_URL,
        keys: SharedFile[AgencyKey] | None = None,
        refusals: SharedFile[Health] | None = None,
        *,
        timeout_s: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__("the agency", keys or SharedFile(AgencyKey), refusals, clock=clock)
        self._url = url
        self._timeout_s = timeout_s

    async def _make_headers(self, request: HttpRequest, project_id: str) -> dict[str, str]:
        held = await self._current()
        project = {"X-Project-Id": project_id}
        at = datetime.fromtimestamp(self._clock(), UTC)
        return {**project, **sign(held.key, request, at, project)}

    def _fetch(self, now: float) -> AgencyKey:
        return fetch_agency_key(self._url, now, timeout_s=self._timeout_s)


async def identified(
    endpoint: Endpoint, request: HttpRequest, send: Callable[[dict[str, str]], Awaitable[_Answer]]
) -> _Answer:
    """Send a request with the endpoint's credentials, and note whether they were accepted.

    Args:
        endpoint: The endpoint, with its credentials.
        request: The request that a signature covers.
        send: Sends the request with the headers that it is given.

    Raises:
        SpeechError: Raised by ``send``; or there is no token, or there were too many refusals.

    Cancellation: as ``send``.
    """
    identity = endpoint.identity
    if identity is None:
        return await send(endpoint.headers)
    is_second = False
    while True:
        ours = await identity.headers(request, project_id=endpoint.project_id, url=endpoint.url)
        headers = {**endpoint.headers, **ours}
        try:
            answer = await send(headers)
        except SpeechRejected as error:
            is_stale = error.status in (401, 403) and identity.refused(error)
            if is_second or not is_stale:
                raise
            is_second = True
        else:
            identity.accepted()
            return answer
