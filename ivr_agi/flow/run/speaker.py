"""Speaks and listens for a flow. Core, no I/O: only the talker waits."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from ivr_agi.dialogue.prompt.parts import LiveText, Text
from ivr_agi.errors import SpeechError
from ivr_agi.flow.file.spec import PromptSpec
from ivr_agi.flow.run.phrases import join_texts
from ivr_agi.flow.run.prompts import SILENT_PROMPT, say_value, to_prompt, together, with_voice
from ivr_agi.flow.run.templates import render_template

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable

    from ivr_agi.dialogue.prompt.parts import Prompt
    from ivr_agi.dialogue.record.message import MessagePlan
    from ivr_agi.dialogue.turn.outcomes import HungUp, NoInput, Outcome, Pressed, Recorded
    from ivr_agi.dialogue.turn.plan import TurnPlan
    from ivr_agi.flow.run.budget import Budget
    from ivr_agi.flow.run.values import Values
    from ivr_agi.journal import Journal

__all__ = ("FlowSpeaker", "Talker")

_log = logging.getLogger("ivr_agi.flow")


class Talker(Protocol):
    """What a flow needs of a :class:`~ivr_agi.dialogue.call.Dialogue`."""

    async def say(self, prompt: Prompt) -> None:
        """Play a prompt to its end."""
        ...

    async def turn(
        self, prompt: Prompt, plan: TurnPlan, *, vocabulary_id: str | None = None
    ) -> Outcome:
        """Play a prompt and listen."""
        ...

    async def take_message(self, plan: MessagePlan) -> Recorded | Pressed | NoInput | HungUp:
        """Take a message."""
        ...

    async def discard_message(self, message: Recorded) -> None:
        """Delete a message."""
        ...


class FlowSpeaker:
    """Speaks and listens for a flow.

    Args:
        talker: The call.
        values: Fill in prompts, and hold the language.
        budget: Counts questions.
        journal: Is told whether it may keep prompts.
        on_language: Called when the language changes.
        on_slow: Called when the voice becomes slower.
    """

    def __init__(
        self,
        talker: Talker,
        values: Values,
        budget: Budget,
        journal: Journal,
        on_language: Callable[[str], None],
        on_slow: Callable[[], None] = lambda: None,
    ) -> None:
        self._talker = talker
        self._values = values
        self._budget = budget
        self._journal = journal
        self._on_language = on_language
        self._on_slow = on_slow
        self._is_slow = False
        self._said: Counter[PromptSpec] = Counter()

    def set_language(self, language: str) -> None:
        """Speak and listen in a language from now on."""
        self._values.language = language
        self._on_language(language)
        if self._is_slow:
            self._on_slow()

    def slow_down(self) -> None:
        """Speak more slowly from now on."""
        self._is_slow = True
        self._on_slow()

    async def say(self, spec: PromptSpec) -> None:
        """Say a prompt to its end."""
        self._journal.tells_prompts = True  # but not what is pressed too late for a secure step
        await self._talker.say(self._prompt(spec))

    async def say_live(self, pieces: AsyncIterable[str]) -> None:
        """Say a text while it is still being written, to its end."""
        self._journal.tells_prompts = True
        await self._talker.say(LiveText("", pieces=pieces))

    async def say_last(self, spec: PromptSpec) -> None:
        """Say a prompt; log failures: the call must reach its destination."""
        try:
            await self.say(spec)
        except SpeechError as exc:
            _log.warning("last prompt not said: %s", exc)

    async def turn(
        self,
        prompt: PromptSpec | str | list[Text],
        plan: TurnPlan,
        *,
        vocabulary_id: str | None = None,
        is_private: bool = False,
    ) -> Outcome:
        """Ask and listen.

        Args:
            prompt: The question; a string and texts are said as they are.
            plan: The plan of the turn.
            vocabulary_id: Hot-word table of the service.
            is_private: The prompt contains something that must not be stored.
        """
        self._budget.count_turn()
        if isinstance(prompt, PromptSpec):
            asked = self._prompt(prompt, is_private=is_private)
        elif isinstance(prompt, str):
            asked = Text(prompt, is_private=is_private)
        else:
            asked = together(prompt)
        return await self._talker.turn(asked, plan, vocabulary_id=vocabulary_id)

    async def more_keys(self, plan: TurnPlan) -> Outcome:
        """Wait silently for another key."""
        return await self._talker.turn(SILENT_PROMPT, plan)

    async def take_message(self, plan: MessagePlan) -> Recorded | Pressed | NoInput | HungUp:
        """Take a message."""
        self._budget.count_turn()
        return await self._talker.take_message(plan)

    async def discard_message(self, message: Recorded) -> None:
        """Delete a message."""
        await self._talker.discard_message(message)

    def text_of(self, spec: PromptSpec, **values: str) -> str:
        """Return the words of a prompt, including those of recordings.

        Args:
            spec: The prompt.
            values: Additional variables.
        """
        language = self._values.language
        known = self._values.visible() | values

        def fill(text: str) -> str:
            return render_template(text, known)

        return join_texts(
            (
                say_value(with_voice(part, fill), language, fill(part.text))
                for part in spec.parts(language, self._said[spec], self._values.holds)
            ),
            language,
        )

    def _prompt(self, spec: PromptSpec, *, is_private: bool = False) -> Prompt:
        language = self._values.language
        parts = spec.parts(language, self._said[spec], self._values.holds)
        self._said[spec] += 1
        return to_prompt(parts, language, self._values.fill_text, is_private=is_private)
