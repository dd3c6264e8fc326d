"""Single calls, and what was not understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.journal import JournalFile
from ivr_agi.store import queries
from ivr_agi.store.database import Database, StoreUnavailable
from ivr_agi.store.queries import (
    CallFilter,
    find_timeline,
    flow_source,
    list_calls,
    unmatched_words,
)
from tests.store.journals import BEGIN, KEY, event, ingester_of


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Database:
    """Three calls."""
    lines = []
    for n, (caller, flow, said, choice, status) in enumerate(
        [
            ("100", "main", "50% off_er", "", "HANGUP"),
            ("100", "main", "sails", "sales", "TRANSFER"),
            ("200", "other", "我要查账", "bill", "COMPLETED"),
        ]
    ):
        call, at_s = f"1.{n}", n * 100.0
        understood = ("choice", {"choice": choice}) if choice else ("no_match", {"count": 1})
        lines += [
            event(call, at_s, "call_started", caller=caller, flow=flow, version="v1"),
            event(call, at_s + 1, "step", step="menu"),
            event(call, at_s + 2, "outcome", outcome="Heard", text="mumble"),
            event(call, at_s + 3, "no_match", step="menu", count=1),
            event(call, at_s + 4, "outcome", outcome="Heard", text=said),
            event(call, at_s + 5, understood[0], step="menu", **understood[1]),
            event(call, at_s + 6, "call_recording", file=f"{n}.wav"),
            event(call, at_s + 7, "call_ended", status=status, seconds=7.0),
        ]
    file = JournalFile(tmp_path / "journal")
    file.append(b"".join(lines))
    sources = {("main", "v1"): '{"main.yaml": "start: menu"}'}
    source = {"flow_source": lambda name, version: sources.get((name, version))}
    ingester_of(database, tmp_path / "journal", **source).read_all()
    return database


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (CallFilter(), ["1.2", "1.1", "1.0"]),
        (CallFilter(limit=1), ["1.2"]),
        (CallFilter(caller="1 00"), ["1.1", "1.0"]),
        (CallFilter(since=BEGIN + 100, until=BEGIN + 200), ["1.1"]),
        (CallFilter(flow="other"), ["1.2"]),
        (CallFilter(status="HANGUP"), ["1.0"]),
        (CallFilter(step="menu"), ["1.2", "1.1", "1.0"]),
        (CallFilter(step="men"), []),
        (CallFilter(words="% OFF_"), ["1.0"]),
        (CallFilter(words="_"), ["1.0"]),
        (CallFilter(words="查账"), ["1.2"]),
        (CallFilter(node="node"), ["1.2", "1.1", "1.0"]),
        (CallFilter(node="x"), []),
    ],
)
def test_filters(store: Database, wanted: CallFilter, found: list[str]) -> None:
    """Each of them; what a caller said is found by a part of it, whatever that is."""
    rows = list_calls(store, KEY, wanted)
    assert [row["unique_id"] for row in rows] == found
    assert all(row["node"] == "node" for row in rows)


def test_a_time_line(store: Database) -> None:
    """By Asterisk's id or by ours; with its recordings."""
    found = find_timeline(store, "1.1")
    assert found.row["status"] == "TRANSFER"
    assert found.recordings == ["1.wav"]
    assert find_timeline(store, str(found.row["id"])).row == found.row
    with pytest.raises(ConfigError, match=r"there is no call '9\.9'"):
        find_timeline(store, "9.9")


def test_what_was_meant(store: Database) -> None:
    """The choice of the next answer at the same step."""
    found = unmatched_words(store, since=BEGIN, until=BEGIN + 1000)
    assert [(words.text, words.meant) for words in found] == [
        ("mumble", ""),
        ("50% off_er", ""),
        ("mumble", "sales"),
        ("mumble", "bill"),
    ]
    assert len(unmatched_words(store, since=BEGIN, until=BEGIN + 1000, flow="other")) == 1


def test_files_of_a_flow(store: Database) -> None:
    """Those that were there when the first call came."""
    assert flow_source(store, "main", "v1") == {"main.yaml": "start: menu"}
    assert flow_source(store, "other", "v1") is None
    assert flow_source(store, "main", "v0") is None


def test_a_database_that_goes_away(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the driver itself is told as any other."""
    text = "SELECT 1 FROM nowhere"
    monkeypatch.setattr(queries, "calls_query", lambda *_: (text, ()))
    with pytest.raises(StoreUnavailable, match="the store cannot be used: .*nowhere"):
        list_calls(store, KEY, CallFilter())


def test_marks_of_patterns_are_words(store: Database) -> None:
    """No step's name and no caller's words are a pattern."""
    assert list_calls(store, KEY, CallFilter(step="%")) == []
    assert list_calls(store, KEY, CallFilter(step="_enu")) == []
    assert len(list_calls(store, KEY, CallFilter(words="%"))) == 1
