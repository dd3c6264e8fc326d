"""What is asked of the store about single calls. Shell."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

from ivr_agi.errors import ConfigError
from ivr_agi.store.batch import unpack_events
from ivr_agi.store.bulk import names_of
from ivr_agi.store.tables import calls, flows, nodes, recordings, timelines, turns, utterances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.journal import Event
    from ivr_agi.store.callers import CallerKey
    from ivr_agi.store.database import Database

__all__ = (
    "CallFilter",
    "StoredTimeline",
    "UnmatchedWords",
    "calls_query",
    "list_calls",
    "find_timeline",
    "flow_source",
    "recordings_query",
    "timeline_query",
    "unmatched_words",
)

ESCAPE = "\\"

_Values = dict[str, Any] | tuple[Any, ...]
"""Of a query, as a driver takes them."""


@dataclass(frozen=True, kw_only=True)
class CallFilter:
    """Which calls are asked for; empty and None: any."""

    caller: str = ""
    since: float | None = None
    until: float | None = None
    flow: str = ""
    status: str = ""
    step: str = ""
    """A step that the call went through."""
    words: str = ""
    """A part of what the caller said."""
    node: str = ""
    limit: int | None = 50
    """The newest of them."""

    def asked(self, caller_key: CallerKey) -> dict[str, Any]:
        """Return the values that are asked for, by their names in the query."""
        found: dict[str, Any] = {
            "caller": caller_key.digest(self.caller) if self.caller else None,
            "since": self.since,
            "until": self.until,
            "flow": self.flow or None,
            "status": self.status or None,
            "node": self.node or None,
            "step": self.step or None,
            "step_in_path": f"%>{_escape(self.step)}>%" if self.step else None,
            "words": f"%{_escape(self.words)}%" if self.words else None,
            "limit": self.limit,
        }
        return {name: value for name, value in found.items() if value is not None}


_CONDITIONS: dict[str, sa.ColumnElement[bool]] = {
    "caller": calls.c.caller_digest == sa.bindparam("caller"),
    "since": calls.c.started >= sa.bindparam("since"),
    "until": calls.c.started < sa.bindparam("until"),
    "flow": calls.c.flow == sa.bindparam("flow"),
    "status": calls.c.status == sa.bindparam("status"),
    "node": calls.c.node_id.in_(sa.select(nodes.c.id).where(nodes.c.name == sa.bindparam("node"))),
    "step": (
        sa.exists().where(turns.c.call_id == calls.c.id, turns.c.step == sa.bindparam("step"))
        | (calls.c.last_step == sa.bindparam("step"))
        | (">" + calls.c.path + ">").like(sa.bindparam("step_in_path"), escape=ESCAPE)
    ),
    "words": sa.exists().where(
        utterances.c.call_id == calls.c.id,
        utterances.c.text.ilike(sa.bindparam("words"), escape=ESCAPE),
    ),
}
"""What each value of a :class:`CallFilter` asks of ``calls``."""


_CALL_COLUMNS = (*names_of(calls), "node")


@functools.lru_cache(maxsize=64)
def _calls_query(asked: frozenset[str], dialect: sa.Dialect) -> SQLCompiler:
    """Return the query that asks for these values, ready to run.

    Putting a query together takes ten times as long as the database takes for the calls of a
    caller.
    """
    query = (
        sa.select(calls, nodes.c.name.label("node"))
        .join(nodes, nodes.c.id == calls.c.node_id)
        .where(*[condition for name, condition in _CONDITIONS.items() if name in asked])
        .order_by(calls.c.started.desc())
    )
    if "limit" in asked:
        query = query.limit(sa.bindparam("limit", type_=sa.Integer))
    return _compiled(query, dialect)


@dataclass(frozen=True)
class StoredTimeline:
    """A call with its events."""

    row: dict[str, Any]
    """Of ``calls``, with ``node``."""
    events: list[Event]
    """Empty when the words have been deleted."""
    recordings: list[str]
    """Names of the files."""


@dataclass(frozen=True)
class UnmatchedWords:
    """Words that no choice was found for, and what the same caller did next."""

    call_id: int
    at: float
    flow: str
    step: str
    text: str
    meant: str
    """The choice of the next answer at the same step, or the call's target; empty: neither."""


def list_calls(
    database: Database, caller_key: CallerKey, wanted: CallFilter
) -> list[dict[str, Any]]:
    """Return rows of ``calls`` with the name of their node, the newest first.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    text, values = calls_query(database, caller_key, wanted)
    with database.reading() as connection:
        # A raw cursor: what a result of SQLAlchemy finds out about columns is known here.
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, values)
            return [dict(zip(_CALL_COLUMNS, row, strict=True)) for row in cursor.fetchall()]
        finally:
            cursor.close()


def calls_query(
    database: Database, caller_key: CallerKey, wanted: CallFilter
) -> tuple[str, _Values]:
    """Return the SQL of :func:`list_calls`, and its values, as the database's driver takes them."""
    asked = wanted.asked(caller_key)
    return _given(_calls_query(frozenset(asked), database.engine.dialect), asked)


def find_timeline(database: Database, name: str) -> StoredTimeline:
    """Return a call by Asterisk's unique id (the newest of that id), or by its number here.

    Raises:
        ConfigError: There is no such call.
        StoreUnavailable: The database does not answer.
    """
    text, values = timeline_query(database, name)
    with database.reading() as connection:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, values)
            found = cursor.fetchone()
            if found is None:
                raise ConfigError(f"there is no call {name!r}: ivr-agi calls lists them")
            *kept, packed = found
            row = dict(zip(_CALL_COLUMNS, kept, strict=True))
            cursor.execute(*recordings_query(database, row["id"]))
            names = [file for (file,) in cursor.fetchall()]
        finally:
            cursor.close()
    return StoredTimeline(row, unpack_events(packed) if packed is not None else [], names)


def timeline_query(database: Database, name: str) -> tuple[str, _Values]:
    """Return the first SQL of :func:`find_timeline`, and its values, as the driver takes them."""
    values: dict[str, Any] = {"name": name}
    if name.isdecimal() and len(name) < 19:
        values["number"] = int(name)
    return _given(_timeline_query("number" in values, database.engine.dialect), values)


def recordings_query(database: Database, call_id: int) -> tuple[str, _Values]:
    """Return the second SQL of :func:`find_timeline`."""
    return _given(_recordings_query(database.engine.dialect), {"call": call_id})


@functools.lru_cache(maxsize=8)
def _timeline_query(by_number: bool, dialect: sa.Dialect) -> SQLCompiler:
    # Of every node by name: the index of unique ids begins with the node.
    is_it: sa.ColumnElement[bool] = calls.c.node_id.in_(sa.select(nodes.c.id)) & (
        calls.c.unique_id == sa.bindparam("name", type_=sa.Text)
    )
    if by_number:
        is_it = is_it | (calls.c.id == sa.bindparam("number", type_=sa.BigInteger))
    query = (
        sa.select(calls, nodes.c.name.label("node"), timelines.c.lines.label("packed"))
        .join(nodes, nodes.c.id == calls.c.node_id)
        .outerjoin(timelines, timelines.c.call_id == calls.c.id)
        .where(is_it)
        .order_by(calls.c.started.desc())
        .limit(sa.literal_column("1"))
    )
    return _compiled(query, dialect)


@functools.lru_cache(maxsize=4)
def _recordings_query(dialect: sa.Dialect) -> SQLCompiler:
    query = (
        sa.select(recordings.c.file)
        .where(recordings.c.call_id == sa.bindparam("call", type_=sa.BigInteger))
        .order_by(recordings.c.made)
    )
    return _compiled(query, dialect)


def _compiled(query: sa.Select[Any], dialect: sa.Dialect) -> SQLCompiler:
    compiled = query.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)  # of a SELECT
    return compiled


def _given(query: SQLCompiler, asked: dict[str, Any]) -> tuple[str, _Values]:
    """Return a query's text and its values, as the driver takes them."""
    given = query.construct_params(asked)
    names = query.positiontup
    return query.string, (dict(given) if names is None else tuple([given[n] for n in names]))


def flow_source(database: Database, name: str, version: str) -> dict[str, str] | None:
    """Return the files of a flow's version, by name; None: they were not kept.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    query = sa.select(flows.c.source).where(flows.c.name == name, flows.c.version == version)
    with database.reading() as connection:
        text = connection.execute(query).scalar()
    return None if text is None else msgspec.json.decode(text, type=dict[str, str])


def unmatched_words(
    database: Database, *, since: float, until: float, flow: str = "", step: str = ""
) -> list[UnmatchedWords]:
    """Return what was not understood, with what was meant, as far as the next answer shows it.

    Raises:
        StoreUnavailable: The database does not answer.
    """
    later = utterances.alias("later")
    next_choice = (
        sa.select(later.c.choice)
        .where(
            later.c.call_id == utterances.c.call_id,
            later.c.step == utterances.c.step,
            later.c.n > utterances.c.n,
            later.c.is_matched,
        )
        .order_by(later.c.n)
        .limit(1)
        .scalar_subquery()
    )
    conditions: Sequence[sa.ColumnElement[bool]] = [
        ~utterances.c.is_matched,
        utterances.c.at >= since,
        utterances.c.at < until,
        *([utterances.c.flow == flow] if flow else []),
        *([utterances.c.step == step] if step else []),
    ]
    query = (
        sa.select(utterances, calls.c.target, next_choice.label("next_choice"))
        .join(calls, calls.c.id == utterances.c.call_id)
        .where(*conditions)
        .order_by(utterances.c.at)
    )
    with database.reading() as connection:
        return [
            UnmatchedWords(
                row.call_id, row.at, row.flow, row.step, row.text, row.next_choice or row.target
            )
            for row in connection.execute(query)
        ]


def _escape(text: str) -> str:
    for mark in (ESCAPE, "%", "_"):
        text = text.replace(mark, ESCAPE + mark)
    return text
