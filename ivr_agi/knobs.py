"""The knobs of a turn: each is declared here, and only here. Core, no I/O.

Name (with its unit), type, range and default; what it does; where it may be set. From here come
the section ``[turn]`` of the settings, ``turn:`` of flows with its schema, the plan of a turn, and
(``make docs``) the tables in ``docs/barge-in.md`` and ``docs/flows.md`` and what
``config/ivr-agi.toml`` says of them. Names are VoiceXML's where it has one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
from msgspec import Meta

__all__ = (
    "BargeIn",
    "GuardMs",
    "InstallationKnobs",
    "Knob",
    "OverPrompt",
    "TimeoutS",
    "TurnKnobs",
    "TypeAhead",
    "find_knobs",
)


class BargeIn(enum.StrEnum):
    """What ends a prompt early (VoiceXML ``bargein``, ``bargeintype``)."""

    BOTH = "both"
    """A voice or a key."""
    SPEECH = "speech"
    """A voice."""
    HOTWORD = "hotword"
    """Words that mean a choice, or a key; any other voice does not stop the prompt."""
    KEYS = "keys"
    """A key."""
    NONE = "none"
    """Nothing."""

    @property
    def by_voice(self) -> bool:
        """The first sound of a voice stops the prompt."""
        return self in {BargeIn.BOTH, BargeIn.SPEECH}

    @property
    def by_speech(self) -> bool:
        """Words stop the prompt."""
        return self.by_voice or self is BargeIn.HOTWORD

    @property
    def by_keys(self) -> bool:
        """A key stops the prompt."""
        return self in {BargeIn.BOTH, BargeIn.KEYS, BargeIn.HOTWORD}


class OverPrompt(enum.StrEnum):
    """What becomes of words and keys over a prompt that may not be interrupted."""

    DROP = "drop"
    """They are not listened to: a caller who cannot interrupt does not mean to answer yet."""
    KEEP = "keep"
    """They are the answer once the prompt is over."""


class TypeAhead(enum.StrEnum):
    """What becomes of keys that were pressed before the turn."""

    KEEP = "keep"
    """They are its first keys: callers who know the menu dial through it."""
    CLEAR = "clear"
    """They are forgotten; for questions that must be heard, and after a no-match."""


@dataclass(frozen=True)
class Knob:
    """What the documents say of a knob, and where a flow sets it."""

    what: str
    """What it does, one sentence."""
    change: str = ""
    """When to change it, and to what."""
    in_flow: str = "turn"
    """``turn``: in ``turn:`` of a step or of a flow's defaults; ``step``: beside it; empty: not."""
    otherwise: str = ""
    """What holds where nothing sets it, if that is not its default."""


TimeoutS = Annotated[float, Meta(gt=0, le=300)]
"""Seconds that are waited."""
GuardMs = Annotated[int, Meta(ge=0, le=10000)]


class InstallationKnobs(msgspec.Struct, frozen=True, kw_only=True):
    """The knobs that the settings file sets for every turn of an installation."""

    timeout_s: Annotated[
        TimeoutS,
        Knob("Silence after the prompt's end that is no input, seconds.", in_flow="step"),
    ] = 5.0
    """VoiceXML ``timeout``."""
    guard_ms: Annotated[
        GuardMs,
        Knob(
            "A voice that begins so early in the prompt stops it only if it is still heard then.",
            "prompts stop at their first syllable (line clicks): 400",
            in_flow="step",
        ),
    ] = 200
    """Clicks, and the end of the last answer. The shortest that is in use elsewhere (200 to 600);
    words and resuming do the rest."""
    min_voice_ms: Annotated[
        int,
        Meta(ge=0, le=5000),
        Knob(
            "A shorter voice does not stop the prompt.",
            "callers dislike the short gap that a cough makes: 250. It costs every caller as much",
        ),
    ] = 0
    """Elsewhere 250 to 500, because there a stop is for good; here a cough costs a short pause, and
    waiting would cost every caller."""
    min_words: Annotated[
        int,
        Meta(ge=1, le=10),
        Knob(
            "Words that make an interruption; hums are none, and words that mean a choice suffice.",
            "people talk to each other at the phone: 2",
        ),
    ] = 1
    """In Chinese, characters."""
    confirm_timeout_s: Annotated[
        TimeoutS,
        Knob(
            "Longest stop of the prompt for a voice that says no words, seconds.",
            "the service sends interim words late: 3",
        ),
    ] = 2.0
    cool_down_s: Annotated[
        float,
        Meta(ge=0, le=60),
        Knob(
            "After a false barge-in, seconds in which only words stop the prompt.",
            "the line is noisy: 2",
        ),
    ] = 1.0
    """Elsewhere 0.5 to 1.5."""
    over_prompt: Annotated[
        OverPrompt,
        Knob(
            "Words and keys over a prompt that may not be interrupted: `drop` them, or `keep` them"
            " as the answer for when the prompt, or its mandatory part, is over.",
            "callers know the menu and answer early: `keep`. The first input wins",
        ),
    ] = OverPrompt.DROP
    complete_timeout_s: Annotated[
        float,
        Meta(ge=0, le=3),
        Knob(
            "Silence that ends a sentence whose words mean a choice, seconds; 0: as any other.",
            "a long `incomplete_timeout_s` makes callers wait: 0.4",
        ),
    ] = 0.0
    """VoiceXML ``completetimeout``. Words come a little later than the voice, so it is worth its
    risk only beside a long ``incomplete_timeout_s``."""
    inter_digit_s: Annotated[
        TimeoutS,
        Knob("Wait for another key, seconds.", "callers read numbers off a card: 5"),
    ] = 3.0
    """VoiceXML ``interdigittimeout``."""
    type_ahead: Annotated[
        TypeAhead,
        Knob(
            "Keys pressed before a prompt, also during `say` steps: `keep` them for it, or `clear`"
            " them; those behind keys that meant nothing are always cleared.",
            "every prompt must be heard: `clear`",
        ),
    ] = TypeAhead.KEEP
    own_onset: Annotated[
        bool,
        Knob(
            "Pause the prompt at our own voice detection; VOICE_START has 0.6 s to confirm it.",
            "the service is far away: true. Not together with `min_voice_ms`",
            in_flow="",
        ),
    ] = False
    deadline_s: Annotated[
        TimeoutS,
        Knob("Longest turn, prompt and listening together, seconds.", "prompts are long: 300"),
    ] = 120.0
    service_grace_s: Annotated[
        TimeoutS,
        Knob(
            "Wait for a silent service beyond its own deadline, seconds.",
            "the service is slow",
            in_flow="",
        ),
    ] = 2.0


class TurnKnobs(InstallationKnobs, frozen=True, kw_only=True):
    """All of them: also those that only flows and scripts set."""

    barge_in: Annotated[BargeIn, Knob("What ends the prompt early.", in_flow="step")] = BargeIn.BOTH
    mandatory_s: Annotated[
        float,
        Meta(ge=0, le=120),
        Knob(
            "Nothing stops the prompt in its first seconds.",
            "a text must be heard, as legal notices: its seconds",
        ),
    ] = 0.0
    incomplete_timeout_s: Annotated[
        Annotated[float, Meta(ge=0.2, le=3)] | None,
        Knob(
            "Silence that ends a sentence, seconds.",
            "callers say numbers and addresses: 1.5",
            otherwise="`recognition.vad_tail_ms`",
        ),
    ] = None
    """VoiceXML ``incompletetimeout``, the service's ``vad_tail``."""
    max_speech_s: Annotated[
        float,
        Meta(ge=1, le=60),
        Knob("Longest sentence, seconds.", otherwise="`recognition.max_seconds`"),
    ] = 30.0
    """VoiceXML ``maxspeechtimeout``."""


def find_knobs(kind: type[msgspec.Struct]) -> dict[str, tuple[Any, Knob]]:
    """Return the type, with its range, and the description of each knob of a class, by name."""
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for name in kind.__struct_fields__:
        knob = next((part for part in get_args(hints[name]) if isinstance(part, Knob)), None)
        if knob is not None:
            found[name] = hints[name], knob
    return found
