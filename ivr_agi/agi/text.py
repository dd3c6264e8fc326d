"""The text formats of AGI: command lines out; environment block and replies in.

Layer: core without I/O. :mod:`ivr_agi.agi.connection` finds where a reply ends, this module reads
it. Text is UTF-8 with surrogateescape both ways, so that any byte of a caller's name survives.

Source: Asterisk res_agi.c (``parse_args``, ``setup_env``, ``run_agi``, ``agi_handle_command``);
``asterisk.md`` section 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = (
    "ALL_KEYS",
    "ENCODING_ERRORS",
    "MAX_COMMAND_BYTES",
    "AgiEnvironment",
    "Reply",
    "format_command",
    "parse_environment",
    "parse_reply",
    "quote",
)

ENCODING_ERRORS = "surrogateescape"

ALL_KEYS = "0123456789*#"
"""All keys of a telephone."""

MAX_COMMAND_BYTES = 2047
"""Longest command line with its newline. ``run_agi`` reads into 2048 bytes (``AGI_BUF_LEN``) and
takes the rest as the *next command*: a long value would let its author run one."""

_VERB = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*")
_LINE_BREAKS = re.compile(r"[\r\n\0]")


def quote(value: str) -> str:
    r"""Put an argument in double quotes, with ``\`` and ``"`` escaped.

    Raises:
        ValueError: It holds CR, LF or NUL, which AGI cannot carry.

    Source: ``parse_args`` in res_agi.c turns ``\"`` and ``\\`` back into one character.
    """
    if _LINE_BREAKS.search(value):
        raise ValueError("an AGI argument cannot hold CR, LF or NUL")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def format_command(verb: str, *args: str | int) -> bytes:
    """Format one command line; text arguments are quoted, numbers are not.

    Raises:
        ValueError: The verb is not made of words, an argument cannot be quoted (see
            :func:`quote`), or the line is longer than :data:`MAX_COMMAND_BYTES`.
    """
    if not _VERB.fullmatch(verb):
        raise ValueError("an AGI command is made of words; pass its arguments separately")
    words = [quote(arg) if isinstance(arg, str) else str(int(arg)) for arg in args]
    line = " ".join([verb, *words]).encode("utf-8", ENCODING_ERRORS) + b"\n"
    if len(line) > MAX_COMMAND_BYTES:
        raise ValueError(f"{verb} is {len(line)} bytes long, Asterisk accepts {MAX_COMMAND_BYTES}")
    return line


@dataclass(frozen=True, slots=True)
class AgiEnvironment:
    """What Asterisk says about the call before the first command (``setup_env`` in res_agi.c).

    The caller's number and name are whatever the caller's side sent: never trust them.
    """

    request: str
    """The script as the dialplan names it."""
    channel: str
    """Name of the channel, e.g. ``PJSIP/alice-00000001``."""
    language: str
    """Language of the channel, e.g. ``en``."""
    type: str
    """Technology of the channel, e.g. ``PJSIP``."""
    uniqueid: str
    """Asterisk's id of the call."""
    version: str
    """Version of Asterisk."""
    caller_id: str
    """Caller's number; empty if unknown."""
    caller_id_name: str
    """Caller's name; empty if unknown."""
    dnid: str
    """Number that was dialled; empty if unknown."""
    rdnis: str
    """Number that the call was redirected from; empty if unknown."""
    context: str
    """Dialplan context."""
    extension: str
    """Dialplan extension."""
    priority: int
    """Dialplan priority; 0 if unreadable."""
    account_code: str
    """Account code of the channel."""
    enhanced: bool
    """True if started by EAGI, so that fd 3 carries the caller's audio."""
    arguments: tuple[str, ...]
    """Arguments of the dialplan line, ``agi_arg_1`` first."""
    raw: Mapping[str, str]
    """Every ``agi_...`` line as it came; the last one if repeated."""


def parse_environment(lines: Iterable[str]) -> AgiEnvironment:
    """Read the lines of the environment block, and skip lines that do not belong to it.

    Nothing is escaped in the block, so a line break in the caller's name can forge lines. The name
    comes before extension, context and arguments. So the last line of a key counts, and only lines
    after all others are arguments.
    """
    raw: dict[str, str] = {}
    arguments: list[str] = []
    for line in lines:
        key, colon, value = line.partition(":")
        if not colon or not key.startswith("agi_"):
            continue
        raw[key] = value.strip()
        if key.startswith("agi_arg_"):
            arguments.append(raw[key])
        else:
            arguments.clear()
    priority = raw.get("agi_priority", "")
    return AgiEnvironment(
        request=raw.get("agi_request", ""),
        channel=raw.get("agi_channel", ""),
        language=raw.get("agi_language", ""),
        type=raw.get("agi_type", ""),
        uniqueid=raw.get("agi_uniqueid", ""),
        version=raw.get("agi_version", ""),
        caller_id=_known(raw, "agi_callerid"),
        caller_id_name=_known(raw, "agi_calleridname"),
        dnid=_known(raw, "agi_dnid"),
        rdnis=_known(raw, "agi_rdnis"),
        context=raw.get("agi_context", ""),
        extension=raw.get("agi_extension", ""),
        priority=int(priority) if _PRIORITY.fullmatch(priority) else 0,
        account_code=raw.get("agi_accountcode", ""),
        enhanced=raw.get("agi_enhanced") == "1.0",
        arguments=tuple(arguments),
        raw=MappingProxyType(raw),
    )


_PRIORITY = re.compile(r"\d{1,9}")
"""Python reads no number of thousands of digits, and there is none."""
NO_NUMBER = frozenset(
    {"anonymous", "blocked", "private", "restricted", "unavailable", "unknown", "withheld"}
)
"""What networks send in place of the number of a caller who does not show it."""


def _known(raw: Mapping[str, str], key: str) -> str:
    """Return the value; empty if Asterisk says ``unknown``, or the network that it has none."""
    value = raw.get(key, "")
    hidden = NO_NUMBER if key == "agi_callerid" else {"unknown"}
    return "" if value.strip(' "<>').casefold() in hidden else value


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of Asterisk to one command."""

    code: int
    """200, 510, 511, 520 ...; 0 if this is not an AGI reply."""
    result: str
    """What follows ``result=``; may be empty."""
    data: str
    """The text in parentheses; empty if there is none."""
    endpos: int | None
    """``endpos=``, in samples; None if there is none."""
    text: str
    """The whole reply, with lines joined by LF."""

    @property
    def first_line(self) -> str:
        """The first line, cut to 200 characters, for errors."""
        return self.text.partition("\n")[0][:200]


_CODE = re.compile(r"([1-9]\d\d)(?:[ -]|\Z)")
# A value may hold anything, ")" and "endpos=" and line breaks too: it ends where the reply ends.
_VALUE = re.compile(r"200 result=(\S*) \((.*)\)", re.DOTALL)
_RESULT = re.compile(
    r"200 result=(\S*)(?: \(([^)]*)\))?(?: endpos=(-?\d{1,18})(?!\d))?.*", re.DOTALL
)


def parse_reply(text: str, *, holds_value: bool = False) -> Reply:
    """Read one complete reply, without its last line break.

    Args:
        text: The reply; its lines are joined by LF.
        holds_value: The text in parentheses is free text (GET VARIABLE ...).

    Returns:
        The reply; its code is 0 if it cannot be read. Never raises.
    """
    if holds_value and (match := _VALUE.fullmatch(text)):
        return Reply(200, match[1], match[2], None, text)
    if match := _RESULT.fullmatch(text):
        endpos = None if match[3] is None else int(match[3])
        return Reply(200, match[1], match[2] or "", endpos, text)
    code = _CODE.match(text)
    if code is None or code[1] == "200":
        return Reply(0, "", "", None, text)
    return Reply(int(code[1]), "", "", None, text)
