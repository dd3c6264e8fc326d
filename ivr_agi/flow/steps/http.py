"""``http``: a request to a service, or to one that writes what the caller hears. Core, no I/O.

:mod:`ivr_agi.flow.run.fetch` sends, :mod:`ivr_agi.flow.run.waiting` waits.
"""

from __future__ import annotations

import contextlib
import logging
import urllib.parse
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ivr_agi.errors import RequestFailed
from ivr_agi.flow.file.spec import Name, PromptSpec, Seconds, Spec, StepName, Template
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.flow.run.company import refuse_after_hang_up, wait_with_filler
from ivr_agi.flow.run.outside import AnswerKind, Credentials, FlowRequest
from ivr_agi.flow.run.values import check_depth

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("ClientCredentials", "FromEnvironment", "Header", "HttpStep")

_log = logging.getLogger("ivr_agi.flow")

RETRY_PAUSE_S = 0.2
TRACEPARENT = "traceparent"
"""Header of W3C Trace Context."""


class Header(Spec, frozen=True, kw_only=True):
    """A header with a secret value, taken from the environment."""

    env: Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    """Environment variable with the value."""
    prefix: str = ""
    """Prefix, e.g. ``"Bearer "``."""


class FromEnvironment(Spec, frozen=True, kw_only=True):
    """A secret, or where one is: taken from the environment."""

    env: Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    """Environment variable with the value."""


class ClientCredentials(Spec, frozen=True, kw_only=True):
    """How a token is got (OAuth2, client credentials)."""

    token_url: Annotated[str, Meta(pattern=r"^https?://")]
    """Where it is asked for."""
    client_id: FromEnvironment
    """The client."""
    client_secret: FromEnvironment
    """Its secret."""
    scope: str = ""
    """What the token is for."""


class HttpStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="http"):
    """Send a request and store values from the response."""

    url: Template
    """``https://...``; variables are quoted."""
    go: StepName
    """The next step after a response (2xx, JSON)."""
    error: StepName
    """The next step if all attempts fail."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    """HTTP method."""
    json: Any = None
    """Body; strings in it may be templates."""
    form: dict[str, Template] = {}
    """Body as a web page's form has it."""
    xml: Template | None = None
    """Body in XML; what is filled in is escaped."""
    text: Template | None = None
    """Body as plain text."""
    answer: AnswerKind = AnswerKind.JSON
    """What the response is read as."""
    auth: ClientCredentials | None = None
    """How the token is got that the service wants."""
    certificate: FromEnvironment | None = None
    """PEM file of the client's certificate and key, which the service wants."""
    headers: dict[str, str | Header] = {}
    """Further headers; ``{env: NAME}`` for secrets."""
    timeout_s: Seconds = 5.0
    """Deadline of each attempt, from connecting to the last byte of the response, s."""
    retries: Annotated[int, Meta(ge=0, le=5)] = 1
    """Further attempts; only for GET, or with ``retry_safe``."""
    retry_safe: bool = False
    """The request may be sent twice: it is idempotent."""
    save: dict[Name, str] = {}
    """Variable to path in the response: ``balance``, ``items.0.name``, ``.`` for all of it."""
    say: bool = False
    """Say the response, which is text, while it arrives; ``save`` may keep it (``.``)."""
    filler: PromptSpec | None = None
    """Said if the response takes long."""
    filler_after_s: Seconds = 1.5
    """Seconds before the filler."""
    secure: bool = False
    """Saved values are visible to ``http``, ``python`` and conditions only."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Send the request, with retries; keep the caller company meanwhile."""
        try:
            request = self._request(call)
        except RequestFailed as exc:
            self._note_failure(call, 1, 1, exc, None)
            return self.error
        if self.say:
            return self.go if await self._say(call, request) else self.error
        tries = 1 + (self.retries if self.method == "GET" or self.retry_safe else 0)
        limit_s = tries * (self.timeout_s + RETRY_PAUSE_S)
        work = self._ask(call, request, tries)
        try:
            found = await wait_with_filler(call, work, limit_s, self.filler, self.filler_after_s)
        except TimeoutError:  # before the last try knew that it was too late
            found = None
        if found is None:
            return self.error
        for name, value in found.items():
            call.values.set(name, value, secure=self.secure)
        return self.go

    async def _say(self, call: FlowCall, request: FlowRequest) -> bool:
        """Say the response while it arrives; False: it failed, or did not come to its end."""
        request, parent = _traced(call, request)
        source = call.outside.stream(request)
        text: list[str] = []
        failed = False

        async def more() -> str:
            return await anext(source, "")

        async def pieces() -> AsyncGenerator[str]:
            nonlocal failed
            while not failed and text[-1]:
                yield text[-1]
                try:
                    text.append(await call.outside.waiting.wait(more(), self.timeout_s))
                except (RequestFailed, OSError) as exc:
                    failed = True
                    self._note_failure(call, 1, 1, exc, parent)

        try:
            text.append(
                await wait_with_filler(
                    call, more(), self.timeout_s, self.filler, self.filler_after_s
                )
            )
            if text[0]:
                await call.speaker.say_live(pieces())
        except (RequestFailed, OSError) as exc:
            self._note_failure(call, 1, 1, exc, parent)
            return False
        finally:
            with contextlib.suppress(RuntimeError):  # the prompt still reads: it will be closed
                await source.aclose()
        for name in self.save:
            call.values.set(name, "".join(text), secure=self.secure)
        if not failed:
            call.note("http", attempt=1, traceparent=parent)
        return not failed

    def _note_failure(
        self, call: FlowCall, number: int, tries: int, exc: Exception, parent: str | None
    ) -> None:
        # Texts of other errors may contain the caller's words.
        error = exc.reason if isinstance(exc, RequestFailed) else type(exc).__name__
        _log.warning("http step %s, try %d of %d: %s", call.position.step, number, tries, error)
        call.note("http", attempt=number, error=error, traceparent=parent)

    async def _ask(self, call: FlowCall, request: FlowRequest, tries: int) -> dict[str, Any] | None:
        """Send a request until there is an answer; None: there is none after all tries."""
        for number in range(1, tries + 1):
            traced, parent = _traced(call, request)
            try:
                answer = await call.outside.waiting.wait(call.outside.fetch(traced), self.timeout_s)
                found = {name: _find(answer, place) for name, place in self.save.items()}
                check_depth(list(found.values()))
            except (RequestFailed, OSError, ValueError, LookupError) as exc:
                self._note_failure(call, number, tries, exc, parent)
                if number < tries:
                    await call.outside.waiting.pause(RETRY_PAUSE_S)
                    refuse_after_hang_up(call)
            else:
                saved = call.values.saved_for_replay(found, secure=self.secure)
                call.note("http", attempt=number, saved=saved, traceparent=parent)
                return found
        return None

    def needs_nobody(self) -> bool:
        """Tell whether it says nothing."""
        return not self.say and self.filler is None

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Require http or https."""
        if not self.url.startswith(("http://", "https://")):
            yield "the URL begins with http:// or https://", ("url",)
        bodies = [name for name in _BODIES if getattr(self, name)]
        if len(bodies) > 1:
            yield f"a request has one body: {bodies[0]}, or {bodies[1]}", (bodies[1],)
        if self.say and self.answer is not AnswerKind.JSON:
            yield "with say, the answer is text in any case", ("answer",)
        if self.answer is AnswerKind.TEXT and any(place != "." for place in self.save.values()):
            yield "of a text, only all of it can be saved: .", ("save",)
        if self.say and any(place != "." for place in self.save.values()):
            yield "with say, only the whole text can be saved: .", ("save",)

    def _request(self, call: FlowCall) -> FlowRequest:
        kind, body = self._body(call)
        accepted = "text/plain, text/event-stream" if self.say else _ACCEPTED[self.answer]
        headers = {"Accept": accepted} | ({"Content-Type": kind} if kind else {})
        for name, value in self.headers.items():
            if isinstance(value, Header):
                text = value.prefix + call.outside.environ.get(value.env, "")
            else:
                text = call.values.fill_text(value, secrets=True)
            headers = {key: own for key, own in headers.items() if key.lower() != name.lower()}
            headers[name] = " ".join(text.split())
        return FlowRequest(
            url=call.values.fill_url(self.url),
            method=self.method,
            headers=headers,
            body=body,
            answer=self.answer,
            credentials=self._credentials(call),
            certificate=_of_environment(call, self.certificate) if self.certificate else "",
        )

    def _body(self, call: FlowCall) -> tuple[str, bytes | None]:
        """Return the kind of the body, and the body; empty and None: there is none."""
        values = call.values
        if self.json is not None:
            body = msgspec.json.encode(values.fill(self.json, secrets=True))
            return "application/json", body
        if self.form:
            pairs = {key: values.fill_text(item, secrets=True) for key, item in self.form.items()}
            return "application/x-www-form-urlencoded", urllib.parse.urlencode(pairs).encode()
        if self.xml is not None:
            return "application/xml; charset=utf-8", values.fill_xml(self.xml).encode()
        if self.text is not None:
            return "text/plain; charset=utf-8", values.fill_text(self.text, secrets=True).encode()
        return "", None

    def _credentials(self, call: FlowCall) -> Credentials | None:
        if self.auth is None:
            return None
        return Credentials(
            token_url=self.auth.token_url,
            client_id=_of_environment(call, self.auth.client_id),
            client_secret=_of_environment(call, self.auth.client_secret),
            scope=self.auth.scope,
        )


_BODIES = ("json", "form", "xml", "text")
_ACCEPTED = {
    AnswerKind.JSON: "application/json",
    AnswerKind.TEXT: "text/plain, */*",
    AnswerKind.XML: "application/xml, text/xml",
}


def _of_environment(call: FlowCall, place: FromEnvironment) -> str:
    """Return a value of the environment.

    Raises:
        RequestFailed: It has none of that name.
    """
    value = call.outside.environ.get(place.env, "")
    if not value:
        raise RequestFailed(f"the environment has no {place.env}")
    return value


def _traced(call: FlowCall, request: FlowRequest) -> tuple[FlowRequest, str | None]:
    """Return the request with the header of a trace, and this; a header of the step's own stays."""
    parent = call.outside.traceparent()
    if not parent or any(name.lower() == TRACEPARENT for name in request.headers):
        return request, None
    return replace(request, headers={**request.headers, TRACEPARENT: parent}), parent


def _find(answer: Any, place: str) -> Any:
    """Return the value at a path of the response; LookupError if there is none."""
    found = answer
    for part in filter(None, place.split(".")):
        found = found[int(part)] if isinstance(found, list) else _entry(found, part)
    return found


def _entry(found: Any, part: str) -> Any:
    if not isinstance(found, dict):
        raise LookupError("no such place in the answer")
    return found[part]
