"""Writes batches into the database, inside a transaction of the caller's. Shell."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ivr_agi.store.batch import pack_lines, unpack_lines
from ivr_agi.store.bulk import add_counts, insert_rows
from ivr_agi.store.hours import hour_of
from ivr_agi.store.outbox import enqueue
from ivr_agi.store.summary import CallSummary, summarise
from ivr_agi.store.tables import (
    calls,
    flows,
    hourly,
    leg_histograms,
    node_events,
    open_lines,
    read_to,
    recordings,
    timelines,
    turns,
    utterances,
)

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

    from ivr_agi.journal import Event
    from ivr_agi.store.batch import Batch, OpenCall, OpenPiece
    from ivr_agi.store.callers import CallerKey
    from ivr_agi.store.reader import ReadPlace

_Counts = defaultdict[tuple[Any, ...], defaultdict[tuple[Any, ...], int]]
"""By where a count belongs, then by what it counts."""

__all__ = ("BatchWriter", "StoredCall", "StoreOptions")

IN_PARTS = 500
"""Values in one query."""


@dataclass(frozen=True, kw_only=True)
class StoreOptions:
    """How calls are stored."""

    zone: datetime.tzinfo
    """Time zone of hours and days."""
    caller_key: CallerKey
    """Makes digests of callers' numbers."""
    keeps_numbers: bool = True
    """Store the numbers, too."""
    flow_source: Callable[[str, str], str | None] = lambda *_: None
    """Returns the files of a flow's version as JSON, None if they are gone."""
    messages: Callable[[Batch, list[OpenPiece]], list[tuple[str, str, bytes]]] | None = None
    """Returns what is to be sent: url, unique id of the call, body."""


@dataclass(frozen=True)
class StoredCall:
    """A call that has been stored, for metrics and for what follows a call."""

    call_id: int
    unique_id: str
    started: float
    ended: float
    summary: CallSummary
    events: list[Event]


class BatchWriter:
    """Writes batches of one node.

    Args:
        node_id: Of the node.
        options: How calls are stored.
        next_id: The next call's id, where the database does not give them.
    """

    def __init__(self, node_id: int, options: StoreOptions, next_id: int) -> None:
        self._node_id = node_id
        self._options = options
        self._next_id = next_id
        self._known_flows: set[tuple[str, str]] = set()

    def write(
        self,
        connection: sa.Connection,
        batch: Batch,
        pieces: list[OpenPiece],
        file_id: str,
        place: ReadPlace,
    ) -> list[StoredCall]:
        """Write a batch, and how far the file was read; return the calls that ended.

        It may run while the next batch is sorted: it looks at no call that goes on.
        """
        ended = self._without_doubles(connection, batch.ended)
        ids = self._take_ids(connection, len(ended))
        stored = [
            StoredCall(
                call_id,
                call.unique_id,
                call.started,
                call.events[-1].time,
                summarise(call.events),
                call.events,
            )
            for call_id, call in zip(ids, ended, strict=True)
        ]
        self._insert(connection, ended, stored)
        self._count(connection, stored)
        self._note_flows(connection, stored)
        self._keep_open(connection, batch, pieces)
        self._append_late(connection, batch.late)
        machine = [(self._node_id, at, name, line.decode()) for at, name, line in batch.machine]
        insert_rows(connection, node_events, machine)
        if self._options.messages is not None:
            enqueue(connection, self._node_id, time.time(), self._options.messages(batch, pieces))
        self._note_place(connection, file_id, place)
        return stored

    def _without_doubles(self, connection: sa.Connection, ended: list[OpenCall]) -> list[OpenCall]:
        """Leave out calls that are stored: a file that was copied is read again."""
        known: set[tuple[str, float]] = set()
        for part in _parts(ended):
            query = sa.select(calls.c.unique_id, calls.c.started).where(
                calls.c.node_id == self._node_id,
                calls.c.unique_id.in_([call.unique_id for call in part]),
            )
            known |= {(row.unique_id, row.started) for row in connection.execute(query)}
        fresh = []
        for call in ended:
            if (key := (call.unique_id, call.started)) not in known:
                known.add(key)
                fresh.append(call)
        return fresh

    def _take_ids(self, connection: sa.Connection, n: int) -> list[int]:
        """Return ids of calls. Of PostgreSQL, other nodes take some, too."""
        if connection.dialect.name != "sqlite":
            found = connection.exec_driver_sql(
                "SELECT nextval('call_ids') FROM generate_series(1, %s)", (n,)
            )
            return [row[0] for row in found]
        ids = list(range(self._next_id, self._next_id + n))
        self._next_id += n
        return ids

    def _insert(
        self, connection: sa.Connection, ended: list[OpenCall], stored: list[StoredCall]
    ) -> None:
        insert_rows(
            connection,
            calls,
            [self._row(one, len(call.lines)) for call, one in zip(ended, stored, strict=True)],
        )
        insert_rows(
            connection,
            timelines,
            [
                (one.call_id, pack_lines(call.lines))
                for call, one in zip(ended, stored, strict=True)
            ],
        )
        insert_rows(
            connection,
            turns,
            [
                turn.row(one.call_id, n)
                for one in stored
                for n, turn in enumerate(one.summary.turns)
            ],
        )
        insert_rows(
            connection,
            utterances,
            [
                (one.call_id, n, at, one.summary.flow, *rest)
                for one in stored
                for n, at, *rest in one.summary.utterances
            ],
        )
        files = {
            (one.call_id, file): (one.call_id, file, kind, made)
            for one in stored
            for file, kind, made in one.summary.recordings
        }
        insert_rows(connection, recordings, list(files.values()))

    def _row(self, call: StoredCall, n_lines: int) -> tuple[Any, ...]:
        made, options = call.summary, self._options
        return (
            *(call.call_id, self._node_id, call.unique_id, call.started, made.seconds),
            *(made.flow, made.version, made.extension, made.called),
            (made.caller or None) if options.keeps_numbers else None,
            options.caller_key.digest(made.caller) or None,
            *(made.language, made.status, made.result, made.target, made.error),
            *(len(made.turns), made.misses, made.false_barge_ins, made.audio, made.path),
            *(made.last_step, n_lines),
        )

    def _count(self, connection: sa.Connection, stored: list[StoredCall]) -> None:
        counts: _Counts = defaultdict(lambda: defaultdict(int))
        legs: _Counts = defaultdict(lambda: defaultdict(int))
        zone, node = self._options.zone, self._node_id
        for one in stored:
            made, hour = one.summary, hour_of(one.started, zone)
            mine = counts[hour, node, made.flow, made.version]
            for key, n in made.counts.items():
                mine[key] += n
            mine = legs[hour, node, made.flow]
            for leg, n in made.legs.items():
                mine[leg] += n
        add_counts(connection, hourly, _rows(counts))
        add_counts(connection, leg_histograms, _rows(legs))

    def _note_flows(self, connection: sa.Connection, stored: list[StoredCall]) -> None:
        """Keep the files of each version of a flow that took a call, for drawings and replays."""
        for one in stored:
            key = (one.summary.flow, one.summary.version)
            if not all(key) or key in self._known_flows:
                continue
            self._known_flows.add(key)
            name, version = key
            found = connection.execute(
                sa.select(flows.c.source).where(flows.c.name == name, flows.c.version == version)
            ).first()
            if found is None:
                source = self._options.flow_source(name, version)
                insert_rows(connection, flows, [(name, version, source, one.started)])

    def _keep_open(self, connection: sa.Connection, batch: Batch, pieces: list[OpenPiece]) -> None:
        """Store the new lines of calls that go on, and drop those of calls that are over."""
        over = [call.unique_id for call in batch.ended if call.n_stored]
        for part in _parts(over):
            connection.execute(
                sa.delete(open_lines).where(
                    open_lines.c.node_id == self._node_id, open_lines.c.unique_id.in_(part)
                )
            )
        insert_rows(
            connection,
            open_lines,
            [(self._node_id, one.unique_id, one.first, pack_lines(one.lines)) for one in pieces],
        )

    def _append_late(self, connection: sa.Connection, late: dict[str, list[bytes]]) -> None:
        """Append lines to the time line of the newest call of that id."""
        for unique_id, lines in late.items():
            found = connection.execute(
                sa.select(calls.c.id, timelines.c.lines)
                .select_from(calls.outerjoin(timelines, timelines.c.call_id == calls.c.id))
                .where(calls.c.node_id == self._node_id, calls.c.unique_id == unique_id)
                .order_by(calls.c.started.desc())
                .limit(1)
            ).one()
            connection.execute(
                sa.update(calls)
                .where(calls.c.id == found.id)
                .values(lines=calls.c.lines + len(lines))
            )
            if found.lines is not None:
                packed = pack_lines([*unpack_lines(found.lines), *lines])
                connection.execute(
                    sa.update(timelines).where(timelines.c.call_id == found.id).values(lines=packed)
                )

    def _note_place(self, connection: sa.Connection, file_id: str, place: ReadPlace) -> None:
        key = (read_to.c.node_id == self._node_id, read_to.c.file_id == file_id)
        values = {
            "name": place.name,
            "bytes": place.n_bytes,
            "lines": place.n_lines,
            "bad_lines": place.n_bad,
        }
        now = time.time()
        changed = connection.execute(sa.update(read_to).where(*key).values(**values, at=now))
        if not changed.rowcount:
            insert_rows(connection, read_to, [(self._node_id, file_id, *values.values(), now)])


def _rows(counts: _Counts) -> list[tuple[Any, ...]]:
    """Return the rows of counts, in the order of their keys."""
    return sorted([(*where, *key, n) for where, mine in counts.items() for key, n in mine.items()])


def _parts(items: list[Any]) -> list[list[Any]]:
    return [items[n : n + IN_PARTS] for n in range(0, len(items), IN_PARTS)]
