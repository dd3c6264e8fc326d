"""``transfer``, ``voicemail``, ``callback``, ``dialplan``, ``hangup``: back to the dialplan.

They do not touch the channel: they end the flow and set variables that tell the dialplan what to
do (``dialplans/extensions_ivr.conf``). Core, no I/O.
"""

from __future__ import annotations

import enum
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta, field

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.spec import Destination, Extension, Label, PromptSpec, StepName, Template
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.flow.file.target import aim, aim_faults
from ivr_agi.flow.run.results import RETURN_VARIABLES, FlowResult, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.run.call import FlowCall

__all__ = (
    "CameBack",
    "CallbackStep",
    "DialplanStep",
    "HangupStep",
    "Leaving",
    "TransferStep",
    "VoicemailStep",
)

_VARIABLE = r"^[A-Z][A-Z0-9_]*$"
_OURS = re.compile(
    r"STATUS|RESULT|TRANSFER|TRANSFER_KIND|PRIORITY|MAILBOX|CALLBACK|QUEUE|FLOW_VERSION|ERROR"
    r"|AGI|RETURN|FLOW|AFTER|TIMEOUT|ANNOUNCE|(ARG|SLOT)_.*"
)
_CALLABLE = re.compile(r"\+?[0-9]{2,30}")
_SIP = r"^sips?:[A-Za-z0-9_.!~*'()&=+$,;?/%-]+@[A-Za-z0-9.:\[\]-]+$"


class Leaving(StepSpec, frozen=True, kw_only=True):
    """Base: a step that ends the flow."""

    ends: ClassVar[bool] = True

    prompt: PromptSpec | None = None
    """Said first, to its end."""
    result: Template | None = None
    """``IVR_RESULT``; default: the value of the last choice."""
    variables: dict[Annotated[str, Meta(pattern=_VARIABLE)], Template] = {}
    """Further variables for the dialplan: ``CITY`` becomes ``IVR_CITY``."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Say the prompt and leave."""
        result = self.leave(call)
        if self.prompt is not None:  # what it promises is known to be possible
            await call.speaker.say_last(self.prompt)
        return result

    def leave(self, call: FlowCall) -> FlowResult:
        """Return how the call ends.

        Raises:
            FlowError: A template, or what it gives, is wrong.
        """
        values = {
            f"IVR_{name}": call.values.fill_text(text) for name, text in self.variables.items()
        }
        values |= self._variables(call)
        result = None if self.result is None else call.values.fill_text(self.result)
        return call.end(
            self._status(), transfer=self._destination(call), result=result, variables=values
        )

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Reject variables that the program sets itself."""
        for name in self.variables:
            if _OURS.fullmatch(name):
                yield f"IVR_{name} is set by the program itself", ("variables", name)

    def told(self) -> Iterator[str]:
        """Yield its further variables."""
        yield from (f"IVR_{name}" for name in self.variables)

    def _status(self) -> Status:
        raise NotImplementedError

    def _destination(self, call: FlowCall) -> str:
        return ""

    def _variables(self, call: FlowCall) -> dict[str, str]:
        return {}


class CameBack(enum.StrEnum):
    """How a transfer comes back: a key of its step."""

    AFTER = "after"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"


_WAYS = {
    "ANSWER": CameBack.AFTER,
    "CONTINUE": CameBack.AFTER,
    "BUSY": CameBack.BUSY,
    "DECLINED": CameBack.BUSY,
    "FULL": CameBack.BUSY,
    "NOANSWER": CameBack.NO_ANSWER,
    "TIMEOUT": CameBack.NO_ANSWER,
}
"""By what the dialplan tells: ``DIALSTATUS``, ``QUEUESTATUS``, or ``DECLINED``."""


class TransferStep(Leaving, frozen=True, kw_only=True, tag_field="do", tag="transfer"):
    """Return the call to the dialplan to be connected to exactly one destination.

    With ``busy``, ``no_answer``, ``failed`` or ``after`` it comes back, and goes on there.
    """

    resumes: ClassVar[bool] = True

    extension: Extension | None = None
    """Extension in the context ``ivr-transfer``, or a variable that names one of ``allowed``."""
    queue: Label | None = None
    """Queue (``queues.conf``), or a variable that names one of ``allowed``."""
    allowed: list[str] = []
    """The extensions or queues that the variable may name."""
    otherwise: StepName | None = field(name="else", default=None)
    """The next step if it names anything else; default: the call fails."""
    priority: Annotated[int, Meta(ge=0, le=100)] = 0
    """``QUEUE_PRIO``: higher priorities are served first."""
    sip: Annotated[str, Meta(pattern=_SIP)] | None = None
    """SIP URI."""
    timeout_s: Annotated[int, Meta(ge=1, le=3600)] | None = None
    """How long it rings or waits, s; default: the dialplan's."""
    busy: StepName | None = None
    """The next step if they are busy or decline; default: ``failed``."""
    no_answer: StepName | None = None
    """The next step if nobody answers in time; default: ``failed``."""
    failed: StepName | None = None
    """The next step if they cannot be reached; default: ``IVR_STATUS=FAILED``."""
    after: StepName | None = None
    """The next step when whoever answered has hung up, and the caller has not."""
    announce: PromptSpec | None = None
    """Words for whoever answers, before the two are connected."""
    accept: bool = False
    """They are asked whether they take the call, with key 1, or decline it, with key 2."""

    def _status(self) -> Status:
        return Status.TRANSFER

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Connect, or go on after it."""
        if call.dialled is not None:
            return self._go_on(call)
        if (target := self._target) is not None:
            _, otherwise = aim(self, target, call.values.fill_text)
            if otherwise is not None:
                return otherwise
        result = await super().run(call)
        if isinstance(result, FlowResult) and self._comes_back:
            return replace(result, variables=result.variables | await self._way_back(call))
        return result

    @property
    def _comes_back(self) -> bool:
        ways = any(getattr(self, way) is not None for way in CameBack)
        return ways or self.announce is not None

    async def _way_back(self, call: FlowCall) -> dict[str, str]:
        """Keep the place of the call; return what the dialplan needs to come back to it."""
        words = "" if self.announce is None else call.speaker.text_of(self.announce)
        place = call.place(announcement=words, must_accept=self.accept)
        token = await call.outside.keep_place(place)
        if not token:
            return {}
        found = {"IVR_RETURN": token, "IVR_FLOW": place.frames[0].name}
        found |= {"IVR_AFTER": "1"} if self.after is not None else {}
        return found | ({"IVR_ANNOUNCE": token} if self.announce is not None else {})

    def _go_on(self, call: FlowCall) -> StepName | FlowResult:
        """Return where the call goes now that it is back."""
        dialled, call.dialled = call.dialled or "", None
        way = _WAYS.get(dialled, CameBack.FAILED)
        call.note("came_back", way=way.value, dialled=dialled)
        go: StepName | None = getattr(self, way)
        if go is None and way is CameBack.AFTER:
            return call.end(Status.COMPLETED)
        go = go or self.failed
        return go or call.end(Status.FAILED, error=f"the transfer came to nothing: {dialled}")

    @property
    def _target(self) -> Destination | None:
        return self.extension or self.queue

    def _destination(self, call: FlowCall) -> str:
        if (target := self._target) is not None:
            return aim(self, target, call.values.fill_text)[0]
        return self.sip or ""

    def _variables(self, call: FlowCall) -> dict[str, str]:
        if self.queue:
            found = {"IVR_TRANSFER_KIND": "QUEUE", "IVR_PRIORITY": str(self.priority)}
        else:
            found = {"IVR_TRANSFER_KIND": "SIP"} if self.sip else {}
        return found if self.timeout_s is None else found | {"IVR_TIMEOUT": str(self.timeout_s)}

    def told(self) -> Iterator[str]:
        """Yield what the dialplan needs to come back."""
        yield from super().told()
        if self._comes_back or self.timeout_s is not None:
            yield from RETURN_VARIABLES

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Require one destination; only queues have a priority."""
        yield from super().find_faults()
        if sum(bool(way) for way in (self.extension, self.queue, self.sip)) != 1:
            yield "it needs exactly one of extension, queue, sip", ()
        elif self.priority and not self.queue:
            yield "only a queue has a priority", ("priority",)
        if self.accept and self.announce is None:
            yield "accept needs announce: what they are asked to take", ("accept",)
        if self.announce is not None and self.queue:
            yield "a queue has announcements of its own (queues.conf)", ("announce",)
        if self._target is not None:
            key = "extension" if self.extension else "queue"
            yield from aim_faults(self, key, self._target)


class VoicemailStep(Leaving, frozen=True, kw_only=True, tag_field="do", tag="voicemail"):
    """Return the call to the dialplan to take a message."""

    mailbox: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]+(@[A-Za-z0-9_.-]+)?$")]
    """``200`` or ``200@context``."""

    def _status(self) -> Status:
        return Status.VOICEMAIL

    def _variables(self, call: FlowCall) -> dict[str, str]:
        return {"IVR_MAILBOX": self.mailbox}


class CallbackStep(Leaving, frozen=True, kw_only=True, tag_field="do", tag="callback"):
    """Return the call to the dialplan to schedule a callback."""

    number: Template | None = None
    """Digits, with an optional ``+``; default: the caller's number."""
    no_number: StepName | None = None
    """Step to go to if there is no number that can be called; default: ``FAILED``."""
    queue: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]+$")] | None = None
    """The queue that calls back."""

    def _status(self) -> Status:
        return Status.CALLBACK

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Promise nothing if there is no number."""
        if self.no_number is not None and not self._find_number(call):
            return self.no_number
        return await super().run(call)

    def _find_number(self, call: FlowCall) -> str:
        """Return the number to call; empty if there is none."""
        text = call.values.fill_text(self.number or "{{ caller.number }}")
        number = "".join(char for char in text if char not in " -()")
        return number if _CALLABLE.fullmatch(number) else ""

    def _variables(self, call: FlowCall) -> dict[str, str]:
        number = self._find_number(call)
        if not number:
            raise FlowError(
                "the number to call back is no telephone number (no_number: where to go then)"
            )
        found = {"IVR_CALLBACK": number}
        return found | {"IVR_QUEUE": self.queue} if self.queue else found


class DialplanStep(Leaving, frozen=True, kw_only=True, tag_field="do", tag="dialplan"):
    """Return to the dialplan with variables."""

    def needs_nobody(self) -> bool:
        """Tell whether it says nothing."""
        return self.prompt is None

    def _status(self) -> Status:
        return Status.DIALPLAN


class HangupStep(Leaving, frozen=True, kw_only=True, tag_field="do", tag="hangup"):
    """End the flow; the dialplan then ends the call."""

    def needs_nobody(self) -> bool:
        """Tell whether it says nothing."""
        return self.prompt is None

    def _status(self) -> Status:
        return Status.COMPLETED
