"""What the plugin itself hears of the caller: our own echo, and where a voice begins.

Core, no I/O: puts :mod:`.echo` and :mod:`.onset` behind one interface. One a call, driven by the
dialogue: every frame, and the prompt's comings and goings.
"""

from __future__ import annotations

from ivr_agi.dialogue.hearing.echo import EchoDetector
from ivr_agi.dialogue.hearing.onset import Onset, OnsetDetector

__all__ = ("Ear",)

CHECK_FRAMES = 2
"""A voice that is echo is looked at again every 40 ms: a judgement takes about 1 ms."""


class Ear:
    """Listens along. See the modules for what it can tell."""

    def __init__(self) -> None:
        self._echo = EchoDetector()
        self._onset = OnsetDetector()
        self._plays = False

    def play(self, pcm: bytes | bytearray | None, now: float, *, offset_samples: int) -> None:
        """Note that a prompt begins to play at ``now``; None: its samples are not known."""
        self._plays = pcm is not None
        if pcm is not None:
            self._echo.play(pcm, now, offset_samples=offset_samples)

    def stop(self, now: float) -> None:
        """Note that the prompt is stopped."""
        self._echo.stop(now)

    def feed(self, frame: bytes, now: float) -> None:
        """Take one frame of the caller (320 bytes) at ``now``, monotonic seconds."""
        self._echo.feed(frame, now)

    def feed_onset(self, frame: bytes) -> bool:
        """Look at a frame for a voice; True where one begins that is not our echo."""
        return self._onset.feed(frame) is Onset.BEGAN and not self.hears_echo()

    def hears_echo(self) -> bool:
        """The caller's last 400 ms are the prompt coming back, and nothing else."""
        return self._plays and self._echo.assess().is_echo

    def hears_own_voice(self) -> bool:
        """There is a voice in the caller's last 400 ms that is not the prompt coming back."""
        return not self._plays or self._echo.assess().has_own_voice

    def is_check_due(self) -> bool:
        """True with every second frame."""
        return self._echo.n_frames % CHECK_FRAMES == 0
