"""Sounds of which only the length matters."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.audio.frames import SILENCE_FRAME
from ivr_agi.rehearsal.timed_sounds import TimedSound, TimedSounds, speaking_s


class Clock:
    """Stands still until it is set."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_sound_lasts_as_long_as_it_is() -> None:
    """From where it begins; it knows where it is."""
    clock = Clock()
    sound = TimedSound(16000, clock)
    assert sound.ends_at == 102.0
    sound.seek(8000)
    assert sound.ends_at == 101.0
    clock.now_s = 100.5
    assert sound.position_samples == 12000
    assert sound.read_frame() == SILENCE_FRAME
    clock.now_s = 101.0
    assert sound.read_frame() == b""
    assert sound.position_samples == 16000
    sound.seek(99999)
    assert sound.read_frame() == b""
    sound.close()


def test_how_long_sounds_are(tmp_path: Path) -> None:
    """A synthesised file by its size, silence by its name, a recording by what it says."""
    (tmp_path / "x.sln").write_bytes(bytes(3200))
    sounds = TimedSounds({"custom/bye": "Good bye."}, Clock())
    assert sounds(str(tmp_path / "x"), "en").length_samples == 1600
    assert sounds("silence/3", "en").length_samples == 24000
    assert sounds("custom/bye", "en").length_samples == round(8000 * speaking_s("Good bye."))
    assert sounds("custom/hello", "en").length_samples == 16000


def test_how_long_texts_take() -> None:
    """Chinese has more to a character."""
    assert speaking_s("hello") == pytest.approx(1 / 3)
    assert speaking_s("你好吗") == pytest.approx(0.71, abs=0.01)
