"""Asks one question until it is answered, or its step is left. Core, no I/O: only the talker waits.

Shared by all verbs that take input (menu, ask, confirm): separate counts of no-input and no-match,
prompts by attempt, exits, limits of the call, global commands, "did you say ...?", and keys while
speech is down. The verb's :class:`Reader` interprets words and keys.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import structs

from ivr_agi.dialogue.prompt.parts import Text
from ivr_agi.dialogue.turn.outcomes import (
    Heard,
    HungUp,
    NoInput,
    Outcome,
    Pressed,
    Recorded,
    SpeechDown,
)
from ivr_agi.errors import CallerHungUp, FlowError, SpeechUnavailable
from ivr_agi.flow.file.spec import PromptSpec, StepName
from ivr_agi.flow.file.step import table_key
from ivr_agi.flow.run.options import (
    NOTHING,
    CommandValue,
    Option,
    Reading,
    make_bands,
    make_command_options,
    read_options,
    timeout_of,
)
from ivr_agi.flow.run.phrases import phrases
from ivr_agi.knobs import BargeIn, TypeAhead
from ivr_agi.language.matching import Decision
from ivr_agi.language.slots import Parsed, YesNo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.flow.file.head import MissSpec
    from ivr_agi.flow.file.step import InputSpec
    from ivr_agi.flow.run.call import FlowCall

__all__ = (
    "WRONG_PAUSE_S",
    "Aside",
    "ListenFunction",
    "Reader",
    "Taken",
    "ask",
    "nothing_to_choose",
)

MAX_KEYS = 40
LONGEST_PAUSE_S = 3.0
"""Of the silence that ends a sentence, as the knob has it."""
WHOLE_SCORE = 0.999
"""What a phrase scores that is all that was said."""
WRONG_PAUSE_S = 1.5
"""Seconds without a key that end keys without a meaning: who presses 301 means one thing."""


@dataclass(frozen=True)
class Taken:
    """The answer."""

    value: Any = None


class Aside(enum.Enum):
    """What a question may come to in place of an answer, if its step asks for it."""

    BACK = "back"
    """The command "back"."""
    UNANSWERED = "unanswered"
    """As many misses as the step takes itself."""


class Reader(Protocol):
    """How a verb interprets words and keys. A base class, for what most readers share."""

    listens: bool
    """It accepts words."""
    keyed: bool
    """It accepts keys."""
    options: Sequence[Option]
    """The possible answers, if they are a list: words that match one confirm a barge-in."""
    is_open: bool = False
    """Any words are an answer; a command that is all that was said comes before."""

    def read_words(self, text: str) -> Reading:
        """Interpret words."""
        ...

    def is_answer(self, text: str) -> bool:
        """Tell whether words are an answer for certain, so that they confirm a barge-in."""
        return False

    def read_keys(self, keys: str) -> Reading:
        """Interpret keys."""
        ...

    def wants_more(self, keys: str) -> bool:
        """Return whether these keys may be continued."""
        ...

    def question(self) -> str:
        """Return the question to say while speech is down; "" if :meth:`keys_prompt` asks it."""
        ...

    def keys_prompt(self) -> str:
        """Return how to answer it with keys."""
        ...

    def forget(self) -> None:
        """Forget the parts of an answer so far: the question is asked anew."""
        return


ListenFunction = Callable[[PromptSpec | str], Awaitable[Outcome | Recorded]]
"""Says a prompt and waits for the caller's answer."""


async def ask(
    call: FlowCall,
    step: InputSpec,
    reader: Reader,
    *,
    listen: ListenFunction | None = None,
    is_private: bool = False,
    has_own_back: bool = False,
    most_misses: int | None = None,
) -> Taken | StepName:
    """Ask until there is an answer or the flow goes to another step.

    Args:
        call: The call.
        step: The step.
        reader: Interprets answers.
        listen: Used in place of a turn (``record``).
        is_private: The question contains something that must not be stored.
        has_own_back: The command "back" is taken as :attr:`Aside.BACK`.
        most_misses: After so many, :attr:`Aside.UNANSWERED` is taken.

    Raises:
        CallerHungUp: The caller hung up.
        SpeechUnavailable: Speech is down and keys cannot take over.
    """
    asking = _Asking(call, step, reader, listen, is_private=is_private)
    asking.has_own_back, asking.most_misses = has_own_back, most_misses
    call.journal.secure = step.secure
    call.position.enter_question()
    return await asking.run()


def nothing_to_choose(call: FlowCall, step: InputSpec) -> StepName:
    """Return where a question leads that has no possible answer: a list from data is empty.

    Raises:
        FlowError: No match leads nowhere; a flow that was checked has an exit.
    """
    go = step.no_match.over(call.flow.defaults.no_match).go
    if go is None:
        raise FlowError("the list of options is empty, and no_match has no go")
    call.note("no_options")
    return go


def _slowed(plan: TurnPlan, pace: float) -> TurnPlan:
    """Return a plan that gives the caller more time."""
    pause_s = plan.incomplete_timeout_s
    return structs.replace(
        plan,
        timeout_s=plan.timeout_s * pace,
        inter_digit_s=plan.inter_digit_s * pace,
        incomplete_timeout_s=None if pause_s is None else min(pause_s * pace, LONGEST_PAUSE_S),
    )


class _Asking:
    """A question in progress."""

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
        self.has_own_back = False
        self.most_misses: int | None = None
        self.prompt: PromptSpec | str = step.prompt
        self.counts = {"no_input": 0, "no_match": 0}
        self.early, call.early = None if listen else call.early, None
        self.had_wrong_keys = False
        """Keys pressed after keys that matched nothing are not taken as the next answer."""
        self.bands = make_bands(step, call.flow)
        self.commands = make_command_options(call.flow, call.language) if step.commands else []

    async def run(self) -> Taken | StepName:
        while True:
            is_early = self._takes_early()
            outcome = await self._next_outcome()
            self.had_wrong_keys = False
            reading = self._read(outcome)
            if is_early and reading.decision is Decision.NO_MATCH and not reading.go_on:
                self.reader.forget()
                continue  # it was meant for what had been said before
            if reading.decision is Decision.NO_MATCH and self._is_late_hash(outcome):
                continue
            if reading.decision is Decision.CONFIRM:
                reading = await self._confirm(reading)
            if reading.decision is Decision.ACCEPT:
                if not isinstance(reading.value, CommandValue):
                    return Taken(reading.value)
                obeyed = self._obey(reading.value)
                if obeyed is not None:
                    return obeyed
                self.reader.forget()
                continue
            if reading.go_on:
                self.prompt = phrases(self.call.language).go_on
                continue
            self.reader.forget()
            if reading.ask_again:
                self.prompt = self.step.prompt
                continue
            if self.had_wrong_keys or isinstance(outcome, Pressed):
                self.had_wrong_keys = True
                await self._forget_keys(outcome)
            went = self._miss("no_input" if isinstance(outcome, NoInput) else "no_match", reading)
            if went is not None:
                return went

    # Listening.

    def _takes_early(self) -> bool:
        """Whether what was said or pressed before the question may answer it."""
        if isinstance(self.early, Heard) and (self.step.keys_only or not self.reader.listens):
            self.early = None
        return self.early is not None

    async def _next_outcome(self) -> Outcome | Recorded:
        early, self.early = self.early, None
        if early is not None:
            return await self._collect(early)
        return await (self.listen or self._turn)(self.prompt)

    async def _turn(self, prompt: PromptSpec | str, *, is_private: bool = False) -> Outcome:
        """Ask once; with keys if speech is down."""
        is_private = is_private or self.is_private
        call, reader = self.call, self.reader
        listens = reader.listens and not self.step.keys_only
        plan = self._plan(listen=listens and not call.outage.is_on)
        if listens and not plan.listen:
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
        """Ask with a prompt for keys, or with the step's own if that one cannot be said."""
        call, plan = self.call, self._plan(listen=False)
        made = self.step.keys_prompt or [
            Text(call.outage.explain(call.language)),
            Text(self.reader.question(), is_private=is_private),
            Text(self.reader.keys_prompt()),
        ]
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
            timeout_s=timeout_of(step, call.flow, call.plan, sum(self.counts.values())),
            guard_ms=next(
                guard_ms
                for guard_ms in (step.guard_ms, defaults.guard_ms, call.plan.guard_ms)
                if guard_ms is not None
            ),
            matches=self._is_answer,
            choices=tuple(word for option in self._options() for word in option.words),
        )
        plan = step.turn.over(defaults.turn).applied_to(plan)
        if call.pace != 1.0:
            plan = _slowed(plan, call.pace)
        return structs.replace(plan, type_ahead=TypeAhead.CLEAR) if self.had_wrong_keys else plan

    def _vocabulary(self) -> str | None:
        """Return the hot-word table of the step."""
        call = self.call
        if self.step.vocabulary_id:
            return self.step.vocabulary_id
        name, tables = call.position.full_step, call.vocabularies
        return tables.get(table_key(name, call.values.language)) or tables.get(name)

    def _options(self) -> list[Option]:
        return [*self.reader.options, *self.commands]

    def _is_answer(self, text: str) -> bool:
        if self.reader.is_answer(text):
            return True
        return read_options(text, self.commands, self.bands).decision is Decision.ACCEPT

    async def _collect(self, outcome: Outcome) -> Outcome:
        """Wait for more keys of a number; raise if the caller hung up."""
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

    async def _forget_keys(self, outcome: Outcome | Recorded) -> None:
        """Wait for the end of keys without a meaning: none of them answers what is asked next."""
        if isinstance(outcome, Pressed) and outcome.keys.endswith("#"):
            return  # that was the end
        plan = structs.replace(self.call.plan, listen=False, timeout_s=WRONG_PAUSE_S)
        for _ in range(MAX_KEYS):
            more = await self.call.speaker.more_keys(plan)
            if isinstance(more, HungUp):
                raise CallerHungUp
            if not isinstance(more, Pressed) or more.keys.endswith("#"):
                return

    def _is_late_hash(self, outcome: Outcome | Recorded) -> bool:
        """Whether it is a late hash key of the answer before, which was complete without it."""
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
        command = self._read_command(text) if self.reader.is_open else None
        own = command or self.reader.read_words(text)
        if own.decision is not Decision.ACCEPT and self.commands:
            command = read_options(text, self.commands, self.bands)
            if command.decision is Decision.ACCEPT:
                own = command
        if self.call.outside.on_match is not None:
            self.call.outside.on_match(text, own)
        return own

    def _read_command(self, text: str) -> Reading | None:
        """Return a command that is all that was said, word for word."""
        command = read_options(text, self.commands, self.bands)
        best = command.scores[0][1] if command.scores else 0.0
        return command if command.decision is Decision.ACCEPT and best >= WHOLE_SCORE else None

    async def _confirm(self, reading: Reading) -> Reading:
        """Ask "did you say ...?"; an answer to the original question is accepted too."""
        call, texts = self.call, phrases(self.call.language)
        call.note("confirm")
        question = reading.question or (
            texts.did_you_say_or.format(reading.label, reading.rival)
            if reading.rival
            else texts.did_you_say.format(reading.label)
        )
        outcome = await self._turn(question, is_private=self.step.secure)
        if isinstance(outcome, Pressed) and outcome.keys in {"1", "2"} and not reading.rival:
            return replace(reading, decision=Decision.ACCEPT) if outcome.keys == "1" else NOTHING
        answer = None
        if isinstance(outcome, Heard) and not reading.rival:
            parsed = YesNo().parse(outcome.text)
            answer = parsed if isinstance(parsed, Parsed) else None
        if answer is None or not answer.is_sure:  # "no, fifty" is fifty
            again = self._read(outcome)
            if again.decision is Decision.ACCEPT:
                is_back = isinstance(again.value, CommandValue) and again.value.is_back
                return Reading(Decision.NO_MATCH, ask_again=True) if is_back else again
        if answer and answer.value:
            return replace(reading, decision=Decision.ACCEPT)
        self.had_wrong_keys = isinstance(outcome, Pressed)
        return NOTHING

    # Going on.

    def _obey(self, command: CommandValue) -> Taken | StepName | None:
        """Run a global command; None: ask again."""
        call = self.call
        call.note("command", command=command.name)
        if command.language:
            call.speaker.set_language(command.language)
            return StepName(call.position.step)  # run the step again: its words have changed
        elif command.go is not None:
            return command.go
        elif command.is_back:
            self.prompt = self.step.prompt
            return Taken(Aside.BACK) if self.has_own_back else call.position.step_back()
        elif command.name == "slower":
            call.slow_down()
        elif command.name == "help":
            self.prompt = self.step.help or command.prompt or self.step.prompt
        elif self.prompt == phrases(call.language).go_on:
            self.prompt = self.step.prompt  # the parts so far are forgotten
        return None

    def _miss(self, kind: str, reading: Reading) -> Taken | StepName | None:
        """Count a no-input or no-match; return the step to go to at its limit."""
        call = self.call
        self.counts[kind] += 1
        count = self.counts[kind]
        call.journal.record(kind, step=call.position.step, count=count)
        own: MissSpec = getattr(self.step, kind)
        attempts = own.over(getattr(call.flow.defaults, kind))
        if kind == "no_input" and call.budget.counts[kind] + 1 == call.flow.slower_after:
            call.slow_down()
        if call.budget.count_miss(kind, call.flow.limits):
            return call.flow.limits.go or attempts.go
        if self.most_misses is not None and sum(self.counts.values()) >= self.most_misses:
            return Taken(Aside.UNANSWERED)
        if count >= (attempts.after or 3):
            return attempts.go
        by_count = attempts.prompts[min(count, len(attempts.prompts)) - 1 :][:1]
        self.prompt = reading.prompt or next(iter(by_count), self.step.prompt)
        return None
