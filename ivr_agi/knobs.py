"""The knobs of a turn: each is declared here, and only here. Core, no I/O.

A declaration has the name (with its unit), type, range and default, what the knob does, and where
it may be set. The section ``[turn]`` of the settings, ``turn:`` of flows with its schema, and the
plan of a turn are made from it. So are (``make docs``) the tables in ``docs/barge-in.md`` and
``docs/flows.md``, and the comments in ``config/ivr-agi.toml``. Names are VoiceXML's if it has one.
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
    """What happens to words and keys over a prompt that may not be interrupted."""

    DROP = "drop"
    """They do not count: a caller who cannot interrupt does not mean to answer yet."""
    KEEP = "keep"
    """They are the answer as soon as the prompt is over."""


class TypeAhead(enum.StrEnum):
    """What happens to keys that were pressed before the turn."""

    KEEP = "keep"
    """They are its first keys. Callers who know the menu dial through it."""
    CLEAR = "clear"
    """They are forgotten: for questions that must be heard, and after a no-match."""


@dataclass(frozen=True)
class Knob:
    """What the documents say about a knob, and where a flow sets it."""

    what: str
    """What it does, one sentence."""
    change: str = ""
    """When to change it, and to what."""
    in_flow: str = "turn"
    """``turn``: in ``turn:`` of a step or of a flow's defaults; ``step``: beside it; empty: no."""
    otherwise: str = ""
    """Where its value comes from if nothing sets it and it has no default."""


TimeoutS = Annotated[float, Meta(gt=0, le=300)]
"""Seconds to wait."""
GuardMs = Annotated[int, Meta(ge=0, le=10000)]


class InstallationKnobs(msgspec.Struct, frozen=True, kw_only=True):
    """The knobs that the settings file sets for every turn of an installation."""

    timeout_s: Annotated[
        TimeoutS,
        Knob("Silence after the prompt until no-input, seconds.", in_flow="step"),
    ] = 5.0
    """VoiceXML ``timeout``."""
    guard_ms: Annotated[
        GuardMs,
        Knob(
            "Milliseconds at the start of the prompt in which a voice does not stop it yet.",
            "prompts stop at their first syllable (line clicks): 400",
            in_flow="step",
        ),
    ] = 200
    """Covers clicks and the end of the last answer. Others use 200 to 600; words and resuming do
    the rest. A voice that is still heard at the end stops the prompt then."""
    min_voice_ms: Annotated[
        int,
        Meta(ge=0, le=5000),
        Knob(
            "Shortest voice that stops the prompt, milliseconds.",
            "callers dislike the gap after a cough: 250. Every prompt then stops that much later",
        ),
    ] = 0
    """Others use 250 to 500, because their prompts do not resume. Here a cough costs a short pause,
    and waiting would cost every caller."""
    min_words: Annotated[
        int,
        Meta(ge=1, le=10),
        Knob(
            "Words that make an interruption. Hesitations do not count; words of a choice suffice.",
            "callers talk to people beside them: 2",
        ),
    ] = 1
    """In Chinese, characters."""
    confirm_timeout_s: Annotated[
        TimeoutS,
        Knob(
            "Longest stop of the prompt for a voice without words, seconds.",
            "the service sends interim words late: 3",
        ),
    ] = 2.0
    cool_down_s: Annotated[
        float,
        Meta(ge=0, le=60),
        Knob(
            "Seconds after a false barge-in in which only words stop the prompt.",
            "the line is noisy: 2",
        ),
    ] = 1.0
    """Others use 0.5 to 1.5."""
    over_prompt: Annotated[
        OverPrompt,
        Knob(
            "Words and keys over a prompt that may not be interrupted: `drop` them, or `keep` them"
            " as the answer after the prompt, or after its mandatory part.",
            "callers know the menu and answer early: `keep`. The first input wins",
        ),
    ] = OverPrompt.DROP
    complete_timeout_s: Annotated[
        float,
        Meta(ge=0, le=3),
        Knob(
            "Silence that ends a sentence whose words mean a choice, seconds; 0: as for any other.",
            "a long `incomplete_timeout_s` makes callers wait: 0.4",
        ),
    ] = 0.0
    """VoiceXML ``completetimeout``. Words come a little later than the voice, so it is worth its
    risk only with a long ``incomplete_timeout_s``."""
    inter_digit_s: Annotated[
        TimeoutS,
        Knob("Longest wait for another key, seconds.", "callers read numbers off a card: 5"),
    ] = 3.0
    """VoiceXML ``interdigittimeout``."""
    type_ahead: Annotated[
        TypeAhead,
        Knob(
            "Keys pressed before a prompt, also during `say` steps: `keep` them for it, or `clear`"
            " them. Keys that follow keys without a meaning are always cleared.",
            "every prompt must be heard: `clear`",
        ),
    ] = TypeAhead.KEEP
    own_onset: Annotated[
        bool,
        Knob(
            "Stop the prompt at our own voice detection. VOICE_START has 0.6 s to confirm it.",
            "the service is distant: true. Not together with `min_voice_ms`",
            in_flow="",
        ),
    ] = False
    deadline_s: Annotated[
        TimeoutS,
        Knob("Longest turn, with prompt and listening, seconds.", "prompts are long: 300"),
    ] = 120.0
    service_grace_s: Annotated[
        TimeoutS,
        Knob(
            "Longest wait for a silent service after its own deadline, seconds.",
            "the service is slow",
            in_flow="",
        ),
    ] = 2.0


class TurnKnobs(InstallationKnobs, frozen=True, kw_only=True):
    """All knobs, including those that only flows and scripts set."""

    barge_in: Annotated[BargeIn, Knob("What ends the prompt early.", in_flow="step")] = BargeIn.BOTH
    mandatory_s: Annotated[
        float,
        Meta(ge=0, le=120),
        Knob(
            "Seconds at the start of the prompt in which nothing stops it.",
            "a text must be heard, such as a legal notice: its length",
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
