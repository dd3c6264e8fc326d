"""``python``: a call of a user's function. Core, no I/O.

:mod:`ivr_agi.flow.run.invoke` runs it, :mod:`ivr_agi.flow.run.waiting` waits.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from ivr_agi.errors import ChannelClosed, UserCodeFailed
from ivr_agi.flow.file.spec import Name, PromptSpec, Seconds, StepName
from ivr_agi.flow.file.step import StepSpec
from ivr_agi.flow.run.company import wait_with_filler
from ivr_agi.flow.run.results import FlowResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.run.call import FlowCall

__all__ = ("PythonStep",)

_log = logging.getLogger("ivr_agi.flow")


class PythonStep(StepSpec, frozen=True, kw_only=True, tag_field="do", tag="python"):
    """Call ``module:function`` with keyword arguments; it may be a coroutine function."""

    function: Annotated[str, Meta(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
    """The function."""
    go: StepName
    """The next step after it returns."""
    error: StepName
    """The next step if it raises or takes too long."""
    arguments: dict[Name, Any] = {}
    """Keyword arguments; strings may be templates."""
    save: Name | None = None
    """Variable for the result."""
    timeout_s: Seconds = 10.0
    """Deadline, s."""
    filler: PromptSpec | None = None
    """Said if it takes long."""
    filler_after_s: Seconds = 1.5
    """Seconds before the filler."""
    takes_call: bool = False
    """Give the :class:`ivr_agi.Call` as the first argument to a coroutine function, which may then
    speak and ask. It has no deadline but the call's. If it returns an :class:`ivr_agi.Result`, the
    call ends with it."""
    secure: bool = False
    """The saved value is visible to ``http``, ``python`` and conditions only."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Call it."""
        arguments = call.values.fill(self.arguments, secrets=True)
        try:
            if self.takes_call:
                value = await call.outside.converse(self.function, call, arguments)
            else:
                work = call.outside.invoke(self.function, arguments)
                value = await wait_with_filler(
                    call, work, self.timeout_s, self.filler, self.filler_after_s
                )
        except ChannelClosed:
            raise
        except Exception as exc:  # noqa: BLE001  # any error of a user's function
            error = exc.kind if isinstance(exc, UserCodeFailed) else type(exc).__name__
            _log.error("python step %s: %s: %s", call.position.step, self.function, error)
            call.note("python", error=error)
            return self.error
        if isinstance(value, FlowResult):
            return value
        saved = {self.save: value} if self.save else {}
        kept = call.values.saved_for_replay(saved, secure=self.secure)
        call.note("python", saved=kept)
        for name, given in saved.items():
            call.values.set(name, given, secure=self.secure)
        return self.go

    def needs_nobody(self) -> bool:
        """Tell whether it says nothing."""
        return not self.takes_call and self.filler is None

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Reject a filler where the function itself may speak."""
        if self.takes_call and self.filler is not None:
            yield "a function that takes the call says by itself what fills the time", ("filler",)
