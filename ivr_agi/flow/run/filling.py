"""Fills a form: which question comes next, and what an answer changes. Core, no I/O.

As VoiceXML's form interpretation algorithm (2.1.6): select the first field without a value, collect
an answer, process it. An opening question (VoiceXML's ``<initial>``) comes first, and each answer
may fill any field (mixed initiative). The filled form is read back and corrected.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from msgspec import structs

from ivr_agi.flow.file.head import words_in
from ivr_agi.flow.file.slots import make_slot
from ivr_agi.flow.run.asking import Aside, Reader, Taken, ask, nothing_to_choose
from ivr_agi.flow.run.listing import filled_slot
from ivr_agi.flow.run.options import NOTHING, Option, Reading, make_bands
from ivr_agi.flow.run.phrases import phrases
from ivr_agi.flow.run.prompts import plain
from ivr_agi.flow.run.readers import OptionReader, SlotReader, YesNoReader
from ivr_agi.language.matching import Bands, Decision
from ivr_agi.language.slots import OneOf, Parsed, Rejected, Slot
from ivr_agi.language.slots.dealing import FormField, can_be_found
from ivr_agi.language.slots.form import FormReading, read_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ivr_agi.flow.file.form import FieldSpec, FormSpec
    from ivr_agi.flow.file.slots import SlotSpec
    from ivr_agi.flow.file.spec import StepName
    from ivr_agi.flow.run.call import FlowCall

__all__ = ("Form",)

_OPENING = ""
"""The opening question among the fields."""


@dataclass(frozen=True)
class _Given:
    """What one answer says about the fields."""

    values: Mapping[str, Parsed[Any] | Rejected] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    """To be asked for again."""
    is_unclear: bool = False
    """It may be about one field or another."""
    is_right: bool = False
    """All is right: the answer to the read-back."""

    @classmethod
    def of(cls, reading: FormReading) -> _Given:
        """Return what a sentence says."""
        return cls(reading.values, reading.named, is_unclear=bool(reading.unclear))


class Form:
    """A form being filled in."""

    def __init__(self, call: FlowCall, step: FormSpec) -> None:
        self.call = call
        self.step = step
        self.values: dict[str, Any] = {}
        self._doubtful: set[str] = set()
        self._excuses: dict[str, str] = {}
        """What is said in place of a field's question: why its answer was rejected."""
        self._asked: list[str] = []
        """The questions so far, for "back"."""
        self._wanted: str | None = None
        """The question to come next, else the first field without a value."""
        self._readers = {
            name: SlotReader(call, spec, _make_slot(call, spec.slot), is_checked=True)
            for name, spec in step.fields.items()
        }
        self.findable = [
            FormField(name, self._readers[name].slot, tuple(self._words(spec)))
            for name, spec in step.fields.items()
            if can_be_found(self._readers[name].slot)
        ]

    async def fill(self) -> StepName | None:
        """Select, collect and process until the form is filled; or return where the call goes."""
        if any(isinstance(one.slot, OneOf) and not one.slot.options for one in self.readers()):
            return nothing_to_choose(self.call, self.step)
        if not self._take_heard() and self.findable and not self.call.outage.is_on:
            self._wanted = _OPENING
        while True:
            name = self._select()
            taken = await (self._read_back() if name is None else self._collect(name))
            if not isinstance(taken, Taken):
                return taken
            if taken.value is Aside.BACK:
                went = self._go_back()
                if went is not None:
                    return went
            elif isinstance(taken.value, _Given):
                if taken.value.is_right:
                    return None
                self._process(taken.value)
                if name is None and taken.value == _Given():  # a mere "no"
                    went = await self._ask_change()
                    if went is not None:
                        return went

    def _take_heard(self) -> bool:
        """Take what the caller has said before the form; tell whether there was anything."""
        heard = self.step.heard
        text = "" if heard is None else str(self.call.values.fill(heard, secrets=True))
        values = self.read(text).values if text else {}
        found = {name: one for name, one in values.items() if isinstance(one, Parsed)}
        self._process(_Given(found))
        return bool(found)

    def _select(self) -> str | None:
        """Return the question that comes next; None: the form is filled."""
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            return wanted
        return next((name for name in self.step.fields if name not in self.values), None)

    async def _collect(self, name: str) -> Taken | StepName:
        if not self._asked or self._asked[-1] != name:
            self._asked.append(name)
        if name == _OPENING:
            first = next(iter(self.step.fields))
            reader: Reader = _OpeningReader(self, first, self._readers[first])
            return await self._ask(self.step, reader, most_misses=1)
        spec, step = self.step.fields[name], self.step
        excuse = self._excuses.pop(name, "")
        question = structs.replace(
            step,
            prompt=plain(excuse) if excuse else spec.prompt,
            no_input=spec.no_input.over(step.no_input),
            no_match=spec.no_match.over(step.no_match),
            help=spec.help or step.help or spec.prompt,
            keys_prompt=spec.keys_prompt,
        )
        self._readers[name].forget()
        return await self._ask(question, _FieldReader(self, name, self._readers[name]))

    async def _read_back(self) -> Taken | StepName:
        """Say the answers; they are right, or some of them are not."""
        if not self.step.read_back and not self._doubtful:
            return Taken(_Given(is_right=True))
        call, texts = self.call, phrases(self.call.language)
        spoken = {name: self._readers[name].in_words(value) for name, value in self.values.items()}
        answer = texts.list_separator.join(
            f"{self.label(name)}{texts.separator}{words}" for name, words in spoken.items()
        )
        question = texts.read_back.format(answer)
        if self.step.read_back_prompt is not None:
            question = call.speaker.text_of(
                self.step.read_back_prompt, **{"answer": answer, **spoken}
            )
        step = structs.replace(self.step, prompt=plain(question), keys_prompt=None)
        reader = _CheckReader(self, YesNoReader(self._bands(), call.language, question))
        return await self._ask(step, reader, is_private=self.step.secure)

    async def _ask_change(self) -> StepName | None:
        """Ask what is wrong, and take it."""
        names = list(self.step.fields)
        if len(names) == 1:
            self._drop(names[0])
            return None
        texts = phrases(self.call.language)
        question = texts.what_is_wrong.format(texts.list_separator.join(map(self.label, names)))
        if self.step.change_prompt is not None:
            question = self.call.speaker.text_of(self.step.change_prompt)
        step = structs.replace(self.step, prompt=plain(question), keys_prompt=None)
        options = [Option(self._names(name), None, name, self.label(name)) for name in names]
        keyed = OptionReader(options, self._bands(), self.call.language, question)
        reader = _ChangeReader(self, keyed)
        taken = await self._ask(step, reader)
        if not isinstance(taken, Taken):
            return taken
        if isinstance(taken.value, _Given):
            self._process(taken.value)
        return None

    async def _ask(
        self,
        step: FormSpec,
        reader: Reader,
        *,
        is_private: bool = False,
        most_misses: int | None = None,
    ) -> Taken | StepName:
        return await ask(
            self.call,
            step,
            reader,
            is_private=is_private,
            has_own_back=True,
            most_misses=most_misses,
        )

    def _process(self, given: _Given) -> None:
        """Fill what was given; empty what was named, or rejected."""
        for name, parsed in given.values.items():
            if isinstance(parsed, Parsed):
                self.values[name] = parsed.value
                self._doubtful.discard(name)
                if not parsed.is_sure:
                    self._doubtful.add(name)
            else:
                self._drop(name)
                self._excuses[name] = self._readers[name].why_not(parsed.reason)
        for name in given.named:
            self._drop(name)

    def _drop(self, name: str) -> None:
        """Forget a field's answer: what was given up is gone."""
        self.values.pop(name, None)
        self._doubtful.discard(name)
        self._readers[name].forget()

    def _go_back(self) -> StepName | None:
        """Ask the question before this one again; at the first one, leave the form."""
        is_at_read_back = len(self.values) == len(self.step.fields)
        if not is_at_read_back and self._asked:
            self._asked.pop()
        if not self._asked:
            return self.call.position.step_back()
        self._wanted = self._asked.pop()
        for name in self.step.fields if self._wanted == _OPENING else [self._wanted]:
            self._drop(name)
        return None

    def readers(self) -> list[SlotReader]:
        """Return the readers of all fields."""
        return list(self._readers.values())

    def label(self, name: str) -> str:
        """Return a field's name in prompts."""
        return next(iter(self._names(name)))

    def read(self, text: str, asked: str = "") -> FormReading:
        """Read a sentence for all fields whose values can be found in one."""
        return read_form(text, self.findable, asked=asked)

    def _names(self, name: str) -> list[str]:
        return self._words(self.step.fields[name]) or [name.replace("_", " ")]

    def _words(self, spec: FieldSpec) -> list[str]:
        return words_in(spec.words, self.call.language)

    def _bands(self) -> Bands:
        return make_bands(self.step, self.call.flow)


class _OpeningReader(Reader):
    """Reads the answer to the opening question: any fields. Keys answer the first one."""

    listens = True

    def __init__(self, form: Form, first: str, reader: SlotReader) -> None:
        self.keyed = reader.keyed
        self.options = _options(form)
        self._form = form
        self._first = first
        self._reader = reader

    def read_words(self, text: str) -> Reading:
        reading = self._form.read(text)
        if reading.is_empty:
            return replace(NOTHING, pieces=reading.pieces)
        return Reading(Decision.ACCEPT, _Given.of(reading), pieces=reading.pieces)

    def read_keys(self, keys: str) -> Reading:
        return _as_given(self._first, self._reader.read_keys(keys))

    def is_answer(self, text: str) -> bool:
        return any(reader.is_answer(text) for reader in self._form.readers())

    def wants_more(self, keys: str) -> bool:
        return self._reader.wants_more(keys)

    def question(self) -> str:
        own = self._form.step.fields[self._first].keys_prompt
        return self._reader.question() if own is None else self._form.call.speaker.text_of(own)

    def keys_prompt(self) -> str:
        own = self._form.step.fields[self._first].keys_prompt
        return self._reader.keys_prompt() if own is None else ""


class _FieldReader(Reader):
    """Reads the answer to one field's question, which may bring others, or change them."""

    listens = True

    def __init__(self, form: Form, name: str, reader: SlotReader) -> None:
        self.keyed = reader.keyed
        self.is_open = reader.is_open
        self.options = reader.options
        self._form = form
        self._name = name
        self._reader = reader

    def read_words(self, text: str) -> Reading:
        if self.is_open:
            return _as_given(self._name, self._reader.read_words(text))
        joint = self._form.read(text, self._name)
        others = (joint.values.keys() | set(joint.named)) - {self._name}
        taken = Reading(Decision.ACCEPT, _Given.of(joint), pieces=joint.pieces)
        if others and not joint.left_over and not joint.unclear:
            self._reader.forget()
            return taken
        own = self._reader.read_words(text)
        if own.decision is Decision.ACCEPT or own.go_on or not others:
            return _as_given(self._name, own)
        self._reader.forget()
        return taken

    def read_keys(self, keys: str) -> Reading:
        return _as_given(self._name, self._reader.read_keys(keys))

    def wants_more(self, keys: str) -> bool:
        return self._reader.wants_more(keys)

    def question(self) -> str:
        return self._reader.question()

    def keys_prompt(self) -> str:
        return self._reader.keys_prompt()

    def is_answer(self, text: str) -> bool:
        return self._reader.is_answer(text)

    def forget(self) -> None:
        self._reader.forget()


class _CheckReader(Reader):
    """Reads what follows the read-back: yes, no, what is wrong, or what is right."""

    listens = True
    keyed = True

    def __init__(self, form: Form, yes_no: YesNoReader) -> None:
        self.options: Sequence[Option] = yes_no.options
        self._form = form
        self._yes_no = yes_no

    def read_words(self, text: str) -> Reading:
        """Take a value that is there already for what is right of it: "yes, at eight"."""
        said = self._yes_no.read_words(text)
        reading = self._form.read(text)
        told = {
            name: parsed
            for name, parsed in reading.values.items()
            if not (isinstance(parsed, Parsed) and parsed.value == self._form.values.get(name))
        }
        if told or reading.named:
            given = replace(_Given.of(reading), values=told)
            return Reading(Decision.ACCEPT, given, pieces=reading.pieces)
        if said.decision is Decision.ACCEPT or said.decision is Decision.CONFIRM:
            if reading.is_empty:
                return self._answer(said)
            is_yes = said.value is True and not reading.left_over
            if is_yes and not reading.unclear:
                return replace(said, decision=Decision.ACCEPT, value=_Given(is_right=True))
        if reading.unclear:
            return Reading(Decision.ACCEPT, _Given(), pieces=reading.pieces)
        return replace(NOTHING, pieces=reading.pieces)

    def read_keys(self, keys: str) -> Reading:
        return self._answer(self._yes_no.read_keys(keys))

    def wants_more(self, keys: str) -> bool:
        return self._yes_no.wants_more(keys)

    def question(self) -> str:
        return self._yes_no.question()

    def keys_prompt(self) -> str:
        return self._yes_no.keys_prompt()

    def is_answer(self, text: str) -> bool:
        return self._yes_no.is_answer(text)

    def _answer(self, said: Reading) -> Reading:
        if said.decision is Decision.NO_MATCH:
            return said
        return replace(said, value=_Given(is_right=True) if said.value else _Given())


class _ChangeReader(Reader):
    """Reads what is wrong: fields by name, their keys, or new values."""

    listens = True
    keyed = True

    def __init__(self, form: Form, names: OptionReader) -> None:
        self.options: Sequence[Option] = names.options
        self._form = form
        self._names = names

    def read_words(self, text: str) -> Reading:
        reading = self._form.read(text)
        if reading.values or reading.named:
            return Reading(Decision.ACCEPT, _Given.of(reading), pieces=reading.pieces)
        return self._as_named(self._names.read_words(text))

    def read_keys(self, keys: str) -> Reading:
        return self._as_named(self._names.read_keys(keys))

    def wants_more(self, keys: str) -> bool:
        return self._names.wants_more(keys)

    def question(self) -> str:
        return self._names.question()

    def keys_prompt(self) -> str:
        return self._names.keys_prompt()

    def _as_named(self, reading: Reading) -> Reading:
        if reading.decision is Decision.NO_MATCH:
            return reading
        return replace(reading, value=_Given(named=(reading.value,)))


def _as_given(name: str, reading: Reading) -> Reading:
    """Return a field's own answer as what is given to the form."""
    if reading.decision is not Decision.ACCEPT:
        return reading
    parsed = Parsed(reading.value, is_sure=not reading.is_doubtful)
    return replace(reading, value=_Given({name: parsed}))


def _make_slot(call: FlowCall, spec: SlotSpec) -> Slot[Any]:
    return make_slot(filled_slot(spec, call.values), call.local_time())


def _options(form: Form) -> list[Option]:
    """Return the words of all options, as those that may interrupt a prompt by hotword."""
    return [option for reader in form.readers() for option in reader.options]
