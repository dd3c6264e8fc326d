"""Both sides of a call on one time line: the caller's frames, and what was played meanwhile.

Core, no I/O. The time line is the caller's: 20 ms per frame, gaps already filled
(:mod:`ivr_agi.agi.audio`). What is played is kept as name and position, not as samples; whoever
writes the recording reads the samples from the file later, when they are certainly there.

While something is secure, neither side is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivr_agi.audio.frames import FRAME_SAMPLES, SAMPLE_RATE_HZ

__all__ = ("SECURE_TAIL_FRAMES", "Played", "CallTimeline", "Tick")

SECURE_TAIL_FRAMES = 25
"""Frames that are not kept after a secure step, 500 ms: its audio may still be on the way."""


@dataclass(frozen=True)
class Played:
    """A part of a file that is heard within one frame, in samples at 8 kHz."""

    name: str
    """The name that STREAM FILE was given."""
    position: int
    """Where in the file it begins."""
    at: int
    """Where in the frame it begins, 0 to 159."""
    n_samples: int
    """How long it is."""


@dataclass(frozen=True)
class Tick:
    """20 ms of a call."""

    caller: bytes | None
    """The frame (s16le mono 8 kHz, 320 bytes); None if something was secure."""
    played: tuple[Played, ...] = ()
    """What was played in it."""


class CallTimeline:
    """Puts both sides together, frame by frame."""

    def __init__(self) -> None:
        self._name: str | None = None
        self._position = 0
        self._begins_at = 0  # in the next frame
        self._played: list[Played] = []
        self._heard_at = 0.0
        self._n_secure = 0

    def hear(self, frame: bytes, now: float, *, is_secure: bool = False) -> Tick:
        """Take the caller's next frame; return the 20 ms that end with it.

        Args:
            frame: 320 bytes of PCM.
            now: Monotonic seconds.
            is_secure: This moment may not be kept.
        """
        self._advance(FRAME_SAMPLES)
        played, self._played = tuple(self._played), []
        self._begins_at = 0
        self._heard_at = now
        if is_secure:
            self._n_secure = SECURE_TAIL_FRAMES
        elif self._n_secure:
            self._n_secure -= 1
            is_secure = True
        return Tick(None) if is_secure else Tick(frame, played)

    def stream(self, name: str | None, offset_samples: int, now: float) -> None:
        """Note that a file begins to play, or (None) that what played has ended."""
        self._advance(self._within_frame(now))
        self._name, self._position = name, offset_samples

    def _within_frame(self, now: float) -> int:
        """Samples since the last frame ended: our position in the next one."""
        n_samples = round((now - self._heard_at) * SAMPLE_RATE_HZ)
        return max(self._begins_at, min(n_samples, FRAME_SAMPLES))

    def _advance(self, until: int) -> None:
        """Note what is heard in the next frame, up to this sample."""
        n_samples = until - self._begins_at
        if self._name is not None and n_samples > 0:
            played = Played(self._name, self._position, self._begins_at, n_samples)
            self._played.append(played)
            self._position += n_samples
        self._begins_at = until
