"""What we ourselves hear on a call: our own echo, and the beginning of a voice.

Core, no I/O: :mod:`.echo` and :mod:`.onset` behind one interface. One per call, driven by the
dialogue with every frame, and with the beginning and end of prompts.
"""

from __future__ import annotations

from ivr_agi.dialogue.hearing.echo import EchoDetector
from ivr_agi.dialogue.hearing.onset import Onset, OnsetDetector

__all__ = ("Ear",)

CHECK_FRAMES = 2
"""A voice that is an echo is judged again every 40 ms; that takes about 1 ms."""


class Ear:
    """Listens to one call."""

    def __init__(self) -> None:
        self._echo = EchoDetector()
        self._onset = OnsetDetector()
        self._plays = False

    def play(self, pcm: bytes | bytearray | None, now: float, *, offset_samples: int) -> None:
        """Note that a prompt begins to play at ``now``; None: its samples are unknown."""
        self._plays = pcm is not None
        if pcm is not None:
            self._echo.play(pcm, now, offset_samples=offset_samples)

    def stop(self, now: float) -> None:
        """Note that the prompt is stopped."""
        self._echo.stop(now)

    def feed(self, frame: bytes, now: float) -> None:
        """Take one frame of the caller (320 bytes) that came at ``now``, monotonic seconds."""
        self._echo.feed(frame, now)

    def feed_onset(self, frame: bytes) -> bool:
        """Return True if a voice begins with this frame that is not our echo."""
        return self._onset.feed(frame) is Onset.BEGAN and not self.hears_echo()

    def hears_echo(self) -> bool:
        """Return True if the caller's last 400 ms are nothing but the prompt coming back."""
        return self._plays and self._echo.assess().is_echo

    def hears_own_voice(self) -> bool:
        """Return True if the caller's last 400 ms hold a voice that is not the prompt's."""
        return not self._plays or self._echo.assess().has_own_voice

    def is_check_due(self) -> bool:
        """Return True with every second frame."""
        return self._echo.n_frames % CHECK_FRAMES == 0
