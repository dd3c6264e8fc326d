"""``ask``: one typed answer, spoken or keyed, in one breath or several. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from ivr_agi.flow.file.slots import Kind, SlotSpec, make_slot, value_as_text
from ivr_agi.flow.file.spec import Name, PromptSpec, StepName
from ivr_agi.flow.file.step import InputSpec
from ivr_agi.flow.run.answering import take_answer
from ivr_agi.flow.run.asking import Taken, nothing_to_choose
from ivr_agi.flow.run.listing import filled_slot
from ivr_agi.flow.run.readers import SlotReader, keys_texts
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
        taken = await take_answer(
            call, self, reader, reads_back=self.read_back, read_back_prompt=self.read_back_prompt
        )
        if not isinstance(taken, Taken):
            return taken
        text = value_as_text(taken.value)
        if self.secure:
            call.values.set(self.save, text, secure=True)
        else:
            call.values.set_slot(self.save, text)
        call.note("slot", value=None if self.secure else text)
        return self.go

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
