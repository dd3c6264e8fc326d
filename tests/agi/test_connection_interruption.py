"""The AGI connection interrupted: both races of a fence; and hung up, at any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr_agi.agi.connection import (
    ANSWER_LIMIT_S,
    FENCE_RETRY_S,
    MAX_FENCES,
    AgiConnection,
    AgiState,
    HangupSeen,
    Lost,
    Replied,
    Stopped,
)
from ivr_agi.agi.text import Reply
from tests.agi.connections import (
    DEAD_REPLY,
    asking,
    busy,
    dead,
    fence_answer,
    fence_command,
    fencing,
    idle,
    replies,
    take_events,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# Interruption.


def test_stopped_without_a_reply() -> None:
    """Asterisk stops the prompt, says nothing of it, and answers the fence."""
    connection = busy()
    connection.interrupt(2.0)
    assert connection.data_to_send() == fence_command(2)
    connection.receive_data(fence_answer(2), 2.1)
    assert take_events(connection) == [Stopped(1.0, 2.1)]
    assert connection.is_ready


def test_reply_and_fence_both_come() -> None:
    """Race 1: the prompt ended just before the fence arrived."""
    connection = fencing()
    connection.receive_data(b"200 result=0 endpos=1600\n", 2.1)
    assert take_events(connection) == []
    connection.receive_data(fence_answer(2), 2.2)
    assert take_events(connection) == [
        Replied(Reply(200, "0", "", 1600, "200 result=0 endpos=1600"), 1.0, 2.1)
    ]


def test_fence_swallowed_by_read_ahead() -> None:
    """Race 2: no answer for a frame, a newer fence is written, both are answered."""
    connection = fencing()
    deadline = connection.next_deadline()
    assert deadline == 2.0 + FENCE_RETRY_S
    connection.handle_timeout(deadline - 0.001)
    assert connection.data_to_send() == b""
    connection.handle_timeout(deadline)
    assert connection.data_to_send() == fence_command(3)
    connection.receive_data(fence_answer(2), 2.3)
    assert take_events(connection) == []
    connection.receive_data(fence_answer(3), 2.3)
    assert take_events(connection) == [Stopped(1.0, 2.3)]
    assert connection.next_deadline() is None


def test_older_answers_around_the_reply() -> None:
    """Answers of older fences are skipped wherever they stand."""
    connection = fencing()
    connection.handle_timeout(2.25)
    connection.handle_timeout(2.5)
    connection.receive_data(
        fence_answer(2) + b"200 result=49 endpos=5\n" + fence_answer(3) + fence_answer(4), 2.6
    )
    assert replies(connection) == ["200 result=49 endpos=5"]


def test_nobody_answers_the_fences() -> None:
    """After five seconds without an answer the channel is given up."""
    connection = fencing()
    written, waits, now = 1, [], 2.0
    while (deadline := connection.next_deadline()) is not None:
        waits.append(deadline - now)
        now = deadline
        connection.handle_timeout(now)
        written += connection.data_to_send().count(b"\n")
    assert written == MAX_FENCES
    assert waits == pytest.approx([0.02, 0.04, 0.08, 0.16, *[0.25] * (MAX_FENCES - 4)])
    assert now == pytest.approx(12.05)
    assert take_events(connection) == [Lost("an answer that comes at once was awaited")]


@pytest.mark.parametrize("verb", ["EXEC", "RECORD FILE", "GET VARIABLE"])
def test_what_cannot_be_stopped_is_not_interrupted(verb: str) -> None:
    """A command line would wait in the pipe until the end anyway."""
    connection = busy(verb, "x")
    connection.interrupt(2.0)
    assert connection.data_to_send() == b""


def test_verbs_may_be_in_small_letters() -> None:
    """pyst2 sends some so."""
    connection = busy("stream file", "hello", "")
    connection.interrupt(2.0)
    assert connection.data_to_send() == fence_command(2)


def test_command_that_cannot_be_carried_changes_nothing() -> None:
    """A refused argument leaves the connection ready."""
    connection = idle()
    with pytest.raises(ValueError, match="cannot hold"):
        connection.send("NOOP", "a\nb", now=1.0)
    assert connection.is_ready
    assert connection.data_to_send() == b""


def test_fences_have_a_token_nobody_can_guess() -> None:
    """Two calls use different tokens."""
    first, second = AgiConnection(), AgiConnection()
    for connection in (first, second):
        connection.receive_data(b"\n", 0.0)
    assert first.data_to_send() != second.data_to_send()


# Hang-up.


def test_minus_one_of_a_missing_file() -> None:
    """Asterisk is asked, the channel is alive: the reply is handed on as it is."""
    connection = busy()
    connection.receive_data(b"200 result=-1 endpos=0\n", 2.0)
    assert connection.data_to_send() == b"CHANNEL STATUS\n"
    connection.receive_data(b"200 result=6\n", 2.1)
    assert replies(connection) == ["200 result=-1 endpos=0"]
    assert not connection.hangup_seen


def test_minus_one_of_a_hang_up() -> None:
    """Asterisk is asked, the channel is dead: the hang-up is told before the reply."""
    connection = busy()
    connection.receive_data(b"200 result=-1 endpos=0\n", 2.0)
    connection.receive_data(DEAD_REPLY, 2.1)
    assert replies(connection) == ["HangupSeen", "200 result=-1 endpos=0"]
    assert connection.state is AgiState.DEAD


def test_minus_one_while_interrupting() -> None:
    """A hang-up and an interruption at the same moment: both are cleared up."""
    connection = fencing()
    connection.receive_data(b"200 result=-1 endpos=80\n" + fence_answer(2), 2.0)
    assert connection.data_to_send() == b"CHANNEL STATUS\n"
    connection.receive_data(DEAD_REPLY, 2.1)
    assert replies(connection) == ["HangupSeen", "200 result=-1 endpos=80"]


def test_sighup_and_a_stopped_prompt() -> None:
    """A stopped prompt tells nothing of a hang-up; after SIGHUP Asterisk is asked."""
    connection = fencing()
    connection.suspect_hangup()
    connection.receive_data(fence_answer(2), 2.0)
    assert connection.data_to_send() == b"CHANNEL STATUS\n"
    connection.receive_data(DEAD_REPLY, 2.1)
    assert replies(connection) == ["HangupSeen", "Stopped"]


def test_channel_status_not_answered() -> None:
    """The question has its deadline too."""
    connection = asking()
    assert connection.next_deadline() == 2.0 + ANSWER_LIMIT_S
    connection.handle_timeout(2.0 + ANSWER_LIMIT_S)
    assert take_events(connection) == [Lost("an answer that comes at once was awaited")]


def test_hang_up_line_while_a_command_is_pending() -> None:
    """FastAGI's line is no reply; the reply still comes, and nobody is asked any more."""
    connection = busy()
    connection.receive_data(b"HANGUP\n", 2.0)
    assert take_events(connection) == [HangupSeen()]
    connection.receive_data(b"200 result=-1 endpos=80\n", 2.1)
    assert replies(connection) == ["200 result=-1 endpos=80"]
    assert connection.state is AgiState.DEAD


def test_commands_on_a_dead_channel() -> None:
    """Variables may still be set; what is refused tells of the hang-up no second time."""
    connection = dead()
    connection.send("SET VARIABLE", "A", "1", now=3.0)
    connection.receive_data(b"200 result=1\n", 3.0)
    connection.send("ANSWER", now=3.0)
    connection.receive_data(DEAD_REPLY, 3.0)
    assert [text[:3] for text in replies(connection)] == ["200", "511"]


@pytest.mark.parametrize(
    ("make", "during"),
    [
        (idle, "no command was pending"),
        (dead, "no command was pending"),
        (busy, "STREAM FILE was pending"),
        (fencing, "STREAM FILE was pending"),
        (asking, "STREAM FILE was pending"),
    ],
)
def test_eof_says_what_was_going_on(make: Callable[[], AgiConnection], during: str) -> None:
    """The end of the pipe is one event, and a second end is none."""
    connection = make()
    connection.receive_eof()
    connection.receive_eof()
    assert take_events(connection) == [Lost(during)]
