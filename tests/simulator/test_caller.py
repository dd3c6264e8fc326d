"""The scripted caller in virtual time."""

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
    ScriptedCaller,
    WaitForPrompt,
    WaitUntil,
)
from ivr_agi.simulator.events import CallEvent, CallEventKind
from tests.simulator.tools import LOUD

START = WaitForPrompt(Moment.PROMPT_START, timeout_s=1.0)
END = WaitForPrompt(Moment.PROMPT_END, timeout_s=1.0)
MARKS = {LOUD: "#", SILENCE_FRAME: ".", None: "-"}


class Stage:
    """A caller, prompts for it to hear, and a clock."""

    def __init__(self, *steps: CallerStep) -> None:
        self.caller = ScriptedCaller(steps)
        self.n = 0
        self.events: list[tuple[str, str, int]] = []
        """Kind, name, tick."""

    def tick(self, times: int = 1) -> str:
        """Let ticks pass; gives a mark for every frame: loud #, silent ., none -."""
        marks = ""
        for _ in range(times):
            marks += MARKS[self.caller.tick(50.0 + self.n * FRAME_S)]
            self.events += [(e.kind.value, e.name, self.n) for e in self.caller.take_events()]
            self.n += 1
        return marks

    def prompt(self, *, ends: bool = True) -> None:
        """A prompt starts, and ends."""
        self.caller.notice(CallEvent(0.0, CallEventKind.PROMPT_STARTED))
        if ends:
            self.end()

    def end(self) -> None:
        """The prompt that is on ends."""
        self.caller.notice(CallEvent(0.0, CallEventKind.PROMPT_ENDED))


def test_no_steps() -> None:
    """A caller without a script is silent on the line."""
    stage = Stage()
    assert stage.tick(3) == "..."
    assert stage.caller.is_done


def test_say() -> None:
    """The recording goes out frame by frame; the voice begins with its first loud one."""
    stage = Stage(PlayVoice("yes", SILENCE_FRAME + LOUD + LOUD))
    assert stage.tick(5) == ".##.."
    assert stage.events == [("voice_started", "yes", 1), ("voice_ended", "yes", 3)]


def test_say_part_of_a_frame() -> None:
    """The last frame is filled up with silence."""
    caller = ScriptedCaller([PlayVoice("yes", LOUD[:10])])
    assert caller.tick(0.0) == LOUD[:10] + SILENCE_FRAME[10:]


def test_say_nothing() -> None:
    """An empty recording takes no time."""
    stage = Stage(PlayVoice("", b""), Press("1"))
    stage.tick()
    assert stage.events == [("voice_ended", "", 0), ("key_pressed", "1", 0)]


def test_press_several() -> None:
    """Keys come 200 ms apart."""
    stage = Stage(Press("12#"))
    stage.tick(30)
    assert stage.events == [
        ("key_pressed", "1", 0),
        ("key_pressed", "2", 10),
        ("key_pressed", "#", 20),
    ]


def test_wait_seconds() -> None:
    """Counted from the end of the step before."""
    stage = Stage(CallerPause(0.1), CallerPause(0.1), Press("1"))
    stage.tick(20)
    assert stage.events == [("key_pressed", "1", 10)]


@pytest.mark.parametrize(("at_s", "tick"), [(0.2, 10), (0.02, 3)])
def test_wait_until(at_s: float, tick: int) -> None:
    """Counted from the beginning of the call; a moment that is past is now."""
    stage = Stage(CallerPause(0.06), WaitUntil(at_s), Press("1"))
    stage.tick(20)
    assert stage.events == [("key_pressed", "1", tick)]


def test_mute() -> None:
    """A muted phone sends no frames, whatever is said into it."""
    stage = Stage(Mute(True), PlayVoice("yes", LOUD), CallerPause(0.04), Mute(False))
    assert stage.tick(5) == "---.."


def test_hang_up() -> None:
    """Nothing comes after it."""
    stage = Stage(EndCall(), PlayVoice("yes", LOUD))
    assert stage.tick(3) == "---"
    assert stage.events == [("hung_up", "caller", 0)]


def test_line_is_cut() -> None:
    """When the other side hangs up, the script is over."""
    stage = Stage(CallerPause(0.02), Press("1"))
    stage.tick()
    stage.caller.notice(CallEvent(0.0, CallEventKind.HUNG_UP))
    assert stage.tick(3) == "---"
    assert stage.events == []


def test_steps_can_be_added() -> None:
    """A caller that has done everything takes more."""
    stage = Stage(Press("1"))
    stage.tick(2)
    stage.caller.do(Press("2"))
    stage.tick()
    assert stage.events[-1] == ("key_pressed", "2", 2)


def test_wait_for_a_prompt() -> None:
    """The step is over in the tick after the prompt was heard."""
    stage = Stage(START, Press("1"))
    stage.tick(3)
    stage.prompt(ends=False)
    stage.tick(2)
    assert stage.events == [("key_pressed", "1", 3)]


def test_each_wait_takes_another_prompt() -> None:
    """One prompt serves one wait."""
    stage = Stage(START, START, Press("1"))
    stage.prompt()
    stage.tick(3)
    assert stage.events == []
    stage.prompt()
    stage.tick()
    assert stage.events == [("key_pressed", "1", 3)]


def test_end_of_the_prompt_that_was_waited_for() -> None:
    """It counts even if it came before its wait, and none before that prompt does."""
    stage = Stage(CallerPause(0.1), START, END, Press("1"), END)
    stage.prompt()
    stage.tick(7)
    assert stage.events == [("key_pressed", "1", 5)]
    assert not stage.caller.is_done


def test_prompts_before_the_caller_spoke_do_not_count() -> None:
    """After a key the next prompt is meant, even if it starts while the caller waits."""
    stage = Stage(CallerPause(0.02), Press("1"), CallerPause(0.1), START, Press("2"))
    stage.prompt()
    stage.tick(2)
    stage.prompt(ends=False)
    stage.tick(10)
    assert stage.events == [("key_pressed", "1", 1), ("key_pressed", "2", 6)]


def test_prompt_that_was_talked_over() -> None:
    """Its end comes after the word, and is the one meant."""
    stage = Stage(PlayVoice("yes", LOUD), END, Press("1"))
    stage.prompt(ends=False)
    stage.tick(3)
    stage.end()
    stage.tick()
    assert stage.events[-1] == ("key_pressed", "1", 3)


def test_nth_prompt() -> None:
    """Counted over the whole call."""
    stage = Stage(WaitForPrompt(Moment.PROMPT_START, nth=2), Press("1"), END, Press("2"))
    stage.prompt()
    stage.prompt(ends=False)
    stage.tick(2)
    assert stage.events == [("key_pressed", "1", 0)]
    stage.end()
    stage.tick()
    assert stage.events[-1] == ("key_pressed", "2", 2)


def test_giving_up() -> None:
    """A caller who waits in vain hangs up, and says what for."""
    stage = Stage(CallerPause(0), START, Press("1"))
    stage.tick(60)
    assert stage.events == [("hung_up", "caller", 50)]
    assert stage.caller.failure == "step 2: no prompt_start within 1 s"
