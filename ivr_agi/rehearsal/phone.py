"""Asterisk's end of a call in virtual time: the simulator's Asterisk, without pipes.

The same core as in :mod:`ivr_agi.simulator.call`, which turns its wheel every 20 ms; here it turns
when something happens: a command comes, a sound ends, the caller does something. If the caller is
to be heard (``start(audio=True)``), a frame goes to fd 3 every 20 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S, SILENCE_FRAME
from ivr_agi.rehearsal.timed_sounds import TimedSound
from ivr_agi.simulator.asterisk import Activity, EagiSession
from ivr_agi.simulator.events import CallEventKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.simulator.incoming import IncomingCall
    from ivr_agi.simulator.playback import SoundFile, SoundOpener

__all__ = ("RehearsedPhone",)

_WAITS_FOR_OTHERS = (Activity.IDLE, Activity.READING, Activity.PLAYING, Activity.ENDED)
"""Activities that need no ticks: they end by a command, or by the sound's own timer."""


class RehearsedPhone:
    """One call, and what carries it: a :class:`~ivr_agi.agi.transport.AgiTransport`.

    Made in a running loop.

    Args:
        call: What Asterisk tells of the call.
        sounds: Opens what is played.
    """

    def __init__(self, call: IncomingCall, sounds: SoundOpener) -> None:
        self.session = EagiSession(call, self._open)
        self._open_sound = sounds
        self._sound: SoundFile | None = None
        """The one that was opened last."""
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._ticking = self._is_over = False
        self._voice = b""
        self._heard = SILENCE_FRAME
        self._give: Callable[[bytes], None] | None = None
        """Takes the replies; None: the script is not there yet, or has left."""
        self.script_audio_fd, self._audio_fd = os.pipe()
        """The caller's voice comes here: fd 3 of the script."""
        os.set_blocking(self._audio_fd, False)

    # The script's end. What either says, the other sees a moment later, as behind a pipe.

    def listen(self, on_data: Callable[[bytes], None]) -> None:
        """The script is there, and reads."""
        self._give = on_data
        self._settle()

    def write(self, data: bytes) -> None:
        """A command comes."""
        self._loop.call_soon(self._receive, data)

    def close(self) -> None:
        """The script has left."""
        self._give = None
        self._loop.call_soon(self._receive, b"")

    # What Asterisk and the caller do.

    def start(self, *, audio: bool) -> None:
        """Launch the script: the environment goes out.

        Args:
            audio: The caller's voice comes on fd 3, 20 ms at a time; else fd 3 is at its end.
        """
        self.session.start(self._loop.time())
        self._settle()
        if audio:
            self._ticking = True
            self._loop.call_later(FRAME_S, self._tick_audio)
        else:
            self._close_audio()

    def press(self, key: str) -> None:
        """The caller presses a key."""
        self.session.press(key, self._loop.time())
        self._settle()

    def hang_up(self) -> None:
        """The caller leaves."""
        self.session.hang_up(self._loop.time())
        self._settle()

    def speak(self, pcm: bytes) -> None:
        """The caller says this from now on (s16le mono 8 kHz); needs ``start(audio=True)``."""
        self._voice = pcm

    def next_frame(self, heard: bytes) -> bytes:
        """Return what the caller says in the next 20 ms.

        Args:
            heard: What they heard in the last 20 ms.
        """
        frame, self._voice = self._voice[:FRAME_BYTES], self._voice[FRAME_BYTES:]
        return frame.ljust(FRAME_BYTES, b"\0") if frame else SILENCE_FRAME

    def end(self) -> None:
        """The call is over; the script's end of the audio it closes itself."""
        self._is_over = True
        self._stop_timer()
        self.session.close()
        self._close_audio()

    def _open(self, name: str, language: str) -> SoundFile | None:
        self._sound = self._open_sound(name, language)
        return self._sound

    def _receive(self, data: bytes) -> None:
        if self._is_over:
            return
        if data:
            self.session.receive_data(data, self._loop.time())
        else:
            self.session.receive_eof(self._loop.time())
        self._settle()

    def _reply(self, data: bytes) -> None:
        if self._give is not None:
            self._give(data)

    def _settle(self) -> None:
        """Send the replies, set the clock."""
        if self._give is not None and (data := self.session.data_to_send()):
            self._loop.call_soon(self._reply, data)
        for event in self.session.take_events():
            if event.kind is CallEventKind.PLAYBACK_STARTED and isinstance(self._sound, TimedSound):
                self._set_timer(self._sound.ends_at)
            elif event.kind is CallEventKind.PLAYBACK_ENDED:
                self._stop_timer()
        if self._timer is None and self.session.activity not in _WAITS_FOR_OTHERS:
            self._set_timer(self._loop.time() + FRAME_S)

    def _set_timer(self, when: float) -> None:
        self._stop_timer()
        self._timer = self._loop.call_at(when, self._tick)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        self.session.tick(self._loop.time())
        self._settle()

    def _tick_audio(self) -> None:
        if not self._ticking:
            return
        tick = self.session.tick(self._loop.time(), self.next_frame(self._heard))
        self._heard = tick.heard
        if tick.audio is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._audio_fd, tick.audio)
        self._settle()
        self._loop.call_later(FRAME_S, self._tick_audio)

    def _close_audio(self) -> None:
        self._ticking = False
        if self._audio_fd >= 0:
            os.close(self._audio_fd)
            self._audio_fd = -1
