"""A planted number is looked for in every sink there is."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ivr_agi.dialogue.prompt.cache import PromptCache
from ivr_agi.errors import ConfigError
from ivr_agi.journal import JournalFile, sealed_files
from ivr_agi.settings import (
    JournalSettings,
    LogSettings,
    PathSettings,
    RecordingSettings,
    Settings,
)
from ivr_agi.sis.wire.messages import SynthesisConfig
from ivr_agi.store.audit import note_access
from ivr_agi.store.backup import back_up
from ivr_agi.store.database import Database
from ivr_agi.store.erasing import NumberPattern, erased_line
from ivr_agi.store.forget import Forgetter
from ivr_agi.store.ingest import find_node
from ivr_agi.store.outbox import enqueue
from ivr_agi.store.places import Places, places_of
from ivr_agi.store.queries import CallFilter, list_calls
from ivr_agi.store.tables import deliveries
from tests.store.journals import KEY, count_stored, event, ingester_of

NUMBER = "13800138000"
TOLD = f"You called from {NUMBER}."


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """An installation's files, in which the number is everywhere."""
    settings = Settings(
        base=tmp_path,
        journal=JournalSettings(file="journal.jsonl"),
        log=LogSettings(file="log/ivr.log"),
        recording=RecordingSettings(folder="recordings"),
        paths=PathSettings(spool="spool"),
    )
    found = places_of(settings)
    for folder in ("log", "recordings", "spool/messages"):
        (tmp_path / folder).mkdir(parents=True)
    theirs = [
        event("7.1", 0, "call_started", caller="138 0013 8000", flow="main"),
        event("7.1", 1, "prompt_started", text=TOLD),
        event("7.1", 2, "outcome", outcome="Heard", text="my secret wish"),
        event("7.1", 3, "no_match", step="menu", count=1),
        event("7.1", 4, "call_recording", file="20261201-7.1.wav"),
        event("7.1", 5, "message", step="m", recording="/spool/messages/m-7.1-1", duration_s=3),
        event("7.1", 6, "call_ended", status="HANGUP", seconds=6.0, target=NUMBER),
    ]
    others = [
        event("8.1", 10, "call_started", caller="999", flow="main"),
        event("8.1", 11, "outcome", outcome="Heard", text=f"call {NUMBER} please"),
        event("8.1", 12, "slot", step="n", value=NUMBER),
        event("8.1", 13, "call_ended", status="CALLBACK", target=NUMBER, seconds=3.0),
        event("", 14, "call_refused", reason=f"of {NUMBER}"),
        event("9.1", 20, "call_started", caller="138001380001", flow="main"),  # another number
        event("9.1", 21, "call_ended", status="COMPLETED", seconds=1.0),
    ]
    file = JournalFile(tmp_path / "journal.jsonl", rotate_bytes=600)
    for line in [*theirs, *others]:
        file.append(line)
    file.close()
    for name in ("20261201-7.1.wav", f"m-{NUMBER}.wav", "20261201-8.1.wav"):
        (tmp_path / "recordings" / name).write_bytes(b"RIFF")
    (tmp_path / "spool/messages/m-7.1-1.wav").write_bytes(b"RIFF")
    (tmp_path / "log/ivr.log").write_text(f"x {NUMBER} y\nz 138001380001\n")
    (tmp_path / "log/ivr.log.2.gz").write_bytes(gzip.compress(f"a {NUMBER}\n".encode()))
    (tmp_path / "log/ivr.log.3.gz").write_bytes(gzip.compress(b"a 1\n"))
    cached = PromptCache(found.prompts).path(TOLD, SynthesisConfig(), "any")
    cached.write_bytes(b"\0\0" * 8000)
    return found


def bytes_of(folder: Path) -> dict[Path, bytes]:
    """Every file, compressed ones opened."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        file: gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for file in files
    }


def dump(database: Database) -> str:
    """Every value of every table; time lines opened."""
    from ivr_agi.store.batch import unpack_lines
    from ivr_agi.store.tables import METADATA

    found = []
    with database.reading() as connection:
        for table in METADATA.sorted_tables:
            for row in connection.execute(table.select()).mappings():
                for name, value in row.items():
                    packed = isinstance(value, bytes) and name == "lines"
                    found.append(b"\n".join(unpack_lines(value)).decode() if packed else str(value))
    return "\n".join(found)


def test_a_number_is_nowhere(database: Database, places: Places, tmp_path: Path) -> None:
    """Store, its files, backup, journal, log, recordings, messages, prompts, names of files."""
    assert places.journal is not None
    ingester_of(database, places.journal).read_all()
    n_lines = count_stored(database)["read"]
    before = list_calls(database, KEY, CallFilter(caller=NUMBER))
    assert [row["unique_id"] for row in before] == ["7.1"]
    with database.writing() as connection:
        theirs, about = ("u", "7.1", b"secret wish"), ("u", "9.1", f'"{NUMBER}"'.encode())
        enqueue(connection, find_node(connection, "node"), 0.0, [theirs, about, ("u", "9.1", b"x")])
    back_up(database, tmp_path / "backup.sqlite3")
    sizes = {file: file.stat().st_size for file in sealed_files(places.journal)}
    done = Forgetter(places, KEY, "138-0013-8000").forget(database)
    note_access(database, "forget")

    assert (done.calls, done.under_way, done.unreachable) == (1, 0, [])
    assert done.backups == [tmp_path / "backup.sqlite3"]
    assert {file.name for file in done.files} >= {
        "20261201-7.1.wav",
        f"m-{NUMBER}.wav",
        "m-7.1-1.wav",
    }
    backup = Database(str(tmp_path / "backup.sqlite3"))
    for text in (dump(database), dump(backup)):
        assert "secret wish" not in text
        assert NUMBER not in text.replace("138001380001", "")
        assert "138 0013 8000" not in text
        assert "138001380001" in text
        assert "call xxxxxxxxxxx please" in text
    backup.close()
    for path, content in bytes_of(tmp_path).items():
        if path == tmp_path / "log/ivr.log":
            assert content == b"x xxxxxxxxxxx y\nz 138001380001\n"
        left = content.replace(b"138001380001", b"")
        for mark in (
            NUMBER.encode(),
            b"138 0013 8000",
            b"secret wish",
            KEY.digest(NUMBER).encode(),
        ):
            assert mark not in left, (path, mark)
        assert NUMBER not in path.name
    assert not list(places.prompts.glob("[0-9a-f]*-*.sln"))
    assert (tmp_path / "recordings/20261201-8.1.wav").exists()
    assert {file: file.stat().st_size for file in sealed_files(places.journal)} == sizes
    assert ingester_of(database, places.journal).read_all() == 0
    assert count_stored(database)["read"] == n_lines
    assert list_calls(database, KEY, CallFilter(caller=NUMBER)) == []
    with database.reading() as connection:
        assert [row.body for row in connection.execute(deliveries.select())] == ["x"]
    assert len(list_calls(database, KEY, CallFilter())) == 3
    assert Forgetter(places, KEY, NUMBER).forget(database).mentions == 0


def test_a_caller_who_is_on_the_line(database: Database, places: Places, tmp_path: Path) -> None:
    """It is told; a backup that is gone, or none, as well."""
    assert places.journal is not None
    file = JournalFile(places.journal)
    file.append(event("7.9", 30, "call_started", caller=NUMBER, flow="main"))
    ingester_of(database, places.journal).read_all()
    for name in ("gone", "broken"):
        back_up(database, tmp_path / name)
    (tmp_path / "gone").unlink()
    (tmp_path / "broken").write_bytes(b"x" * 5000)
    done = Forgetter(places, KEY, NUMBER).forget(database)
    assert done.under_way == 1
    assert {file.name for file in done.unreachable} == {"gone", "broken"}


def test_what_is_no_number(places: Places) -> None:
    """Two digits are in everything."""
    with pytest.raises(ConfigError, match="at least three digits, got '12'"):
        Forgetter(places, KEY, "12")


def test_an_installation_without_files(database: Database, tmp_path: Path) -> None:
    """Nothing to do is no fault."""
    places = places_of(Settings(base=tmp_path))
    assert (places.journal, places.log, places.recordings) == (None, None, None)
    assert Forgetter(places, KEY, NUMBER).forget(database).calls == 0


def test_numbers_in_text() -> None:
    """However they are grouped, not inside longer ones; the length stays."""
    pattern = NumberPattern("+86 1380")
    for text in ("+861380", "+86 13-80", "+86 (13) 80"):
        assert pattern.is_in(text)
        assert pattern.is_in_bytes(text.encode())
        assert len(pattern.mask(text)) == len(text)
        assert pattern.mask_bytes(text.encode()) == pattern.mask(text).encode()
    assert not pattern.is_in("+8613801")
    assert not pattern.is_in("+86 2380")
    assert erased_line(b"x" * 200).strip().startswith(b'{"v":2')
    assert len(erased_line(b"x" * 200)) == 200
    assert erased_line(b"short") == b"     "
