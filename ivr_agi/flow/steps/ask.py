"""``ask``: one typed answer, spoken or keyed, in one breath or several. Core, no I/O."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import structs

from ivr_agi.flow.file.slots import SlotSpec, make_slot, value_as_text
from ivr_agi.flow.file.spec import Name, PromptSpec, StepName
from ivr_agi.flow.file.step import InputSpec
from ivr_agi.flow.run.asking import Taken, ask
from ivr_agi.flow.run.options import NOTHING, Option, Reading, make_bands
from ivr_agi.flow.run.phrases import phrases, text_in
from ivr_agi.flow.steps.confirm import YesNoReader
from ivr_agi.language.matching import Decision
from ivr_agi.language.slots import Breaths, Parsed, Reason, Rejected
from ivr_agi.language.text import Language, language_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr_agi.flow.file.slots import Kind
    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult
    from ivr_agi.language.slots import Slot

__all__ = ("AskStep", "SlotReader")

_ANY_TIME = datetime(2000, 1, 1)
"""For what does not depend on the time."""


class AskStep(InputSpec, frozen=True, kw_only=True, tag_field="do", tag="ask"):
    """Ask for one typed answer and store it in a variable."""

    slot: SlotSpec
    """The type of the answer."""
    save: Name
    """The variable; the dialplan gets it as ``IVR_SLOT_NAME``, unless the step is secure."""
    go: StepName
    """The next step."""
    read_back: bool = False
    """Say the answer and ask whether it is right."""
    read_back_prompt: PromptSpec | None = None
    """Prompt for it, with ``{{ answer }}``; default: a built-in sentence."""
    reasons: dict[Reason, PromptSpec] = {}
    """Prompts by reason of rejection; they take precedence over ``no_match.prompts``."""

    def __post_init__(self) -> None:
        """Keep answers secure that always are: numbers of cards."""
        if self.slot.is_secret and not self.secure:
            structs.force_setattr(self, "secure", True)

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Ask, read back if configured, and store the answer."""
        spec = self.slot.filled(lambda text: call.values.fill(text, secrets=True))
        slot = make_slot(spec, call.local_time())
        while True:
            taken = await ask(call, self, SlotReader(call, self, slot))
            if not isinstance(taken, Taken):
                return taken
            if not self.read_back:
                break
            right = await self._confirm(call, slot.read_back(taken.value, _language(call)))
            if isinstance(right, StepName):
                return right
            if right:
                break
        text = value_as_text(taken.value)
        if self.secure:
            call.values.set(self.save, text, secure=True)
        else:
            call.values.set_slot(self.save, text)
        call.note("slot", value=None if self.secure else text)
        return self.go

    async def _confirm(self, call: FlowCall, answer: str) -> bool | StepName:
        """Read the answer back; after a "no" ask again."""
        texts = phrases(call.language)
        question = texts.read_back.format(answer)
        if self.read_back_prompt is not None:
            question = call.speaker.text_of(self.read_back_prompt, answer=answer)
        step = structs.replace(
            self, prompt=PromptSpec(question), vocabulary_id=None, keys_prompt=None
        )
        reader = YesNoReader(make_bands(self, call.flow), call.language, question)
        if self.keys_only:
            step = structs.replace(step, prompt=PromptSpec(reader.keys_prompt()))
        taken = await ask(call, step, reader, is_private=self.secure)
        return taken.value if isinstance(taken, Taken) else taken

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Check the slot's limits."""
        if problem := self.slot.problem():
            yield problem, ("slot",)
        elif self.keys_only and not self.slot.can_be_keyed:
            yield f"keys_only: {self.slot.type.value} has no keys", ("keys_only",)

    def told(self) -> Iterator[str]:
        """Yield the answer's, unless nobody may see it."""
        if not self.secure:
            yield f"IVR_SLOT_{self.save.upper()}"

    def keys_texts(self, language: str) -> list[str]:
        """Return the question, and how to answer it."""
        if Reason.NOT_KEYED in make_slot(self.slot, _ANY_TIME).reasons:
            return []
        return [text_in(self.prompt, language), phrases(language).enter_keys]

    def expected_words(self) -> list[str]:
        """Return the words of the options."""
        return [word for option in self.slot.options for word in option.all_words()]

    def expected_kind(self) -> Kind | None:
        """Return the type of the answer."""
        return self.slot.type


class SlotReader:
    """Interprets one typed answer; digits and letters may come in several breaths.

    Args:
        call: The call.
        step: The step.
        slot: The type.
    """

    def __init__(self, call: FlowCall, step: AskStep, slot: Slot[Any]) -> None:
        self.listens = True
        self.options: Sequence[Option] = ()  # the possible answers are not a list
        self.keyed = Reason.NOT_KEYED not in slot.reasons
        self._call = call
        self._step = step
        self._slot = slot
        self._breaths = Breaths(slot) if slot.in_breaths else None

    def read_words(self, text: str) -> Reading:
        """Parse words; uncertain results are confirmed."""
        parsed = self._breaths.hear(text) if self._breaths else self._slot.parse(text)
        return self._judge(parsed)

    def is_answer(self, text: str) -> bool:
        """Tell whether they are one of a few possible answers for certain."""
        if not self._slot.is_choice:
            return False
        parsed = self._slot.parse(text)
        return isinstance(parsed, Parsed) and parsed.is_sure

    def read_keys(self, keys: str) -> Reading:
        """Parse keys, without the terminator."""
        pressed = keys.removesuffix("#")
        parsed = self._breaths.press(pressed) if self._breaths else self._slot.parse_keys(pressed)
        return self._judge(parsed)

    def wants_more(self, keys: str) -> bool:
        """Wait for the hash key or the maximum number of keys."""
        if keys.endswith("#"):
            return False
        return not self._slot.is_complete(keys)

    def question(self) -> str:
        """Return the step's own."""
        return self._call.speaker.text_of(self._step.prompt)

    def keys_prompt(self) -> str:
        """Ask for keys."""
        return phrases(self._call.language).enter_keys

    def _judge(self, parsed: Parsed[Any] | Rejected) -> Reading:
        if isinstance(parsed, Rejected):
            if parsed.reason is Reason.TOO_SHORT and self._breaths and self._breaths.has_pieces:
                return Reading(Decision.NO_MATCH, go_on=True)
            if self._breaths:
                self._breaths.clear()
            spec = self._step.reasons.get(parsed.reason)
            return (
                Reading(Decision.NO_MATCH, prompt=self._call.speaker.text_of(spec))
                if spec
                else NOTHING
            )
        if parsed.is_sure or self._step.read_back:
            return Reading(Decision.ACCEPT, parsed.value)
        label = self._slot.read_back(parsed.value, _language(self._call))
        return Reading(Decision.CONFIRM, parsed.value, label)


def _language(call: FlowCall) -> Language:
    return language_of(call.language, default=Language.ENGLISH)
