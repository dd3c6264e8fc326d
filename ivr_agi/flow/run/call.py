"""One call as its steps see it: position, values, speaker, budget and outage.

Core, no I/O: only the talker waits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.slots import local_time
from ivr_agi.flow.run.budget import Budget
from ivr_agi.flow.run.outage import SpeechOutage
from ivr_agi.flow.run.place import CallPlace, PlaceFrame
from ivr_agi.flow.run.position import Position
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.flow.run.speaker import FlowSpeaker, Talker
from ivr_agi.flow.run.values import Values

if TYPE_CHECKING:
    import datetime

    from ivr_agi.dialogue.turn.outcomes import Outcome
    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.flow.file.head import FlowHead
    from ivr_agi.flow.run.outside import Outside
    from ivr_agi.journal import Journal

__all__ = ("SLOW_PACE", "FlowCall", "RunFlow")

SLOW_PACE = 2.0
"""How many times longer callers may take who need more time."""

RunFlow = Callable[["FlowCall", str, Mapping[str, Any]], Awaitable[FlowResult | dict[str, Any]]]
"""Runs a flow of the program on a call; returns how the call ends, or the flow's values."""


class FlowCall:
    """A call in a flow.

    Args:
        main: Name of the first flow.
        head: The head of that flow.
        run_flow: Runs another flow of the program (the engine does).
        talker: The call.
        journal: Gets steps, choices, no-input and no-match.
        plan: Turn settings that steps may override.
        min_score: Words with a lower score are a no-match.
        vocabularies: Hot-word table of each step that has one; of flows that are called by
            ``flow.step``.
        timezone: CallPlace of the calls of flows that name none; empty: the machine's.
        language: Initial language, if the flow names none.
        caller: ``number``, ``name``, ``called`` of the caller, for templates.
        outside: What the flow uses outside the call.
    """

    def __init__(
        self,
        main: str,
        head: FlowHead,
        run_flow: RunFlow,
        talker: Talker,
        journal: Journal,
        *,
        plan: TurnPlan,
        min_score: float,
        vocabularies: Mapping[str, str],
        timezone: str = "",
        language: str,
        caller: Mapping[str, str],
        outside: Outside,
    ) -> None:
        self.journal = journal
        self.plan = plan
        self.min_score = min_score
        self.vocabularies = dict(vocabularies)
        self._timezone = timezone
        self.outside = outside
        self.position = Position(main, head)
        """Where the call is."""
        self.values = Values(self.position, language, caller)
        """Its variables and answers."""
        self.budget = Budget(head.limits.turns)
        """Its limits."""
        self.outage = SpeechOutage()
        """Whether it uses keys only."""
        self.speaker = FlowSpeaker(
            talker,
            self.values,
            self.budget,
            journal,
            outside.set_language,
            outside.speak_slowly,
        )
        """Says prompts and listens."""
        self.resuming: list[PlaceFrame] = []
        """The flows that it goes on in, after a transfer that came back."""
        self.dialled: str | None = None
        """What came of that transfer, until its step has read it."""
        self.pace = 1.0
        """How many times longer than usual the caller may take."""
        self.is_alone = False
        """The caller has hung up, and what is left to do is done."""
        self.epilogue: FlowResult | None = None
        """What it came to."""
        self.early: Outcome | None = None
        """What ended an announcement: the answer to the next question, if it is one of its own."""
        self.owes_hash = False
        """The last answer was keyed without a hash key, which may still follow."""
        self._run_flow = run_flow
        if head.languages:
            self.speaker.set_language(head.languages[0])

    @property
    def flow(self) -> FlowHead:
        """The head of the current flow."""
        return self.position.head

    @property
    def language(self) -> str:
        """The call's language."""
        return self.values.language

    def local_time(self) -> datetime.datetime:
        """Return the time at the place of the call: the flow's, else the installation's."""
        now = self.outside.wall_clock()
        place = self.flow.timezone or self._timezone
        return local_time(now, place) if place else now

    def note(self, event: str, **data: Any) -> None:
        """Write an event of the step to the journal."""
        self.journal.record(event, step=self.position.step, **data)

    async def run_flow(
        self, name: str, arguments: Mapping[str, Any]
    ) -> FlowResult | dict[str, Any]:
        """Run another flow of the program.

        Returns:
            How the call ends, or what the flow returned.
        """
        return await self._run_flow(self, name, arguments)

    def slow_down(self) -> None:
        """Speak more slowly, and wait longer for answers, from now on."""
        if self.pace == 1.0:
            self.pace = SLOW_PACE
            self.speaker.slow_down()

    def place(self, *, announcement: str = "", must_accept: bool = False) -> CallPlace:
        """Return where the call is, to go on there later.

        Args:
            announcement: What whoever is called hears first.
            must_accept: They are asked whether they take the call.

        Raises:
            FlowError: A script or a function is in between, whose place nobody knows.
        """
        frames = self.position.frames
        if not all(frame.resumes for frame in frames):
            reason = "a transfer that comes back cannot be in a flow that Python runs"
            raise FlowError(f"{reason}: leave out busy, no_answer, failed and after")
        return CallPlace(
            frames=[
                PlaceFrame(
                    name=frame.name, step=frame.step, values=frame.values, history=frame.history
                )
                for frame in frames
            ],
            language=self.language,
            result=self.values.result,
            slots=self.values.slots,
            counts=self.budget.counts,
            announcement=announcement,
            must_accept=must_accept,
            is_slow=self.pace != 1.0,
        )

    def restore(self, place: CallPlace, dialled: str) -> None:
        """Go on where the call was; before its flow runs.

        Args:
            place: Where.
            dialled: What came of the transfer: Asterisk's ``DIALSTATUS`` or ``QUEUESTATUS``.
        """
        self.resuming, self.dialled = list(place.frames), dialled
        self.values.result = place.result
        self.values.slots.update(place.slots)
        self.budget.counts.update(place.counts)
        if place.language != self.language:
            self.speaker.set_language(place.language)
        if place.is_slow:
            self.slow_down()

    def end(
        self,
        status: Status,
        *,
        transfer: str = "",
        error: str = "",
        result: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> FlowResult:
        """Return the result of the call, with the variables for the dialplan."""
        values = self.values
        slots = {f"IVR_SLOT_{name.upper()}": value for name, value in values.slots.items()}
        return FlowResult(
            status=status,
            result=values.result if result is None else result,
            transfer=transfer,
            error=error,
            variables={**slots, **(variables or {})},
        )
