"""Takes one typed answer, and reads it back where that is asked for. Core, no I/O.

Shared by the step ``ask`` and by scripts (:meth:`ivr_agi.door.call.Call.ask`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import structs

from ivr_agi.flow.run.asking import Taken, ask
from ivr_agi.flow.run.options import make_bands
from ivr_agi.flow.run.phrases import phrases
from ivr_agi.flow.run.prompts import plain
from ivr_agi.flow.run.readers import RIGHT, Corrected, ReadBackReader

if TYPE_CHECKING:
    from ivr_agi.flow.file.spec import PromptSpec, StepName
    from ivr_agi.flow.file.step import InputSpec
    from ivr_agi.flow.run.call import FlowCall
    from ivr_agi.flow.run.readers import SlotReader

__all__ = ("take_answer",)


async def take_answer(
    call: FlowCall,
    step: InputSpec,
    reader: SlotReader,
    *,
    reads_back: bool,
    read_back_prompt: PromptSpec | None = None,
) -> Taken | StepName:
    """Ask until there is an answer, and until the caller has said that it is right.

    Args:
        call: The call.
        step: The question.
        reader: Reads the answer.
        reads_back: Say the answer and ask whether it is right.
        read_back_prompt: Prompt for it, with ``{{ answer }}``; default: a built-in sentence.

    Returns:
        The answer, or the step that the question leads to without one.

    Raises:
        CallerHungUp: The caller hung up.
        SpeechUnavailable: Speech is down and keys cannot take over.
    """
    taken = await ask(call, step, reader)
    while reads_back and isinstance(taken, Taken):
        value = taken.value
        taken = await _read_back(call, step, reader, value, read_back_prompt)
        if not isinstance(taken, Taken):
            break
        if taken.value is RIGHT:
            return Taken(value)
        if isinstance(taken.value, Corrected):
            taken = Taken(taken.value.value)
        else:
            reader.forget()
            taken = await ask(call, step, reader)
    return taken


async def _read_back(
    call: FlowCall, step: InputSpec, reader: SlotReader, value: Any, prompt: PromptSpec | None
) -> Taken | StepName:
    """Read the answer back: it is right, wrong, corrected, or "back" asks for it again."""
    texts = phrases(call.language)
    answer = reader.in_words(value)
    question = texts.read_back.format(answer)
    if prompt is not None:
        question = call.speaker.text_of(prompt, answer=answer)
    checked = structs.replace(step, prompt=plain(question), vocabulary_id=None, keys_prompt=None)
    bands = make_bands(step, call.flow)
    checking = ReadBackReader(bands, call.language, question, reader, value)
    if step.keys_only:
        checked = structs.replace(checked, prompt=plain(f"{question} {checking.keys_prompt()}"))
    return await ask(call, checked, checking, is_private=step.secure, has_own_back=True)
