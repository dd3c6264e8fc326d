"""``form``: several typed answers, in one sentence or one by one. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.flow.file.form import FormSpec
from ivr_agi.flow.file.slots import value_as_text
from ivr_agi.flow.run.filling import Form
from ivr_agi.flow.run.readers import keys_texts

if TYPE_CHECKING:
    from ivr_agi.flow.file.spec import StepName
    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("FormStep",)


class FormStep(FormSpec, frozen=True, kw_only=True, tag_field="do", tag="form"):
    """Take several typed answers, in any order, and store each in a variable."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Fill the form, and store the answers."""
        form = Form(call, self)
        went = await form.fill()
        if went is not None:
            return went
        for name, value in form.values.items():
            text = value_as_text(value)
            if self.secure:
                call.values.set(name, text, secure=True)
            else:
                call.values.set_slot(name, text)
            call.note("slot", field=name, value=None if self.secure else text)
        return self.go

    def keys_texts(self, language: str) -> list[str]:
        """Return the question for each field, and how to answer it."""
        return [
            text
            for field in self.fields.values()
            if field.keys_prompt is None
            for text in keys_texts(field.prompt, field.slot, language)
        ]
