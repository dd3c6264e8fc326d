"""Both sides on one time line."""

from __future__ import annotations

import pytest

from ivr_agi.audio.frames import FRAME_S
from ivr_agi.dialogue.record.timeline import SECURE_TAIL_FRAMES, CallTimeline, Played, Tick

FRAME = b"\1" * 320


def hear(
    timeline: CallTimeline, n_frames: int, at: float, *, is_secure: bool = False
) -> list[Tick]:
    """Hear frames that end 20 ms apart, the first one at that time."""
    return [
        timeline.hear(FRAME, at + index * FRAME_S, is_secure=is_secure) for index in range(n_frames)
    ]


def test_nothing_is_played() -> None:
    """The caller's side alone."""
    assert hear(CallTimeline(), 2, 1.0) == [Tick(FRAME)] * 2


def test_a_prompt_begins_and_ends_within_frames() -> None:
    """It is where it was heard, to the sample; its position goes on."""
    timeline = CallTimeline()
    hear(timeline, 1, 1.0)
    timeline.stream("a", 800, 1.005)
    first, second = hear(timeline, 2, 1.02)
    timeline.stream(None, 0, 1.05)
    (third, fourth) = hear(timeline, 2, 1.06)
    assert first.played == (Played("a", 800, 40, 120),)
    assert second.played == (Played("a", 920, 0, 160),)
    assert third.played == (Played("a", 1080, 0, 80),)
    assert fourth.played == ()


def test_two_prompts_in_one_frame() -> None:
    """One after the other."""
    timeline = CallTimeline()
    hear(timeline, 1, 1.0)
    timeline.stream("a", 0, 1.0)
    timeline.stream(None, 0, 1.01)
    timeline.stream("b", 0, 1.01)
    (tick,) = hear(timeline, 1, 1.02)
    assert tick.played == (Played("a", 0, 0, 80), Played("b", 0, 80, 80))


def test_frames_that_come_late() -> None:
    """A frame is 160 samples, whenever it comes."""
    timeline = CallTimeline()
    hear(timeline, 1, 1.0)
    timeline.stream("a", 0, 1.5)
    ticks = [timeline.hear(FRAME, 1.5) for _ in range(3)]
    assert [played.position for tick in ticks for played in tick.played] == [0, 160]
    timeline.stream(None, 0, 1.4)  # a clock that goes back moves nothing back
    assert timeline.hear(FRAME, 1.52).played == ()


@pytest.mark.parametrize("begins", [0, 1])
def test_secure(begins: int) -> None:
    """Neither side is kept, nor what comes shortly after."""
    timeline = CallTimeline()
    hear(timeline, 1, 1.0)
    timeline.stream("a", 0, 1.0)
    before = hear(timeline, begins, 1.02)
    during = hear(timeline, 3, 1.04, is_secure=True)
    after = hear(timeline, SECURE_TAIL_FRAMES + 1, 1.1)
    assert all(tick.caller for tick in before)
    assert during + after[:-1] == [Tick(None)] * (3 + SECURE_TAIL_FRAMES)
    last = after[-1]
    assert last.caller == FRAME
    assert last.played[0].position == (begins + 3 + SECURE_TAIL_FRAMES) * 160
