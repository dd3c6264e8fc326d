"""Forgets a caller: in the store, its backups, and every file that may name the caller. Shell.

All that is left of the caller's calls is that they were: counts, steps and times. In what others
said or did, only the number itself is masked.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from ivr_agi.dialogue.prompt.cache import PromptCache
from ivr_agi.errors import ConfigError
from ivr_agi.journal import Event, sealed_files
from ivr_agi.sis.wire.messages import SynthesisConfig
from ivr_agi.store.batch import pack_lines, unpack_lines
from ivr_agi.store.database import Database
from ivr_agi.store.erasing import NumberPattern, changes_of
from ivr_agi.store.tables import (
    backups,
    calls,
    deliveries,
    node_events,
    open_lines,
    recordings,
    timelines,
    utterances,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ivr_agi.store.callers import CallerKey
    from ivr_agi.store.places import Places

__all__ = ("Forgotten", "Forgetter")

CHUNK_BYTES = 4 << 20
ROWS_AT_ONCE = 500
_TEXT_COLUMNS = ("unique_id", "extension", "called", "caller", "result", "target", "error")
"""Of ``calls``, which may hold a number."""


@dataclass
class Forgotten:
    """What was found and taken out."""

    calls: int = 0
    """Calls of the caller."""
    mentions: int = 0
    """Other calls, lines and files in which the number was."""
    files: list[Path] = field(default_factory=list)
    """Recordings, messages and prompts that were deleted."""
    backups: list[Path] = field(default_factory=list)
    """Backups that were changed."""
    unreachable: list[Path] = field(default_factory=list)
    """Backups that are gone from where they were written, or cannot be opened."""
    under_way: int = 0
    """Calls of the caller that have not ended: run it again."""


class Forgetter:
    """Forgets one number.

    Args:
        places: The files of the node.
        caller_key: Makes digests of numbers.
        number: The number.

    Raises:
        ConfigError: It is no number.
    """

    def __init__(self, places: Places, caller_key: CallerKey, number: str) -> None:
        self._places = places
        self._digest = caller_key.digest(number)
        try:
            self._pattern = NumberPattern(number)
        except ValueError as exc:
            raise ConfigError(f"{exc}, got {number!r}") from exc
        self._ids: set[str] = set()
        self._texts: set[str] = set()
        self._names: set[str] = set()
        self.done = Forgotten()

    def forget(self, database: Database) -> Forgotten:
        """Forget it everywhere.

        Raises:
            StoreUnavailable: The database does not answer; run it again.
            OSError: A file cannot be changed; run it again.
        """
        with database.reading() as connection:
            files = [Path(row.file) for row in connection.execute(sa.select(backups))]
        for file in files:
            self._forget_backup(file)
        self._forget_in(database)
        _shrink(database)
        self._forget_files()
        return self.done

    # The store and its backups.

    def _forget_backup(self, file: Path) -> None:
        if not file.is_file():
            self.done.unreachable.append(file)
            return
        backup = Database(str(file))
        try:
            backup.upgrade()
            self._forget_in(backup, is_backup=True)
            _shrink(backup)
            self.done.backups.append(file)
        except Exception:  # noqa: BLE001  # whatever it is, it is no backup that can be read
            self.done.unreachable.append(file)
        finally:
            backup.close()

    def _forget_in(self, database: Database, *, is_backup: bool = False) -> None:
        is_theirs = calls.c.caller_digest == self._digest
        plain = calls.c.caller == self._pattern.number
        with database.writing() as connection:
            mine = connection.execute(
                sa.select(calls.c.id, calls.c.unique_id).where(is_theirs | plain)
            ).all()
            ids = [row.id for row in mine]
            self._ids.update(row.unique_id for row in mine)
            self._erase_calls(connection, ids)
            n_mentions = self._mask_calls(connection) + self._mask_lines(connection)
            n_mentions += self._mask_words(connection)
            self._drop_messages(connection)
            self._look_at_open(connection)
        if not is_backup:
            self.done.calls, self.done.mentions = len(ids), n_mentions

    def _erase_calls(self, connection: sa.Connection, ids: list[int]) -> None:
        """Leave of the caller's own calls only counts, steps and times."""
        for part in (ids[n : n + ROWS_AT_ONCE] for n in range(0, len(ids), ROWS_AT_ONCE)):
            files = sa.select(recordings.c.file).where(recordings.c.call_id.in_(part))
            self._names.update(row.file for row in connection.execute(files))
            kept = sa.select(timelines).where(timelines.c.call_id.in_(part))
            for row in connection.execute(kept).all():
                self._note_prompts(unpack_lines(row.lines))
            for table in (timelines, utterances, recordings):
                connection.execute(sa.delete(table).where(table.c.call_id.in_(part)))
            connection.execute(
                sa.update(calls)
                .where(calls.c.id.in_(part))
                .values(caller=None, caller_digest=None, result="", target="", error="")
            )

    def _note_prompts(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            with contextlib.suppress(msgspec.MsgspecError):
                event = msgspec.json.decode(line, type=Event)
                text = str(event.data.get("text", ""))
                if event.event == "prompt_started" and self._pattern.is_in(text):
                    self._texts.add(text)

    def _mask_calls(self, connection: sa.Connection) -> int:
        """Mask the number where another call was about it: its target, a result."""
        n_masked = 0
        columns = [calls.c[name] for name in _TEXT_COLUMNS]
        for row in connection.execute(sa.select(calls.c.id, *columns)).all():
            found = {
                name: self._pattern.mask(value)
                for name, value in zip(_TEXT_COLUMNS, row[1:], strict=True)
                if value and self._pattern.is_in(value)
            }
            if found:
                connection.execute(sa.update(calls).where(calls.c.id == row.id).values(**found))
                n_masked += 1
        for row in connection.execute(sa.select(node_events)).all():
            if self._pattern.is_in(row.line):
                same = node_events.c.line == row.line
                masked = self._pattern.mask(row.line)
                connection.execute(sa.update(node_events).where(same).values(line=masked))
                n_masked += 1
        return n_masked

    def _mask_lines(self, connection: sa.Connection) -> int:
        """Mask the number in the time lines of other calls."""
        n_masked = 0
        for row in _in_parts(connection, timelines):
            lines = unpack_lines(row.lines)
            if any(self._pattern.is_in_bytes(line) for line in lines):
                self._note_prompts(lines)
                packed = pack_lines(map(self._pattern.mask_bytes, lines))
                same = timelines.c.call_id == row.call_id
                connection.execute(sa.update(timelines).where(same).values(lines=packed))
                n_masked += 1
        return n_masked

    def _mask_words(self, connection: sa.Connection) -> int:
        n_masked = 0
        for row in connection.execute(sa.select(utterances)).all():
            if self._pattern.is_in(row.text) or self._pattern.is_in(row.choice):
                same = (utterances.c.call_id == row.call_id) & (utterances.c.n == row.n)
                texts = {
                    "text": self._pattern.mask(row.text),
                    "choice": self._pattern.mask(row.choice),
                }
                connection.execute(sa.update(utterances).where(same).values(**texts))
                n_masked += 1
        return n_masked

    def _drop_messages(self, connection: sa.Connection) -> None:
        """Drop messages of the caller's calls, and about the number, that were not sent yet."""
        for row in connection.execute(sa.select(deliveries)).all():
            if row.call in self._ids or self._pattern.is_in(row.body):
                same = (deliveries.c.node_id == row.node_id) & (deliveries.c.n == row.n)
                connection.execute(sa.delete(deliveries).where(same))

    def _look_at_open(self, connection: sa.Connection) -> None:
        under_way = set()
        for row in connection.execute(sa.select(open_lines)).all():
            if any(self._pattern.is_in_bytes(line) for line in unpack_lines(row.lines)):
                under_way.add((row.node_id, row.unique_id))
        self.done.under_way = max(self.done.under_way, len(under_way))

    # Files.

    def _forget_files(self) -> None:
        places = self._places
        if places.journal is not None:
            for file in [*sealed_files(places.journal), places.journal]:
                self.done.mentions += self._erase_lines(file)
        if places.log is not None:
            for file in places.log.parent.glob(f"{places.log.name}*"):
                self.done.mentions += self._mask_log(file)
        for folder in (places.recordings, places.messages):
            if folder is not None:
                self._delete_recordings(folder)
        self._delete_prompts()

    def _erase_lines(self, file: Path) -> int:
        """Write over lines of a journal file, in place: readers and writers go on."""
        n_changed, start = 0, 0
        with contextlib.suppress(FileNotFoundError), file.open("r+b") as opened:
            fd = opened.fileno()
            while text := os.pread(fd, CHUNK_BYTES, start):
                end = text.rfind(b"\n") + 1 or len(text)
                for at, line in changes_of(text[:end], start, self._pattern, self._ids):
                    os.pwrite(fd, line, at)
                    n_changed += 1
                start += end
            os.fsync(fd)
        return n_changed

    def _mask_log(self, file: Path) -> int:
        if file.suffix == ".gz":
            text = gzip.decompress(file.read_bytes())
            if not self._pattern.is_in_bytes(text):
                return 0
            part = file.with_name(f".{file.name}.part")
            part.write_bytes(gzip.compress(self._pattern.mask_bytes(text)))
            part.chmod(file.stat().st_mode & 0o777)
            part.replace(file)
            return 1
        return self._erase_lines(file)

    def _delete_recordings(self, folder: Path) -> None:
        names = {Path(name).name for name in self._names}
        ids = {re.sub(r"[^A-Za-z0-9._-]", "_", name) for name in self._ids if name}
        for file in folder.glob("*.wav"):
            is_named = file.name in names or file.stem in names
            is_theirs = any(f"-{name}" in file.stem or file.stem == name for name in ids)
            if is_named or is_theirs or self._pattern.is_in(file.stem):
                file.unlink(missing_ok=True)
                self.done.files.append(file)

    def _delete_prompts(self) -> None:
        """Delete cached prompts that say the number."""
        if not self._texts or not self._places.prompts.is_dir():
            return
        cache = PromptCache(self._places.prompts)
        for text in {part for whole in self._texts for part in _parts_of(whole)}:
            for language in self._places.languages:
                config = SynthesisConfig(property=f"{language}_any_common")
                for file in cache.versions(text, config):
                    file.unlink(missing_ok=True)
                    self.done.files.append(file)


def _in_parts(connection: sa.Connection, table: sa.Table) -> Iterator[Any]:
    """Return the rows of a table, not all of them at once."""
    last = -1
    while True:
        query = sa.select(table).where(table.c.call_id > last).order_by(table.c.call_id)
        rows = connection.execute(query.limit(ROWS_AT_ONCE)).all()
        if not rows:
            return
        yield from rows
        last = rows[-1].call_id


def _parts_of(text: str) -> set[str]:
    """Return a text, its sentences, and what is before and after each: a prompt may have parts."""
    ends = [match.end() for match in re.finditer(r"[.!?。！？]\s*|\s+", text)]
    cuts = [0, *ends, len(text)]
    if len(cuts) > 40:
        return {text}
    return {text[a:b].strip() for a in cuts for b in cuts if a < b}


def _shrink(database: Database) -> None:
    """Give back the pages that were deleted, so that nothing of them is left in files."""
    with database.engine.connect() as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT")
        if database.is_sqlite:
            plain.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            plain.exec_driver_sql("VACUUM")
            plain.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            for table in (calls, timelines, utterances, node_events, open_lines, deliveries):
                plain.exec_driver_sql(f"VACUUM (FULL) {table.name}")
