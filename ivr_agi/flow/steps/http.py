"""``http``: ask a service, in JSON. Core, no I/O.

:mod:`ivr_agi.flow.run.fetch` sends, :mod:`ivr_agi.flow.run.waiting` waits.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ivr_agi.errors import RequestFailed
from ivr_agi.flow.file.spec import Name, PromptSpec, Seconds, Spec, StepName, Template
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.flow.run.outside import FlowRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("Header", "HttpStep", "wait_with_filler")

_log = logging.getLogger("ivr_agi.flow")

RETRY_PAUSE_S = 0.2


class Header(Spec, frozen=True, kw_only=True):
    """A header whose value is a secret: the file names where it is."""

    env: Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    """Environment variable that holds it."""
    prefix: str = ""
    """Put before it, e.g. ``"Bearer "``."""


class HttpStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="http"):
    """Send a request and keep what the answer says."""

    url: Template
    """``https://...``; values that are filled in are quoted."""
    go: StepName
    """The next step after an answer (2xx, JSON)."""
    error: StepName
    """The next step where there is none, in time, after all retries."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """How."""
    json: Any = None
    """Body; texts in it may be templates."""
    headers: dict[str, str | Header] = {}
    """Further headers; ``{env: NAME}`` for secrets."""
    timeout_s: Seconds = 5.0
    """For each try."""
    retries: Annotated[int, Meta(ge=0, le=5)] = 1
    """Further tries; only where nothing can happen twice (GET), or ``retry_safe``."""
    retry_safe: bool = False
    """The service takes the same request twice for one."""
    save: dict[Name, str] = {}
    """Variable -> place in the answer: ``balance``, ``items.0.name``, ``.`` for all of it."""
    filler: PromptSpec | None = None
    """Said while it takes long."""
    filler_after_s: Seconds = 1.5
    """When that is."""
    secure: bool = False
    """What is saved is seen by ``http``, ``python`` and conditions only."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Send it, with retries; say the filler meanwhile."""
        request = self._request(call)
        tries = 1 + (self.retries if self.method == "GET" or self.retry_safe else 0)
        for number in range(1, tries + 1):
            try:
                filler = self.filler if number == 1 else None
                answer = await wait_with_filler(
                    call,
                    call.outside.fetch(request),
                    self.timeout_s,
                    filler,
                    self.filler_after_s,
                )
                found = {name: _find(answer, place) for name, place in self.save.items()}
            except (RequestFailed, OSError, ValueError, LookupError) as exc:
                # The text of others may have the caller's words in it.
                error = exc.reason if isinstance(exc, RequestFailed) else type(exc).__name__
                _log.warning(
                    "http step %s, try %d of %d: %s", call.position.step, number, tries, error
                )
                call.note("http", attempt=number, error=error)
                if number < tries:
                    await call.outside.waiting.pause(RETRY_PAUSE_S)
            else:
                call.note("http", attempt=number)
                for name, value in found.items():
                    call.values.set(name, value, secure=self.secure)
                return self.go
        return self.error

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Only the web."""
        if not self.url.startswith(("http://", "https://")):
            yield "the URL begins with http:// or https://", ("url",)

    def _request(self, call: FlowCall) -> FlowRequest:
        headers = {"Accept": "application/json"}
        for name, value in self.headers.items():
            if isinstance(value, Header):
                text = value.prefix + call.outside.environ.get(value.env, "")
            else:
                text = call.values.fill_text(value, secrets=True)
            headers[name] = " ".join(text.split())
        body = None
        if self.json is not None:
            headers["Content-Type"] = "application/json"
            body = msgspec.json.encode(call.values.fill(self.json, secrets=True))
        return FlowRequest(
            url=call.values.fill_url(self.url),
            method=self.method,
            headers=headers,
            body=body,
        )


async def wait_with_filler(
    call: FlowCall,
    work: Awaitable[Any],
    timeout_s: float,
    filler: PromptSpec | None,
    filler_after_s: float,
) -> Any:
    """Wait for work, at most so long; where it takes long, say something meanwhile.

    Cancellation: the work is given up too.
    """
    say = None if filler is None else functools.partial(call.speaker.say_last, filler)
    return await call.outside.waiting.wait(
        work, timeout_s, filler=say, filler_after_s=filler_after_s
    )


def _find(answer: Any, place: str) -> Any:
    """Return what stands at a place of the answer; LookupError where nothing does."""
    found = answer
    for part in filter(None, place.split(".")):
        found = found[int(part)] if isinstance(found, list) else _entry(found, part)
    return found


def _entry(found: Any, part: str) -> Any:
    if not isinstance(found, dict):
        raise LookupError("no such place in the answer")
    return found[part]
