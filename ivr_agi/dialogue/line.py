"""What turns and messages of a call share: channel, recogniser, prompts, ear, journal, keys.

Below :class:`~ivr_agi.dialogue.call.Dialogue`, which runs turns and takes messages on it, one after
the other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr_agi.dialogue.hearing.ear import Ear
from ivr_agi.dialogue.prompt.parts import Recording, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.agi.channel import AgiChannel
    from ivr_agi.dialogue.listen.link import SpeechLink
    from ivr_agi.dialogue.prompt.parts import Prompt
    from ivr_agi.dialogue.prompt.store import PromptStore
    from ivr_agi.errors import AgiCommandFailed
    from ivr_agi.journal import Journal
    from ivr_agi.settings import RecognitionSettings, TurnSettings

__all__ = ("Line",)

_log = logging.getLogger("ivr_agi.dialogue")

MAX_TYPED = 32
"""Keys that are kept between turns; a caller who presses more is not answering us."""


@dataclass(kw_only=True, eq=False)
class Line:
    """One call, below its turns and messages."""

    channel: AgiChannel
    """The call."""
    speech: SpeechLink
    """The recogniser."""
    store: PromptStore
    """The prompts."""
    recognition: RecognitionSettings
    """What every recognition session asks for."""
    turn: TurnSettings
    """Audio per message to the service; whether keys are kept between turns."""
    journal: Journal
    """Takes what happens."""
    forget_preroll: Callable[[], None] = lambda: None
    """Empties the caller's pre-roll (``CallAudio.forget_preroll``)."""
    ear: Ear = field(default_factory=Ear)
    """Our own hearing."""
    on_frame: Callable[[bytes], None] | None = None
    """Takes the caller's frames now: a turn, or a message."""
    typed: str = ""
    """Keys that were pressed and belong to no turn yet."""

    def type_key(self, key: str) -> None:
        """Keep a key for the next turn."""
        self.typed = (self.typed + key)[-MAX_TYPED:]

    def take_typed(self, *, wanted: bool = True) -> str:
        """Forget the keys that were pressed before; return them if they are wanted."""
        typed, self.typed = self.typed, ""
        return typed if wanted else ""

    def note_started(self, prompt: Prompt) -> None:
        """Journal that a prompt begins to play."""
        self.journal.record("prompt_started", **_describe(prompt))

    def note_missing(self, prompt: Prompt, exc: AgiCommandFailed) -> None:
        """Log and journal that Asterisk cannot open a prompt: the call goes on without it."""
        names = [repr(part.name[:100]) for part in parts_of(prompt) if isinstance(part, Recording)]
        if names:
            _log.error("recording %s cannot be played: %s", ", ".join(names), exc)
        else:
            _log.error("a synthesised prompt cannot be played; may Asterisk read it? (%s)", exc)
        self.journal.record("prompt_missing", **_describe(prompt))


def _describe(prompt: Prompt) -> dict[str, str | None]:
    """Return the texts and recordings of a prompt, for the journal."""
    texts, names = [], []
    for part in parts_of(prompt):
        if isinstance(part, Recording):
            names.append(part.name)
        elif not part.is_private:
            texts.append(part.text)
    return {"text": " ".join(texts) or None, "recording": " ".join(names) or None}
