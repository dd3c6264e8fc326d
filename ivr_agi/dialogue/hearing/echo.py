"""Is the caller's voice only our own prompt coming back? Core, no I/O.

The samples that are played are known, so what comes back of them can be computed: the prompt is
aligned with the caller's last 400 ms, and a short filter (a line's echo is a filtered, delayed
copy) is fitted by least squares. What the filter explains is echo. What it leaves is noise of the
line, or the caller.

Driven by :class:`~ivr_agi.dialogue.hearing.ear.Ear`: :meth:`EchoDetector.play` and
:meth:`EchoDetector.stop` with the prompt, :meth:`EchoDetector.feed` with every frame,
:meth:`EchoDetector.assess` when a voice is reported. A verdict holds for that moment only: the
caller's own voice may join what is an echo now, so the question is asked again every other frame,
until the prompt ends or the answer changes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy import fft

from ivr_agi.audio.frames import FRAME_S, FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.language.text import split_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.audio.levels import Samples

__all__ = ("EchoAssessment", "EchoDetector", "is_prompt_text")

WINDOW_SAMPLES = SAMPLE_RATE_HZ * 4 // 10
"""The caller's audio that is examined, 400 ms: with fewer syllables, lags are mistaken."""

MIN_LAG_SAMPLES = -SAMPLE_RATE_HZ * 40 // 1000
MAX_LAG_SAMPLES = SAMPLE_RATE_HZ * 500 // 1000
"""Echo comes 20 to 460 ms after the prompt, and our position may be two frames wrong. Lines give
20 to 200, mobiles and jitter buffers more. A wider range costs nothing."""

TAPS = 64
"""Length of the fitted filter, 8 ms: the hybrid of a telephone line; a room adds less."""

PRE_TAPS = 16
"""Taps before the strongest one: an impulse response rises before its peak."""

NOISE_FRAMES = 150
"""The line's noise is taken from the quietest frames of the last 3 s, in which prompts pause."""

MIN_NOISE_DBFS, MAX_NOISE_DBFS = -75.0, -45.0
"""Bounds of the noise: a line of digital silence, and a caller who never pauses."""

RESIDUE = 0.1
"""Share of the echo that a filter may leave behind (-10 dB): codecs, long rooms."""

OWN_VOICE_DB = 4.0
"""What is left over 60 ms is the caller's own voice if it is so far above noise and residue."""

MIN_EXPLAINED = 0.05
"""Least share of the audio that the filter must explain for an echo. Chance explains 0.04."""

SURE_EXPLAINED = 0.5
"""Share from which on the position of the echo is remembered."""

LOUDER = 10.0
"""A voice that many times (10 dB) stronger than any echo of the last seconds is no echo: a line
returns all of a prompt alike."""

INAUDIBLE_DBFS = -60.0
"""A voice detector hears nothing in an echo this soft."""

MIN_HISTORY_FRAMES = 15
"""Frames of ``HISTORY_DBFS`` or more that must have been played to know how strong an echo is."""

HISTORY_DBFS = -40.0

_ANCHOR_FRAMES = 100
_RECENT_FRAMES = 15
_LAG_FRAMES = MAX_LAG_SAMPLES // FRAME_SAMPLES
_SUB_FRAMES = 3
_PRE_EMPHASIS = 0.7
_SMOOTH_BINS = 15
_STOP_SAMPLES = 2 * FRAME_SAMPLES  # a stop is heard that much later
_FFT_SIZE = 8192  # holds the window, all lags and the filter


@dataclass(frozen=True, kw_only=True)
class EchoAssessment:
    """What the caller's last 400 ms consist of."""

    is_echo: bool
    """There is nothing but the returning prompt and noise."""
    explained: float
    """Share of the audio's power that comes from the prompt, 0 to 1 (pre-emphasised)."""
    own_voice_db: float
    """The loudest 60 ms that the prompt does not explain, in dB above noise and residue."""
    lag_ms: float
    """Delay of the echo by our clock; meaningless without an echo."""
    echo_db: float
    """Level of the echo relative to the prompt, dB; meaningless without an echo."""

    @property
    def has_own_voice(self) -> bool:
        """There is something that is neither prompt nor noise; False while both pause."""
        return self.own_voice_db >= OWN_VOICE_DB


_NOTHING_PLAYED = EchoAssessment(
    is_echo=False, explained=0.0, own_voice_db=0.0, lag_ms=0.0, echo_db=0.0
)


@dataclass
class _Playback:
    pcm: bytes | bytearray
    offset_samples: int
    started_at: float
    stopped_at: float | None = None


class EchoDetector:
    """Compares what is played with what comes in, on one time line. One detector per call."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque(maxlen=NOISE_FRAMES)
        self.n_frames = 0
        """Frames fed so far."""
        # When the stream would have begun, had each frame come without delay. The minimum is
        # right: late frames (jitter, a busy loop) can only add to it.
        self._anchors: deque[float] = deque(maxlen=_ANCHOR_FRAMES)
        self._playbacks: deque[_Playback] = deque(maxlen=4)
        self._known_start: int | None = None  # position of the last sure fit

    def play(self, pcm: bytes | bytearray, now: float, *, offset_samples: int = 0) -> None:
        """Note that a prompt begins to play.

        Args:
            pcm: The whole prompt (s16le mono 8 kHz), not copied. A prompt that is still arriving
                is a bytearray that grows.
            now: Monotonic seconds at which the first sample is played, give or take two frames.
            offset_samples: The sample from which it is played.
        """
        self.stop(now)
        self._playbacks.append(_Playback(pcm, offset_samples, now))
        self._known_start = None  # the error of our position differs by prompt

    def stop(self, now: float) -> None:
        """Note that the prompt is stopped; no effect if it has ended by itself."""
        if self._playbacks and self._playbacks[-1].stopped_at is None:
            self._playbacks[-1].stopped_at = now

    def feed(self, frame: bytes, now: float) -> None:
        """Take one frame of the caller (320 bytes) that came at ``now``, monotonic seconds."""
        self._frames.append(frame)
        self.n_frames += 1
        self._anchors.append(now - self.n_frames * FRAME_S)

    def assess(self) -> EchoAssessment:
        """Return what the caller's audio up to the last frame consists of.

        Takes about 0.3 ms where levels are enough, as on lines without an echo; otherwise 1.5 ms.
        """
        if not self._frames:
            return _NOTHING_PLAYED
        n_samples = max(WINDOW_SAMPLES, len(self._frames) * FRAME_SAMPLES)
        played = _emphasise(self._played(n_samples))
        window = played[n_samples - WINDOW_SAMPLES :]
        if not window.any():
            return _NOTHING_PLAYED
        samples = np.frombuffer(b"".join(self._frames), "<i2").astype(np.float64)
        caller = _emphasise(samples - samples.mean())  # mu-law's silence is a constant 8
        powers = _frame_powers(caller)
        noise = _noise_power(powers)
        strongest = _strongest_echo(powers, _frame_powers(played))
        voice = float(powers[-_SUB_FRAMES:].mean())
        if strongest is not None and (strongest < _INAUDIBLE or voice >= LOUDER * strongest):
            return replace(_NOTHING_PLAYED, own_voice_db=_decibels(voice / (noise + strongest)))
        heard = np.zeros(WINDOW_SAMPLES)
        recent = caller[-WINDOW_SAMPLES:]
        heard[WINDOW_SAMPLES - recent.size :] = recent
        return self._judge(heard, window, noise)

    def _judge(self, heard: Samples, played: Samples, noise: float) -> EchoAssessment:
        """Fit at the likely positions and judge the best fit."""
        starts = _likely_starts(heard, played)
        if self._known_start is not None:
            starts.add(self._known_start)
        best = min((_fit(heard, played, at) for at in starts), key=lambda fit: fit.left_power)
        # Assume a sample value of 1 at least: anything would explain digital silence.
        power = max(float(heard @ heard), float(WINDOW_SAMPLES))
        explained = max(0.0, 1.0 - max(best.left_power, WINDOW_SAMPLES) / power)
        own_voice_db = _own_voice_db(best.left, best.echo, noise)
        is_echo = explained >= MIN_EXPLAINED and own_voice_db < OWN_VOICE_DB
        if is_echo and explained >= SURE_EXPLAINED:
            self._known_start = best.start
        source = played[best.start : best.start + WINDOW_SAMPLES]
        return EchoAssessment(
            is_echo=is_echo,
            explained=explained,
            own_voice_db=own_voice_db,
            lag_ms=best.lag_samples * 1000 / SAMPLE_RATE_HZ,
            echo_db=_decibels(float(best.echo @ best.echo) / max(float(source @ source), 1.0)),
        )

    def _played(self, n_samples: int) -> Samples:
        """Samples played from the largest lag before the last ones to the smallest after them."""
        end_s = min(self._anchors) + self.n_frames * FRAME_S
        played = np.zeros(n_samples + MAX_LAG_SAMPLES - MIN_LAG_SAMPLES)
        begin_s = end_s - (n_samples + MAX_LAG_SAMPLES) / SAMPLE_RATE_HZ
        for playback in self._playbacks:
            at = round((playback.started_at - begin_s) * SAMPLE_RATE_HZ)  # of its first sample
            until = played.size
            if playback.stopped_at is not None:
                stopped = round((playback.stopped_at - begin_s) * SAMPLE_RATE_HZ) + _STOP_SAMPLES
                until = min(until, stopped)
            first = playback.offset_samples + max(0, -at)
            last = playback.offset_samples + until - at
            if last <= first:
                continue
            pcm = bytes(playback.pcm[first * SAMPLE_BYTES : last * SAMPLE_BYTES])
            samples = np.frombuffer(pcm, "<i2", count=len(pcm) // SAMPLE_BYTES)
            played[max(0, at) : max(0, at) + samples.size] = samples
        return played


@dataclass(frozen=True)
class _Fit:
    """The best filter of ``TAPS`` taps for one position in what was played."""

    start: int
    taps: Samples
    echo: Samples
    left: Samples
    left_power: float

    @property
    def lag_samples(self) -> int:
        """Delay of its strongest tap by our clock."""
        return MAX_LAG_SAMPLES - self.start - int(np.argmax(np.abs(self.taps)))


def _likely_starts(heard: Samples, played: Samples) -> set[int]:
    """Positions in ``played`` where the filter's input may begin: two guesses by cross-correlation.

    The first divides by the prompt's smoothed spectrum, which gives the impulse response of the
    echo path, roughly; the power of ``TAPS`` neighbours in it is what a fit will explain. The
    second, which is only normalised, is better at the first low murmur of a word, where the other
    divides one small number by another.
    """
    n_starts = played.size - WINDOW_SAMPLES - TAPS + 2
    spectrum = fft.rfft(played, _FFT_SIZE)
    cross = spectrum * fft.rfft(heard, _FFT_SIZE).conj()
    power = np.abs(spectrum) ** 2
    smooth = np.convolve(power, np.full(_SMOOTH_BINS, 1 / _SMOOTH_BINS), "same")
    response = fft.irfft(cross / (smooth + 0.01 * smooth.mean()), _FFT_SIZE)
    by_response = _sliding_sums(response[: n_starts + TAPS - 1] ** 2, TAPS)
    energies = _sliding_sums(played[: n_starts + WINDOW_SAMPLES - 1] ** 2, WINDOW_SAMPLES)
    correlation = fft.irfft(cross, _FFT_SIZE)[:n_starts]
    by_correlation = correlation**2 / (energies + energies.max() * 0.01 + 1.0)
    strongest = int(np.argmax(by_correlation)) - TAPS + 1 + PRE_TAPS
    return {int(np.argmax(by_response)), min(max(strongest, 0), n_starts - 1)}


def _fit(heard: Samples, played: Samples, start: int) -> _Fit:
    """Find the filter that makes what was played from ``start`` on most similar to what was heard.

    Least squares. The normal matrix comes from its first row and, down the diagonals, from what
    enters and leaves at the window's ends.
    """
    segment = played[start : start + WINDOW_SAMPLES + TAPS - 1]
    head, tail = segment[: TAPS - 1], segment[WINDOW_SAMPLES:]
    # Each row is shifted by one, so that the columns are the diagonals of the matrix.
    columns = np.zeros((TAPS, 2 * TAPS))
    normal = np.lib.stride_tricks.as_strided(
        columns.ravel()[TAPS:], (TAPS, TAPS), ((2 * TAPS - 1) * columns.itemsize, columns.itemsize)
    )
    normal[0] = normal[:, 0] = np.correlate(segment, segment[:WINDOW_SAMPLES], "valid")
    normal[1:, 1:] = np.outer(tail, tail) - np.outer(head, head)
    np.cumsum(columns, axis=0, out=columns)
    normal = normal.copy()
    normal.flat[:: TAPS + 1] += normal[0, 0] * 1e-4 + 1.0
    taps = np.asarray(np.linalg.solve(normal, np.correlate(segment, heard, "valid")), np.float64)
    echo = np.correlate(segment, taps, "valid")
    left = heard - echo
    return _Fit(start, taps, echo, left, float(left @ left))


def _sliding_sums(values: Samples, length: int) -> Samples:
    sums = np.cumsum(values)
    sums[length:] -= sums[:-length].copy()
    return sums[length - 1 :]


def _own_voice_db(left: Samples, echo: Samples, noise: float) -> float:
    """The loudest 60 ms of what is left, in dB above noise and the fit's residue."""
    left_power, echo_power = _frame_powers(left), _frame_powers(echo)
    # An echo rings on: the residue in a frame may be the tail of the frame before.
    ringing = echo_power.copy()
    ringing[1:] = np.maximum(ringing[1:], echo_power[:-1])
    kernel = np.full(_SUB_FRAMES, 1 / _SUB_FRAMES)
    allowed = noise + RESIDUE * np.convolve(ringing, kernel, "valid")
    return _decibels(float(np.max(np.convolve(left_power, kernel, "valid") / allowed)))


def _decibels(ratio: float) -> float:
    return 10 * float(np.log10(max(ratio, 1e-10)))


def _strongest_echo(heard: Samples, played: Samples) -> float | None:
    """Power that an echo may have now, judged by the past; None: too little was played.

    What was played more than the largest lag ago has come back by now, and no more can have come
    back than was heard.

    Args:
        heard: Power of each frame of the caller.
        played: Power of each frame that was played, from ``_LAG_FRAMES`` before those on.
    """
    known = heard[:-_RECENT_FRAMES]
    source = played[_LAG_FRAMES : known.size]
    if np.count_nonzero(source >= _HISTORY) < MIN_HISTORY_FRAMES:
        return None
    gain = float(known.sum() / source.sum())
    now = np.convolve(played[heard.size - _SUB_FRAMES :], np.full(_SUB_FRAMES, 1 / _SUB_FRAMES))
    return gain * float(now.max())


def _noise_power(powers: Samples) -> float:
    """Power of the line's noise in pre-emphasised frames: that of the quietest tenth."""
    powers = powers[powers > 1.0]  # digital silence says nothing about the line
    # Not np.percentile: its first use imports for 13 ms, which would delay a barge-in.
    quiet = float(np.sort(powers)[powers.size // 10]) if powers.size else 0.0
    return min(max(quiet, _MIN_NOISE), _MAX_NOISE)


def _frame_powers(samples: Samples) -> Samples:
    frames = samples[: samples.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    powers: Samples = np.einsum("ij,ij->i", frames, frames) / FRAME_SAMPLES
    return powers


def _emphasise(samples: Samples) -> Samples:
    """Raise high frequencies; the fit would otherwise follow only the loud low ones."""
    raised = samples.copy()
    raised[1:] -= _PRE_EMPHASIS * samples[:-1]
    return raised


def _white_power(level_dbfs: float) -> float:
    """Power of white noise of this level after pre-emphasis."""
    return float(32768.0**2 * 10 ** (level_dbfs / 10) * (1 + _PRE_EMPHASIS**2))


_MIN_NOISE, _MAX_NOISE = _white_power(MIN_NOISE_DBFS), _white_power(MAX_NOISE_DBFS)
_INAUDIBLE, _HISTORY = _white_power(INAUDIBLE_DBFS), _white_power(HISTORY_DBFS)

# Text echo

MIN_PROMPT_WORDS = 2
"""A single word of the prompt may well be the caller's."""


def is_prompt_text(words: str, prompt_text: str, choices: Sequence[str] = ()) -> bool:
    """Return True if what was heard are the prompt's own words, in order.

    One word may be missing between two of them (recognisers drop small words). It takes at least
    two words, in Chinese two characters. Words that are a choice, or part of one, are the
    caller's: prompts name the choices.

    Args:
        words: An interim or final text.
        prompt_text: What the prompt says.
        choices: The phrases that the caller may say now.
    """
    heard, prompt = split_words(words), split_words(prompt_text)
    if len(heard) < MIN_PROMPT_WORDS or any(_is_run(heard, split_words(each)) for each in choices):
        return False
    ends = {i for i, word in enumerate(prompt) if word == heard[0]}
    for word in heard[1:]:
        following = {i + step for i in ends for step in (1, 2)}
        ends = {i for i in following if i < len(prompt) and prompt[i] == word}
    return bool(ends)


def _is_run(part: list[str], whole: list[str]) -> bool:
    n = len(part)
    return any(whole[i : i + n] == part for i in range(len(whole) - n + 1))
