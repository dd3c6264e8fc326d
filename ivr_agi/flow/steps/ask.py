"""``ask``: one typed answer, spoken or keyed, in one breath or several. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import structs

from ivr_agi.flow.file.slots import Kind, SlotSpec, make_slot, value_as_text
from ivr_agi.flow.file.spec import Name, PromptSpec, StepName
from ivr_agi.flow.file.step import InputSpec
from ivr_agi.flow.run.asking import Taken, ask, nothing_to_choose
from ivr_agi.flow.run.listing import filled_slot
from ivr_agi.flow.run.options import make_bands
from ivr_agi.flow.run.phrases import phrases
from ivr_agi.flow.run.prompts import plain
from ivr_agi.flow.run.readers import RIGHT, Corrected, ReadBackReader, SlotReader, keys_texts
from ivr_agi.language.slots import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("AskStep",)


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
        spec = filled_slot(self.slot, call.values)
        if spec.type is Kind.ONE_OF and not spec.options:
            return nothing_to_choose(call, self)
        slot = make_slot(spec, call.local_time())
        reader = SlotReader(call, self, slot, is_checked=self.read_back)
        taken = await ask(call, self, reader)
        while self.read_back and isinstance(taken, Taken):
            value = taken.value
            taken = await self._read_back(call, reader, value)
            if isinstance(taken, Taken) and taken.value is RIGHT:
                taken = Taken(value)
                break
            if isinstance(taken, Taken) and not isinstance(taken.value, Corrected):
                reader.forget()
                taken = await ask(call, self, reader)
            elif isinstance(taken, Taken):
                taken = Taken(taken.value.value)
        if not isinstance(taken, Taken):
            return taken
        text = value_as_text(taken.value)
        if self.secure:
            call.values.set(self.save, text, secure=True)
        else:
            call.values.set_slot(self.save, text)
        call.note("slot", value=None if self.secure else text)
        return self.go

    async def _read_back(self, call: FlowCall, reader: SlotReader, value: Any) -> Taken | StepName:
        """Read the answer back: it is right, wrong, corrected, or "back" asks for it again."""
        texts = phrases(call.language)
        answer = reader.in_words(value)
        question = texts.read_back.format(answer)
        if self.read_back_prompt is not None:
            question = call.speaker.text_of(self.read_back_prompt, answer=answer)
        step = structs.replace(self, prompt=plain(question), vocabulary_id=None, keys_prompt=None)
        bands = make_bands(self, call.flow)
        checking = ReadBackReader(bands, call.language, question, reader, value)
        if self.keys_only:
            step = structs.replace(step, prompt=plain(f"{question} {checking.keys_prompt()}"))
        return await ask(call, step, checking, is_private=self.secure, has_own_back=True)

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
        return keys_texts(self.prompt, self.slot, language)

    def expected_words(self) -> list[str]:
        """Return the words of the options."""
        return [word for option in self.slot.listed for word in option.all_words()]

    def expected_kind(self) -> Kind | None:
        """Return the type of the answer."""
        return self.slot.type
