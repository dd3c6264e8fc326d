"""Makes the hot-word tables of a flow at a speech service and keeps their ids.

The description of a table is ``ivr-agi FLOW DIGEST``, with a digest of its words. So the service's
list is enough to know what must be made, changed or deleted.

A table has a language, and no effect on a model of another one: a step of a flow in two languages
has two tables. A service has room for a number of tables; where it is too small, the steps of a
flow share one table a language.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.catalogue import HOT_WORD_TABLES, region_of, table_language
from ivr_agi.errors import SpeechRejected
from ivr_agi.flow.file.step import table_key
from ivr_agi.flow.tools.vocabularies import (
    hot_word_tables,
    read_vocabularies,
    word_list_name,
    words_digest,
    write_vocabularies,
)
from ivr_agi.language.text import is_cjk
from ivr_agi.sis.client.vocabularies import (
    create_vocabulary,
    delete_vocabulary,
    list_vocabularies,
    update_vocabulary,
)
from ivr_agi.sis.wire.hot_words import as_hot_words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from ivr_agi.flow.file.model import Flow
    from ivr_agi.settings import Settings
    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.client.vocabularies import VocabularyInfo

__all__ = (
    "compare_vocabularies",
    "compare_words",
    "models_of_flow",
    "sync_vocabularies",
    "sync_words",
)

_log = logging.getLogger("ivr_agi.serve")

MAX_TABLE_NAME = 32
"""Characters in a table's name (the vendor's page sis_03_0071)."""
_BAD_WORDS = "SIS.0203"
"""Error code: the service refuses some of the words."""
_TOO_MANY = "SIS.0208"
"""Error code: the project has as many tables as it may have."""
_ALL = "menus"
"""Name of the table of all steps."""


@dataclass(frozen=True)
class _Table:
    """A table as it should be."""

    owner: str
    """Whose it is: a flow, a list of words, or all flows together."""
    name: str
    words: tuple[str, ...]
    language: str = "chinese_mandarin"
    weights: tuple[tuple[str, int], ...] = ()

    @property
    def description(self) -> str:
        """What the service keeps of it for us."""
        weighed = (f"{word}/{weight}" for word, weight in self.weights)
        return f"ivr-agi {self.owner} {words_digest((*self.words, *weighed))}"


def models_of_flow(settings: Settings, flow: Flow) -> dict[str, str]:
    """Return the recognition model of each language of a flow; "" is that of the settings."""
    found = {
        tag: (settings.languages.get(tag) or settings.languages[tag[:2]]).recognition
        for tag in flow.languages
        if tag in settings.languages or tag[:2] in settings.languages
    }
    return found or {"": settings.recognition.property}


async def sync_vocabularies(
    endpoint: Endpoint,
    name: str,
    flow: Flow,
    spool: Path,
    *,
    models: Mapping[str, str] | None = None,
    prune: bool = False,
    tell: Callable[[str], None] = _log.warning,
) -> dict[str, str]:
    """Make a table for each question that takes speech, or put its new words in; calls use them.

    Typed answers of one kind share a table, over all flows.

    Args:
        endpoint: Where.
        name: The flow's name.
        flow: The flow.
        spool: Folder of the file that keeps the ids.
        models: The recognition model of each of the flow's languages (:func:`models_of_flow`).
        prune: Delete the tables of steps that this flow no longer has.
        tell: Told of each word that is in no table, and of tables that are shared.

    Returns:
        The id of each step's table.

    Raises:
        SpeechError: The service refuses or cannot be reached; what was kept before stays.
        ConfigError: The ids cannot be kept.
    """
    tables = _tables_of(name, flow, models or {})
    ids = await _sync_tables(endpoint, name, tables, prune=prune, tell=tell)
    words = {step: table.words for step, table in hot_word_tables(name, flow).items()}
    write_vocabularies(spool, endpoint.url, name, ids, words)
    return ids


async def compare_vocabularies(
    endpoint: Endpoint,
    name: str,
    flow: Flow,
    spool: Path,
    models: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Compare the tables that calls use with the service's and with the words of the flow.

    Args:
        endpoint: Where.
        name: The flow's name.
        flow: The flow.
        spool: Folder of the file that keeps the ids.
        models: As for :func:`sync_vocabularies`.

    Returns:
        What is wrong, by step; empty if all is well.

    Raises:
        SpeechError: The service refuses or cannot be reached.
        ConfigError: The ids cannot be read.
    """
    return await _compare(endpoint, name, _tables_of(name, flow, models or {}), spool)


async def compare_words(
    endpoint: Endpoint, words: list[str], spool: Path, *, model: str = ""
) -> str | None:
    """Compare the table of a script's words with the service's; return what is wrong with it.

    Raises:
        SpeechError, ConfigError: as :func:`compare_vocabularies`.
    """
    name, tables = _tables_of_words(words, model)
    return (await _compare(endpoint, name, tables, spool)).get("words")


async def _compare(
    endpoint: Endpoint, name: str, tables: Mapping[str, _Table], spool: Path
) -> dict[str, str]:
    used = read_vocabularies(spool, endpoint.url, name)
    known = {table.vocabulary_id: table for table in await list_vocabularies(endpoint)}
    wrong = {}
    shared = _shared(name, tables)
    for step, wanted in tables.items():
        table = known.get(used.get(step, ""))
        fitting = {wanted.description, shared[wanted.language].description}
        if step not in used:
            wrong[step] = "it has no table: its words are not expected"
        elif table is None:
            wrong[step] = f"the service no longer has its table {used[step]}"
        elif table.description not in fitting:
            wrong[step] = "its words have changed since its table was made"
    return wrong


async def sync_words(
    endpoint: Endpoint,
    words: list[str],
    spool: Path,
    *,
    model: str = "",
    tell: Callable[[str], None] = _log.warning,
) -> str:
    """Make a table of the words of a script's ``ask()``, which finds it by them; return its id.

    Raises:
        SpeechError, ConfigError: as :func:`sync_vocabularies`.
    """
    name, tables = _tables_of_words(words, model)
    ids = await _sync_tables(endpoint, name, tables, tell=tell)
    write_vocabularies(spool, endpoint.url, name, ids, {"words": words})
    return ids["words"]


def _tables_of_words(words: list[str], model: str) -> tuple[str, dict[str, _Table]]:
    language = table_language(model) if model else _Table.language
    name = word_list_name(words)
    words = sorted(words)  # whatever their order, it is one table
    return name, {"words": _Table(name, f"{name}_words", tuple(words), language)}


def _tables_of(flow_name: str, flow: Flow, models: Mapping[str, str]) -> dict[str, _Table]:
    """Return the tables of a flow, by step; of a further language, by step and language."""
    of_tag = {tag: table_language(model) for tag, model in models.items()} or {"": _Table.language}
    first, *further = of_tag
    languages = set(of_tag.values())
    tables = {}
    for step, table in hot_word_tables(flow_name, flow).items():
        for tag in (first, *(tag for tag in further if of_tag[tag] != of_tag[first])):
            language = of_tag[tag]
            words = tuple(
                word
                for word in table.words
                if len(languages) == 1 or (language == "english") != is_cjk(word)
            )
            weights = tuple((word, flow.weights[word]) for word in words if word in flow.weights)
            if words:
                key = step if tag == first else table_key(step, tag)
                name = table.name if tag == first else table_key(table.name, tag)
                tables[key] = _Table(table.owner, name, words, language, weights)
    return tables


def _shared(flow_name: str, tables: Mapping[str, _Table]) -> dict[str, _Table]:
    """Return one table for each language, with the words of all steps."""
    shared: dict[str, _Table] = {}
    for table in tables.values():
        language = table.language
        before = shared.get(language, _Table(flow_name, f"{flow_name}_{_ALL}_{language}", ()))
        words = tuple(dict.fromkeys((*before.words, *table.words)))
        weights = tuple(dict.fromkeys((*before.weights, *table.weights)))
        shared[language] = _Table(flow_name, before.name, words, language, weights)
    return shared


async def _sync_tables(
    endpoint: Endpoint,
    name: str,
    tables: Mapping[str, _Table],
    *,
    prune: bool = False,
    tell: Callable[[str], None],
) -> dict[str, str]:
    known = await list_vocabularies(endpoint)
    n_others = sum(not _is_of(table, name) for table in known)
    names = {_table_name(table.name) for table in tables.values()}
    if n_others + len(names) <= HOT_WORD_TABLES:
        try:
            ids = await _make_all(endpoint, tables, known, tell)
        except SpeechRejected as error:
            if error.code != _TOO_MANY or len(names) < 2:
                raise
            ids = await _share(endpoint, name, tables, tell)
    else:
        ids = await _share(endpoint, name, tables, tell)
    if prune:
        for table in known:
            if _is_of(table, name) and table.vocabulary_id not in ids.values():
                await _delete_if_there(endpoint, table)
    return ids


async def _share(
    endpoint: Endpoint, name: str, tables: Mapping[str, _Table], tell: Callable[[str], None]
) -> dict[str, str]:
    """Make one table a language instead of one a step, which frees those of the steps."""
    shared = _shared(name, tables)
    tell(
        f"{endpoint.url} has no room for the tables of {name}: its questions share {len(shared)}, "
        "in which each expects the words of all"
    )
    known = await list_vocabularies(endpoint)  # some were made before there was no room
    wanted = {_table_name(table.name) for table in shared.values()}
    for table in known:
        if _is_of(table, name) and table.name not in wanted:
            await _delete_if_there(endpoint, table)
    ids = await _make_all(endpoint, shared, known, tell)
    return {step: ids[table.language] for step, table in tables.items()}


def _is_of(table: VocabularyInfo, name: str) -> bool:
    return table.description.split()[:2] == ["ivr-agi", name]


async def _delete_if_there(endpoint: Endpoint, table: VocabularyInfo) -> None:
    try:
        await delete_vocabulary(endpoint, table.vocabulary_id)
    except SpeechRejected as error:
        if error.status != 404:
            raise
    _log.info("table %s is deleted", table.name)


async def _make_all(
    endpoint: Endpoint,
    tables: Mapping[str, _Table],
    known: list[VocabularyInfo],
    tell: Callable[[str], None],
) -> dict[str, str]:
    there, made = {table.name: table for table in known}, dict[str, str]()
    for table in tables.values():
        name = _table_name(table.name)
        if name not in made:
            made[name] = await _sync(endpoint, name, table, there.get(name), tell)
    return {step: made[_table_name(table.name)] for step, table in tables.items()}


async def _sync(
    endpoint: Endpoint,
    name: str,
    table: _Table,
    known: VocabularyInfo | None,
    tell: Callable[[str], None],
) -> str:
    description = table.description
    if known is not None and known.description == description:
        return known.vocabulary_id

    async def send(words: list[str]) -> str:
        if known is None:
            return await create_vocabulary(
                endpoint, name, words, language=table.language, description=description
            )
        await update_vocabulary(
            endpoint,
            known.vocabulary_id,
            name,
            words,
            language=table.language,
            description=description,
        )
        return known.vocabulary_id

    return await _in_its_words(endpoint, name, table, send, tell)


async def _in_its_words(
    endpoint: Endpoint,
    name: str,
    table: _Table,
    send: Callable[[list[str]], Awaitable[str]],
    tell: Callable[[str], None],
) -> str:
    """Send words as the service takes them, and tell which ones it does not take.

    The vendor has strict rules. Other services get the words as the flow has them, and in the
    vendor's form only if they refuse that.
    """
    if not region_of(endpoint.url):
        try:
            return await send(list(table.words))
        except SpeechRejected as error:
            if error.code != _BAD_WORDS:
                raise
            _log.info("the service takes plain words only: %s", error.text)
            refused: SpeechRejected | None = error
    else:
        refused = None
    plain = as_hot_words(table.words, table.language, dict(table.weights))
    for word, reason in plain.left_out:
        tell(f"{name}: {word!r} is not expected by {endpoint.url}: {reason}")
    if not plain.words:
        raise refused or SpeechRejected(
            _BAD_WORDS, f"{name} has no word that it takes", service=endpoint.url
        )
    return await send(list(plain.words))


def _table_name(wanted: str) -> str:
    """Return a name that the service takes, and that no other table has."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", wanted)
    if name == wanted and len(name) <= MAX_TABLE_NAME:
        return name
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:8]
    return f"{name[: MAX_TABLE_NAME - 9]}-{digest}"
