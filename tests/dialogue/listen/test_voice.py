"""Whether the caller speaks, by level: on good lines, noisy lines, and with clicks."""

from __future__ import annotations

import numpy as np
import pytest

from ivr_agi.audio.levels import peak
from ivr_agi.dialogue.listen.voice import QUIET_PEAK, CallerVoice
from tests.dialogue.hearing.signals import at_level, demo_voice, frames, white


def after(*levels: int) -> CallerVoice:
    """What is known after frames of these levels."""
    voice = CallerVoice()
    for level in levels:
        voice.feed(level)
    return voice


def test_silence_is_quiet() -> None:
    """Each frame counts."""
    voice = after(*[0] * 100)
    assert (voice.n_frames, voice.n_voiced, voice.n_quiet) == (100, 0, 100)


def test_a_voice_ends_the_quiet() -> None:
    """From its third frame on; the quiet begins again after it."""
    voice = after(*[0] * 50, *[3000] * 20, *[0] * 30)
    assert (voice.n_voiced, voice.n_quiet) == (18, 30)


def test_a_click_is_no_voice() -> None:
    """Nor are two frames."""
    voice = after(*[0] * 50, 9000, *[0] * 5, 9000, 9000, *[0] * 5)
    assert (voice.n_voiced, voice.n_quiet) == (0, 63)


def test_noise_below_the_gate_is_quiet() -> None:
    """The noise of a good line."""
    assert after(0, *[QUIET_PEAK] * 100).n_voiced == 0


@pytest.mark.parametrize("noise_dbfs", [-60.0, -45.0, -35.0])
def test_a_caller_on_a_noisy_line_is_heard_to_stop(noise_dbfs: float) -> None:
    """The noise goes on, the voice does not."""
    said = at_level(demo_voice("account_balance"), -20.0)
    heard = np.concatenate([np.zeros(16_000), said, np.zeros(24_000)])
    heard += white(heard.size, noise_dbfs, np.random.default_rng(7))
    voice = CallerVoice()
    for frame in frames(heard):
        voice.feed(peak(frame))
    assert voice.n_voiced > 15
    assert 140 <= voice.n_quiet <= 190
