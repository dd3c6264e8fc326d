"""A call flow as types: what a flow file may say. Core, no I/O.

The loader turns YAML into these; the engine runs them. A step is told by its ``do``. Names are
VoiceXML's where it has one (``no_input``, ``no_match``, ``timeout``).
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ivr_agi.dialogue.turn import BargeIn

__all__ = (
    "Attempts",
    "Choice",
    "Flow",
    "Hangup",
    "Menu",
    "PartSpec",
    "PromptSpec",
    "Say",
    "Step",
    "Transfer",
)

_Seconds = Annotated[float, Meta(gt=0, le=120)]
_Name = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_Text = Annotated[str, Meta(min_length=1)]


class _Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base: immutable, and an unknown key is an error."""


class PartSpec(_Spec, frozen=True):
    """A prompt, or a part of one, that is more than a text: one of ``recording`` and ``text``."""

    recording: str = ""
    """Sound file by the name that Asterisk knows it by, without extension."""
    text: str = ""
    """What is synthesised."""
    voice: str = ""
    """Language (``zh``) or voice, where it is another one."""
    fallback: str = ""
    """Recording in place of the text where it cannot be synthesised."""

    def __post_init__(self) -> None:
        if bool(self.recording) == bool(self.text):
            raise ValueError("a part of a prompt has either text or recording")
        if self.recording and (self.voice or self.fallback):
            raise ValueError("voice and fallback belong to a text")


PromptSpec = _Text | PartSpec | Annotated[list[_Text | PartSpec], Meta(min_length=1)]
"""What is said: a text to synthesise, a recording, or several of them without a gap."""


class Attempts(_Spec, frozen=True):
    """What happens on no-input, or on no-match, in one step."""

    go: _Name
    """The step to go to after ``after`` times."""
    after: Annotated[int, Meta(ge=1, le=10)] = 3
    """How often it may happen."""
    prompts: list[PromptSpec] = []
    """Said at the 1st, 2nd, ... time, the last one from then on; none: the step's own prompt."""


class Choice(_Spec, frozen=True):
    """One choice of a menu."""

    go: _Name
    """The step it leads to."""
    words: list[_Text] = []
    """Words and phrases that mean it; the first is its value in ``IVR_RESULT``."""
    key: Annotated[str, Meta(pattern=r"^[0-9*#]$")] | None = None
    """The key that means it."""

    @property
    def value(self) -> str:
        """What the dialplan is told when it is chosen."""
        return self.words[0] if self.words else (self.key or "")


class Say(_Spec, frozen=True, tag_field="do", tag="say"):
    """Say a prompt that nothing interrupts."""

    prompt: PromptSpec
    go: _Name
    """The next step."""


class Menu(_Spec, frozen=True, tag_field="do", tag="menu"):
    """Say a prompt and take a choice by voice or key."""

    prompt: PromptSpec
    choices: Annotated[list[Choice], Meta(min_length=1)]
    no_input: Attempts
    """Silence."""
    no_match: Attempts
    """Words or keys that fit no choice."""
    timeout_s: _Seconds | None = None
    """No-input time after the prompt's end; else the setting ``turn.timeout_s``."""
    barge_in: BargeIn = BargeIn.BOTH
    """What ends the prompt early."""
    vocabulary_id: str | None = None
    """Hot-word table; else the one that ``ivr-agi vocabulary sync`` made, if it did."""


class Transfer(_Spec, frozen=True, tag_field="do", tag="transfer"):
    """Hand the call back to the dialplan with an extension to go to."""

    extension: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_*#+.-]+$")]
    """Goes into ``IVR_TRANSFER``."""
    prompt: PromptSpec | None = None
    """Said before."""


class Hangup(_Spec, frozen=True, tag_field="do", tag="hangup"):
    """End the flow; the dialplan then ends the call."""

    prompt: PromptSpec | None = None
    """Said before."""


Step = Say | Menu | Transfer | Hangup


class Flow(_Spec, frozen=True):
    """One flow file."""

    start: _Name
    """The first step."""
    steps: Annotated[dict[_Name, Step], Meta(min_length=1)]
