"""The scripted caller and its steps: hears prompts, speaks, presses keys. No I/O, no clock.

Driven by one :meth:`ScriptedCaller.tick` every 20 ms and by what the caller hears.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from ivr_agi.audio.frames import FRAME_BYTES, SILENCE_FRAME
from ivr_agi.audio.levels import is_audible
from ivr_agi.simulator.events import CLOCK_SLACK_S, CallEvent, CallEventKind

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = (
    "KEY_INTERVAL_S",
    "CallerPause",
    "CallerStep",
    "EndCall",
    "Moment",
    "Mute",
    "PlayVoice",
    "Press",
    "ScriptedCaller",
    "WaitForPrompt",
    "WaitUntil",
    "YamlStep",
)

KEY_INTERVAL_S = 0.2
"""From one key to the next, as a quick finger presses them."""

_Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Moment(enum.StrEnum):
    """What a caller can wait for."""

    PROMPT_START = "prompt_start"
    PROMPT_END = "prompt_end"


class YamlStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step that is written as a mapping of its fields."""


class WaitForPrompt(YamlStep, frozen=True):
    """Wait until a prompt starts or ends.

    Without ``nth`` it is the first one since the caller last started to speak, pressed a key or
    finished a ``wait_for``; one that came meanwhile counts, so nothing is missed.
    """

    wait_for: Moment
    nth: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Number of the prompt, counted over the whole call."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0)] = 30.0


class CallerPause(YamlStep, frozen=True):
    """Do nothing for a while."""

    wait_s: _Seconds


class WaitUntil(YamlStep, frozen=True):
    """Do nothing until this many seconds after the start of the call."""

    at_s: _Seconds


class Press(YamlStep, frozen=True):
    """Press keys, one after the other."""

    press: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-D*#]+$")]


class Mute(YamlStep, frozen=True):
    """Mute the phone (no packets at all), or unmute it."""

    mute: bool


@dataclass(frozen=True)
class EndCall:
    """Hang up."""


@dataclass(frozen=True)
class PlayVoice:
    """Play a recording to its end."""

    name: str
    pcm: bytes
    """s16le mono 8 kHz."""


CallerStep = WaitForPrompt | CallerPause | WaitUntil | PlayVoice | Press | Mute | EndCall

_MOMENTS = {
    CallEventKind.PROMPT_STARTED: Moment.PROMPT_START,
    CallEventKind.PROMPT_ENDED: Moment.PROMPT_END,
}


class ScriptedCaller:
    """Does one step after the other; silent on the line when there is none."""

    def __init__(self, steps: Iterable[CallerStep] = ()) -> None:
        self._steps = list(steps)
        self._index = 0
        self._call_began: float | None = None
        self._step_began: float | None = None
        self._position = 0
        """Bytes said, or keys pressed, of the step that is on."""
        self._spoke = False
        self._muted = False
        self._hung_up = False
        self._counts = dict.fromkeys(Moment, 0)
        self._marks = dict.fromkeys(Moment, 0)
        """Prompt starts and ends up to these numbers do not count for a ``wait_for``."""
        self._events: list[CallEvent] = []
        self.failure: str | None = None
        """Why the caller gave up, if so: what did not come."""

    @property
    def is_done(self) -> bool:
        """True if no step is left."""
        return self._index >= len(self._steps)

    def do(self, *steps: CallerStep) -> None:
        """Add steps at the end."""
        self._steps += steps

    def notice(self, event: CallEvent) -> None:
        """The caller hears a prompt start or end, or that the line is cut."""
        moment = _MOMENTS.get(event.kind)
        if moment is not None:
            self._counts[moment] += 1
        elif event.kind is CallEventKind.HUNG_UP:
            self._hung_up = True

    def take_events(self) -> list[CallEvent]:
        """KEY_PRESSED, HUNG_UP, VOICE_STARTED and VOICE_ENDED since the last call."""
        events, self._events = self._events, []
        return events

    def tick(self, now: float) -> bytes | None:
        """20 ms have passed.

        Returns:
            The caller's frame (s16le mono 8 kHz, 320 bytes); None if the phone sends nothing.
        """
        if self._call_began is None:
            self._call_began = now
        frame = SILENCE_FRAME
        while not self.is_done and not self._hung_up:
            step = self._steps[self._index]
            if self._step_began is None:
                self._begin(step, now)
            if isinstance(step, PlayVoice) and self._position < len(step.pcm):
                frame = self._speak(step, now)
                break
            if not self._is_finished(step, now):
                break
            self._index += 1
            self._step_began = None
        return None if self._muted or self._hung_up else frame

    def _begin(self, step: CallerStep, now: float) -> None:
        self._step_began = now
        self._position = 0
        self._spoke = False
        if isinstance(step, PlayVoice | Press):
            self._marks = dict(self._counts)
        elif isinstance(step, Mute):
            self._muted = step.mute
        elif isinstance(step, EndCall):
            self._hang_up(now)

    def _is_finished(self, step: CallerStep, now: float) -> bool:
        since_step_s = now - (self._step_began or 0.0) + CLOCK_SLACK_S
        since_call_s = now - (self._call_began or 0.0) + CLOCK_SLACK_S
        match step:
            case CallerPause(wait_s=wait_s):
                return since_step_s >= wait_s
            case WaitUntil(at_s=at_s):
                return since_call_s >= at_s
            case Press(press=keys):
                return self._press(keys, now, since_step_s)
            case WaitForPrompt():
                return self._has_come(step, now, since_step_s)
            case PlayVoice():
                self._note(now, CallEventKind.VOICE_ENDED, step.name)
        return True

    def _has_come(self, step: WaitForPrompt, now: float, since_step_s: float) -> bool:
        moment = step.wait_for
        number = step.nth or self._marks[moment] + 1
        if self._counts[moment] >= number:
            # Starts and ends alternate: the end of prompt n is end n.
            ended = number if moment is Moment.PROMPT_END else number - 1
            self._marks = {Moment.PROMPT_START: number, Moment.PROMPT_END: ended}
            return True
        if since_step_s >= step.timeout_s:
            self.failure = f"step {self._index + 1}: no {moment} within {step.timeout_s:g} s"
            self._hang_up(now)
        return False

    def _press(self, keys: str, now: float, since_step_s: float) -> bool:
        if since_step_s >= self._position * KEY_INTERVAL_S:
            self._note(now, CallEventKind.KEY_PRESSED, keys[self._position])
            self._position += 1
        return self._position >= len(keys)

    def _speak(self, step: PlayVoice, now: float) -> bytes:
        frame = step.pcm[self._position : self._position + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")
        self._position += FRAME_BYTES
        if not self._spoke and is_audible(frame):
            self._spoke = True
            self._note(now, CallEventKind.VOICE_STARTED, step.name)
        return frame

    def _hang_up(self, now: float) -> None:
        self._hung_up = True
        self._note(now, CallEventKind.HUNG_UP, "caller")

    def _note(self, at: float, kind: CallEventKind, name: str) -> None:
        self._events.append(CallEvent(at, kind, name))
