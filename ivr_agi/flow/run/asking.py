"""Asks one question until it is answered, or its step is left. Core, no I/O: only the talker waits.

The same for every verb that takes input (menu, ask, confirm): no-input and no-match counted apart,
prompts by attempt, exits, limits of the call, global commands, "did you say ...?", and going on by
keys when speech is down. What words and keys mean, the verb's :class:`Reader` says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import structs

from ivr_agi.dialogue.turn.outcomes import (
    Heard,
    HungUp,
    NoInput,
    Outcome,
    Pressed,
    Recorded,
    SpeechDown,
)
from ivr_agi.errors import CallerHungUp, SpeechUnavailable
from ivr_agi.flow.file.spec import PromptSpec, StepName
from ivr_agi.flow.run.options import (
    NOTHING,
    CommandValue,
    Option,
    Reading,
    make_bands,
    make_command_options,
    read_options,
)
from ivr_agi.flow.run.phrases import phrases
from ivr_agi.knobs import BargeIn, TypeAhead
from ivr_agi.language.matching import Bands, Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.flow.file.head import MissSpec
    from ivr_agi.flow.file.step import InputSpec
    from ivr_agi.flow.run.call import FlowCall

__all__ = ("ListenFunction", "Reader", "Taken", "ask")

MAX_KEYS = 40


@dataclass(frozen=True)
class Taken:
    """The answer."""

    value: Any = None


class Reader(Protocol):
    """What a verb makes of words and keys."""

    listens: bool
    """Words can answer."""
    keyed: bool
    """Keys can answer."""
    options: Sequence[Option]
    """What may be said, where it is a list: words that match one confirm a barge-in."""

    def read_words(self, text: str) -> Reading:
        """Say what words mean."""
        ...

    def read_keys(self, keys: str) -> Reading:
        """Say what keys mean."""
        ...

    def wants_more(self, keys: str) -> bool:
        """Return whether a further key may belong to these."""
        ...

    def keys_prompt(self) -> str:
        """Return what is said in place of the prompt while speech is down."""
        ...


ListenFunction = Callable[[PromptSpec | str], Awaitable[Outcome | Recorded]]
"""Says a prompt and waits for what the caller does."""


async def ask(
    call: FlowCall,
    step: InputSpec,
    reader: Reader,
    *,
    listen: ListenFunction | None = None,
    is_private: bool = False,
) -> Taken | StepName:
    """Ask until there is an answer, or the step is left for another.

    Args:
        call: The call.
        step: What is asked.
        reader: What answers mean.
        listen: What is done in place of a turn (``record``).
        is_private: The question itself tells what nobody may keep.

    Raises:
        CallerHungUp: The caller left.
        SpeechUnavailable: Speech is down and keys cannot take over.
    """
    asking = _Asking(call, step, reader, listen, is_private=is_private)
    call.journal.secure = step.secure
    call.position.enter_question()
    return await asking.run()


class _Asking:
    """One step's question under way."""

    def __init__(
        self,
        call: FlowCall,
        step: InputSpec,
        reader: Reader,
        listen: ListenFunction | None,
        *,
        is_private: bool,
    ) -> None:
        self.listen = listen
        self.owed_hash, call.owes_hash = call.owes_hash, False
        self.call = call
        self.step = step
        self.reader = reader
        self.is_private = is_private
        self.prompt: PromptSpec | str = step.prompt
        self.counts = {"no_input": 0, "no_match": 0}
        self.had_wrong_keys = False
        """What was pressed behind keys that meant nothing is not taken for the next answer."""
        self.bands = make_bands(step, call.flow)
        self.commands = make_command_options(call.flow, call.language) if step.commands else []

    async def run(self) -> Taken | StepName:
        while True:
            outcome = await (self.listen or self._turn)(self.prompt)
            self.had_wrong_keys = False
            reading = self._read(outcome)
            if reading.decision is Decision.NO_MATCH and self._is_late_hash(outcome):
                continue
            if reading.decision is Decision.CONFIRM:
                reading = await self._confirm(reading)
            if reading.decision is Decision.ACCEPT:
                if isinstance(reading.value, CommandValue):
                    went = self._obey(reading.value)
                    if went is not None:
                        return went
                    continue
                return Taken(reading.value)
            if reading.go_on:
                self.prompt = phrases(self.call.language).go_on
                continue
            self.had_wrong_keys = isinstance(outcome, Pressed)
            went = self._miss("no_input" if isinstance(outcome, NoInput) else "no_match", reading)
            if went is not None:
                return went

    # Listening.

    async def _turn(self, prompt: PromptSpec | str, *, is_private: bool = False) -> Outcome:
        """Ask once; by keys where speech is down."""
        is_private = is_private or self.is_private
        call, reader = self.call, self.reader
        plan = self._plan(listen=reader.listens and not call.outage.is_on)
        if reader.listens and not plan.listen:
            if not reader.keyed:
                raise SpeechUnavailable(call.outage.reason)
            return await self._turn_by_keys(prompt, is_private=is_private)
        table = self._vocabulary() if plan.listen else None
        outcome = await call.speaker.turn(prompt, plan, vocabulary_id=table, is_private=is_private)
        if isinstance(outcome, SpeechDown):
            call.outage.begin(outcome.reason, recover=plan.listen)
            call.journal.record("keys_only", error=outcome.reason)
            if not (plan.listen and reader.keyed):
                raise SpeechUnavailable(outcome.reason)
            return await self._turn_by_keys(prompt, is_private=is_private)
        return await self._collect(outcome)

    async def _turn_by_keys(self, prompt: PromptSpec | str, *, is_private: bool) -> Outcome:
        """Ask with a prompt made for keys; where that cannot be said, with the step's own."""
        call, plan = self.call, self._plan(listen=False)
        made = self.step.keys_prompt or call.outage.explain(
            self.reader.keys_prompt(), call.language
        )
        outcome = await call.speaker.turn(made, plan, is_private=is_private)
        if isinstance(outcome, SpeechDown):
            outcome = await call.speaker.turn(prompt, plan, is_private=is_private)
        if isinstance(outcome, SpeechDown):
            raise SpeechUnavailable(outcome.reason)
        return await self._collect(outcome)

    def _plan(self, *, listen: bool) -> TurnPlan:
        call, step = self.call, self.step
        defaults = call.flow.defaults
        plan = structs.replace(
            call.plan,
            listen=listen,
            barge_in=step.barge_in or defaults.barge_in or BargeIn.BOTH,
            timeout_s=step.timeout_s or defaults.timeout_s or call.plan.timeout_s,
            guard_ms=next(
                guard_ms
                for guard_ms in (step.guard_ms, defaults.guard_ms, call.plan.guard_ms)
                if guard_ms is not None
            ),
            matches=self._is_option,
            choices=tuple(word for option in self._options() for word in option.words),
        )
        plan = step.turn.over(defaults.turn).applied_to(plan)
        return structs.replace(plan, type_ahead=TypeAhead.CLEAR) if self.had_wrong_keys else plan

    def _vocabulary(self) -> str | None:
        """Return the hot-word table of the step."""
        call = self.call
        return self.step.vocabulary_id or call.vocabularies.get(call.position.full_step)

    def _options(self) -> list[Option]:
        return [*self.reader.options, *self.commands]

    def _is_option(self, text: str) -> bool:
        return read_options(text, self._options(), self.bands).decision is Decision.ACCEPT

    async def _collect(self, outcome: Outcome) -> Outcome:
        """Wait for the further keys of a number; raise where the caller left."""
        if isinstance(outcome, HungUp):
            raise CallerHungUp
        if not isinstance(outcome, Pressed):
            return outcome
        keys = outcome.keys
        inter_digit_s = self._plan(listen=False).inter_digit_s
        while len(keys) < MAX_KEYS and self.reader.wants_more(keys):
            plan = structs.replace(self.call.plan, listen=False, timeout_s=inter_digit_s)
            more = await self.call.speaker.more_keys(plan)
            if isinstance(more, HungUp):
                raise CallerHungUp
            if not isinstance(more, Pressed):
                break
            keys += more.keys
        self.call.owes_hash = not keys.endswith("#")
        return Pressed(keys=keys)

    def _is_late_hash(self, outcome: Outcome | Recorded) -> bool:
        """Whether it is the hash key after the answer before, which was complete without it."""
        owed, self.owed_hash = self.owed_hash, False
        return owed and isinstance(outcome, Pressed) and outcome.keys == "#"

    # Understanding.

    def _read(self, outcome: Outcome | Recorded) -> Reading:
        match outcome:
            case Recorded():
                return Reading(Decision.ACCEPT, outcome)
            case Heard(score=score) if score is not None and score < self.call.min_score:
                return NOTHING
            case Heard(text=text):
                return self._read_words(text)
            case Pressed(keys=keys):
                reading = self.reader.read_keys(keys)
                if reading.decision is Decision.ACCEPT:
                    return reading
                command = next((option for option in self.commands if option.key == keys), None)
                return Reading(Decision.ACCEPT, command.value) if command else reading
        return NOTHING

    def _read_words(self, text: str) -> Reading:
        own = self.reader.read_words(text)
        if own.decision is not Decision.ACCEPT and self.commands:
            command = read_options(text, self.commands, self.bands)
            if command.decision is Decision.ACCEPT:
                own = command
        if self.call.outside.on_match is not None:
            self.call.outside.on_match(text, own)
        return own

    async def _confirm(self, reading: Reading) -> Reading:
        """Ask "did you say ...?"; an answer to the question itself counts too."""
        call, texts = self.call, phrases(self.call.language)
        call.note("confirm")
        question = (
            texts.did_you_say_or.format(reading.label, reading.rival)
            if reading.rival
            else texts.did_you_say.format(reading.label)
        )
        outcome = await self._turn(question, is_private=self.step.secure)
        if isinstance(outcome, Pressed) and outcome.keys in {"1", "2"} and not reading.rival:
            return replace(reading, decision=Decision.ACCEPT) if outcome.keys == "1" else NOTHING
        if isinstance(outcome, Heard) and not reading.rival:
            options = [Option(texts.yes, None, True), Option(texts.no, None, False)]
            answer = read_options(outcome.text, options, Bands())
            if answer.decision is Decision.ACCEPT:
                return replace(reading, decision=Decision.ACCEPT) if answer.value else NOTHING
        again = self._read(outcome)
        return again if again.decision is Decision.ACCEPT else NOTHING

    # Going on.

    def _obey(self, command: CommandValue) -> StepName | None:
        """Do what a global command says; None asks again."""
        call = self.call
        call.note("command", command=command.name)
        if command.language:
            call.speaker.set_language(command.language)
            return StepName(call.position.step)  # the step again: its words are others now
        elif command.go is not None:
            return command.go
        elif command.name == "back":
            self.prompt = self.step.prompt
            return call.position.step_back()
        elif command.name == "help":
            self.prompt = self.step.help or command.prompt or self.step.prompt
        return None

    def _miss(self, kind: str, reading: Reading) -> StepName | None:
        """Count a no-input or no-match; return where to go when there were enough."""
        call = self.call
        self.counts[kind] += 1
        count = self.counts[kind]
        call.journal.record(kind, step=call.position.step, count=count)
        own: MissSpec = getattr(self.step, kind)
        attempts = own.over(getattr(call.flow.defaults, kind))
        if call.budget.count_miss(kind, call.flow.limits):
            return call.flow.limits.go or attempts.go
        if count >= (attempts.after or 3):
            return attempts.go
        by_count = attempts.prompts[min(count, len(attempts.prompts)) - 1 :][:1]
        self.prompt = reading.prompt or next(iter(by_count), self.step.prompt)
        return None
