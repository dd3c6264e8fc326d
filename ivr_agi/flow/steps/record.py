"""``record``: a message from the caller, saved as a file. Core, no I/O."""

from __future__ import annotations

import contextlib
import enum
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, structs

from ivr_agi.dialogue.record.message import MessagePlan
from ivr_agi.dialogue.turn.outcomes import HungUp, NoInput, Outcome, Recorded
from ivr_agi.errors import CallerHungUp, SpeechError
from ivr_agi.flow.file.spec import Name, PromptSpec, Seconds, StepName
from ivr_agi.flow.file.step import InputSpec
from ivr_agi.flow.run.asking import Reader, Taken, ask
from ivr_agi.flow.run.options import (
    NOTHING,
    Option,
    Reading,
    make_bands,
    make_command_options,
    timeout_of,
)
from ivr_agi.flow.run.phrases import phrases
from ivr_agi.flow.run.readers import OptionReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.results import FlowResult

__all__ = ("OnHangUp", "RecordStep")

_BEEP = PromptSpec({"recording": "beep"})


class OnHangUp(enum.StrEnum):
    """What happens to a message if the caller hangs up."""

    KEEP = "keep"
    """Keep what was said so far."""
    DROP = "drop"
    """Delete it."""


class RecordStep(InputSpec, frozen=True, kw_only=True, tag_field="do", tag="record"):
    """Record a message until a key, silence, a hang-up or the maximum time."""

    save: Name
    """Variable with the file's name as a recording (the path without ``.wav``); the dialplan finds
    it as ``IVR_SLOT_NAME``."""
    go: StepName
    """The next step."""
    max_s: Annotated[float, Meta(gt=0, le=900)] = 120.0
    """Longest message, s; held in memory until it ends, 16 KB per second."""
    min_s: Annotated[float, Meta(ge=0, le=60)] = 1.0
    """A message shorter than this, from the first word to the last, is a no-input; s."""
    silence_s: Seconds = 3.0
    """Silence after words that ends it, s."""
    end_keys: Annotated[str, Meta(pattern=r"^[0-9*#]*$")] = "#"
    """Keys that end it."""
    beep: bool = True
    """Play Asterisk's ``beep`` first."""
    review: bool = False
    """Let the caller keep it, listen to it or record another one."""
    review_prompt: PromptSpec | None = None
    """Prompt for it: key 1 keeps, 2 plays, 3 records again; default: a built-in sentence."""
    on_hang_up: OnHangUp = OnHangUp.KEEP
    """What happens to it if the caller hangs up."""

    async def run(self, call: FlowCall) -> StepName | FlowResult:
        """Record, and review if configured."""
        misses = 0

        async def listen(prompt: PromptSpec | str) -> Outcome | Recorded:
            nonlocal misses
            outcome = await self._record(call, prompt, misses)
            misses += isinstance(outcome, NoInput)
            return outcome

        while True:
            taken = await ask(call, self, _CommandReader(), listen=listen)
            if not isinstance(taken, Taken):
                return taken
            message: Recorded = taken.value
            call.values.set_slot(self.save, message.name)
            call.note(
                "message",
                recording=message.name,
                duration_s=round(message.duration_s, 1),
            )
            if message.hung_up:
                raise CallerHungUp
            went = await self._review(call, message) if self.review else self.go
            if went is not None:
                return went
            await self._drop(call, message)

    async def _record(
        self, call: FlowCall, prompt: PromptSpec | str, misses: int
    ) -> Outcome | Recorded:
        with contextlib.suppress(SpeechError):  # the beep is enough
            await call.speaker.say(prompt if isinstance(prompt, PromptSpec) else PromptSpec(prompt))
        if self.beep:
            await call.speaker.say(_BEEP)
        keys = [
            option.key for option in make_command_options(call.flow, call.language) if option.key
        ]
        outcome = await call.speaker.take_message(
            MessagePlan(
                max_s=self.max_s,
                min_s=self.min_s,
                silence_s=self.silence_s * call.pace,
                timeout_s=timeout_of(self, call.flow, call.plan, misses) * call.pace,
                end_keys=self.end_keys,
                leave_keys="".join(key for key in keys if len(key) == 1) if self.commands else "",
                keep_on_hang_up=self.on_hang_up is OnHangUp.KEEP,
            )
        )
        if isinstance(outcome, HungUp):
            raise CallerHungUp
        return outcome

    async def _review(self, call: FlowCall, message: Recorded) -> StepName | None:
        """Ask whether to keep it; None: record another one."""
        texts = phrases(call.language)
        options = [
            Option(words, key, words, words[0])
            for words, key in ((texts.keep, "1"), (texts.listen, "2"), (texts.again, "3"))
        ]
        prompt = self.review_prompt or PromptSpec(texts.review)
        step = structs.replace(self, prompt=prompt, keys_prompt=None)
        try:
            while True:
                reader = OptionReader(options, make_bands(self, call.flow), call.language)
                taken = await ask(call, step, reader)
                if not isinstance(taken, Taken):
                    return taken  # the message is kept, whatever the caller does now
                if taken.value is texts.keep:
                    return self.go
                if taken.value is texts.again:
                    return None
                await call.speaker.say(PromptSpec({"recording": message.name}))
        except CallerHungUp:
            if self.on_hang_up is OnHangUp.DROP:
                await self._drop(call, message)
            raise

    async def _drop(self, call: FlowCall, message: Recorded) -> None:
        await call.speaker.discard_message(message)
        call.values.drop_slot(self.save)

    def told(self) -> Iterator[str]:
        """Yield the message's."""
        yield f"IVR_SLOT_{self.save.upper()}"

    def misses(self) -> tuple[str, ...]:
        """Only a review can have a no-match."""
        return super().misses() if self.review else ("no_input",)

    def find_faults(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """Reject secure recordings and impossible lengths."""
        if self.secure:
            yield "a record step cannot be secure: it keeps what the caller says", ("secure",)
        if self.min_s >= self.max_s:
            yield f"min_s must be less than max_s, {self.max_s:g}", ("min_s",)
        if self.review_prompt is not None and not self.review:
            yield "review_prompt needs review: true", ("review_prompt",)


class _CommandReader(Reader):
    """While recording, words are the message, and keys are global commands."""

    listens = False
    keyed = True
    options: Sequence[Option] = ()

    def read_words(self, text: str) -> Reading:
        return NOTHING

    def is_answer(self, text: str) -> bool:
        return False

    def read_keys(self, keys: str) -> Reading:
        return NOTHING

    def wants_more(self, keys: str) -> bool:
        return False

    def question(self) -> str:
        return ""

    def keys_prompt(self) -> str:
        return ""
