"""A whole call without I/O, and when a caller hears a prompt begin and end."""

from __future__ import annotations

import pytest

from ivr_agi.audio.frames import FRAME_S, SILENCE_FRAME
from ivr_agi.simulator.caller import (
    CallerPause,
    CallerStep,
    EndCall,
    Moment,
    Mute,
    PlayVoice,
    Press,
    WaitForPrompt,
)
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine, PromptListener
from tests.simulator.tools import LOUD, Memory, run


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


START = WaitForPrompt(Moment.PROMPT_START)


def phone_line(*steps: CallerStep) -> PhoneLine:
    """A call with a menu of 20 audible frames and a silent sound."""
    sounds = Memory({"menu": LOUD * 20, "quiet": SILENCE_FRAME * 20})
    line = PhoneLine(IncomingCall(), sounds, steps)
    line.start(0.0)
    line.data_to_send()
    line.take_events()
    return line


def times(line: PhoneLine, ticks: int) -> dict[str, int]:
    """Kinds of the events of some ticks, and when they were, in frames."""
    return {e.kind.value: round(e.at / FRAME_S) for e in run(line, ticks)}


def test_prompt_is_heard() -> None:
    """It starts with its first frame and ends with its last, told when it was quiet enough."""
    line = phone_line()
    line.receive_data(b"STREAM FILE menu #\n", 0.0)
    happened = times(line, 60)
    assert (happened["prompt_started"], happened["prompt_ended"]) == (0, 20)
    assert happened["playback_ended"] == 20


def test_silent_file_is_no_prompt() -> None:
    """It is played, and nobody hears it."""
    line = phone_line()
    line.receive_data(b"STREAM FILE quiet #\n", 0.0)
    assert times(line, 30).keys() == {"command_received", "playback_started", "playback_ended"}


@pytest.mark.parametrize("interruption", ["command", "key", "hangup", "eof"])
def test_prompt_is_cut_off(interruption: str) -> None:
    """However it is cut off, its end is told at once."""
    line = phone_line()
    line.receive_data(b"STREAM FILE menu #\n", 0.0)
    run(line, 5)
    if interruption == "command":
        line.receive_data(b"NOOP\n", 5 * FRAME_S)
    elif interruption == "eof":
        line.receive_eof(5 * FRAME_S)
    else:
        line.caller.do(Press("#") if interruption == "key" else EndCall())
        line.tick(5 * FRAME_S)
    ended = {e.kind.value: e.at for e in line.take_events()}["prompt_ended"]
    assert ended == pytest.approx(5 * FRAME_S)
    assert line.is_ended is (interruption == "eof")


def test_caller_reacts_to_a_prompt() -> None:
    """Waits for it, speaks over it, presses a key; Asterisk passes voice and key on."""
    line = phone_line(START, PlayVoice("yes", LOUD), Press("#"))
    line.receive_data(b"STREAM FILE menu #\n", 0.0)
    audio = [line.tick(n * FRAME_S) for n in range(4)]
    assert audio == [SILENCE_FRAME, LOUD, SILENCE_FRAME, SILENCE_FRAME]
    assert line.data_to_send() == b"200 result=35 endpos=320\n"
    kinds = [event.kind.value for event in line.take_events()]
    assert kinds.index("voice_started") < kinds.index("key_pressed") < kinds.index("playback_ended")


def test_caller_hangs_up() -> None:
    """The event comes once, from Asterisk, with the script's signal behind it."""
    line = phone_line(CallerPause(0.04), EndCall())
    kinds = [event.kind.value for event in run(line, 5)]
    assert kinds == ["hung_up", "sighup_sent"]


def test_script_hangs_up() -> None:
    """The caller notices and says no more."""
    line = phone_line(CallerPause(0.04), Press("1"))
    line.receive_data(b"HANGUP\n", 0.0)
    assert "key_pressed" not in times(line, 5)


def test_recording() -> None:
    """Both sides on one time line from the first tick to the hang-up, a muted caller silent."""
    line = phone_line(PlayVoice("yes", LOUD), Mute(True), CallerPause(0.02), Mute(False), EndCall())
    line.receive_data(b"STREAM FILE menu #\n", 4.99)
    run(line, 9, start=5.0)
    assert line.recording.started_at == 5.0
    assert line.recording.caller_pcm == LOUD + SILENCE_FRAME
    assert line.recording.ivr_pcm == LOUD * 2


def test_close() -> None:
    """The sound that is on is closed."""
    line = phone_line()
    line.receive_data(b"STREAM FILE menu #\n", 0.0)
    line.close()
    with pytest.raises(ValueError, match="closed file"):
        line.tick(0.0)
