"""What is too old or too much is deleted, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from ivr_agi.store.database import Database
from ivr_agi.store.places import Places
from ivr_agi.store.retention import Retention
from ivr_agi.store.tables import calls, hourly, timelines, turns, utterances
from ivr_agi.store_settings import RetentionSettings
from tests.store.journals import BEGIN, ingester_of, write_calls

DAY_S = 86_400
NONE = RetentionSettings(
    words_days=0,
    calls_days=0,
    recordings_days=0,
    messages_days=0,
    journal_days=0,
    words_mb=0,
    recordings_mb=0,
    messages_mb=0,
    journal_mb=0,
)


@pytest.fixture(autouse=True)
def _few_calls_are_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that are deleted together."""
    monkeypatch.setattr("ivr_agi.store.retention.CALLS_AT_ONCE", 3)


def places_in(folder: Path) -> Places:
    """All in one folder."""
    return Places(
        journal=folder / "journal",
        log=None,
        recordings=folder / "recordings",
        messages=folder / "messages",
        prompts=folder,
        languages=("en",),
    )


def limited(database: Database, folder: Path, **limits: int) -> Retention:
    """Only these limits."""
    import msgspec

    chosen = msgspec.structs.replace(NONE, **limits)
    return Retention(database, "node", places_in(folder), chosen)


def count(database: Database, table: sa.Table) -> int:
    """Rows of a table."""
    with database.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() or 0


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Database:
    """Ten calls."""
    write_calls(tmp_path / "journal", 10, rotate_bytes=3_000)
    ingester_of(database, tmp_path / "journal").read_all()
    return database


def test_words(store: Database, tmp_path: Path) -> None:
    """Time lines, utterances and numbers go; the calls and their counts stay."""
    n_turns, n_hours = count(store, turns), count(store, hourly)
    middle = BEGIN + 2.4  # five of them began before
    deleted = limited(store, tmp_path, words_days=1).run(middle + DAY_S)
    assert (deleted.calls_words, deleted.calls, bool(deleted)) == (5, 0, True)
    assert count(store, timelines) == 5
    with store.reading() as connection:
        kept = connection.execute(sa.select(calls.c.caller).order_by(calls.c.started)).all()
        said = connection.execute(sa.select(sa.func.min(utterances.c.at))).scalar()
    assert [row.caller is None for row in kept] == [True] * 5 + [False] * 5
    assert said is None or said > middle
    assert (count(store, turns), count(store, hourly)) == (n_turns, n_hours)


def test_no_limit(store: Database, tmp_path: Path) -> None:
    """Nothing is deleted, ever."""
    assert not limited(store, tmp_path).run(BEGIN + 1e9)
    assert count(store, timelines) == 10


def test_calls(store: Database, tmp_path: Path) -> None:
    """Their rows go, the hours stay."""
    n_hours = count(store, hourly)
    assert limited(store, tmp_path, calls_days=1).run(BEGIN + 10 * DAY_S).calls == 10
    assert [count(store, table) for table in (calls, turns, timelines, utterances)] == [0] * 4
    assert count(store, hourly) == n_hours


def test_too_many_words(store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go first."""
    retention = limited(store, tmp_path, words_mb=1)
    sizes = iter([2 << 20, 2 << 20, 1 << 20])
    monkeypatch.setattr(retention, "_words_bytes", lambda: next(sizes))
    assert retention.run(BEGIN + 100).calls_words == 6
    with store.reading() as connection:
        query = sa.select(calls.c.started).join(timelines, timelines.c.call_id == calls.c.id)
        kept = connection.execute(query).scalars().all()
    assert min(kept) >= BEGIN + 3
    monkeypatch.setattr(retention, "_words_bytes", lambda: 2 << 20)
    assert retention.run(BEGIN + 100).calls_words == 4


def test_recordings_and_messages(database: Database, tmp_path: Path) -> None:
    """Each by its own age; then the oldest until the rest fits."""
    now = time.time()
    for folder in ("recordings", "messages"):
        (tmp_path / folder).mkdir()
        for days in (1, 20, 100):
            file = tmp_path / folder / f"{days}.wav"
            file.write_bytes(bytes(400_000))
            os.utime(file, (now - days * DAY_S,) * 2)
    limited(database, tmp_path, recordings_days=14, messages_days=90).run(now)
    assert sorted(file.name for file in tmp_path.rglob("*.wav")) == ["1.wav", "1.wav", "20.wav"]
    (tmp_path / "messages" / "2.wav").write_bytes(bytes(400_000))
    assert limited(database, tmp_path, messages_mb=1).run(now).files == 1
    left = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.wav")}
    assert left == {"recordings/1.wav", "messages/1.wav", "messages/2.wav"}


def test_journal_files_are_deleted_only_when_they_are_stored(
    database: Database, tmp_path: Path
) -> None:
    """However old they are; and never the one that is written."""
    write_calls(tmp_path / "journal", 10, rotate_bytes=3_000)
    files = sorted(tmp_path.glob("journal*"))
    assert len(files) > 2
    retention = limited(database, tmp_path, journal_days=1)
    later = time.time() + 10 * DAY_S
    assert not retention.run(later)
    ingester_of(database, tmp_path / "journal").read_all()
    with next(file for file in files if file.name != "journal").open("ab") as file:
        file.write(b"more\n")
    assert retention.run(later).files == len(files) - 2
    assert (tmp_path / "journal").exists()
