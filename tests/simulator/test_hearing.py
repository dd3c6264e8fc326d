"""When a caller hears a prompt begin and end."""

from __future__ import annotations

import pytest

from ivr_agi.audio.frames import FRAME_S, SILENCE_FRAME
from ivr_agi.simulator.hearing import PromptListener
from tests.simulator.tools import LOUD


def listen(frames: str, *, gap_s: float = 0.06) -> list[tuple[str, float]]:
    """Hear a row of loud (#), silent (.) and cut (|) moments; gives kinds and frame numbers."""
    listener = PromptListener(gap_s=gap_s)
    events = []
    n = 0
    for mark in frames:
        if mark == "|":
            events += listener.cut()
            continue
        events += listener.hear(LOUD if mark == "#" else SILENCE_FRAME, n * FRAME_S, "menu")
        n += 1
    assert {event.name for event in events} <= {"menu"}
    return [(event.kind.value, round(event.at / FRAME_S)) for event in events]


@pytest.mark.parametrize(
    ("frames", "events"),
    [
        ("......", []),
        ("..##", [("prompt_started", 2)]),
        ("..##..", [("prompt_started", 2)]),
        ("..##...", [("prompt_started", 2), ("prompt_ended", 4)]),
        ("#..#...", [("prompt_started", 0), ("prompt_ended", 4)]),
        ("#...#", [("prompt_started", 0), ("prompt_ended", 1), ("prompt_started", 4)]),
        ("##|.", [("prompt_started", 0), ("prompt_ended", 2)]),
        ("##|#", [("prompt_started", 0), ("prompt_ended", 2), ("prompt_started", 2)]),
        ("|..|", []),
    ],
)
def test_prompts(frames: str, events: list[tuple[str, float]]) -> None:
    """Silent files are none, short gaps end none, a cut ends one at once."""
    assert listen(frames) == events
