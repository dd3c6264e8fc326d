"""Interpret words and keys: one of several options, yes or no, a typed answer. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from ivr_agi.flow.run.asking import Reader
from ivr_agi.flow.run.options import NOTHING, Option, Reading, read_options
from ivr_agi.flow.run.phrases import join_texts, phrases, text_in
from ivr_agi.language.matching import Bands, Decision
from ivr_agi.language.sentence import told_pieces
from ivr_agi.language.slots import Breaths, OneOf, Parsed, Reason, Rejected, YesNo
from ivr_agi.language.text import Language, language_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ivr_agi.flow.file.slots import SlotSpec
    from ivr_agi.flow.file.spec import PromptSpec
    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.language.slots import Slot

__all__ = (
    "RIGHT",
    "Corrected",
    "OptionReader",
    "Question",
    "ReadBackReader",
    "SlotReader",
    "YesNoReader",
    "give_keys",
    "keys_texts",
)


class OptionReader(Reader):
    """Reads one of several options from words or a key.

    Args:
        options: The options.
        bands: When words are accepted.
        language: Language of a prompt made for keys.
        question: Said before the keys; may be empty.
    """

    def __init__(
        self, options: Sequence[Option], bands: Bands, language: str, question: str = ""
    ) -> None:
        self.options = options
        self.listens = any(option.words for option in options)
        self.keyed = True
        self._bands = bands
        self._language = language
        self._question = question
        self._keys = give_keys(options)

    def read_words(self, text: str) -> Reading:
        """Match the words."""
        return read_options(text, self.options, self._bands, is_list=True)

    def is_answer(self, text: str) -> bool:
        """Tell whether they mean an option for certain."""
        return self.read_words(text).decision is Decision.ACCEPT

    def read_keys(self, keys: str) -> Reading:
        """Look up the key, including generated ones."""
        option = self._keys.get(keys)
        return NOTHING if option is None else Reading(Decision.ACCEPT, option.value)

    def wants_more(self, keys: str) -> bool:
        """Return whether a longer key begins with these."""
        return any(len(key) > len(keys) and key.startswith(keys) for key in self._keys)

    def question(self) -> str:
        """Return the question; of a menu, the options with their keys are enough."""
        return self._question

    def keys_prompt(self) -> str:
        """Return each option with its key."""
        return _lines(self._keys, self._language)


def give_keys(options: Sequence[Option]) -> dict[str, Option]:
    """Return options by key; one without a key gets the first free digit."""
    taken = {option.key: option for option in options if option.key}
    starts = {key[0] for key in taken}
    free = (key for key in "123456789" if key not in starts)
    found = {}
    for option in options:
        key = option.key or next(free, None)
        if key is not None:
            found[key] = option
    return found


class YesNoReader(OptionReader):
    """Reads yes (key 1) or no (key 2), with the words of the slot ``yes_no``.

    Args:
        bands: When words confirm a barge-in.
        language: Language of the question.
        question: Said before the keys.
    """

    def __init__(self, bands: Bands, language: str, question: str) -> None:
        texts = phrases(language)
        options = [
            Option(texts.yes, "1", True, texts.yes[0]),
            Option(texts.no, "2", False, texts.no[0]),
        ]
        super().__init__(options, bands, language, question)

    def read_words(self, text: str) -> Reading:
        """Read yes or no: a question is neither, and what is doubtful is asked about."""
        parsed = YesNo().parse(text)
        if isinstance(parsed, Rejected):
            return NOTHING
        label = next(option.label for option in self.options if option.value is parsed.value)
        decision = Decision.ACCEPT if parsed.is_sure else Decision.CONFIRM
        return Reading(decision, parsed.value, label, pieces=told_pieces(YesNo.reader.read(text)))


class Question(Protocol):
    """What a reader needs of the question that it reads answers to."""

    @property
    def prompt(self) -> PromptSpec:
        """The question."""
        ...

    @property
    def reasons(self) -> dict[Reason, PromptSpec]:
        """Prompts by reason of rejection."""
        ...


class SlotReader(Reader):
    """Interprets one typed answer; digits and letters may come in several breaths.

    Args:
        call: The call.
        question: The question.
        slot: The type.
        is_checked: The answer is read back, so that a doubtful one needs no question of its own.
    """

    def __init__(
        self, call: FlowCall, question: Question, slot: Slot[Any], *, is_checked: bool
    ) -> None:
        self.listens = True
        self.options: Sequence[Option] = ()
        if isinstance(slot, OneOf):
            self.options = _options_of(slot, call.language)
        self.keyed = Reason.NOT_KEYED not in slot.reasons
        self.is_open = slot.is_open
        self.slot = slot
        self._call = call
        self._question = question
        self._is_checked = is_checked
        self._breaths = Breaths(slot) if slot.in_breaths else None
        self._keys = give_keys(self.options)
        """Of a list."""

    def read_words(self, text: str) -> Reading:
        """Parse words; uncertain results are confirmed."""
        parsed = self._breaths.hear(text) if self._breaths else self.slot.parse(text)
        return replace(self._judge(parsed), pieces=_pieces_of(self.slot, text))

    def read_keys(self, keys: str) -> Reading:
        """Parse keys, without the terminator."""
        pressed = keys.removesuffix("#")
        if pressed in self._keys:
            return Reading(Decision.ACCEPT, self._keys[pressed].value)
        parsed = self._breaths.press(pressed) if self._breaths else self.slot.parse_keys(pressed)
        return self._judge(parsed)

    def wants_more(self, keys: str) -> bool:
        """Wait for the hash key or the maximum number of keys."""
        if keys.endswith("#"):
            return False
        so_far = self._breaths.characters if self._breaths else ""
        return not self.slot.is_complete(so_far + keys)

    def question(self) -> str:
        """Return the step's own."""
        return self._call.speaker.text_of(self._question.prompt)

    def keys_prompt(self) -> str:
        """Ask for keys."""
        return _how_to_key(self._keys, self._call.language)

    def is_answer(self, text: str) -> bool:
        """Tell whether they are one of a few possible answers for certain."""
        if not self.slot.is_choice:
            return False
        parsed = self.slot.parse(text)
        return isinstance(parsed, Parsed) and parsed.is_sure

    def forget(self) -> None:
        """Forget the pieces so far."""
        if self._breaths:
            self._breaths.clear()

    def in_words(self, value: Any) -> str:
        """Return a value in the words that prompts say."""
        return self.slot.read_back(value, _spoken(self._call))

    def why_not(self, reason: Reason) -> str:
        """Return what is said about a rejected answer; empty: nothing of its own."""
        spec = self._question.reasons.get(reason)
        return self._call.speaker.text_of(spec) if spec else ""

    def _judge(self, parsed: Parsed[Any] | Rejected) -> Reading:
        if isinstance(parsed, Rejected):
            if parsed.reason is Reason.TOO_SHORT and self._breaths and self._breaths.has_pieces:
                return Reading(Decision.NO_MATCH, go_on=True)
            self.forget()
            return Reading(Decision.NO_MATCH, prompt=self.why_not(parsed.reason))
        if parsed.is_sure or self._is_checked:
            return Reading(Decision.ACCEPT, parsed.value, is_doubtful=not parsed.is_sure)
        return Reading(Decision.CONFIRM, parsed.value, self.in_words(parsed.value))


@dataclass(frozen=True)
class Corrected:
    """Another answer, given when the first one was read back."""

    value: Any


RIGHT = True
"""What a read-back comes to if the answer is right."""


class ReadBackReader(YesNoReader):
    """Reads what follows a read-back: yes, no, or the right answer ("no, at eight").

    Args:
        bands: When words confirm a barge-in.
        language: Language of the question.
        question: Said before the keys.
        reader: Reads a new answer.
        value: The answer that was read back.
    """

    def __init__(
        self, bands: Bands, language: str, question: str, reader: SlotReader, value: Any
    ) -> None:
        super().__init__(bands, language, question)
        self._reader = reader
        self._value = value

    def read_words(self, text: str) -> Reading:
        """Read yes or no; else a new answer. The same again is a yes."""
        own = super().read_words(text)
        if own.decision is Decision.ACCEPT or self._reader.is_open:
            return own
        again = self._reader.read_words(text)
        if again.decision is not Decision.ACCEPT:
            return own if again.go_on or not again.prompt else again
        value = RIGHT if again.value == self._value else Corrected(again.value)
        return replace(again, value=value)


def keys_texts(prompt: PromptSpec, spec: SlotSpec, language: str) -> list[str]:
    """Return what a question for a typed answer says while speech is down, in a language."""
    slot = spec.sample()
    if Reason.NOT_KEYED in slot.reasons:
        return []
    keys = give_keys(_options_of(slot, language) if isinstance(slot, OneOf) else [])
    return [text_in(prompt, language), _how_to_key(keys, language)]


def _options_of(slot: OneOf, language: str) -> list[Option]:
    spoken = language_of(language, default=Language.ENGLISH)
    return [
        Option(one.words, one.key, one.value, slot.read_back(one.value, spoken))
        for one in slot.options
    ]


def _how_to_key(keys: Mapping[str, Option], language: str) -> str:
    return _lines(keys, language) if keys else phrases(language).enter_keys


def _lines(keys: Mapping[str, Option], language: str) -> str:
    """Return a sentence for each option and its key."""
    texts = phrases(language)
    lines = [
        texts.press.format(
            label=option.label or next(iter(option.words), key),
            key=texts.key_names.get(key, key),
        )
        for key, option in keys.items()
    ]
    return join_texts(lines, language)


def _spoken(call: FlowCall) -> Language:
    return language_of(call.language, default=Language.ENGLISH)


def _pieces_of(slot: Slot[Any], text: str) -> tuple[tuple[str, str], ...]:
    """Return the words of a sentence, and what a slot takes them for."""
    reader = getattr(slot, "reader", None)
    return () if reader is None else told_pieces(reader.read(text))
