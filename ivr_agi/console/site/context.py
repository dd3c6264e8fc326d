"""What every page has: the store, who is signed in, where things are. Shell."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web

from ivr_agi.console.access.attempts import Attempts
from ivr_agi.store.audit import note_access

if TYPE_CHECKING:
    import datetime
    from collections.abc import Awaitable, Callable

    from ivr_agi.console.access.roles import Role
    from ivr_agi.console.access.sessions import Sessions, SignedIn
    from ivr_agi.console.access.users import UserFile
    from ivr_agi.journal import Event
    from ivr_agi.settings import Settings
    from ivr_agi.store.callers import CallerKey
    from ivr_agi.store.database import Database
    from ivr_agi.store.places import Places

__all__ = ("CONTEXT", "VISITOR", "SiteContext", "Visitor", "context_of", "visitor_of")

_T = TypeVar("_T")
THREADS = 4
"""Questions to the store at one time."""
NOTED_AGAIN_S = 300.0
"""A look or a listen that goes on is noted again after so long."""
MOST_NOTED = 10_000


@dataclass(frozen=True)
class Visitor:
    """Who asks for a page."""

    name: str
    role: Role
    session: SignedIn
    token: str

    def may(self, role: Role) -> bool:
        """Return whether what needs a role may be done."""
        return self.role >= role


@dataclass
class SiteContext:
    """What the pages stand on."""

    settings: Settings
    database: Database
    caller_key: CallerKey
    places: Places
    zone: datetime.tzinfo
    users: UserFile
    sessions: Sessions
    open_calls: Callable[[], Awaitable[list[list[Event]]]]
    """Gives the events of each call that goes on."""
    origin: str
    """Where browsers find the page: ``http://127.0.0.1:8781``."""
    attempts: Attempts = field(default_factory=Attempts)
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, "ivr-agi page")
    )
    passwords: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "ivr-agi password")
    )
    """One at a time: each takes 32 MB."""
    passwords_waiting: int = 0
    _noted: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by TLS."""
        return self.origin.startswith("https://")

    async def ask(self, work: Callable[[], _T]) -> _T:
        """Return what a blocking function gives, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)

    def note(self, who: str, what: str) -> None:
        """Note in the audit who does what; blocks. What goes on is noted once in five minutes.

        Raises:
            StoreUnavailable: The database does not answer: then nothing may be shown.
        """
        now = time.monotonic()
        if now - self._noted.get((who, what), -NOTED_AGAIN_S) < NOTED_AGAIN_S:
            return
        note_access(self.database, what, who=who)
        if len(self._noted) >= MOST_NOTED:
            self._noted.clear()
        self._noted[who, what] = now

    def close(self) -> None:
        """End the threads."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.passwords.shutdown(wait=False, cancel_futures=True)


CONTEXT = web.AppKey("context", SiteContext)
VISITOR = web.RequestKey("visitor", Visitor)


def context_of(request: web.Request) -> SiteContext:
    """Return what the pages stand on."""
    return request.app[CONTEXT]


def visitor_of(request: web.Request) -> Visitor:
    """Return who asks; a page without sign-in has none."""
    return request[VISITOR]
