"""Which hot-word table a session asks for: none that the service has just refused. Core, no I/O.

A table may be gone at the service. A session that is refused with it is started again without it:
the words are then heard less well, which is better than keys only. Whether it was the table shows
when the service takes the same session without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_agi.errors import SpeechError

__all__ = ("FORGET_S", "HotWordTables", "RefusedTable", "RefusedTables")

FORGET_S = 60.0
"""Seconds until a refused table is asked for again: it may have been made anew."""


class RefusedTable(NamedTuple):
    """A table that the service refused."""

    service: str
    """URL of the service."""
    table: str
    """Its id."""
    error: str
    """What the service said, one line."""


class RefusedTables:
    """The tables that a service has refused; all calls of a process share it."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, str], tuple[RefusedTable, float]] = {}

    def add(self, refused: RefusedTable, now: float) -> None:
        """Note a refusal, at ``now`` seconds of whichever clock."""
        self._refused[refused.service, refused.table] = refused, now + FORGET_S

    def find(self, service: str, table: str, now: float) -> RefusedTable | None:
        """Return the refusal of a table; None if it may be asked for."""
        refused, until = self._refused.get((service, table), (None, 0.0))
        return refused if now < until else None


class HotWordTables:
    """The tables of one call.

    Args:
        translations: For each endpoint but the first, by URL: its own id of each table of the
            first.
        refused: Those that the service refused; default: this call's own.
    """

    def __init__(
        self,
        translations: Mapping[str, Mapping[str, str]] | None = None,
        refused: RefusedTables | None = None,
    ) -> None:
        self._translations = translations or {}
        self._refused = refused or RefusedTables()
        self._told: set[RefusedTable] = set()
        self._suspect: RefusedTable | None = None
        self._untold: list[RefusedTable] = []

    def choose(self, service: str, table: str | None, now: float) -> str | None:
        """Return the table to ask a service for; None if it has none, or refused it.

        Args:
            service: URL of the service.
            table: The table of the first service.
            now: Seconds of whichever clock.
        """
        if table is not None and service in self._translations:
            table = self._translations[service].get(table)
        if table is None:
            return None
        if self._suspect is not None and self._suspect[:2] == (service, table):
            return None
        refused = self._refused.find(service, table, now)
        if refused is None:
            return table
        self._tell(refused)
        return None

    def suspect(self, service: str, table: str, error: SpeechError) -> None:
        """Ask once without a table: a session with it was refused."""
        self._suspect = RefusedTable(service, table, str(error))

    def note_started(self, now: float) -> None:
        """The service took a session: without the table under suspicion, so that was the reason."""
        suspect, self._suspect = self._suspect, None
        if suspect is not None:
            self._refused.add(suspect, now)
            self._tell(suspect)

    def clear_suspicion(self) -> None:
        """The service refuses without the table, too."""
        self._suspect = None

    def untold(self) -> list[RefusedTable]:
        """Return the refusals that the call's journal does not have yet."""
        untold, self._untold = self._untold, []
        return untold

    def _tell(self, refused: RefusedTable) -> None:
        if refused not in self._told:
            self._told.add(refused)
            self._untold.append(refused)
