"""A whole phone call without I/O: Asterisk's session, the caller, and the line between them.

Driven by the bytes the script writes and one :meth:`PhoneLine.tick` every 20 ms. ``call.py`` does
that over real pipes; a test in virtual time does it in a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.audio.frames import SILENCE_FRAME
from ivr_agi.simulator.asterisk import APPLICATIONS, Activity, ChannelState, EagiSession
from ivr_agi.simulator.caller import ScriptedCaller
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.hearing import PromptListener
from ivr_agi.simulator.recording import CallTracks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ivr_agi.simulator.asterisk import Application
    from ivr_agi.simulator.events import CallEvent
    from ivr_agi.simulator.incoming import IncomingCall
    from ivr_agi.simulator.playback import SoundOpener
    from ivr_agi.simulator.script import CallerStep

__all__ = ("PhoneLine",)


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
        """True when the script has closed its pipe."""
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
            The frame for fd 3 (s16le mono 8 kHz, 320 bytes), or None when Asterisk writes none.
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
        """Events since the last call; nearly in order, PROMPT_ENDED is told when it is sure."""
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Let go of a sound file that may still be open."""
        self.session.close()

    def _settle(self) -> None:
        """Pass the session's events on, and tell the caller what can be heard of them."""
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
