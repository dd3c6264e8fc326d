"""Runs a flow: step after step over a dialogue, until the call is handed back or over.

Whatever happens, the dialplan gets its variables: ``IVR_STATUS`` and, where there is one,
``IVR_RESULT`` and ``IVR_TRANSFER``.
"""

from __future__ import annotations

import enum
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from ivr_agi.dialogue.outcomes import (
    Heard,
    HungUp,
    NoInput,
    Outcome,
    Pressed,
    SpeechDown,
    TooMuchSpeech,
)
from ivr_agi.errors import CallerHungUp, SpeechError
from ivr_agi.flow.matching import match_key, match_words
from ivr_agi.flow.model import Attempts, Choice, Flow, Hangup, Menu, Say, Transfer
from ivr_agi.flow.prompts import to_prompt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_agi.dialogue.prompts import Prompt
    from ivr_agi.dialogue.turn import TurnPlan
    from ivr_agi.flow.model import PromptSpec
    from ivr_agi.journal import Journal

__all__ = ("FlowEngine", "FlowResult", "Status", "Talker")

_log = logging.getLogger("ivr_agi.flow")

MAX_STEPS = 1000
"""A flow that goes round without a caller's doing is ended after that many steps."""


class Status(enum.StrEnum):
    """``IVR_STATUS``: how a call ended, for the dialplan."""

    COMPLETED = "COMPLETED"
    """The flow came to a ``hangup`` step, or a script to its end; the dialplan ends the call."""
    TRANSFER = "TRANSFER"
    """Go to ``IVR_TRANSFER``."""
    HANGUP = "HANGUP"
    """The caller hung up."""
    SPEECH_DOWN = "SPEECH_DOWN"
    """The speech service failed and keys could not take over."""
    FAILED = "FAILED"
    """Something else went wrong; ``IVR_ERROR`` says what."""


@dataclass(frozen=True, kw_only=True)
class FlowResult:
    """How a flow ended."""

    status: Status
    result: str = ""
    """Value of the last choice."""
    transfer: str = ""
    """Extension to go to."""
    error: str = ""
    """One line, with SPEECH_DOWN and FAILED."""


class Talker(Protocol):
    """What the engine needs of a :class:`~ivr_agi.dialogue.session.Dialogue`."""

    async def say(self, prompt: Prompt) -> None:
        """Play a prompt to its end."""
        ...

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        """Play a prompt and listen."""
        ...


class FlowEngine:
    """Runs one flow on one call.

    Args:
        flow: The flow.
        talker: The call.
        journal: Gets steps, choices, no-input and no-match.
        plan: The turn's clocks, where a step sets none.
        min_score: Words below it are a no-match.
        vocabularies: Hot-word table of each step that has one.
    """

    def __init__(
        self,
        flow: Flow,
        talker: Talker,
        journal: Journal,
        *,
        plan: TurnPlan,
        min_score: float,
        vocabularies: Mapping[str, str],
    ) -> None:
        self._flow = flow
        self._talker = talker
        self._journal = journal
        self._plan = plan
        self._min_score = min_score
        self._vocabularies = vocabularies
        self._result = ""

    async def run(self) -> FlowResult:
        """Run the flow to its end.

        Raises:
            IvrError: What no step can handle: the channel is lost, a command is refused, ...
        """
        try:
            return await self._run_steps()
        except CallerHungUp:
            return self._end(Status.HANGUP)
        except SpeechError as exc:
            return self._end(Status.SPEECH_DOWN, error=str(exc))

    async def _run_steps(self) -> FlowResult:
        name = self._flow.start
        for _ in range(MAX_STEPS):
            step = self._flow.steps[name]
            self._journal.record("step", step=name)
            match step:
                case Say():
                    await self._talker.say(to_prompt(step.prompt))
                    name = step.go
                case Menu():
                    went = await self._run_menu(name, step)
                    if isinstance(went, FlowResult):
                        return went
                    name = went
                case Transfer():
                    await self._say_last(step.prompt)
                    return self._end(Status.TRANSFER, transfer=step.extension)
                case Hangup():
                    await self._say_last(step.prompt)
                    return self._end(Status.COMPLETED)
        return self._end(Status.FAILED, error=f"{MAX_STEPS} steps without an end")

    async def _say_last(self, prompt: PromptSpec | None) -> None:
        """Say a prompt that must not keep the call from its destination."""
        if prompt is None:
            return
        try:
            await self._talker.say(to_prompt(prompt))
        except SpeechError as exc:
            _log.warning("last prompt not said: %s", exc)

    async def _run_menu(self, name: str, menu: Menu) -> str | FlowResult:
        plan = replace(
            self._plan,
            barge_in=menu.barge_in,
            timeout_s=menu.timeout_s or self._plan.timeout_s,
            listen=any(choice.words for choice in menu.choices),
        )
        vocabulary_id = menu.vocabulary_id or self._vocabularies.get(name)
        has_keys = any(choice.key for choice in menu.choices)
        prompt, no_inputs, no_matches = menu.prompt, 0, 0
        while True:
            outcome = await self._talker.turn(
                to_prompt(prompt), plan, vocabulary_id=vocabulary_id if plan.listen else None
            )
            match outcome:
                case HungUp():
                    return self._end(Status.HANGUP)
                case SpeechDown(reason=reason):
                    if not (plan.listen and has_keys):
                        return self._end(Status.SPEECH_DOWN, error=reason)
                    self._journal.record("keys_only", error=reason)
                    plan = replace(plan, listen=False)
                    continue
                case NoInput():
                    no_inputs += 1
                    self._journal.record("no_input", step=name, count=no_inputs)
                    attempts, count = menu.no_input, no_inputs
                case _:
                    choice = self._choose(outcome, menu)
                    if choice is not None:
                        self._result = choice.value
                        self._journal.record("choice", step=name, choice=choice.value)
                        return choice.go
                    no_matches += 1
                    self._journal.record("no_match", step=name, count=no_matches)
                    attempts, count = menu.no_match, no_matches
            if count >= attempts.after:
                return attempts.go
            prompt = _reprompt(menu, attempts, count)

    def _choose(self, outcome: Heard | Pressed | TooMuchSpeech, menu: Menu) -> Choice | None:
        match outcome:
            case Heard(score=score) if score is not None and score < self._min_score:
                return None
            case Heard(text=text):
                return match_words(text, menu.choices)
            case Pressed(keys=key):
                return match_key(key, menu.choices)
            case TooMuchSpeech():
                return None

    def _end(self, status: Status, *, transfer: str = "", error: str = "") -> FlowResult:
        return FlowResult(status=status, result=self._result, transfer=transfer, error=error)


def _reprompt(menu: Menu, attempts: Attempts, count: int) -> PromptSpec:
    """Return what is said after the ``count``-th time, from 1."""
    if not attempts.prompts:
        return menu.prompt
    return attempts.prompts[min(count, len(attempts.prompts)) - 1]
