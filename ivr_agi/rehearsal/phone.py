"""Asterisk's end of a call in virtual time: the simulator's Asterisk on real pipes.

The same core as in :mod:`ivr_agi.simulator.call`, which turns its wheel every 20 ms; here it turns
when something happens: a command comes, a sound ends, the caller does something. With a voice to
be heard (:meth:`Phone.start_audio`) there are frames on fd 3, every 20 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING

from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S, SILENCE_FRAME
from ivr_agi.simulator.asterisk import Activity, EagiSession
from ivr_agi.simulator.events import CallEventKind

if TYPE_CHECKING:
    from ivr_agi.rehearsal.sounds import TimedSounds
    from ivr_agi.simulator.incoming import IncomingCall

__all__ = ("Phone",)

_READ_BYTES = 65536
_WAITS_FOR_OTHERS = (Activity.IDLE, Activity.READING, Activity.PLAYING, Activity.ENDED)
"""Activities that need no ticks: they end by a command, or by the sound's own timer."""


class Phone:
    """One call. Made in a running loop; :meth:`close` closes Asterisk's ends of the pipes.

    Args:
        call: What Asterisk tells of the call.
        sounds: What is played.
    """

    def __init__(self, call: IncomingCall, sounds: TimedSounds) -> None:
        self.session = EagiSession(call, sounds)
        self._sounds = sounds
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._ticking = False
        self._voice = b""
        self.script_stdin_fd, self._stdin_fd = os.pipe()
        """Replies come here: fd 0 of the script, which closes it."""
        self._stdout_fd, self.script_stdout_fd = os.pipe()
        """Commands go here: fd 1 of the script."""
        self.script_audio_fd, self._audio_fd = os.pipe()
        """The caller's voice comes here: fd 3 of the script."""
        for fd in (self._stdin_fd, self._stdout_fd, self._audio_fd):
            os.set_blocking(fd, False)
        self._loop.add_reader(self._stdout_fd, self._on_readable)

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

    def close(self) -> None:
        """Let go of Asterisk's ends; the script's own it closes itself."""
        self._stop_timer()
        self._loop.remove_reader(self._stdout_fd)
        self.session.close()
        self._close_audio()
        os.close(self._stdin_fd)
        os.close(self._stdout_fd)

    def _on_readable(self) -> None:
        data = os.read(self._stdout_fd, _READ_BYTES)
        now = self._loop.time()
        if data:
            self.session.receive_data(data, now)
        else:
            self._loop.remove_reader(self._stdout_fd)
            self.session.receive_eof(now)
        self._settle()

    def _settle(self) -> None:
        """Send the replies, set the clock."""
        if data := self.session.data_to_send():
            with contextlib.suppress(BrokenPipeError):  # the script has left
                os.write(self._stdin_fd, data)
        for event in self.session.take_events():
            if event.kind is CallEventKind.PLAYBACK_STARTED and self._sounds.newest is not None:
                self._set_timer(self._sounds.newest.ends_at)
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
        frame, self._voice = self._voice[:FRAME_BYTES], self._voice[FRAME_BYTES:]
        voice = frame.ljust(FRAME_BYTES, b"\0") if frame else SILENCE_FRAME
        tick = self.session.tick(self._loop.time(), voice)
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
