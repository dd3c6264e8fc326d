"""Who looked, changed or deleted, and when. Never for whom they looked. Shell."""

from __future__ import annotations

import os
import pwd
import time
from typing import TYPE_CHECKING

from ivr_agi.store.bulk import insert_rows
from ivr_agi.store.tables import audit

if TYPE_CHECKING:
    from ivr_agi.store.database import Database

__all__ = ("note_access",)


def note_access(database: Database, what: str) -> None:
    """Note what the user of this process did.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    try:
        who = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        who = str(os.getuid())
    with database.writing() as connection:
        insert_rows(connection, audit, [(time.time(), who, what)])
