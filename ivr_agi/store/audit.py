"""Who looked, changed or deleted, and when. Never for whom they looked. Shell."""

from __future__ import annotations

import os
import pwd
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr_agi.store.bulk import insert_rows
from ivr_agi.store.tables import audit

if TYPE_CHECKING:
    from ivr_agi.store.database import Database

__all__ = ("AuditLine", "list_audit", "note_access")


@dataclass(frozen=True)
class AuditLine:
    """What somebody did."""

    at: float
    who: str
    what: str


def note_access(database: Database, what: str, *, who: str = "") -> None:
    """Note what somebody did.

    Args:
        database: The store.
        what: What it was; never for whom they looked.
        who: Who did it; empty: the user of this process.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    with database.writing() as connection:
        insert_rows(connection, audit, [(time.time(), who or _own_name(), what)])


def list_audit(database: Database, *, limit: int = 500) -> list[AuditLine]:
    """Return what was noted, the newest first.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    query = sa.select(audit).order_by(audit.c.at.desc()).limit(limit)
    with database.reading() as connection:
        return [AuditLine(row.at, row.who, row.what) for row in connection.execute(query)]


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
