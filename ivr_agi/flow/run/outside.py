"""What a flow uses outside its call: services, functions, the clock. Core, no I/O.

Whoever runs the flow provides it: :mod:`ivr_agi.serve` uses the network, tests use canned answers.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ivr_agi.errors import FlowError, RequestFailed

if TYPE_CHECKING:
    from ivr_agi.flow.file.model import Flow
    from ivr_agi.flow.run.options import Reading
    from ivr_agi.flow.run.place import CallPlace

__all__ = (
    "AnswerKind",
    "Credentials",
    "EnterStep",
    "Fetch",
    "Filler",
    "FlowRequest",
    "Invoke",
    "Outside",
    "Stream",
    "Waiting",
)

_T = TypeVar("_T")


class AnswerKind(enum.StrEnum):
    """What an answer is read as."""

    JSON = "json"
    TEXT = "text"
    XML = "xml"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a token is got with (OAuth2, client credentials)."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""


@dataclass(frozen=True, kw_only=True)
class FlowRequest:
    """An HTTP request."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes | None
    answer: AnswerKind = AnswerKind.JSON
    """What the answer is read as."""
    credentials: Credentials | None = None
    """The request has a token that is got with these."""
    certificate: str = ""
    """PEM file of the client's certificate and key."""


class EnterStep(Protocol):
    """Called with the name of each step that begins."""

    async def __call__(self, name: str, *, is_recorded: bool) -> None:
        """Start or stop recording."""
        ...


@dataclass(frozen=True, kw_only=True)
class Filler:
    """What the caller hears while something takes long."""

    words: Callable[[], Awaitable[None]]
    """Says them to their end."""
    music: Callable[[], Awaitable[None]] | None
    """Plays it to its end, or until it is cancelled; None: silence."""
    after_s: float
    """When it begins."""
    begins_with_music: bool = False
    is_heard: Callable[[], bool] = lambda: True
    """Says whether the words have begun."""


class Waiting(Protocol):
    """Waits; a core has no clock of its own."""

    async def pause(self, delay_s: float) -> None:
        """Sleep."""
        ...

    async def wait(
        self, work: Awaitable[_T], timeout_s: float, *, filler: Filler | None = None
    ) -> _T:
        """Wait for work, and keep the caller company meanwhile; :class:`TimeoutError`."""
        ...


Fetch = Callable[[FlowRequest], Awaitable[Any]]
"""Sends a request and returns the JSON of the answer; :class:`~ivr_agi.errors.RequestFailed`."""

Stream = Callable[[FlowRequest], AsyncGenerator[str]]
"""Sends a request and yields the text of the answer as it comes; as :data:`Fetch`."""

Invoke = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Runs the user's function ``module:name``; raises whatever it raises."""

InvokeWithCall = Callable[[str, Any, Mapping[str, Any]], Awaitable[Any]]
"""Runs the user's ``async`` function ``module:name`` with the call (a ``FlowCall``) in front of its
arguments; raises whatever it raises."""


async def _no_fetch(request: FlowRequest) -> Any:
    raise RequestFailed("no network available")


async def _no_stream(request: FlowRequest) -> AsyncGenerator[str]:
    raise RequestFailed("no network available")
    yield ""


async def _no_invoke(name: str, arguments: Mapping[str, Any]) -> Any:
    raise FlowError(f"Python functions are not available: {name} with {len(arguments)} arguments")


async def _no_converse(name: str, call: Any, arguments: Mapping[str, Any]) -> Any:
    raise FlowError(f"Python functions are not available: {name} with {len(arguments)} arguments")


async def _no_flows(name: str) -> tuple[Mapping[str, Flow], Mapping[str, str]]:
    raise FlowError(f"there is no flow {name!r}: no folder of flows is known here")


async def _no_variable(name: str) -> str | None:
    return None


async def _no_return(place: CallPlace) -> str:
    return ""


async def _no_setting(name: str, value: str) -> None:
    raise FlowError(f"there is no channel whose {name} could be set")


class _NoWaiting:
    async def pause(self, delay_s: float) -> None:
        raise FlowError("waiting is not available")

    async def wait(
        self, work: Awaitable[_T], timeout_s: float, *, filler: Filler | None = None
    ) -> _T:
        raise FlowError("waiting is not available")


def _now() -> datetime.datetime:
    """The time of the machine's own place: "today" is a caller's, not that of UTC."""
    return datetime.datetime.now().astimezone()


async def _no_music() -> str:
    return ""


async def _no_recording(name: str, *, is_recorded: bool) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What a flow uses outside the call."""

    fetch: Fetch = _no_fetch
    stream: Stream = _no_stream
    invoke: Invoke = _no_invoke
    converse: InvokeWithCall = _no_converse
    find_flow: Callable[[str], Awaitable[tuple[Mapping[str, Flow], Mapping[str, str]]]] = _no_flows
    """Returns a flow that is not in the program, with those that it calls, and their hot-word
    tables by ``flow.step``."""
    find_table: Callable[[Sequence[str]], str | None] = lambda _: None
    """Returns the hot-word table made of some words (``ivr-agi vocabulary sync --words``)."""
    get_variable: Callable[[str], Coroutine[Any, Any, str | None]] = _no_variable
    """Reads a variable of the dialplan."""
    set_variable: Callable[[str, str], Coroutine[Any, Any, None]] = _no_setting
    """Sets one."""
    keep_place: Callable[[CallPlace], Awaitable[str]] = _no_return
    """Keeps where a call is that is about to be connected; returns the name under which it comes
    back. Empty: it does not."""
    waiting: Waiting = _NoWaiting()
    """Waits for both (:class:`ivr_agi.flow.run.waiting.LoopWaiting`)."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Environment variables, which hold the secrets of ``http`` headers."""
    traceparent: Callable[[], str] = lambda: ""
    """Returns the header ``traceparent`` of the next request; empty: nobody collects traces."""
    wall_clock: Callable[[], datetime.datetime] = _now
    set_language: Callable[[str], None] = lambda _: None
    """Called when the language changes: recogniser and voice follow."""
    speak_slowly: Callable[[], None] = lambda: None
    """Makes the voice slower, until the language changes."""
    enter_step: EnterStep = _no_recording
    """Called with each step, and whether it is to be recorded."""
    find_music: Callable[[], Awaitable[str]] = _no_music
    """Returns the recording that is played on hold; empty: there is none."""
    attend: Callable[[], None] = lambda: None
    """Called when the flow waits: keys are kept, and a hang-up is noticed, meanwhile."""
    is_speaking: Callable[[], bool] = lambda: True
    """Says whether the caller hears a prompt: one that has not begun yet need not be awaited."""
    has_hung_up: Callable[[], bool] = lambda: False
    """Says whether the caller has left: nothing new begins then."""
    on_match: Callable[[str, Reading], None] | None = None
    """Called with the interpretation of words (``ivr-agi flow talk``)."""
