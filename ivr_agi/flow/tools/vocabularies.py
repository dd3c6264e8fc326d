"""The hot-word tables of a flow's menus: their words, and the service's ids of them.

``ivr-agi vocabulary sync`` makes the tables once; calls read the ids from a small file in the
spool folder. Ids belong to one service, so the file keeps them by its URL.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ivr_agi.flow.file.model import Flow, Program

__all__ = (
    "menu_words",
    "read_program_vocabularies",
    "read_vocabularies",
    "translate_vocabularies",
    "word_list_name",
    "write_vocabularies",
)

_log = logging.getLogger("ivr_agi.flow")

FILE_NAME = "vocabularies.json"

_Tables = dict[str, dict[str, dict[str, str]]]
"""URL -> flow -> step -> id."""


def menu_words(flow: Flow) -> dict[str, list[str]]:
    """Return the words of each step that listens and names no table itself."""
    words = {
        name: step.expected_words() for name, step in flow.inputs() if step.vocabulary_id is None
    }
    return {name: listed for name, listed in words.items() if listed}


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


def write_vocabularies(spool: Path, url: str, flow: str, ids: dict[str, str]) -> None:
    """Store the tables of a flow, replacing its previous ones.

    Raises:
        ConfigError: The file is broken or cannot be written.
    """
    file = spool / FILE_NAME
    tables = _read(file)
    tables.setdefault(url, {})[flow] = ids
    try:
        spool.mkdir(parents=True, exist_ok=True)
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
