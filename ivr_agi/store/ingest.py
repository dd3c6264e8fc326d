"""Reads the journal into the store: each line exactly once, whatever dies in between. Shell.

A batch is one transaction: the rows of the calls that ended, the lines of those that go on, the
counts, and how far the file was read. What is in memory is made again from the database after any
failure. A long way is read in two steps that overlap: while the database stores a batch, the next
one is sorted. Rows are made when a call ends; a line that comes later joins the call's time line.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ivr_agi.store.batch import LineSorter, unpack_lines
from ivr_agi.store.bulk import insert_rows
from ivr_agi.store.reader import BLOCK_BYTES, JournalReader, ReadPlace
from ivr_agi.store.tables import calls, nodes, open_lines, read_to
from ivr_agi.store.writing import BatchWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ivr_agi.journal import Event
    from ivr_agi.store.batch import Batch, OpenPiece
    from ivr_agi.store.database import Database
    from ivr_agi.store.writing import StoredCall, StoreOptions

__all__ = ("Ingester", "find_node")

MAX_REMEMBERED = 50_000
"""Calls that ended whose ids are remembered, for lines that come after the end."""


@dataclass(frozen=True)
class _Taken:
    """A block that was read and sorted."""

    batch: Batch
    pieces: list[OpenPiece]
    file_id: str
    place: ReadPlace
    """Behind it."""
    n_lines: int


class Ingester:
    """Reads one node's journal into a database; the only one that does so.

    Args:
        database: The database, of the newest schema.
        node: Name of the node.
        journal: The journal file.
        options: How calls are stored.
        on_stored: Gets the calls of each batch after it is committed, and the batch.
    """

    def __init__(
        self,
        database: Database,
        node: str,
        journal: Path,
        options: StoreOptions,
        *,
        on_stored: Callable[[list[StoredCall], Batch], None] = lambda *_: None,
    ) -> None:
        self._database = database
        self._node = node
        self._journal = journal
        self._options = options
        self._on_stored = on_stored
        self._is_loaded = False
        self._stored: set[str] = set()
        self._storing: set[str] = set()
        """Calls of the batch that was taken last: it may not be stored yet."""

    def read_block(self, n_bytes: int = BLOCK_BYTES) -> int:
        """Read on, at most so many bytes, and store them; return the number of lines.

        Raises:
            StoreUnavailable: The database does not answer; nothing has changed.
        """
        taken = self._take_block(n_bytes)
        if taken is None:
            return 0
        with self._reloading_after_failure():
            stored = self._store(taken)
        self._on_stored(stored, taken.batch)
        return taken.n_lines

    def read_all(self) -> int:
        """Read to the end; return the number of lines.

        A block is read and sorted while the database stores the one before.

        Raises:
            StoreUnavailable: The database does not answer; what was committed stays.
        """
        n_lines = 0
        with ThreadPoolExecutor(1, "ivr-agi ingest") as pool, self._reloading_after_failure():
            taken = self._take_block()
            while taken is not None:
                storing = pool.submit(self._store, taken)
                following = self._take_block()
                self._on_stored(storing.result(), taken.batch)
                n_lines += taken.n_lines
                taken = following
        return n_lines

    @contextlib.contextmanager
    def _reloading_after_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._is_loaded = False  # what is in memory is ahead of what is stored
            raise

    def _take_block(self, n_bytes: int = BLOCK_BYTES) -> _Taken | None:
        """Read and sort the next block; None: there is none."""
        if not self._is_loaded:
            self._load()
        block = self._reader.next_block(n_bytes)
        if block is None:
            return None
        with self._reloading_after_failure():
            batch = self._sorter.take(block.lines)
        place = self._reader.commit(block, batch.n_bad)
        if len(self._stored) > MAX_REMEMBERED:
            self._stored = set(self._storing)
        self._storing = {call.unique_id for call in batch.ended}
        self._stored |= self._storing
        return _Taken(batch, batch.hand_over(), block.file_id, place, len(block.lines))

    def _store(self, taken: _Taken) -> list[StoredCall]:
        with self._database.writing() as connection:
            return self._writer.write(
                connection, taken.batch, taken.pieces, taken.file_id, taken.place
            )

    def behind_bytes(self) -> int:
        """Return how many bytes of the journal have not been read.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        if not self._is_loaded:
            self._load()
        return self._reader.behind_bytes()

    @property
    def open_calls(self) -> list[list[Event]]:
        """The events of each call whose end has not been read; empty before anything was read."""
        if not self._is_loaded:
            return []
        return [call.events for call in self._sorter.open_calls]

    def look_ahead(self) -> list[list[Event]]:
        """Return the events of each open call, read to the end of the journal; store nothing.

        Raises:
            StoreUnavailable: The database does not answer.
        """
        self._load(makes_node=False)
        while (block := self._reader.next_block()) is not None:
            self._sorter.take(block.lines)
            self._reader.commit(block, 0)
        self._is_loaded = False
        return [call.events for call in self._sorter.open_calls]

    def _load(self, *, makes_node: bool = True) -> None:
        """Take up what the database has of this node."""
        if makes_node:
            with self._database.writing() as connection:
                find_node(connection, self._node)
        with self._database.reading() as connection:
            named = sa.select(nodes.c.id).where(nodes.c.name == self._node)
            node_id = connection.execute(named).scalar() or 0
            found = connection.execute(sa.select(read_to).where(read_to.c.node_id == node_id))
            places = {
                row.file_id: ReadPlace(row.name, row.bytes, row.lines, row.bad_lines)
                for row in found
            }
            mine = open_lines.c.node_id == node_id
            by_age = (open_lines.c.unique_id, open_lines.c.first)
            lines = connection.execute(sa.select(open_lines).where(mine).order_by(*by_age)).all()
            last_id = connection.execute(sa.select(sa.func.max(calls.c.id))).scalar() or 0
        self._node_id = node_id
        self._stored.clear()
        self._storing.clear()
        self._reader = JournalReader(self._journal, places)
        self._sorter = LineSorter(self._has_stored)
        self._writer = BatchWriter(node_id, self._options, last_id + 1)
        for row in lines:
            self._sorter.take_up(row.unique_id, unpack_lines(row.lines))
        self._is_loaded = True

    def _has_stored(self, unique_id: str) -> bool:
        """Return whether a call that is not open has been stored."""
        if unique_id not in self._stored:
            query = sa.select(calls.c.id).where(
                calls.c.node_id == self._node_id, calls.c.unique_id == unique_id
            )
            with self._database.reading() as connection:
                if connection.execute(query.limit(1)).first() is None:
                    return False
            self._stored.add(unique_id)
        return True


def find_node(connection: sa.Connection, name: str) -> int:
    """Return a node's id; a new one gets one."""
    query = sa.select(nodes.c.id).where(nodes.c.name == name)
    found = connection.execute(query).scalar()
    if found is not None:
        return int(found)
    newest = connection.execute(sa.select(sa.func.max(nodes.c.id))).scalar() or 0
    insert_rows(connection, nodes, [(newest + 1, name)])
    return int(newest) + 1
