"""A whole phone call without I/O: Asterisk's session, the caller, and the line between them.

Driven by the bytes the script writes and one :meth:`PhoneLine.tick` every 20 ms. ``call.py`` does
that over real pipes; a test in virtual time does it in a loop.

A prompt is what a caller would call one: audible sound, until it has been quiet for a while. A
silent file (played to wait for keys) is not a prompt, and a short gap (between two files, or an
underrun) does not end one. A prompt that is cut off by a key or by barge-in ends there: the caller
notices, however soon the next one starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ivr_agi.audio.frames import FRAME_S, SILENCE_FRAME
from ivr_agi.audio.levels import is_audible
from ivr_agi.simulator.asterisk import APPLICATIONS, Activity, ChannelState, EagiSession
from ivr_agi.simulator.caller import ScriptedCaller
from ivr_agi.simulator.events import CLOCK_SLACK_S, CallEvent, CallEventKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ivr_agi.simulator.asterisk import Application
    from ivr_agi.simulator.caller import CallerStep
    from ivr_agi.simulator.incoming import IncomingCall
    from ivr_agi.simulator.playback import SoundOpener

__all__ = (
    "PROMPT_GAP_S",
    "CallTracks",
    "PhoneLine",
    "PromptListener",
)


@dataclass
class CallTracks:
    """Both sides of a call on one time line; s16le mono 8 kHz, both of the same length."""

    started_at: float = 0.0
    """Monotonic seconds of the first sample."""
    caller_pcm: bytearray = field(default_factory=bytearray)
    """What the caller said; silence where the phone sent nothing."""
    ivr_pcm: bytearray = field(default_factory=bytearray)
    """What the caller heard."""


PROMPT_GAP_S = 0.4
"""Silence after which a prompt has ended: longer than the pauses between spoken sentences."""


class PromptListener:
    """Turns the frames that the caller hears into PROMPT_STARTED and PROMPT_ENDED."""

    def __init__(self, *, gap_s: float = PROMPT_GAP_S) -> None:
        self._gap_s = gap_s
        self._name = ""
        self._heard_until: float | None = None
        """End of the last audible frame of the current prompt; None between prompts."""

    def hear(self, frame: bytes, now: float, name: str) -> list[CallEvent]:
        """One frame (s16le mono 8 kHz, 20 ms) that begins at ``now``, from the sound ``name``."""
        if is_audible(frame):
            begins = self._heard_until is None
            self._heard_until = now + FRAME_S
            if begins:
                self._name = name
                return [CallEvent(now, CallEventKind.PROMPT_STARTED, name)]
        elif self._heard_until is not None:
            quiet_s = now + FRAME_S - self._heard_until
            if quiet_s + CLOCK_SLACK_S >= self._gap_s:
                return self.cut()
        return []

    def cut(self) -> list[CallEvent]:
        """End the prompt, if there is one: the sound was cut off, or the call is over."""
        if self._heard_until is None:
            return []
        ended = CallEvent(self._heard_until, CallEventKind.PROMPT_ENDED, self._name)
        self._heard_until = None
        return [ended]


class PhoneLine:
    """One call, from the ring to the script's end."""

    def __init__(
        self,
        call: IncomingCall,
        open_sound: SoundOpener,
        steps: Iterable[CallerStep] = (),
        *,
        applications: Mapping[str, Application] = APPLICATIONS,
    ) -> None:
        self.call = call
        self.session = EagiSession(call, open_sound, applications=applications)
        self.caller = ScriptedCaller(steps)
        self.recording = CallTracks()
        self._listener = PromptListener()
        self._playing = ""
        self._events: list[CallEvent] = []

    @property
    def is_ended(self) -> bool:
        """True if the script has closed its pipe."""
        return self.session.activity is Activity.ENDED

    def start(self, now: float) -> None:
        """The script is launched."""
        self.session.start(now)
        self._settle()

    def receive_data(self, data: bytes, now: float) -> None:
        """The script wrote ``data``."""
        self.session.receive_data(data, now)
        self._settle()

    def receive_eof(self, now: float) -> None:
        """The script closed its standard output."""
        self.session.receive_eof(now)
        self._settle()

    def tick(self, now: float) -> bytes | None:
        """20 ms have passed.

        Returns:
            The frame for fd 3 (s16le mono 8 kHz, 320 bytes); None if Asterisk writes none.
        """
        if not self.recording.ivr_pcm:
            self.recording.started_at = now
        voice = self.caller.tick(now)
        for event in self.caller.take_events():
            if event.kind is CallEventKind.HUNG_UP:
                self.session.hang_up(now)  # whose own event tells of it
                continue
            self._events.append(event)
            if event.kind is CallEventKind.KEY_PRESSED:
                self.session.press(event.name, now)
        self._settle()
        tick = self.session.tick(now, voice)
        self._hear(self._listener.hear(tick.heard, now, self._playing))
        self._settle()
        if self.session.line < ChannelState.CUT:
            self.recording.caller_pcm += voice or SILENCE_FRAME
            self.recording.ivr_pcm += tick.heard
        return tick.audio

    def data_to_send(self) -> bytes:
        """Bytes for the script's standard input since the last call."""
        return self.session.data_to_send()

    def take_events(self) -> list[CallEvent]:
        """Events since the last call, nearly in order: PROMPT_ENDED comes when it is certain."""
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Close the sound file that may still be open."""
        self.session.close()

    def _settle(self) -> None:
        """Pass on the session's events, and tell the caller what can be heard."""
        for event in self.session.take_events():
            self._events.append(event)
            self.caller.notice(event)
            if event.kind is CallEventKind.PLAYBACK_STARTED:
                self._playing = event.name
            cut_off = event.kind is CallEventKind.PLAYBACK_ENDED and event.detail != "ended"
            if cut_off or event.kind in (CallEventKind.HUNG_UP, CallEventKind.SCRIPT_ENDED):
                self._hear(self._listener.cut())

    def _hear(self, events: list[CallEvent]) -> None:
        for event in events:
            self._events.append(event)
            self.caller.notice(event)
