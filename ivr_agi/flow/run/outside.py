"""What a flow reaches beyond its call: services, functions, the clock. Core, no I/O.

Whoever runs the flow says how: :mod:`ivr_agi.serve` over the network, tests with answers of their
own.
"""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ivr_agi.errors import FlowError, RequestFailed

if TYPE_CHECKING:
    from ivr_agi.flow.run.options import Reading

__all__ = ("EnterStep", "Fetch", "FlowRequest", "Invoke", "Outside", "Waiting")

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class FlowRequest:
    """An HTTP request."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: bytes | None


class EnterStep(Protocol):
    """Takes the name of a step that begins."""

    async def __call__(self, name: str, *, is_recorded: bool) -> None:
        """Begin to record it, or stop."""
        ...


class Waiting(Protocol):
    """Waits for what is beyond the call: a core has no clock of its own."""

    async def pause(self, delay_s: float) -> None:
        """Wait for nothing but the time."""
        ...

    async def wait(
        self,
        work: Awaitable[_T],
        timeout_s: float,
        *,
        filler: Callable[[], Awaitable[None]] | None = None,
        filler_after_s: float = 0.0,
    ) -> _T:
        """Wait for work at most so long; say the filler meanwhile; :class:`TimeoutError`."""
        ...


Fetch = Callable[[FlowRequest], Awaitable[Any]]
"""Sends a request and returns the JSON of the answer; :class:`~ivr_agi.errors.RequestFailed`."""

Invoke = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Runs the user's function ``module:name`` with arguments; whatever it raises."""


async def _no_fetch(request: FlowRequest) -> Any:
    raise RequestFailed("no network here")


async def _no_invoke(name: str, arguments: Mapping[str, Any]) -> Any:
    raise FlowError(f"no Python functions here: {name} with {len(arguments)} arguments")


class _NoWaiting:
    async def pause(self, delay_s: float) -> None:
        raise FlowError("nothing can be waited for here")

    async def wait(
        self,
        work: Awaitable[_T],
        timeout_s: float,
        *,
        filler: Callable[[], Awaitable[None]] | None = None,
        filler_after_s: float = 0.0,
    ) -> _T:
        raise FlowError("nothing can be waited for here")


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


async def _no_recording(name: str, *, is_recorded: bool) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What a flow reaches beyond the call; tests put their own in."""

    fetch: Fetch = _no_fetch
    invoke: Invoke = _no_invoke
    waiting: Waiting = _NoWaiting()
    """Waits for both (:class:`ivr_agi.flow.run.waiting.LoopWaiting`)."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Has the secrets of ``http`` headers by name."""
    wall_clock: Callable[[], datetime.datetime] = _now
    set_language: Callable[[str], None] = lambda _: None
    """Makes recogniser and voice follow a change of language."""
    enter_step: EnterStep = _no_recording
    """Is told which step begins, and whether it asks to be recorded."""
    on_match: Callable[[str, Reading], None] | None = None
    """Is told what words were taken for (``ivr-agi flow talk``)."""
