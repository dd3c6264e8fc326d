"""Every error this package raises on purpose.

Layer: bottom, imported by every room, imports only what masks secrets, and pyst2's exception names.
The tree::

    IvrError                      base
    ├── ConfigError               a file or a setting is wrong                exit code 2
    │   └── FlowError             a call flow file is wrong                   exit code 2
    ├── MissingDependency         what only some users need                   exit code 3
    ├── ChannelClosed             the call is over
    │   ├── CallerHungUp          normal end (also pyst2's AGIHangup)         exit code 0
    │   └── ChannelLost           pipe ended, Asterisk gone                   exit code 1
    ├── AgiError                  Asterisk answered, but without success      exit code 1
    │   ├── AgiCommandError       510 or 520: our fault
    │   ├── AgiCommandFailed      200 result=-1 while the channel is alive
    │   └── AgiProtocolError      a reply we cannot read: their fault
    ├── RequestFailed             a flow's service gave no usable answer      exit code 1
    ├── UserCodeFailed            user code raised what would end a process   exit code 1
    └── SpeechError               the speech service                          exit code 3
        ├── SpeechUnavailable     connect, time-out, dropped
        ├── SpeechRejected        the service said no
        └── SpeechProtocolError   a message we cannot read

Details are in attributes. What a speech service says is cleaned, masked and cut here, whatever the
error. ``str()`` is one line that says what was expected and what came; it never
holds words, digits or keys of a caller.
"""

from __future__ import annotations

import enum
import sys
from typing import TYPE_CHECKING, TypeVar

from asterisk.agi import (
    AGIAppError,
    AGIError,
    AGIHangup,
    AGIInvalidCommand,
    AGIUsageError,
)

from ivr_agi.secret import clean_text, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = (
    "AgiCommandError",
    "AgiCommandFailed",
    "AgiError",
    "AgiProtocolError",
    "CallerHungUp",
    "ChannelClosed",
    "ChannelLost",
    "ConfigError",
    "FlowError",
    "IvrError",
    "MissingDependency",
    "Remedy",
    "RequestFailed",
    "SpeechError",
    "SpeechProtocolError",
    "SpeechRejected",
    "SpeechUnavailable",
    "UserCodeFailed",
    "describe_error",
    "gather",
)


MAX_CODE = 40
"""Most characters of a service's error code; the longest documented one has 9."""


class IvrError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code = 1
    """The exit code of the command line tool."""


class ConfigError(IvrError):
    """A file or a setting is wrong; ``str()`` is ``place: reason``."""

    exit_code = 2

    def __init__(
        self,
        reason: str,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        key: str | None = None,
    ) -> None:
        self.reason = reason
        """What was expected and what came, one line."""
        self.path = path
        """The file, as the user named it."""
        self.line = line
        """Line in the file, from 1."""
        self.column = column
        """Column in the line, from 1."""
        self.key = key
        """Dotted name of the setting, e.g. ``speech.endpoint``."""
        self.others: tuple[ConfigError, ...] = ()
        """Further mistakes of the same file, in the order of their places."""
        super().__init__(reason)

    def __str__(self) -> str:
        n_others = len(self.others)
        more = f" (and {n_others} more mistake{'s' * (n_others > 1)})" if n_others else ""
        return f"{self.first_line()}{more}"

    def first_line(self) -> str:
        """Return the first mistake alone, as ``place: reason``, one printable line."""
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part)
        return printable(": ".join(part for part in (place, self.key, self.reason) if part))

    def lines(self) -> list[str]:
        """Return each mistake of the file, as ``place: reason``."""
        return [each.first_line() for each in (self, *self.others)]


class FlowError(ConfigError):
    """A call flow file is wrong."""


def describe_error(error: BaseException) -> str:
    """Return the type and the text of any error as one clean line, whatever its ``str()`` does."""
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001  # it may be the error of user code
        text = "its text cannot be read"
    return clean_text(f"{type(error).__name__}: {text}")


_Mistake = TypeVar("_Mistake", bound=ConfigError)


def gather(mistakes: Sequence[_Mistake]) -> _Mistake:
    """Return one error for all mistakes of a file: the first in it, with the others.

    Args:
        mistakes: One or more.
    """
    first, *others = sorted(mistakes, key=lambda each: (each.line or 0, each.column or 0))
    first.others = tuple(others)
    return first


_NO_WHEEL = {"pocketsphinx": (3, 14)}
"""Packages of an extra that newer Pythons cannot install, and the first such Python."""


class MissingDependency(IvrError):
    """A package that only some users need is not installed.

    Its message names a command that installs into the running Python. The command works for an
    ivr-agi from a clone as well as from an index: pip keeps the one that is installed and adds the
    packages of the extra.
    """

    exit_code = 3

    def __init__(self, package: str, extra: str = "", *, hint: str = "") -> None:
        self.package = package
        """Name of the package on the index, or of the program."""
        self.extra = extra
        """The extra of ivr-agi that installs it; if empty, the hint says what to do."""
        self.hint = hint
        """Anything else to know, e.g. why it cannot be installed here."""
        super().__init__(package)

    def __str__(self) -> str:
        missing = f"{self.package} is not installed"
        if self.package in _NO_WHEEL and sys.version_info >= _NO_WHEEL[self.package]:
            major, minor = _NO_WHEEL[self.package]
            return (
                f"{missing}, and cannot be for Python {sys.version_info[0]}.{sys.version_info[1]}: "
                f"it has no wheel for {major}.{minor} and newer. Run this in an environment of an "
                f"older Python: python{major}.{minor - 1} -m venv ENV; ENV/bin/pip install "
                f"'ivr-agi[{self.extra}]'. Only the local speech server needs it: calls do not"
            )
        if not self.extra:
            return f"{missing}: {self.hint}"
        text = f"{missing}: {sys.executable} -m pip install 'ivr-agi[{self.extra}]'"
        return f"{text} ({self.hint})" if self.hint else text


class ChannelClosed(IvrError):
    """The call is over."""


class CallerHungUp(ChannelClosed, AGIHangup):  # type: ignore[misc]  # pyst2 has no types
    """The caller left: the normal end of a call, not an error."""

    exit_code = 0

    def __str__(self) -> str:
        return "the caller hung up"


class ChannelLost(ChannelClosed):
    """Asterisk is gone: a pipe ended during the call."""

    def __init__(self, during: str) -> None:
        self.during = during
        """What was going on, e.g. ``reading the environment``."""
        super().__init__(during)

    def __str__(self) -> str:
        return f"Asterisk closed the AGI pipe while {self.during}"


class AgiError(IvrError, AGIError):  # type: ignore[misc]  # pyst2 has no types
    """Asterisk answered a command, but without success."""

    def __init__(self, command: str, code: int | None, reply: str) -> None:
        self.command = command
        """Verb of the command, e.g. ``STREAM FILE``; never its arguments (caller data)."""
        self.code = code
        """AGI status code (200, 510, 520); None if it could not be read."""
        self.reply = reply
        """First line of the reply, cut to 200 characters."""
        super().__init__(command, code, reply)

    def __str__(self) -> str:
        code = "" if self.code is None else f" {self.code}"
        return f"{self.command}: Asterisk answered{code} {self.reply!r}"


class AgiCommandError(AgiError, AGIInvalidCommand, AGIUsageError):  # type: ignore[misc]  # same
    """510 or 520: this Asterisk does not know or accept the command that we sent."""


class AgiCommandFailed(AgiError, AGIAppError):  # type: ignore[misc]  # same
    """The command failed although the channel is alive (a file is missing, ...)."""


class AgiProtocolError(AgiError):
    """Asterisk sent something that is not an AGI reply."""


class Remedy(enum.StrEnum):
    """What to do next about an error of the speech service (``sis-protocol.md`` 12.1)."""

    FIX_REQUEST = "fix the request"
    """A setting, a flow or this client is wrong; the same request will fail again."""
    FIX_ACCOUNT = "fix the account"
    """Credentials, permissions, purchase or payment; a retry may lock the account."""
    CLIENT_TIMING = "connect again"
    """We were too slow for the service; a new socket helps."""
    BACK_OFF = "try again later"
    """Too many requests at once."""
    RETRY = "try again"
    """A passing fault; use another endpoint, or this one a moment later."""
    ESCALATE = "ask the vendor"
    """A fault inside the service; use another endpoint meanwhile."""

    @property
    def retryable(self) -> bool:
        """The same request may succeed a moment later."""
        return self in {Remedy.CLIENT_TIMING, Remedy.BACK_OFF, Remedy.RETRY}


class RequestFailed(IvrError):
    """A service that a flow called gave no answer, or none that a flow can use."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        """Why, in our words; holds nothing from the request or the answer."""
        super().__init__(reason)


class UserCodeFailed(IvrError):
    """A function or a script of a user raised what ends a process, a loop or a task.

    ``sys.exit()`` would end the worker with all its calls, StopIteration would never arrive.
    """

    def __init__(self, error: BaseException) -> None:
        self.kind = type(error).__name__
        """Name of what it raised."""
        super().__init__(f"user code raised {self.kind}")


class SpeechError(IvrError):
    """The speech service failed."""

    exit_code = 3

    def __init__(
        self,
        reason: str,
        *,
        service: str = "",
        remedy: Remedy = Remedy.ESCALATE,
        trace_id: str | None = None,
    ) -> None:
        self.reason = clean_text(reason)
        """What was expected and what came, one line."""
        self.service = service
        """URL of the service, without query and credentials."""
        self.remedy = remedy
        """What to do next about it."""
        self.trace_id = clean_text(trace_id) if trace_id else None
        """The service's own id of the session, if it gave one; the vendor asks for it."""
        super().__init__(self.reason)

    @property
    def retryable(self) -> bool:
        """True if the same request may succeed a moment later."""
        return self.remedy.retryable

    def __str__(self) -> str:
        text = f"{self.service}: {self.reason}" if self.service else self.reason
        return f"{text} (trace {self.trace_id})" if self.trace_id else text


class SpeechUnavailable(SpeechError):
    """The service cannot be reached, does not answer in time, or dropped the connection."""

    def __init__(
        self,
        reason: str,
        *,
        service: str = "",
        trace_id: str | None = None,
        has_waited: bool = False,
    ) -> None:
        self.has_waited = has_waited
        """A time limit passed: whoever waits does not wait for the same endpoint again."""
        super().__init__(reason, service=service, remedy=Remedy.RETRY, trace_id=trace_id)


class SpeechRejected(SpeechError):
    """The service refused: an HTTP status, ERROR, FATAL_ERROR or END with reason ERROR."""

    def __init__(
        self,
        code: str,
        text: str,
        *,
        service: str = "",
        trace_id: str | None = None,
        remedy: Remedy = Remedy.ESCALATE,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.code = clean_text(code, MAX_CODE)
        """The vendor's code (``SIS.0032``, ``APIG.0301``) or ``HTTP 503``."""
        self.text = clean_text(text)
        """The vendor's text."""
        self.status = status
        """The HTTP status, if it came before the WebSocket was open."""
        self.retry_after_s = retry_after_s
        """How long the service asks us to wait (``Retry-After``), seconds."""
        super().__init__(
            f"refused with {self.code}: {self.text}",
            service=service,
            remedy=remedy,
            trace_id=trace_id,
        )


class SpeechProtocolError(SpeechError):
    """The service sent a message that is not in the protocol."""
