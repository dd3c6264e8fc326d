"""The hot-word tables of a flow's questions: their words, and the service's ids of them.

A menu has a table of its own. Typed answers of one kind and the same languages (digits in Chinese)
have one table for all flows, whose words are those of the grammar that reads them.

``ivr-agi vocabulary sync`` makes the tables once; calls read the ids from a small file in the
spool folder. Ids belong to one service, so the file keeps them by its URL.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.errors import ConfigError
from ivr_agi.flow.file.form import FormSpec
from ivr_agi.flow.file.slots import Kind, SlotSpec
from ivr_agi.flow.run.phrases import phrases
from ivr_agi.language.rules import answer_rules
from ivr_agi.language.text import is_cjk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from ivr_agi.flow.file.model import Flow, Program
    from ivr_agi.flow.file.step import InputSpec

__all__ = (
    "SHARED",
    "Table",
    "find_outdated",
    "find_word_table",
    "hot_word_tables",
    "hot_words",
    "read_program_vocabularies",
    "read_vocabularies",
    "slot_words",
    "translate_vocabularies",
    "warn_of_outdated",
    "word_list_name",
    "words_digest",
    "write_vocabularies",
)

_log = logging.getLogger("ivr_agi.flow")

FILE_NAME = "vocabularies.json"
WORDS_FILE_NAME = "vocabulary-words.json"
"""Beside it: which words each table was made of. A file of its own, so that an older version of
ivr-agi still reads the other one."""

_Tables = dict[str, dict[str, dict[str, str]]]
"""URL -> flow -> step -> id, or digest of the words."""


@dataclass(frozen=True)
class Table:
    """A hot-word table."""

    owner: str
    """Whose it is: the flow, or :data:`SHARED`."""
    name: str
    words: list[str]


SHARED = "--answers"
"""The owner of tables that all flows share. No flow has such a name."""


def hot_words(flow: Flow) -> dict[str, list[str]]:
    """Return the words of each step that listens and names no table itself."""
    return {step: table.words for step, table in hot_word_tables("", flow).items()}


def hot_word_tables(flow_name: str, flow: Flow) -> dict[str, Table]:
    """Return the table of each step that listens and names none itself."""
    tables: dict[str, Table] = {}
    for name, step in flow.inputs():
        if step.vocabulary_id is not None or step.keys_only:
            continue
        if words := _words_of(step, flow):
            tables[name] = Table(flow_name, f"{flow_name}_{name}", words)
        elif (kind := step.expected_kind()) is not None:
            languages = sorted({tag[:2] for tag in flow.languages}) or ["en", "zh"]
            shared = f"{kind.value}_{'_'.join(languages)}"
            if words := slot_words(kind, languages):
                tables[name] = Table(SHARED, f"answers_{shared}", words)
    return tables


def _words_of(step: InputSpec, flow: Flow) -> list[str]:
    """Return the words of a step's own table.

    A form's answers are sentences. The local speech server takes a table for a closed list of
    phrases, which it needs in Chinese only; so a form in English has none.
    """
    words = step.expected_words()
    if isinstance(step, FormSpec):
        languages = {tag[:2] for tag in flow.languages} or {"en"}
        return [] if "en" in languages else [*words, *phrases("zh").yes, *phrases("zh").no]
    return words


def slot_words(kind: Kind, languages: Collection[str]) -> list[str]:
    """Return the words that answers of a type are made of, in these languages.

    Empty if they are no words of a grammar, such as names.
    """
    if kind is Kind.YES_NO:  # whole answers, as for "is that right?"
        return [word for each in languages for word in (*phrases(each).yes, *phrases(each).no)]
    reader = SlotSpec(type=kind).reader
    if reader is None:
        return []
    found = answer_rules().phrases(*reader.values)
    return [word for word in found if ("zh" if is_cjk(word) else "en") in languages]


def words_digest(words: Iterable[str]) -> str:
    """Return a digest of the words of a table."""
    return hashlib.sha256(msgspec.json.encode(list(words))).hexdigest()[:16]


def find_outdated(spool: Path, url: str, name: str, flow: Flow) -> list[str]:
    """Return the steps whose words have changed since the flow's tables were made.

    Empty for a flow that never had tables: a service may hear words without them.

    Raises:
        ConfigError: The file is broken.
    """
    made = _read(spool / WORDS_FILE_NAME).get(url, {}).get(name)
    if not made:
        return []
    words = hot_words(flow)
    return [step for step, listed in words.items() if made.get(step) != words_digest(listed)]


def warn_of_outdated(spool: Path, url: str, program: Program) -> None:
    """Log which words of a flow, and of those that it calls, the service does not know yet."""
    for name, flow in program.flows.items():
        try:
            steps = find_outdated(spool, url, name, flow)
        except ConfigError as exc:
            _log.warning("%s", exc)
            return
        if steps:
            _log.warning(
                "flow %s: the words of %s have changed since their hot-word tables were made, and "
                "may not be heard: ivr-agi vocabulary sync %s",
                name,
                ", ".join(steps),
                name,
            )


def word_list_name(words: Iterable[str]) -> str:
    """Return the name under which a script's table is stored, like that of a flow.

    The same words have the same name, in whatever order and case.
    """
    listed = sorted({word.strip().casefold() for word in words})
    return f"--words-{hashlib.sha256(msgspec.json.encode(listed)).hexdigest()[:16]}"


def read_vocabularies(spool: Path, url: str, flow: str) -> dict[str, str]:
    """Return the table of each step of a flow; empty if there are none.

    Raises:
        ConfigError: The file is broken.
    """
    return _read(spool / FILE_NAME).get(url, {}).get(flow, {})


def find_word_table(spool: Path, url: str, words: Iterable[str]) -> str | None:
    """Return the table that ``ivr-agi vocabulary sync --words`` made of some words.

    Raises:
        ConfigError: The file is broken.
    """
    return read_vocabularies(spool, url, word_list_name(words)).get("words")


def read_program_vocabularies(spool: Path, url: str, program: Program) -> dict[str, str]:
    """Return the table of each step of a program: ``step``, in flows that it calls ``flow.step``.

    Raises:
        ConfigError: The file is broken.
    """
    tables = _read(spool / FILE_NAME).get(url, {})
    return {
        step if flow == program.main else f"{flow}.{step}": table
        for flow in program.flows
        for step, table in tables.get(flow, {}).items()
    }


def translate_vocabularies(spool: Path, first: str, *others: str) -> dict[str, dict[str, str]]:
    """Return for each other service, by URL, its own id of each table of the first.

    Raises:
        ConfigError: The file is broken.
    """
    tables = _read(spool / FILE_NAME) if others else {}
    steps = [
        (flow, step, table)
        for flow, ids in tables.get(first, {}).items()
        for step, table in ids.items()
    ]
    return {
        url: {
            table: tables[url][flow][step]
            for flow, step, table in steps
            if step in tables.get(url, {}).get(flow, {})
        }
        for url in others
    }


def write_vocabularies(
    spool: Path,
    url: str,
    flow: str,
    ids: dict[str, str],
    words: Mapping[str, list[str]] | None = None,
) -> None:
    """Store the tables of a flow, replacing its previous ones.

    Args:
        spool: Folder of the files.
        url: The service.
        flow: Name of the flow.
        ids: Each step's table.
        words: Each step's words; None: not known.

    Raises:
        ConfigError: A file is broken or cannot be written.
    """
    digests = {step: words_digest(listed) for step, listed in (words or {}).items()}
    _add(spool / WORDS_FILE_NAME, url, flow, digests)
    _add(spool / FILE_NAME, url, flow, ids)


def _add(file: Path, url: str, flow: str, values: dict[str, str]) -> None:
    tables = _read(file)
    tables.setdefault(url, {})[flow] = values
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".tmp")
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(tables)))
        temporary.replace(file)
    except OSError as exc:
        raise ConfigError(f"cannot write: {exc.strerror}", path=str(file)) from exc


def _read(file: Path) -> _Tables:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Tables)
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise ConfigError(f"cannot read: {exc.strerror}", path=str(file)) from exc
    except msgspec.MsgspecError as exc:
        reason = f"{exc}; remove it and run ivr-agi vocabulary sync"
        raise ConfigError(reason, path=str(file)) from exc
