"""How one turn goes: its knobs, and what belongs to this turn alone. Core, no I/O."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  # whoever asks for the signature needs it
from typing import TYPE_CHECKING, Self

from ivr_agi.dialogue.turn.keys import KeyRules
from ivr_agi.knobs import InstallationKnobs, TurnKnobs
from ivr_agi.language.words import HESITATIONS

if TYPE_CHECKING:
    from ivr_agi.settings import RecognitionSettings

__all__ = ("TurnPlan",)


class TurnPlan(TurnKnobs, frozen=True, kw_only=True):
    """How a turn goes. ``msgspec.structs.replace`` makes another plan of it."""

    listen: bool = True
    """Take speech; False is a keys-only turn."""
    onset_confirm_s: float = 0.6
    """Seconds until VOICE_START has to confirm our own onset: detection 0.2, a far network 0.3."""
    fillers: frozenset[str] = HESITATIONS
    """Words that count as none."""
    keys: KeyRules = KeyRules()
    """How many keys make an answer."""
    matches: Callable[[str], bool] | None = None
    """Tells whether words mean a choice; for ``hotword``, ``min_words``, ``complete_timeout_s``."""
    choices: tuple[str, ...] = ()
    """Phrases that may be said. The prompt may name them, and they still count as the caller's."""

    @classmethod
    def from_settings(cls, turn: InstallationKnobs, recognition: RecognitionSettings) -> Self:
        """Return the plan of an installation; a step replaces what it sets itself."""
        set_here = {name: getattr(turn, name) for name in InstallationKnobs.__struct_fields__}
        return cls(**set_here, max_speech_s=recognition.max_seconds)
