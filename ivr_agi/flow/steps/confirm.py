"""``confirm``: a yes-or-no question. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.flow.file.spec import StepName
from ivr_agi.flow.file.step import InputSpec
from ivr_agi.flow.run.asking import Taken, ask
from ivr_agi.flow.run.options import make_bands
from ivr_agi.flow.run.phrases import phrases, text_in
from ivr_agi.flow.run.readers import YesNoReader
from ivr_agi.language.matching import Bands

if TYPE_CHECKING:
    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("ConfirmStep",)


class ConfirmStep(InputSpec, frozen=True, kw_only=True, tag_field="do", tag="confirm"):
    """Ask a question whose answer is yes (key 1) or no (key 2)."""

    yes: StepName
    """The next step after yes."""
    no: StepName
    """The next step after no."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Ask."""
        question = call.speaker.text_of(self.prompt)
        reader = YesNoReader(make_bands(self, call.flow), call.language, question)
        taken = await ask(call, self, reader)
        if not isinstance(taken, Taken):
            return taken
        choice = "yes" if taken.value else "no"
        call.note("choice", choice=None if self.secure else choice)
        return self.yes if taken.value else self.no

    def keys_texts(self, language: str) -> list[str]:
        """Return the question, and its two keys."""
        question = text_in(self.prompt, language)
        return [question, YesNoReader(Bands(), language, question).keys_prompt()]

    def expected_words(self) -> list[str]:
        """Return all words for yes and no."""
        return [word for name in ("en", "zh") for word in (*phrases(name).yes, *phrases(name).no)]
