"""What the journal has of every call: one start, and one end whatever happens. Shell."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import TYPE_CHECKING

from ivr_agi.agi.text import ENCODING_ERRORS
from ivr_agi.errors import describe_error
from ivr_agi.journal import JournalWriter
from ivr_agi.secret import clean_text
from ivr_agi.threads import FILES, run_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_agi.agi.channel import AgiChannel
    from ivr_agi.flow.run.results import FlowResult
    from ivr_agi.journal import Journal
    from ivr_agi.settings import Settings

__all__ = (
    "close_journal",
    "describe_task",
    "make_journal_writer",
    "note_bug",
    "note_end",
    "note_start",
    "readable",
    "readable_name",
)

_log = logging.getLogger("ivr_agi.serve")

MAX_RECORDED_NAME = 100
"""Characters of a flow's name or a script's path in the journal."""


def make_journal_writer(settings: Settings) -> JournalWriter | None:
    """Open the journal of an installation; None where it has none.

    Raises:
        ConfigError: It cannot be opened.
    """
    if not settings.journal.file:
        return None
    path = settings.path(settings.journal.file)
    return JournalWriter(path, rotate_bytes=settings.journal.rotate_mb << 20)


def describe_task(arguments: tuple[str, ...]) -> dict[str, str]:
    """Return what the arguments of ``EAGI()`` ask for, for the journal."""
    match arguments:
        case ("--script", path):
            return {"script": path[:MAX_RECORDED_NAME]}
        case (name, *_):
            return {"flow": name[:MAX_RECORDED_NAME]}
    return {}


def note_start(channel: AgiChannel, journal: Journal, about: Mapping[str, str]) -> float:
    """Record that a call begins; return when, in the loop's seconds."""
    caller = channel.environment
    journal.record(
        "call_started",
        channel=readable_name(caller.channel),
        extension=readable_name(caller.extension),
        caller=readable_name(caller.caller_id) or None,
        called=readable_name(caller.dnid or caller.extension) or None,
        language=readable_name(caller.language) or None,
        **{key: readable_name(text) for key, text in about.items()},
    )
    return asyncio.get_running_loop().time()


def note_end(journal: Journal, result: FlowResult, began_at: float) -> None:
    """Record how a call ended; every start has one such end."""
    journal.record(
        "call_ended",
        status=result.status.value,
        result=result.result or None,
        target=result.target or None,
        seconds=round(asyncio.get_running_loop().time() - began_at, 3),
        error=result.error or None,
    )


def note_bug(exc: Exception, journal: Journal) -> str:
    """Log the place of a bug; return what the dialplan may be told."""
    error = type(exc).__name__
    if journal.has_secrets:  # its text may have them
        frames = traceback.extract_tb(exc.__traceback__)
        places = " > ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
        _log.error("the call failed: %s at %s", error, places)
        return error
    _log.error("the call failed", exc_info=exc)
    return describe_error(exc)


def readable(text: str) -> str:
    """Return a text from Asterisk with replacement characters for bytes that are not UTF-8."""
    return text.encode("utf-8", ENCODING_ERRORS).decode("utf-8", "replace")


def readable_name(text: str) -> str:
    """Return a name or a number from Asterisk as one printable line, cut if it is long."""
    return clean_text(readable(text))


async def close_journal(writer: JournalWriter | None) -> None:
    """Write the last lines of a journal, unless the disk has failed."""
    if writer is not None:
        try:
            await run_in(FILES, writer.close)
        except OSError as exc:
            _log.error("the journal's last lines may be lost: %s", exc.strerror)
