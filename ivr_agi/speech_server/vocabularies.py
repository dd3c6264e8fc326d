"""Hot-word tables: in this server, closed lists for recognising a sentence.

They are kept in memory and, if there is a directory, in one JSON file each, so that they survive a
restart. File access blocks; the server calls it in a thread.

Source: ``sis-protocol.md`` 5 (``vocabulary_id``), 13 (limits).
"""

from __future__ import annotations

import hashlib
import logging
import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

__all__ = (
    "BadWords",
    "NameTaken",
    "TooManyTables",
    "Vocabulary",
    "VocabularyStore",
    "vocabulary_id",
)

_log = logging.getLogger("ivr_agi.speech_server")

MOST_WORDS = 10_000
LONGEST_WORD = 64


class BadWords(ValueError):
    """Phrases that a table cannot hold."""


class NameTaken(ValueError):
    """Another table already has that name."""


class TooManyTables(ValueError):
    """The project has as many tables as it may have."""


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """A table in the form of REST.

    Raises:
        BadWords: No phrase, too many of them, or an empty or too long one.
        ValueError: No name.
    """

    name: str
    description: str = ""
    language: str = "chinese_mandarin"
    """Kept for the client; only the ``property`` of the session that uses the table matters."""
    contents: list[str]
    """1 to 10000 phrases of 1 to 64 characters."""
    vocabulary_id: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("'name' must not be empty")
        if not 1 <= len(self.contents) <= MOST_WORDS:
            raise BadWords(f"'contents' must hold 1 to {MOST_WORDS} phrases")
        for phrase in self.contents:
            if not 1 <= len(phrase.strip()) <= LONGEST_WORD:
                raise BadWords(f"a phrase must have 1 to {LONGEST_WORD} characters")


def vocabulary_id(name: str, contents: list[str]) -> str:
    """The same name and phrases always give the same id (32 hex digits)."""
    return hashlib.sha256(msgspec.json.encode((name, contents))).hexdigest()[:32]


class VocabularyStore:
    """All tables of a server.

    Args:
        directory: Where to keep them; None: only in memory.
        most: How many there may be; None: no limit.
    """

    def __init__(self, directory: Path | None, *, most: int | None = None) -> None:
        self._directory = directory
        self._most = most
        self._tables: dict[str, Vocabulary] = {}

    def load(self) -> None:
        """Read the directory, and make it if it is missing; skip damaged files.

        Raises:
            OSError: The directory cannot be used.
        """
        if self._directory is None:
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._directory.glob("*.json")):
            try:
                table = msgspec.json.decode(path.read_bytes(), type=Vocabulary)
            except msgspec.DecodeError as error:
                _log.warning("skipping hot-word table %s: %s", path, error)
                continue
            self._tables[table.vocabulary_id] = table

    def create(self, table: Vocabulary) -> Vocabulary:
        """Keep a table under the id that follows from its name and phrases.

        The same name and phrases again give the table that exists.

        Raises:
            NameTaken: The name has other phrases.
            TooManyTables: There are as many as there may be.
            OSError: It cannot be written.
        """
        for known in self._tables.values():
            if known.name == table.name:
                if known.contents != table.contents:
                    raise NameTaken(f"there is a table {table.name!r} with other phrases")
                return self._keep(table, known.vocabulary_id)
        if self._most is not None and len(self._tables) >= self._most:
            raise TooManyTables(f"there are {self._most} tables, which is the most")
        return self._keep(table, vocabulary_id(table.name, table.contents))

    def replace(self, identifier: str, table: Vocabulary) -> Vocabulary | None:
        """Replace the table with an id; None if there is none.

        Raises:
            OSError: It cannot be written.
        """
        return self._keep(table, identifier) if identifier in self._tables else None

    def delete(self, identifier: str) -> bool:
        """Delete a table; False if there is none.

        Raises:
            OSError: The file cannot be removed.
        """
        if self._tables.pop(identifier, None) is None:
            return False
        if self._directory is not None:
            (self._directory / f"{identifier}.json").unlink(missing_ok=True)
        return True

    def get(self, identifier: str) -> Vocabulary | None:
        """Return the table with that id."""
        return self._tables.get(identifier)

    def all(self) -> list[Vocabulary]:
        """Return all tables, by name."""
        return sorted(self._tables.values(), key=lambda table: table.name)

    def _keep(self, table: Vocabulary, identifier: str) -> Vocabulary:
        kept = msgspec.structs.replace(table, vocabulary_id=identifier)
        if self._directory is not None:
            path = self._directory / f"{identifier}.json"
            # Written to another file and renamed: neither a reader nor a crash sees half a table.
            aside = path.with_suffix(f".{os.getpid()}.new")
            aside.write_bytes(msgspec.json.encode(kept))
            aside.replace(path)
        self._tables[identifier] = kept
        return kept
