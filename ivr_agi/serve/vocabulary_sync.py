"""Makes the hot-word tables of a flow at a speech service and keeps their ids.

The description of a table is ``ivr-agi FLOW DIGEST``, with a digest of its words. So the service's
list is enough to know what must be made, changed or deleted.
"""

from __future__ import annotations

import hashlib
import logging
import re
from typing import TYPE_CHECKING

from ivr_agi.errors import SpeechRejected
from ivr_agi.flow.tools.vocabularies import (
    Table,
    hot_word_tables,
    read_vocabularies,
    word_list_name,
    words_digest,
    write_vocabularies,
)
from ivr_agi.sis.client.vocabularies import (
    create_vocabulary,
    delete_vocabulary,
    list_vocabularies,
    plain_words,
    update_vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from ivr_agi.flow.file.model import Flow
    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.client.vocabularies import VocabularyInfo

__all__ = ("compare_vocabularies", "sync_vocabularies", "sync_words")

_log = logging.getLogger("ivr_agi.serve")

MAX_TABLE_NAME = 32
"""Characters in a table's name (the vendor's page sis_03_0071)."""
_BAD_WORDS = "SIS.0203"
"""Error code: the service refuses some of the words."""


async def sync_vocabularies(
    endpoint: Endpoint, name: str, flow: Flow, spool: Path, *, prune: bool = False
) -> dict[str, str]:
    """Make a table for each question that takes speech, or put its new words in; calls use them.

    Typed answers of one kind share a table, over all flows.

    Args:
        endpoint: Where.
        name: The flow's name.
        flow: The flow.
        spool: Folder of the file that keeps the ids.
        prune: Delete the tables of steps that this flow no longer has.

    Returns:
        The id of each step's table.

    Raises:
        SpeechError: The service refuses or cannot be reached; what was kept before stays.
        ConfigError: The ids cannot be kept.
    """
    return await _sync_tables(endpoint, name, hot_word_tables(name, flow), spool, prune=prune)


async def compare_vocabularies(
    endpoint: Endpoint, name: str, flow: Flow, spool: Path
) -> dict[str, str]:
    """Compare the tables that calls use with the service's and with the words of the flow.

    Args:
        endpoint: Where.
        name: The flow's name.
        flow: The flow.
        spool: Folder of the file that keeps the ids.

    Returns:
        What is wrong, by step; empty if all is well.

    Raises:
        SpeechError: The service refuses or cannot be reached.
        ConfigError: The ids cannot be read.
    """
    used = read_vocabularies(spool, endpoint.url, name)
    known = {table.vocabulary_id: table for table in await list_vocabularies(endpoint)}
    wrong = {}
    for step, wanted in hot_word_tables(name, flow).items():
        table = known.get(used.get(step, ""))
        if step not in used:
            wrong[step] = "it has no table: its words are not expected"
        elif table is None:
            wrong[step] = f"the service no longer has its table {used[step]}"
        elif table.description != _description(wanted):
            wrong[step] = "its words have changed since its table was made"
    return wrong


async def sync_words(endpoint: Endpoint, words: list[str], spool: Path) -> str:
    """Make a table of the words of a script's ``ask()``, which finds it by them; return its id.

    Raises:
        SpeechError, ConfigError: as :func:`sync_vocabularies`.
    """
    name = word_list_name(words)
    tables = {"words": Table(name, f"{name}_words", words)}
    ids = await _sync_tables(endpoint, name, tables, spool)
    return ids["words"]


async def _sync_tables(
    endpoint: Endpoint,
    name: str,
    tables: Mapping[str, Table],
    spool: Path,
    *,
    prune: bool = False,
) -> dict[str, str]:
    known = {table.name: table for table in await list_vocabularies(endpoint)}
    made: dict[str, str] = {}
    for table in tables.values():
        table_name = _table_name(table.name)
        if table_name not in made:
            made[table_name] = await _sync(endpoint, table_name, table, known.get(table_name))
    ids = {step: made[_table_name(table.name)] for step, table in tables.items()}
    words = {step: table.words for step, table in tables.items()}
    write_vocabularies(spool, endpoint.url, name, ids, words)
    if prune:
        for kept in known.values():
            if kept.description.split()[:2] == ["ivr-agi", name] and kept.name not in made:
                await delete_vocabulary(endpoint, kept.vocabulary_id)
                _log.info("table %s is deleted", kept.name)
    return ids


async def _sync(endpoint: Endpoint, name: str, table: Table, known: VocabularyInfo | None) -> str:
    description, words = _description(table), table.words
    if known is None:
        return await _in_its_words(
            words,
            lambda words: create_vocabulary(endpoint, name, words, description=description),
        )
    identifier = known.vocabulary_id
    if known.description != description:
        await _in_its_words(
            words,
            lambda words: update_vocabulary(
                endpoint, identifier, name, words, description=description
            ),
        )
    return identifier


async def _in_its_words(
    words: list[str], send: Callable[[list[str]], Awaitable[str | None]]
) -> str:
    """Send words as the flow has them; where the service refuses some, in its own plain form."""
    try:
        return await send(words) or ""
    except SpeechRejected as error:
        plain = plain_words(words)
        if error.code != _BAD_WORDS or not plain or plain == words:
            raise
        _log.info("the service takes plain words only: %s", error.text)
        return await send(plain) or ""


def _description(table: Table) -> str:
    return f"ivr-agi {table.owner} {words_digest(table.words)}"


def _table_name(wanted: str) -> str:
    """Return a name that the service takes, and that no other table has."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", wanted)
    if name == wanted and len(name) <= MAX_TABLE_NAME:
        return name
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:8]
    return f"{name[: MAX_TABLE_NAME - 9]}-{digest}"
