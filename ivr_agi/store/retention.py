"""Deletes what is too old or too much, a little at a time: nobody waits for it. Shell."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr_agi.journal import sealed_files
from ivr_agi.store.reader import file_name_of, first_line_of
from ivr_agi.store.tables import (
    calls,
    node_events,
    nodes,
    read_to,
    recordings,
    timelines,
    turns,
    utterances,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ivr_agi.store.database import Database
    from ivr_agi.store.places import Places
    from ivr_agi.store_settings import RetentionSettings

__all__ = ("Deleted", "Retention", "read_journal_files")

CALLS_AT_ONCE = 100
"""In one transaction: it takes some 10 ms, and whoever writes waits for it."""
DAY_S = 86_400.0


@dataclass
class Deleted:
    """How much was deleted."""

    calls_words: int = 0
    """Calls that lost their words."""
    calls: int = 0
    files: int = 0

    def __bool__(self) -> bool:
        return bool(self.calls_words or self.calls or self.files)


class Retention:
    """Keeps a store and the files of a node within the limits of the settings.

    Args:
        database: The store.
        node: Name of the node: only files of journals that it has read are deleted.
        places: Its files.
        limits: How long what is kept, and how much.
    """

    def __init__(
        self, database: Database, node: str, places: Places, limits: RetentionSettings
    ) -> None:
        self._database = database
        self._node = node
        self._places = places
        self._limits = limits

    def run(self, now: float) -> Deleted:
        """Delete all that is too old or too much.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        deleted, limits = Deleted(), self._limits
        if limits.words_days:
            while n := self._delete_words(now - limits.words_days * DAY_S):
                deleted.calls_words += n
        while limits.words_mb and self._words_bytes() > limits.words_mb << 20:
            if not (n := self._delete_words(now)):
                break
            deleted.calls_words += n
        if limits.calls_days:
            while n := self._delete_calls(now - limits.calls_days * DAY_S):
                deleted.calls += n
        for folder, days, most_mb in (
            (self._places.recordings, limits.recordings_days, limits.recordings_mb),
            (self._places.messages, limits.messages_days, limits.messages_mb),
        ):
            if folder is not None:
                deleted.files += self._delete_files(folder.glob("*.wav"), now, days, most_mb)
        if self._places.journal is not None:
            read = read_journal_files(self._database, self._node, self._places.journal)
            days, most_mb = limits.journal_days, limits.journal_mb
            deleted.files += self._delete_files(read, now, days, most_mb)
        return deleted

    def _delete_words(self, before: float) -> int:
        """Delete time lines, words and numbers of some calls; return of how many."""
        old = (
            sa.select(calls.c.id)
            .join(timelines, timelines.c.call_id == calls.c.id)
            .where(calls.c.started < before)
            .order_by(calls.c.started)
            .limit(CALLS_AT_ONCE)
        )
        with self._database.writing() as connection:
            ids = [row.id for row in connection.execute(old)]
            for table in (timelines, utterances):
                connection.execute(sa.delete(table).where(table.c.call_id.in_(ids)))
            connection.execute(sa.update(calls).where(calls.c.id.in_(ids)).values(caller=None))
        return len(ids)

    def _words_bytes(self) -> int:
        with self._database.reading() as connection:
            total = sa.select(sa.func.sum(sa.func.length(timelines.c.lines)))
            return int(connection.execute(total).scalar() or 0)

    def _delete_calls(self, before: float) -> int:
        old = sa.select(calls.c.id).where(calls.c.started < before).limit(CALLS_AT_ONCE)
        with self._database.writing() as connection:
            ids = [row.id for row in connection.execute(old)]
            for table in (timelines, utterances, turns, recordings):
                connection.execute(sa.delete(table).where(table.c.call_id.in_(ids)))
            connection.execute(sa.delete(calls).where(calls.c.id.in_(ids)))
            connection.execute(sa.delete(node_events).where(node_events.c.at < before))
        return len(ids)

    def _delete_files(self, files: Iterable[Path], now: float, days: int, most_mb: int) -> int:
        """Delete files that are too old, then the oldest until the rest is small enough."""
        found = []
        for file in files:
            with contextlib.suppress(OSError):
                status = file.stat()
                found.append((status.st_mtime, status.st_size, file))
        found.sort()
        total, n_deleted = sum(size for _, size, _ in found), 0
        for made, size, file in found:
            is_old = bool(days) and made < now - days * DAY_S
            if not is_old and not (most_mb and total > most_mb << 20):
                continue
            with contextlib.suppress(OSError):
                file.unlink()
                total -= size
                n_deleted += 1
        return n_deleted


def read_journal_files(database: Database, node: str, journal: Path) -> list[Path]:
    """Return the sealed files of a journal that are in the store to their last line.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    query = (
        sa.select(read_to.c.file_id, read_to.c.bytes)
        .join(nodes, nodes.c.id == read_to.c.node_id)
        .where(nodes.c.name == node)
    )
    with database.reading() as connection:
        read = {row.file_id: row.bytes for row in connection.execute(query)}
    found = []
    for file in sealed_files(journal):
        with contextlib.suppress(OSError):
            line = first_line_of(file)
            if line is not None and read.get(file_name_of(line), -1) >= file.stat().st_size:
                found.append(file)
    return found
