"""One call as its steps see it: what they say, ask, know and count. Core, no I/O.

All waiting is the talker's.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ivr_agi.dialogue.prompt.parts import Prompt, Text
from ivr_agi.errors import FlowError, SpeechError
from ivr_agi.flow.file.spec import PromptSpec, StepName
from ivr_agi.flow.run.options import Option, make_command_options
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.run.phrases import join_texts, phrases
from ivr_agi.flow.run.prompts import SILENT_PROMPT, say_value, to_prompt
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.flow.run.templates import evaluate, render_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_agi.dialogue.record.message import MessagePlan
    from ivr_agi.dialogue.turn.outcomes import HungUp, NoInput, Outcome, Pressed, Recorded
    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.flow.file.model import Flow, Program
    from ivr_agi.flow.run.options import Reading
    from ivr_agi.journal import Journal

__all__ = (
    "MAX_STEPS",
    "FlowCall",
    "FlowFrame",
    "Talker",
)

_log = logging.getLogger("ivr_agi.flow")

MAX_STEPS = 1000
"""A flow that goes round without a caller's doing is ended after that many steps."""
MAX_DEPTH = 10
"""Flows that call flows that call flows."""
SPEECH_RETRY_TURNS = 3
"""Speech is tried again after that many questions by keys."""


class Talker(Protocol):
    """What the engine needs of a :class:`~ivr_agi.dialogue.call.Dialogue`."""

    async def say(self, prompt: Prompt) -> None:
        """Play a prompt to its end."""
        ...

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        """Play a prompt and listen."""
        ...

    async def record(self, plan: MessagePlan) -> Recorded | Pressed | NoInput | HungUp:
        """Take a message."""
        ...

    async def discard(self, message: Recorded) -> None:
        """Delete a message."""
        ...


@dataclass
class FlowFrame:
    """One flow under way: the first one, or one that was called."""

    name: str
    flow: Flow
    values: dict[str, Any]
    secrets: dict[str, Any] = field(default_factory=dict)
    """Values of secure steps: templates of ``http`` and ``python`` see them, nothing else."""
    history: list[str] = field(default_factory=list)
    """Steps that took input, for the command "back"."""
    returned: dict[str, Any] | None = None


class FlowCall:
    """A call in a flow.

    Args:
        program: What is run.
        talker: The call.
        journal: Gets steps, choices, no-input and no-match.
        plan: The turn's clocks, where a step sets none.
        min_score: Words below it are a no-match.
        vocabularies: Hot-word table of each step that has one; of flows that are called by
            ``flow.step``.
        language: Language at the start, where the flow names none.
        caller: ``number``, ``name``, ``called`` of the caller, for templates.
        outside: What the flow reaches beyond the call.
    """

    def __init__(
        self,
        program: Program,
        talker: Talker,
        journal: Journal,
        *,
        plan: TurnPlan,
        min_score: float = 0.0,
        vocabularies: Mapping[str, str] | None = None,
        language: str = "en",
        caller: Mapping[str, str] | None = None,
        outside: Outside | None = None,
    ) -> None:
        self.program = program
        self.journal = journal
        self.plan = plan
        self.min_score = min_score
        self.outside = outside or Outside()
        self.wall_clock = self.outside.wall_clock
        self.step_name = ""
        self.result = ""
        self.slots: dict[str, str] = {}
        self.speech_error = ""
        self.owes_hash = False
        """The last answer was keyed and complete without a hash key, which may still come."""
        self._talker = talker
        self._vocabularies = vocabularies or {}
        self._caller = dict(caller or {})
        self._frames: list[FlowFrame] = []
        self._said: Counter[PromptSpec] = Counter()
        self._misses: Counter[str] = Counter()
        self._steps = self._turns = self._keys_turns = 0
        self._introduced = False
        flow = program.flows[program.main]
        self.language = language
        if flow.languages:
            self.set_language(flow.languages[0])

    # The way through the flow.

    @property
    def frame(self) -> FlowFrame:
        """The flow that is under way."""
        return self._frames[-1]

    @property
    def flow(self) -> Flow:
        """What its file says."""
        return self.frame.flow

    async def run_flow(
        self, name: str, arguments: Mapping[str, Any]
    ) -> FlowResult | dict[str, Any]:
        """Run a flow of the program.

        Returns:
            How the call ends, or what the flow returned.
        """
        if len(self._frames) >= MAX_DEPTH:
            raise FlowError(f"more than {MAX_DEPTH} flows call each other")
        flow = self.program.flows[name]
        self._frames.append(FlowFrame(name, flow, {**flow.variables, **arguments}))
        caller_step = self.step_name
        try:
            step: str = flow.start
            while True:
                went = await self._run_step(step)
                if self.frame.returned is not None:
                    return self.frame.returned
                if isinstance(went, FlowResult):
                    return went
                step = went
        finally:
            self._frames.pop()
            self.step_name = caller_step

    async def _run_step(self, name: str) -> StepName | FlowResult:
        self._steps += 1
        if self._steps > MAX_STEPS:
            return self.end(Status.FAILED, error=f"{MAX_STEPS} steps without an end")
        self.step_name = name
        told = self._full_step_name()
        self.journal.record("step", step=told)
        step = self.flow.steps[name]
        await self.outside.enter_step(told, is_recorded=step.record)
        went: StepName | FlowResult = await step.run(self)
        return went

    def leave_flow(self, values: dict[str, Any]) -> FlowResult:
        """End the flow under way and give values to the one that called it."""
        if len(self._frames) > 1:
            self.frame.returned = values
        return self.end(Status.COMPLETED)

    def end(
        self,
        status: Status,
        *,
        transfer: str = "",
        error: str = "",
        result: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> FlowResult:
        """Return how the call ends, with what the dialplan is told."""
        slots = {f"IVR_SLOT_{name.upper()}": value for name, value in self.slots.items()}
        return FlowResult(
            status=status,
            result=self.result if result is None else result,
            transfer=transfer,
            error=error,
            variables={**slots, **(variables or {})},
        )

    def enter_input(self, *, secure: bool) -> None:
        """Note that a step begins to ask."""
        self.journal.secure = secure
        history = self.frame.history
        if not history or history[-1] != self.step_name:
            history.append(self.step_name)

    def step_back(self) -> StepName | None:
        """Return the step that asked before this one, or None."""
        history = self.frame.history
        if len(history) < 2:
            return None
        history.pop()
        return StepName(history.pop())

    # Values.

    def values(self, *, secrets: bool = False) -> dict[str, Any]:
        """Return what templates see."""
        found = {"caller": self._caller, "language": self.language, "result": self.result}
        found |= self.frame.values
        return found | self.frame.secrets if secrets else found

    def set_value(self, name: str, value: Any, *, secure: bool = False) -> None:
        """Give a variable its value."""
        (self.frame.secrets if secure else self.frame.values)[name] = value

    def fill_text(self, text: str, *, secrets: bool = False) -> str:
        """Fill a template in."""
        return render_template(text, self.values(secrets=secrets))

    def fill_url(self, url: str) -> str:
        """Fill a URL in; what is filled in is quoted: a caller's words cannot change the path."""
        values = self.values(secrets=True)
        return render_template(url, values, quote=True)

    def fill(self, value: Any, *, secrets: bool = False) -> Any:
        """Fill in every template inside plain data; a lone ``{{ name }}`` keeps its type."""
        if isinstance(value, str):
            text = value.strip()
            if text.startswith("{{") and text.endswith("}}") and text.count("{{") == 1:
                found = evaluate(text[2:-2], self.values(secrets=secrets))
                return "" if found is None else found
            return self.fill_text(value, secrets=secrets)
        if isinstance(value, dict):
            return {key: self.fill(item, secrets=secrets) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, secrets=secrets) for item in value]
        return value

    def evaluate(self, expression: str) -> bool:
        """Return whether a condition holds."""
        return bool(evaluate(expression, self.values(secrets=True)))

    def set_language(self, language: str) -> None:
        """Speak and listen in a language from now on."""
        self.language = language
        self.outside.set_language(language)

    # Speaking and listening.

    async def say(self, spec: PromptSpec) -> None:
        """Say a prompt to its end."""
        self.journal.tells_prompts = True  # but not what is pressed too late for a secure step
        await self._talker.say(self._prompt(spec))

    async def say_last(self, spec: PromptSpec) -> None:
        """Say a prompt that must not keep the call from its destination."""
        try:
            await self.say(spec)
        except SpeechError as exc:
            _log.warning("last prompt not said: %s", exc)

    async def turn(
        self,
        prompt: PromptSpec | str,
        plan: TurnPlan,
        *,
        vocabulary_id: str | None = None,
        is_private: bool = False,
    ) -> Outcome:
        """Ask and listen.

        Args:
            prompt: What is asked; a text is said as it is.
            plan: How the turn is to go.
            vocabulary_id: Hot-word table of the service.
            is_private: The prompt tells what nobody may keep.
        """
        self._count_turn()
        asked = (
            Text(prompt, is_private=is_private)
            if isinstance(prompt, str)
            else self._prompt(prompt, is_private=is_private)
        )
        return await self._talker.turn(asked, plan, vocabulary_id=vocabulary_id)

    async def more_keys(self, plan: TurnPlan) -> Outcome:
        """Wait for a further key in silence."""
        return await self._talker.turn(SILENT_PROMPT, plan)

    async def record(self, plan: MessagePlan) -> Recorded | Pressed | NoInput | HungUp:
        """Take a message."""
        self._count_turn()
        return await self._talker.record(plan)

    def keep_message(self, name: str, message: Recorded) -> None:
        """Give a variable, and the dialplan, the name of a message's file."""
        self.set_value(name, message.name)
        self.slots[name] = message.name

    async def drop_message(self, name: str, message: Recorded) -> None:
        """Delete a message and forget its name."""
        await self._talker.discard(message)
        self.set_value(name, "")
        self.slots.pop(name, None)

    def _count_turn(self) -> None:
        self._turns += 1
        if self._turns > self.program.flows[self.program.main].limits.turns:
            raise FlowError(f"more than {self._turns - 1} questions in one call (limits.turns)")

    def _prompt(self, spec: PromptSpec, *, is_private: bool = False) -> Prompt:
        parts = spec.parts(self.language, self._said[spec])
        self._said[spec] += 1
        return to_prompt(parts, self.language, self.fill_text, is_private=is_private)

    def text_of(self, spec: PromptSpec, **values: str) -> str:
        """Return a prompt's words: what is synthesised, and what its recordings say.

        Args:
            spec: The prompt.
            values: Variables of this prompt only.
        """
        parts = spec.parts(self.language, self._said[spec])
        known = self.values() | values
        texts = (
            say_value(part, self.language, render_template(part.text, known)) for part in parts
        )
        return join_texts(texts, self.language)

    # Words, keys, speech that is down.

    def vocabulary(self) -> str | None:
        """Return the hot-word table of the step."""
        return self._vocabularies.get(self._full_step_name())

    def _full_step_name(self) -> str:
        """Return the name of the step, with that of its flow where it was called."""
        name = self.step_name
        return f"{self.frame.name}.{name}" if self.frame.name != self.program.main else name

    def command_options(self) -> list[Option]:
        """Return the global commands."""
        return make_command_options(self.flow.commands, self.language)

    def note_matching(self, text: str, reading: Reading) -> None:
        """Tell whoever watches what words were taken for."""
        if self.outside.on_match is not None:
            self.outside.on_match(text, reading)

    def count_miss(self, kind: str) -> bool:
        """Count a no-input or no-match of the call; True where that was one too many."""
        self._misses[kind] += 1
        return self._misses[kind] >= int(getattr(self.flow.limits, kind))

    @property
    def speech_is_down(self) -> bool:
        """Ask by keys; every few questions speech is tried again."""
        return self._keys_turns > 0

    def note_speech_down(self, reason: str, *, recover: bool) -> None:
        """Note that a question could not be asked by voice."""
        self.speech_error = reason
        self._keys_turns = SPEECH_RETRY_TURNS if recover else 0
        self.journal.record("keys_only", error=reason)

    def introduce_keys(self, prompt: str) -> str:
        """Say once, before a prompt made for keys, why."""
        self._keys_turns -= 1
        if self._introduced:
            return prompt
        self._introduced = True
        return join_texts([phrases(self.language).speech_is_down, prompt], self.language)
