"""What the page of one call asks of the store, beside its time line. Shell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ivr_agi.store.tables import calls, nodes, recordings

if TYPE_CHECKING:
    from ivr_agi.store.database import Database

__all__ = ("StoredRecording", "calls_beside", "recordings_of")


@dataclass(frozen=True)
class StoredRecording:
    """A file that a call has left."""

    file: str
    kind: str
    """``call`` or ``message``."""
    made: float


def recordings_of(database: Database, call_id: int) -> list[StoredRecording]:
    """Return a call's recordings and messages, the oldest first.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    query = sa.select(recordings).where(recordings.c.call_id == call_id)
    with database.reading() as connection:
        found = connection.execute(query.order_by(recordings.c.made, recordings.c.file))
        return [StoredRecording(row.file, row.kind, row.made) for row in found]


def calls_beside(database: Database, row: dict[str, Any], *, each: int = 5) -> list[dict[str, Any]]:
    """Return calls of the same caller before and after one, the newest first.

    Args:
        database: The store.
        row: Of ``calls``.
        each: So many before, and so many after.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    if not row["caller_digest"]:
        return []
    of_caller = (
        sa.select(calls, nodes.c.name.label("node"))
        .join(nodes, nodes.c.id == calls.c.node_id)
        .where(calls.c.caller_digest == row["caller_digest"], calls.c.id != row["id"])
    )
    before = of_caller.where(calls.c.started <= row["started"])
    after = of_caller.where(calls.c.started > row["started"])
    with database.reading() as connection:
        found = [
            *connection.execute(after.order_by(calls.c.started).limit(each)).mappings(),
            *connection.execute(before.order_by(calls.c.started.desc()).limit(each)).mappings(),
        ]
    return sorted([dict(one) for one in found], key=lambda one: -one["started"])
