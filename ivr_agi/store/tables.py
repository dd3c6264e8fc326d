"""The tables of the store, in SQLite and in PostgreSQL.

What is asked for is typed; all else about a call is its time line, the call's own lines of the
journal, compressed. Times are seconds since 1970, durations milliseconds.

``migrations/`` makes these tables, and a test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

__all__ = (
    "METADATA",
    "audit",
    "backups",
    "calls",
    "deliveries",
    "flows",
    "hourly",
    "leg_histograms",
    "node_events",
    "nodes",
    "open_lines",
    "read_to",
    "recordings",
    "timelines",
    "turns",
    "utterances",
)

METADATA = MetaData()

_Id = BigInteger().with_variant(Integer, "sqlite")
"""Of a call: in SQLite the row's own number."""


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _node() -> Column[int]:
    return Column("node_id", Integer, ForeignKey("nodes.id"), nullable=False)


nodes = Table(
    "nodes", METADATA, Column("id", Integer, primary_key=True), Column("name", Text, unique=True)
)

flows = Table(
    "flows",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("source", Text),
    Column("first_seen", Double, nullable=False),
)
"""Each version of a flow that took a call; ``source`` is its files, as JSON."""

calls = Table(
    "calls",
    METADATA,
    Column("id", _Id, primary_key=True, autoincrement=False),
    _node(),
    Column("unique_id", Text, nullable=False),
    Column("started", Double, nullable=False),
    Column("seconds", Double),
    _text("flow"),
    _text("version"),
    _text("extension"),
    _text("called"),
    Column("caller", Text),
    Column("caller_digest", Text),
    _text("language"),
    _text("status"),
    _text("result"),
    _text("target"),
    _text("error"),
    _count("turns"),
    _count("misses"),
    _count("false_barge_ins"),
    _text("audio"),
    _text("path"),
    _text("last_step"),
    _count("lines"),
)
"""``status`` is empty where the end is missing. ``path`` is the steps in order, joined by ``>``."""

Index("calls_by_id", calls.c.node_id, calls.c.unique_id, calls.c.started, unique=True)
Index("calls_by_start", calls.c.started)
Index("calls_by_caller", calls.c.caller_digest, calls.c.started)

turns = Table(
    "turns",
    METADATA,
    Column("call_id", _Id, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", Integer, nullable=False),
    _text("step"),
    _text("prompt"),
    _text("outcome"),
    _text("understood"),
    Column("is_barge_in", Boolean, nullable=False),
    _count("false_barge_ins"),
    Column("position_ms", Integer),
    _text("endpoint"),
    Column("voice_to_stop_ms", Integer),
    Column("voice_to_words_ms", Integer),
    Column("voice_to_final_ms", Integer),
    Column("silence_to_final_ms", Integer),
    Column("final_to_end_ms", Integer),
)
"""``prompt`` is a digest of what was said; ``understood`` is the flow's event after the outcome."""

utterances = Table(
    "utterances",
    METADATA,
    Column("call_id", _Id, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    _text("flow"),
    _text("step"),
    Column("text", Text, nullable=False),
    Column("score", Double),
    _text("choice"),
    Column("is_matched", Boolean, nullable=False),
)

Index(
    "utterances_unmatched",
    utterances.c.at,
    sqlite_where=text("NOT is_matched"),
    postgresql_where=text("NOT is_matched"),
)

timelines = Table(
    "timelines",
    METADATA,
    Column("call_id", _Id, primary_key=True, autoincrement=False),
    Column("lines", LargeBinary, nullable=False),
)

recordings = Table(
    "recordings",
    METADATA,
    Column("call_id", _Id, primary_key=True, autoincrement=False),
    Column("file", Text, primary_key=True),
    _text("kind"),
    Column("made", Double, nullable=False),
)
"""``kind`` is ``call`` or ``message``; ``file`` is a name in its folder."""

open_lines = Table(
    "open_lines",
    METADATA,
    Column("node_id", Integer, ForeignKey("nodes.id"), primary_key=True),
    Column("unique_id", Text, primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("lines", LargeBinary, nullable=False),
)
"""Lines of calls that have not ended; ``first`` is the number of the first of them."""

node_events = Table(
    "node_events",
    METADATA,
    _node(),
    Column("at", Double, nullable=False),
    Column("event", Text, nullable=False),
    Column("line", Text, nullable=False),
)
"""Events that belong to no call."""

Index("node_events_by_time", node_events.c.at)

read_to = Table(
    "read_to",
    METADATA,
    Column("node_id", Integer, ForeignKey("nodes.id"), primary_key=True),
    Column("file_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("bad_lines", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
)
"""How far each journal file was read, in the transaction that has its rows."""

hourly = Table(
    "hourly",
    METADATA,
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("node_id", Integer, ForeignKey("nodes.id"), primary_key=True),
    Column("flow", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
)
"""Counts by the hour; ``hour`` is the begin of an hour of the installation's time zone."""

leg_histograms = Table(
    "leg_histograms",
    METADATA,
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("node_id", Integer, ForeignKey("nodes.id"), primary_key=True),
    Column("flow", Text, primary_key=True),
    Column("endpoint", Text, primary_key=True),
    Column("leg", Text, primary_key=True),
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    METADATA,
    Column("at", Double, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
)
"""Who looked, listened or changed. Never what was looked for."""

backups = Table("backups", METADATA, Column("file", Text, primary_key=True), Column("at", Double))
"""Where backups were written: they forget whom the store forgets."""

deliveries = Table(
    "deliveries",
    METADATA,
    Column("node_id", Integer, ForeignKey("nodes.id"), primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("made", Double, nullable=False),
    _count("tries"),
    Column("due", Double, nullable=False),
)
"""Messages for other systems that have not arrived; ``n`` is their order, ``due`` the next try."""
