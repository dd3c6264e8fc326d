"""What may stand in a file of conversation tests."""

from __future__ import annotations

import datetime
import enum
from typing import Annotated, Any

from msgspec import Meta

from ivr_agi.flow.file.spec import Spec
from ivr_agi.flow.run.results import Status
from ivr_agi.rehearsal.service import ServiceFault

__all__ = (
    "BargedIn",
    "CannedResponse",
    "Conversation",
    "Dialled",
    "ConversationLine",
    "Expected",
    "OutcomeName",
    "Suite",
)

_ACTIONS = ("say", "say_audio", "noise", "press", "silence", "hang_up")
"""Keys of a line that are the caller's doing."""
_CHECKS = ("hear", "step", "outcome", "barge_in", "speech", "voice")
"""Keys that look at what has come, or change the service."""


class OutcomeName(enum.StrEnum):
    """What a question came to."""

    HEARD = "Heard"
    PRESSED = "Pressed"
    NO_INPUT = "NoInput"
    TOO_MUCH_SPEECH = "TooMuchSpeech"
    HUNG_UP = "HungUp"
    SPEECH_DOWN = "SpeechDown"
    RECORDED = "Recorded"


class BargedIn(enum.StrEnum):
    """What the prompt of a question was interrupted by."""

    VOICE = "voice"
    """Words: it was stopped for good."""
    KEY = "key"
    NOISE = "noise"
    """A voice without words: it was stopped, and went on."""
    NONE = "none"
    """Nothing: it was played to its end."""


class ConversationLine(Spec, frozen=True, kw_only=True):
    """One line of a conversation: one key, and ``over`` beside what the caller does."""

    hear: str | None = None
    """A part of what was said to the caller since the last line of theirs."""
    step: str | None = None
    """The step that asks now."""
    outcome: OutcomeName | None = None
    """What a question has come to since the caller's last line."""
    barge_in: BargedIn | None = None
    """What has interrupted a prompt since then."""
    say: str | None = None
    """The caller's words."""
    say_audio: str | None = None
    """A WAV file of them (8 kHz, 16 bit, mono), from this file's folder: the local speech engines
    hear what they hear."""
    noise: Annotated[float, Meta(gt=0, le=10)] | None = None
    """A cough of so many seconds; the next line of the caller belongs to the same question."""
    press: str | None = None
    """The caller's keys."""
    silence: Annotated[int, Meta(ge=1, le=100)] | None = None
    """The caller says nothing, so many times."""
    hang_up: bool | None = None
    """The caller leaves."""
    over: Annotated[float, Meta(ge=0, le=120)] | None = None
    """With what the caller does: so many seconds after the prompt's begin, not after its end."""
    speech: ServiceFault | None = None
    """The speech service fails from here on (``down``, ``refused``, ``dies``, ``frozen``), or works
    again (``up``)."""
    voice: Annotated[str, Meta(pattern="^(up|down)$")] | None = None
    """The same of the synthesis."""

    def __post_init__(self) -> None:
        given = [name for name in (*_ACTIONS, *_CHECKS) if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"expected one of {', '.join((*_ACTIONS, *_CHECKS))}")
        if self.over is not None and given[0] not in _ACTIONS:
            raise ValueError(f"over belongs to one of {', '.join(_ACTIONS)}")

    @property
    def is_action(self) -> bool:
        """It is the caller's doing."""
        return any(getattr(self, name) is not None for name in _ACTIONS)


class CannedResponse(Spec, frozen=True, kw_only=True):
    """What a service answers in a test."""

    answer: Any = None
    """JSON, or what a Python function returns."""
    fails: bool = False
    """There is no answer."""
    takes_s: float = 0.0
    """How long it takes, virtual seconds."""


class Dialled(enum.StrEnum):
    """What comes of a transfer, as the dialplan tells it."""

    ANSWER = "ANSWER"
    """They have talked, and the other one has hung up."""
    BUSY = "BUSY"
    NO_ANSWER = "NOANSWER"
    UNAVAILABLE = "CHANUNAVAIL"
    DECLINED = "DECLINED"
    TIMEOUT = "TIMEOUT"
    """Of a queue."""


class Expected(Spec, frozen=True, kw_only=True):
    """What must come of a conversation; what is not named does not matter."""

    status: Status | None = None
    result: str | None = None
    transfer: str | None = None
    variables: dict[str, str] = {}
    """Channel variables, by full name."""
    steps: list[str] = []
    """Steps that must come in this order; others may be between."""
    requests: list[str] = []
    """``METHOD url`` of every HTTP request, in order."""


class Conversation(Spec, frozen=True, kw_only=True):
    """One test."""

    name: str
    talk: list[ConversationLine] = []
    expect: Expected = Expected()
    now: datetime.datetime | None = None
    """The time of the call."""
    caller: dict[str, str] = {}
    """``number``, ``name``, ``called``."""
    arguments: dict[str, Any] = {}
    """Variables at the start."""
    dialled: list[Dialled] = []
    """What comes of each transfer that comes back, in order; the next one ends the call."""
    http: dict[str, CannedResponse | list[CannedResponse]] = {}
    """Beginning of a URL -> the answer, or one answer after the other."""
    python: dict[str, CannedResponse] = {}
    """``module:function`` -> what it returns."""


class Suite(Spec, frozen=True, kw_only=True):
    """A file of tests."""

    flow: str
    """The flow's file, from this file's folder."""
    tests: list[Conversation]
    now: datetime.datetime | None = None
    """The time of every call that names none."""
