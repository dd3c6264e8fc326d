"""When a message is over, and what of it is kept."""

from __future__ import annotations

import datetime

import pytest

from ivr_agi.audio.frames import FRAME_BYTES, SILENCE_FRAME
from ivr_agi.dialogue.record.message import MessagePlan, MessageRecorder, message_name
from tests.dialogue.hearing.signals import demo_voice, frames, from_onset

PLAN = MessagePlan(max_s=4.0, min_s=0.5, silence_s=1.0, timeout_s=2.0)
SECOND = 50
VOICE = frames(from_onset(demo_voice("account_balance")))


def record(frames: list[bytes], plan: MessagePlan = PLAN) -> tuple[int, bytes]:
    """Feed frames; how many were taken until it was over, and the message."""
    recorder = MessageRecorder(plan)
    taken = 0
    for frame in frames:
        if recorder.is_over:
            break
        recorder.feed(frame)
        taken += 1
    return taken, recorder.message()


def test_silence_ends_it() -> None:
    """What was said, with a little around it, and none of the silence."""
    taken, message = record([SILENCE_FRAME] * SECOND + VOICE + [SILENCE_FRAME] * 3 * SECOND)
    assert taken == pytest.approx(2 * SECOND + len(VOICE), abs=SECOND // 2)
    assert len(message) / FRAME_BYTES == pytest.approx(len(VOICE) + 40, abs=20)
    assert b"".join(VOICE) in message


def test_nothing_said() -> None:
    """Over after timeout_s; no message."""
    assert record([SILENCE_FRAME] * 5 * SECOND) == (2 * SECOND, b"")


def test_too_short() -> None:
    """Less than min_s of voice is none."""
    assert record(VOICE + [SILENCE_FRAME] * 2 * SECOND, MessagePlan(min_s=3.0))[1] == b""


def test_too_long() -> None:
    """max_s ends it, whatever is said."""
    taken, message = record(VOICE * 20)
    assert taken == 4 * SECOND
    assert 3 * SECOND < len(message) / FRAME_BYTES <= 4 * SECOND


def test_what_comes_later_is_not_taken() -> None:
    """Frames after the end change nothing."""
    recorder = MessageRecorder(PLAN)
    for frame in [SILENCE_FRAME] * 2 * SECOND + VOICE:
        recorder.feed(frame)
    assert recorder.message() == b""


@pytest.mark.parametrize(
    ("call_id", "expected"),
    [
        ("1690000000.12", "20261121-050607-1690000000.12-1"),
        ("../../etc/passwd", "20261121-050607-_.._etc_passwd-1"),
        ("a b\n$(x)", "20261121-050607-a_b___x_-1"),
        ("", "20261121-050607-call-1"),
    ],
)
def test_name(call_id: str, expected: str) -> None:
    """No folder, no option, no shell word can be made of a call's id."""
    assert message_name(call_id, datetime.datetime(2026, 11, 21, 5, 6, 7), 1) == expected
