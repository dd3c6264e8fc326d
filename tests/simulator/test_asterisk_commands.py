"""EagiSession: what each command does; prompts, keys, applications, variables."""

from __future__ import annotations

import pytest

from ivr_agi.audio.frames import SILENCE_FRAME
from ivr_agi.simulator.asterisk import AgiStatus, EagiSession
from ivr_agi.simulator.incoming import IncomingCall
from tests.simulator.tools import FENCE, FENCE_REPLY, LOUD, PLAY, Bench, Memory, bench

# --- STREAM FILE


def test_prompt_ends_by_itself() -> None:
    """Every frame is heard, then the reply tells the length."""
    call = bench()
    call.send(PLAY)
    assert call.tick(10) == LOUD * 10
    assert call.replies() == b""
    assert call.tick() == SILENCE_FRAME
    assert call.replies() == b"200 result=0 endpos=1600\n"


def test_prompt_ended_just_before_the_fence() -> None:
    """Then both replies come, STREAM FILE's first."""
    call = bench()
    call.send(PLAY)
    call.tick(11)
    assert call.send(FENCE) == b"200 result=0 endpos=1600\n" + FENCE_REPLY


def test_growing_prompt_is_heard_whole() -> None:
    """What is appended in time is heard; endpos is the length at opening."""
    call = bench()
    call.send(PLAY)
    call.tick(9)
    call.memory.append("menu", LOUD * 3)
    assert call.tick(4) == LOUD * 4
    call.tick()
    assert call.replies() == b"200 result=0 endpos=1600\n"


def test_growing_prompt_underruns() -> None:
    """A writer that is late loses: the prompt ends, and can be resumed at a sample."""
    call = bench()
    call.send(PLAY)
    call.tick(11)
    call.memory.append("menu", LOUD * 3)
    assert call.tick() == SILENCE_FRAME
    assert call.replies() == b"200 result=0 endpos=1600\n"
    call.send(b'STREAM FILE menu "" 1600\n')
    assert call.tick(3) == LOUD * 3


def test_short_last_frame_is_heard() -> None:
    """A file need not be a whole number of frames; endpos counts every sample."""
    call = Bench(menu=LOUD[:100])
    call.send(PLAY)
    assert call.tick() == LOUD[:100] + SILENCE_FRAME[100:]
    call.tick()
    assert call.replies() == b"200 result=0 endpos=50\n"


def test_offset() -> None:
    """Playback begins at the sample asked for."""
    call = bench()
    call.send(b"STREAM FILE menu # 1440\n")
    assert call.tick(2) == LOUD + SILENCE_FRAME


def test_escape_digit() -> None:
    """A key of the list ends the prompt with its ASCII code and the position reached."""
    call = bench()
    call.send(PLAY)
    call.tick(3)
    call.session.press("#", call.now)
    assert call.replies() == b"200 result=35 endpos=480\n"


def test_other_digit() -> None:
    """A key that is not in the list is lost."""
    call = bench()
    call.send(PLAY)
    call.session.press("9", call.now)
    call.tick()
    assert call.replies() == b""


def test_missing_file() -> None:
    """-1, the offset as it was sent, and AGISTATUS is FAILURE for the whole call."""
    call = bench()
    assert call.send(b'STREAM FILE nothing ""\n') == b"200 result=-1 endpos=0\n"
    assert call.send(b'STREAM FILE nothing "" 80\n') == b"200 result=-1 endpos=80\n"
    assert call.session.agi_status(0) is AgiStatus.FAILURE


def test_sounds_are_closed() -> None:
    """However a prompt ends, its file is closed."""
    call = bench()
    call.send(PLAY)
    call.send(PLAY)
    assert [file.closed for file in call.memory.opened] == [True, False]
    call.tick(11)
    assert [file.closed for file in call.memory.opened] == [True, True]


def test_close_lets_go_of_the_sound() -> None:
    """A session that is given up closes what it plays; twice does no harm."""
    call = bench()
    call.session.close()
    call.send(PLAY)
    call.session.close()
    assert [file.closed for file in call.memory.opened] == [True]


# --- WAIT FOR DIGIT, EXEC, keys


def test_digit_while_waiting() -> None:
    """Any key ends WAIT FOR DIGIT."""
    call = bench()
    call.send(b"WAIT FOR DIGIT 5000\n")
    call.session.press("*", call.now)
    assert call.replies() == b"200 result=42\n"


def test_waiting_times_out() -> None:
    """After the time the answer is 0."""
    call = bench()
    call.send(b"WAIT FOR DIGIT 100\n")
    call.tick(4)
    assert call.replies() == b""
    call.tick()
    assert call.replies() == b"200 result=0\n"


def test_waiting_no_time() -> None:
    """A timeout of 0 answers at once."""
    assert bench().send(b"WAIT FOR DIGIT 0\n") == b"200 result=0\n"


def test_key_with_nothing_pending() -> None:
    """It is thrown away, not kept for the next command."""
    call = bench()
    call.session.press("1", call.now)
    call.send(PLAY)
    call.tick()
    assert call.replies() == b""


def test_application_with_a_time() -> None:
    """EXEC answers when the application has ended; name and options are kept."""
    session = EagiSession(
        IncomingCall(), Memory({}), applications={"Dial": lambda options: len(options) * 0.02}
    )
    session.receive_data(b'EXEC dial "12"\n', 0.0)
    session.tick(0.02)
    assert session.data_to_send() == b""
    session.tick(0.04)
    assert session.data_to_send() == b"200 result=0\n"
    assert session.executed == [("dial", "12")]


def test_wait_without_a_number() -> None:
    """EXEC Wait with nothing to wait for returns at once."""
    assert bench().send(b"EXEC Wait\n") == b"200 result=0\n"


def test_unknown_application() -> None:
    """-2, and it is not among those executed."""
    call = bench()
    assert call.send(b"EXEC MakeCoffee\n") == b"200 result=-2\n"
    assert call.session.executed == []


# --- variables and status


def test_variables() -> None:
    """What the dialplan set can be read, what the script sets too."""
    call = Bench(IncomingCall(variables={"A": "1"}))
    assert call.send(b"GET VARIABLE A\n") == b"200 result=1 (1)\n"
    assert call.send(b'SET VARIABLE B "x (y) \\"z\\""\n') == b"200 result=1\n"
    assert call.send(b"GET VARIABLE B\n") == b'200 result=1 (x (y) "z")\n'
    assert call.session.variables == {"A": "1", "B": 'x (y) "z"'}


def test_bytes_survive() -> None:
    """What is no UTF-8 comes back as it was."""
    call = bench()
    call.send(b"SET VARIABLE B \xff\xc3\xab\n")
    assert call.send(b"GET VARIABLE B\n") == b"200 result=1 (\xff\xc3\xab)\n"


def test_text_with_variables() -> None:
    """GET FULL VARIABLE puts in what is known and leaves out what is not."""
    call = Bench(IncomingCall(variables={"CALLERID(num)": "5", "X": "${X}"}))
    line = b'GET FULL VARIABLE "<${CALLERID(num)}${NO}> ${X} $1"\n'
    assert call.send(line) == b"200 result=1 (<5> ${X} $1)\n"


@pytest.mark.parametrize(
    ("channel", "reply"),
    [(b"PJSIP/simulated-00000001", b"200 result=1 (x)\n"), (b"SIP/1", b"200 result=0\n")],
)
def test_text_on_another_channel(channel: bytes, reply: bytes) -> None:
    """There is one channel only."""
    assert bench().send(b"GET FULL VARIABLE x " + channel + b"\n") == reply


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"CHANNEL STATUS PJSIP/simulated-00000001\n", b"200 result=6\n"),
        (b"CHANNEL STATUS SIP/1\n", b"200 result=-1\n"),
        (b"ANSWER\n", b"200 result=0\n"),
        (b"hangup SIP/1\n", b"200 result=-1\n"),
        (b"hangup PJSIP/simulated-00000001\n", b"200 result=1\n"),
    ],
)
def test_an_answered_channel(line: bytes, reply: bytes) -> None:
    """Status 6 once answered; verbs in any case; a name other than ours is not found."""
    call = bench()
    call.send(b"answer\n")
    assert call.send(line) == reply


@pytest.mark.parametrize(
    "line",
    [
        *(b"CHANNEL STATUS a b", b"EXEC", b"GET FULL VARIABLE", b"GET VARIABLE", b"HANGUP a b"),
        *(b"SET VARIABLE X", b"STREAM FILE menu", b"VERBOSE", b"WAIT FOR DIGIT"),
        *(b"STREAM FILE menu 1 x", b"WAIT FOR DIGIT soon", b"GET VARIABLE a b"),
    ],
)
def test_usage(line: bytes) -> None:
    """Too few words, too many, no number where one must be: a block that ends with 520."""
    call = bench()
    first, usage, last = call.send(line + b"\n").splitlines()
    assert first == b"520-Invalid command syntax.  Proper usage follows:"
    assert usage.startswith(line.split()[0])
    assert last == b"520 End of proper usage."
    assert call.send(b"NOOP\n") == b"200 result=0\n"


def test_empty_line() -> None:
    """No word, no command."""
    assert bench().send(b"\n") == b"510 Invalid or unknown command\n"
