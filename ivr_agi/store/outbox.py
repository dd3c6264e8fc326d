"""Messages that wait for other systems: kept with the rows of their calls, sent in order. Shell."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr_agi.store.bulk import insert_rows
from ivr_agi.store.tables import deliveries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.store.database import Database

__all__ = ("Outbox", "WaitingMessage", "enqueue")

DUE_AT_ONCE = 100


@dataclass(frozen=True)
class WaitingMessage:
    """A message that is to be sent now."""

    n: int
    message_id: str
    call: str
    body: bytes
    made: float
    """When it was stored, seconds since 1970."""
    tries: int
    """That have failed."""


def enqueue(
    connection: sa.Connection, node_id: int, now: float, messages: Sequence[tuple[str, str, bytes]]
) -> None:
    """Keep messages (url, unique id of the call, body) inside a transaction, in their order."""
    if not messages:
        return
    mine = sa.select(sa.func.max(deliveries.c.n)).where(deliveries.c.node_id == node_id)
    first = (connection.execute(mine).scalar() or 0) + 1
    rows = [
        (node_id, n, url, call, f"msg_{secrets.token_hex(12)}", body.decode(), now, 0, now)
        for n, (url, call, body) in enumerate(messages, first)
    ]
    insert_rows(connection, deliveries, rows)


class Outbox:
    """The messages of one node.

    Args:
        database: The store.
        node_id: Of the node.
    """

    def __init__(self, database: Database, node_id: int) -> None:
        self._database = database
        self._is_mine = deliveries.c.node_id == node_id

    def due(self, url: str, now: float) -> list[WaitingMessage]:
        """Return messages to be sent now: of each call only its oldest, if its time has come.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        is_here = self._is_mine & (deliveries.c.url == url)
        oldest = sa.select(sa.func.min(deliveries.c.n)).where(is_here).group_by(deliveries.c.call)
        query = (
            sa.select(deliveries)
            .where(is_here, deliveries.c.n.in_(oldest), deliveries.c.due <= now)
            .order_by(deliveries.c.n)
            .limit(DUE_AT_ONCE)
        )
        with self._database.reading() as connection:
            return [
                WaitingMessage(
                    row.n, row.message_id, row.call, row.body.encode(), row.made, row.tries
                )
                for row in connection.execute(query)
            ]

    def waiting(self) -> int:
        """Return how many messages wait.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        count = sa.select(sa.func.count()).select_from(deliveries).where(self._is_mine)
        with self._database.reading() as connection:
            return int(connection.execute(count).scalar() or 0)

    def remove(self, numbers: Sequence[int]) -> None:
        """Take messages out: they have arrived, or nobody will take them.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        with self._database.writing() as connection:
            connection.execute(
                sa.delete(deliveries).where(self._is_mine, deliveries.c.n.in_(numbers))
            )

    def put_off(self, n: int, tries: int, due: float) -> None:
        """Note that a try has failed, and when the next one is due.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        with self._database.writing() as connection:
            connection.execute(
                sa.update(deliveries)
                .where(self._is_mine, deliveries.c.n == n)
                .values(tries=tries, due=due)
            )

    def drop_others(self, urls: Sequence[str]) -> int:
        """Take out what waits for addresses that are no longer in the settings; return how many.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        with self._database.writing() as connection:
            gone = sa.delete(deliveries).where(self._is_mine, deliveries.c.url.not_in(urls))
            return connection.execute(gone).rowcount
