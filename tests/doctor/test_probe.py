"""The caller of the loopback call, over real pipes."""

from __future__ import annotations

import os

from ivr_agi.audio.frames import SILENCE_FRAME
from ivr_agi.doctor.probe import hear_call

LOUD = b"\0\x20" * 160


def test_hears() -> None:
    """Frames, and when sound began."""
    (stdin, environment), (audio, asterisk) = os.pipe(), os.pipe()
    os.write(environment, b"agi_request: x\nagi_enhanced: 1.0\n\n")
    os.write(asterisk, SILENCE_FRAME * 10 + LOUD * 10 + LOUD[:100])
    found = hear_call(stdin, audio, listen_s=0.2)
    assert found["frames"] == 20
    assert found["first_sound_s"] is not None
    for fd in (stdin, environment, audio, asterisk):
        os.close(fd)


def test_hears_nothing() -> None:
    """Silence; a click; a pipe that is closed at once."""
    for sound in (SILENCE_FRAME * 10, SILENCE_FRAME * 5 + LOUD, b""):
        (stdin, environment), (audio, asterisk) = os.pipe(), os.pipe()
        os.close(environment)
        os.write(asterisk, sound)
        os.close(asterisk)
        found = hear_call(stdin, audio, listen_s=0.2)
        assert (found["first_sound_s"], found["frames"]) == (None, len(sound) // 320)
        os.close(stdin)
        os.close(audio)
