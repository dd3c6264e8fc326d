"""EagiSession: every command in every state, the read-ahead trap, hang-up, the end, audio."""

from __future__ import annotations

import pytest

from ivr_agi.audio.frames import SILENCE_FRAME
from ivr_agi.simulator.asterisk import (
    ACTIVITY_TRANSITIONS,
    Activity,
    AgiStatus,
    ChannelState,
    EagiSession,
    Input,
)
from ivr_agi.simulator.incoming import IncomingCall
from tests.simulator.tools import DEAD_REPLY, FENCE, FENCE_REPLY, LOUD, PLAY, Bench, Memory, bench

COMMANDS = {
    # line: reply on a live channel, reply on a dead one
    b"ANSWER\n": (b"200 result=0\n", DEAD_REPLY),
    b"CHANNEL STATUS\n": (b"200 result=4\n", DEAD_REPLY),
    b"EXEC NoOp hi\n": (b"200 result=0\n", b"200 result=0\n"),
    b"EXEC Wait 1\n": (b"", b"200 result=-1\n"),
    FENCE: (FENCE_REPLY, FENCE_REPLY),
    b"GET VARIABLE X\n": (b"200 result=0\n", b"200 result=0\n"),
    b"HANGUP\n": (b"200 result=1\n", DEAD_REPLY),
    b"NOOP\n": (b"200 result=0\n", b"200 result=0\n"),
    b"SET VARIABLE X 1\n": (b"200 result=1\n", b"200 result=1\n"),
    PLAY: (b"", DEAD_REPLY),
    b'VERBOSE "hi" 3\n': (b"200 result=1\n", b"200 result=1\n"),
    b"WAIT FOR DIGIT 1000\n": (b"", DEAD_REPLY),
    b"MAKE COFFEE\n": (b"510 Invalid or unknown command\n", b"510 Invalid or unknown command\n"),
}

ACTIVITIES = {
    # activity: the line that leads there, how a further command ends it
    Activity.IDLE: (b"", b""),
    Activity.PLAYING: (PLAY, b""),
    Activity.WAITING: (b"WAIT FOR DIGIT -1\n", b"200 result=1\n"),
}


@pytest.mark.parametrize("line", COMMANDS)
@pytest.mark.parametrize("activity", ACTIVITIES)
def test_every_command_in_every_state(line: bytes, activity: Activity) -> None:
    """A command is answered at once; one that was pending is stopped, as its kind is."""
    call = bench()
    first, stopped = ACTIVITIES[activity]
    call.send(first)
    assert call.session.activity is activity
    assert call.send(line) == stopped + COMMANDS[line][0]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_after_the_hang_up(line: bytes) -> None:
    """Some commands still work on a dead channel, the others answer 511."""
    call = bench()
    call.session.hang_up(call.now)
    assert call.session.line is ChannelState.DEAD
    assert call.send(line) == COMMANDS[line][1]


@pytest.mark.parametrize("line", COMMANDS)
def test_byte_by_byte(line: bytes) -> None:
    """The first byte blocks the channel in fgets(), the last one gives the same answer."""
    call = bench()
    for position in range(len(line) - 1):
        assert call.send(line[position : position + 1]) == b""
        assert call.session.activity is Activity.READING
    assert call.send(line[-1:]) == COMMANDS[line][0]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_waits_for_an_application(line: bytes) -> None:
    """EXEC is not stopped by a command; the command is read when the application has ended."""
    call = bench()
    call.send(b"EXEC Wait 0.1\n")
    assert call.send(line) == b""
    call.tick(4)
    assert call.replies() == b""
    call.tick()
    assert call.replies() == b"200 result=0\n" + COMMANDS[line][0]


@pytest.mark.parametrize("activity", list(Activity))
@pytest.mark.parametrize("event", list(Input))
def test_table_is_closed(activity: Activity, event: Input) -> None:
    """Every cell is a state or no transition; the end has none."""
    target = ACTIVITY_TRANSITIONS[activity].get(event)
    assert target is None or target in ACTIVITY_TRANSITIONS
    assert activity is not Activity.ENDED or target is None


# --- the read-ahead trap


def test_two_commands_in_one_write_do_not_interrupt() -> None:
    """The fence that came with STREAM FILE is looked at only when another byte arrives."""
    call = bench()
    assert call.send(PLAY + FENCE) == b""
    assert call.tick(5) == LOUD * 5
    assert call.session.activity is Activity.PLAYING
    assert call.send(b"GET FULL VARIABLE fence-8\n") == FENCE_REPLY + b"200 result=1 (fence-8)\n"


def test_two_commands_in_one_write_lose_one_answer() -> None:
    """Even when the first one ends at once, the second stays unanswered."""
    call = bench()
    assert call.send(b"NOOP\nNOOP\n") == b"200 result=0\n"
    call.tick(50)
    assert call.replies() == b""
    assert call.send(b"NOOP\n") == b"200 result=0\n" * 2


def test_one_after_the_other_interrupts() -> None:
    """In a write of its own the fence stops the prompt, which sends no reply."""
    call = bench()
    call.send(PLAY)
    call.tick(5)
    assert call.send(FENCE) == FENCE_REPLY
    assert call.tick() == SILENCE_FRAME
    assert call.session.activity is Activity.IDLE


def test_first_byte_of_a_command_interrupts() -> None:
    """The prompt stops with the first byte in the pipe, not with the line's end."""
    call = bench()
    call.send(PLAY)
    assert call.tick() == LOUD
    call.send(b"N")
    assert call.tick() == SILENCE_FRAME


# --- hang-up


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"", b""),
        (PLAY, b"200 result=-1 endpos=320\n"),
        (b"WAIT FOR DIGIT -1\n", b"200 result=-1\n"),
        (b"EXEC Wait 9\n", b"200 result=-1\n"),
    ],
)
def test_hang_up_ends_what_is_pending(line: bytes, reply: bytes) -> None:
    """The pending command answers -1, then the script is signalled, once."""
    call = bench()
    call.send(line)
    call.tick(2)
    call.session.hang_up(call.now)
    call.session.hang_up(call.now)
    assert call.replies() == reply
    kinds = call.kinds()
    assert kinds[-1] == "sighup_sent"
    assert kinds.count("sighup_sent") == kinds.count("hung_up") == 1


def test_hang_up_by_the_script() -> None:
    """HANGUP answers, and then the channel is dead."""
    call = bench()
    assert call.send(b"HANGUP\n") == b"200 result=1\n"
    assert call.send(b"ANSWER\n") == DEAD_REPLY
    assert call.kinds()[-3:] == ["hung_up", "sighup_sent", "command_received"]


def test_hang_up_in_the_middle_of_a_line() -> None:
    """fgets() sees no hang-up; the command that comes still finds the channel not yet dead."""
    call = bench()
    call.send(b"STREAM FILE menu ")
    call.session.hang_up(call.now)
    assert "sighup_sent" not in call.kinds()
    assert call.send(b"#\n") == b"200 result=-1 endpos=0\n"
    assert call.kinds()[-1] == "sighup_sent"


@pytest.mark.parametrize(
    ("line", "reply"), [(b"ANSWER", -1), (b"CHANNEL STATUS", 6), (b"HANGUP", 1)]
)
def test_commands_between_hang_up_and_death(line: bytes, reply: int) -> None:
    """The few that notice, or do not."""
    call = bench()
    call.send(line[:3])
    call.session.hang_up(call.now)
    assert call.send(line[3:] + b"\n") == b"200 result=%d\n" % reply


def test_no_sighup_if_the_dialplan_says_so() -> None:
    """AGISIGHUP=no."""
    call = Bench(IncomingCall(variables={"AGISIGHUP": "no"}))
    call.session.hang_up(call.now)
    assert call.kinds() == ["call_started", "hung_up"]


def test_hang_up_after_the_end() -> None:
    """Nobody is left to be told."""
    call = bench()
    call.session.receive_eof(call.now)
    call.session.hang_up(call.now)
    assert call.kinds() == ["call_started", "script_ended", "hung_up"]


# --- the end, and AGISTATUS


@pytest.mark.parametrize("line", [b"", PLAY, b"WAIT FOR DIGIT -1\n", b"NOOP"])
def test_script_closes_its_pipe(line: bytes) -> None:
    """In any state the end is seen; a line without its end is a command all the same."""
    call = bench()
    call.send(line)
    call.session.receive_eof(call.now)
    assert call.session.activity is Activity.ENDED
    assert call.kinds()[-1] == "script_ended"


def test_end_is_seen_after_the_application() -> None:
    """A script that is gone during EXEC is missed only afterwards."""
    call = bench()
    call.send(b"EXEC Wait 0.04\n")
    call.session.receive_eof(call.now)
    assert "script_ended" not in call.kinds()
    call.tick(2)
    assert call.kinds()[-1] == "script_ended"


@pytest.mark.parametrize(
    ("hung_up", "missing_file", "exit_code", "status"),
    [
        (False, False, 0, AgiStatus.SUCCESS),
        (False, False, 1, AgiStatus.FAILURE),
        (False, True, 0, AgiStatus.FAILURE),
        (True, False, 0, AgiStatus.HANGUP),
        (True, False, -1, AgiStatus.HANGUP),
        (True, True, 0, AgiStatus.FAILURE),
    ],
)
def test_agi_status(hung_up: bool, missing_file: bool, exit_code: int, status: AgiStatus) -> None:
    """AGISTATUS as run_agi() and agi_exec_full() make it."""
    call = bench()
    if missing_file:
        call.send(b'STREAM FILE nothing ""\n')
    if hung_up:
        call.session.hang_up(call.now)
    assert call.session.agi_status(exit_code) is status


# --- the caller's voice


@pytest.mark.parametrize(
    ("line", "hears"),
    [
        (b"", True),
        (PLAY, True),
        (b"WAIT FOR DIGIT -1\n", True),
        (b"EXEC Wait 9\n", False),
        (b"NOO", False),
    ],
)
def test_voice_to_fd3(line: bytes, hears: bool) -> None:
    """Frames go to the script while AGI is idle or in a command that listens."""
    call = bench()
    call.send(line)
    assert call.session.tick(call.now, LOUD).audio == (LOUD if hears else None)


def test_no_voice_from_a_muted_phone() -> None:
    """No packet, no frame."""
    assert bench().session.tick(0.0, None).audio is None


def test_no_voice_after_the_hang_up() -> None:
    """A dead channel hears nothing."""
    call = bench()
    call.session.hang_up(call.now)
    assert call.session.tick(call.now, LOUD).audio is None


def test_events_of_a_barge_in() -> None:
    """Verbs, sounds and causes, without any argument of a command."""
    call = bench()
    call.send(PLAY)
    call.send(b'SET VARIABLE PIN "1234"\n')
    call.kinds()
    assert [(e.kind.value, e.name, e.detail) for e in call.events] == [
        ("call_started", "ivr-agi", ""),
        ("command_received", "STREAM FILE", ""),
        ("playback_started", "menu", ""),
        ("playback_ended", "menu", "stopped"),
        ("command_received", "SET VARIABLE", ""),
        ("variable_set", "PIN", "1234"),
    ]


def test_environment_block_opens_the_dialogue() -> None:
    """It is written at launch."""
    call = IncomingCall(script="x")
    session = EagiSession(call, Memory({}))
    session.start(0.0)
    assert session.data_to_send() == call.environment_block()
