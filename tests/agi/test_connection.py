"""The AGI connection: every state and event, the environment, replies, any split of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.agi.connection import (
    AGI_TRANSITIONS,
    MAX_REPLY_BYTES,
    AgiConnection,
    AgiEvent,
    AgiInput,
    AgiState,
    EnvironmentRead,
    Lost,
    Replied,
)
from ivr_agi.agi.text import Reply
from tests.agi.connections import (
    DEAD_REPLY,
    MAKE,
    busy,
    fence_answer,
    fence_command,
    fencing,
    idle,
    reading,
    replies,
    take_events,
)
from tests.agi.fake_asterisk import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Callable

STIMULI: dict[str, Callable[[AgiConnection], None]] = {
    "command": lambda connection: connection.send("NOOP", now=3.0),
    "interrupt": lambda connection: connection.interrupt(3.0),
    "sighup": lambda connection: connection.suspect_hangup(),
    "reply": lambda connection: connection.receive_data(b"200 result=0 endpos=8000\n", 3.0),
    "minus one": lambda connection: connection.receive_data(b"200 result=-1 endpos=0\n", 3.0),
    "511": lambda connection: connection.receive_data(DEAD_REPLY, 3.0),
    "520 block": lambda connection: connection.receive_data(b"520-Usage:\nx\n520 End\n", 3.0),
    "100": lambda connection: connection.receive_data(b"100 result=0 Trying...\n", 3.0),
    "garbage": lambda connection: connection.receive_data(b"what?\n", 3.0),
    "empty line": lambda connection: connection.receive_data(b"\n", 3.0),
    "hang-up line": lambda connection: connection.receive_data(b"HANGUP\n", 3.0),
    "fence": lambda connection: connection.receive_data(fence_answer(2), 3.0),
    "retry": lambda connection: connection.handle_timeout(3.0),
    "eof": lambda connection: connection.receive_eof(),
    "close": lambda connection: connection.close(),
}

R, I, B, F, A, D, C = AgiState  # noqa: E741  # first letters of the states
REFUSED = None
EXPECTED: dict[str, tuple[AgiState | None, ...]] = {
    #               reading  idle     busy  fencing asking  dead  closed
    "command":      (REFUSED, B,      REFUSED, REFUSED, REFUSED, B, REFUSED),
    "interrupt":    (R,       I,      F,    F,      A,      D,    C),
    "sighup":       (R,       I,      B,    F,      A,      D,    C),
    "reply":        (R,       I,      I,    F,      I,      D,    C),
    "minus one":    (R,       I,      A,    F,      I,      D,    C),
    "511":          (R,       I,      D,    F,      D,      D,    C),
    "520 block":    (R,       I,      F,    F,      I,      D,    C),
    "100":          (R,       I,      B,    F,      I,      D,    C),
    "garbage":      (R,       I,      F,    F,      I,      D,    C),
    "empty line":   (F,       I,      F,    F,      I,      D,    C),
    "hang-up line": (R,       D,      B,    F,      A,      D,    C),
    "fence":        (R,       I,      I,    I,      I,      D,    C),
    "retry":        (R,       I,      B,    F,      A,      D,    C),
    "eof":          (C,       C,      C,    C,      C,      C,    C),
    "close":        (C,       C,      C,    C,      C,      C,    C),
}  # fmt: skip


@pytest.mark.parametrize("stimulus", STIMULI)
@pytest.mark.parametrize("state", AgiState)
def test_every_state_and_stimulus(state: AgiState, stimulus: str) -> None:
    """What comes in any state leads where the table says, or is refused and changes nothing."""
    connection = MAKE[state]()
    assert connection.state is state
    target = EXPECTED[stimulus][list(AgiState).index(state)]
    if target is REFUSED:
        with pytest.raises(RuntimeError):
            STIMULI[stimulus](connection)
        target = state
    else:
        STIMULI[stimulus](connection)
    assert connection.state is target
    assert connection.data_to_send().count(b"\n") <= 1


@pytest.mark.parametrize("move", AgiInput)
@pytest.mark.parametrize("state", AgiState)
def test_every_cell_of_the_table(state: AgiState, move: AgiInput) -> None:
    """Each move of each state is in the table or raises."""
    connection = MAKE[state]()
    if move in AGI_TRANSITIONS[state]:
        connection._advance(move)
        assert connection.state is AGI_TRANSITIONS[state][move]
    else:
        with pytest.raises(RuntimeError, match="is not possible while"):
            connection._advance(move)


# The environment.


def test_environment() -> None:
    """The block is read, and a fence makes sure that it is over."""
    connection = reading()
    connection.receive_data(ENVIRONMENT, 0.0)
    assert connection.data_to_send() == fence_command(1)
    assert not connection.is_ready
    connection.receive_data(fence_answer(1), 0.0)
    (event,) = take_events(connection)
    assert isinstance(event, EnvironmentRead)
    assert event.environment.caller_id == "200"
    assert connection.is_ready


def test_environment_with_a_forged_end() -> None:
    """An empty line in the caller's name ends nothing: the rest is environment, not replies."""
    connection = reading()
    forged = ENVIRONMENT.replace(b"agi_dnid", b"\n200 result=1 (fence-1)\n\nagi_dnid")
    connection.receive_data(forged, 0.0)
    connection.receive_data(fence_answer(1), 0.0)
    (event,) = take_events(connection)
    assert isinstance(event, EnvironmentRead)
    assert event.environment.arguments == ("call", "main menu")


@pytest.mark.parametrize("n_bytes", [0, 1, 200, len(ENVIRONMENT) - 1, len(ENVIRONMENT)])
def test_environment_cut(n_bytes: int) -> None:
    """The end of the pipe anywhere in the environment is a lost channel."""
    connection = reading()
    connection.receive_data(ENVIRONMENT[:n_bytes], 0.0)
    connection.receive_eof()
    assert take_events(connection) == [Lost("the environment was being read")]


# Replies.


@pytest.mark.parametrize(
    ("verb", "wire", "data"),
    [
        ("GET VARIABLE", "200 result=1 (plain)", "plain"),
        ("GET VARIABLE", "200 result=1 ()", ""),
        ("GET VARIABLE", "200 result=1 (a\nb)\nc)", "a\nb)\nc"),
        ("GET VARIABLE", "200 result=1 (x) result=-1 endpos=7)", "x) result=-1 endpos=7"),
        ("GET VARIABLE", "200 result=1 (a)\n200 result=1 (fence-2))", "a)\n200 result=1 (fence-2)"),
        ("GET VARIABLE", "200 result=1 (a\nHANGUP\n100 x\n\n511 y)", "a\nHANGUP\n100 x\n\n511 y"),
        ("DATABASE GET", "200 result=1 (hangup)", "hangup"),
    ],
)
def test_value(verb: str, wire: str, data: str) -> None:
    """A value may hold anything; the fence says where it ends."""
    connection = busy(verb, "NAME")
    connection.receive_data(wire.encode() + b"\n", 2.0)
    assert connection.data_to_send() == fence_command(2)
    assert take_events(connection) == []
    connection.receive_data(fence_answer(2), 2.1)
    assert take_events(connection) == [Replied(Reply(200, "1", data, None, wire), 1.0, 2.0)]
    assert not connection.hangup_seen


def test_value_that_is_not_set() -> None:
    """Without parentheses there is nothing to be unsure of, so no fence."""
    connection = busy("GET VARIABLE", "NAME")
    connection.receive_data(b"200 result=0\n", 2.0)
    assert replies(connection) == ["200 result=0"]
    assert connection.data_to_send() == b""


def test_usage_block() -> None:
    """The lines after 520- belong to it."""
    connection = busy("SAY NUMBER", "x", "")
    block = "520-Invalid command syntax.  Proper usage follows:\nUsage\n\n520 End of proper usage."
    connection.receive_data(block.encode() + b"\n", 2.0)
    connection.receive_data(fence_answer(2), 2.0)
    assert replies(connection) == [block]


def test_garbage_is_given_as_it_came_and_the_dialog_goes_on() -> None:
    """After a reply that is none the fence brings both sides in step again."""
    connection = busy()
    connection.receive_data(b"what?\n200 result=0 endpos=8\n" + fence_answer(2), 2.0)
    (event,) = take_events(connection)
    assert isinstance(event, Replied)
    assert event.reply.code == 0
    assert connection.is_ready


def test_trying_is_no_reply() -> None:
    """100 says that the reply takes a while, in between and before a fence's answer."""
    connection = busy("EXEC", "Dial", "x")
    connection.receive_data(b"100 result=0 Trying...\n", 2.0)
    assert take_events(connection) == []
    connection.receive_data(b"200 result=0\n", 3.0)
    assert replies(connection) == ["200 result=0"]
    connection = fencing()
    connection.receive_data(b"100 result=0 Trying...\n" + fence_answer(2), 3.0)
    assert replies(connection) == ["Stopped"]


def test_stray_lines_are_counted() -> None:
    """A line that nobody asked for is no reply to the next command."""
    connection = idle()
    connection.receive_data(b"200 result=0\n", 1.0)
    assert connection.stray_lines == 1
    assert take_events(connection) == []


def test_reply_without_end_is_refused() -> None:
    """A line that never ends does not fill the memory."""
    connection = busy()
    connection.receive_data(b"x" * (MAX_REPLY_BYTES + 1), 2.0)
    assert take_events(connection) == [Lost("sending a reply that did not end")]


def test_data_after_the_end_is_ignored() -> None:
    """Lines that came together with the last one are not looked at."""
    connection = busy()
    connection.close()
    connection.receive_data(b"200 result=0\n", 2.0)
    assert take_events(connection) == []


# Any split.


_CONVERSATION: list[tuple[tuple[str, ...], bool, bytes]] = [
    # command, interrupted?, what Asterisk sends
    ((), False, ENVIRONMENT + fence_answer(1)),
    (("STREAM FILE", "a", ""), False, b"200 result=0 endpos=8\n"),
    (("STREAM FILE", "a", ""), True, b"200 result=49 endpos=8\n" + fence_answer(2)),
    (("GET VARIABLE", "a"), False, "200 result=1 (é\n(x)\nz)\n".encode() + fence_answer(3)),
    (("SAY NUMBER", "a"), False, b"520-Usage\n x\n520 End of usage.\n" + fence_answer(4)),
    (("STREAM FILE", "a", ""), False, b"HANGUP\n200 result=-1 endpos=0\n"),
]


def _run(split: Callable[[bytes], list[bytes]]) -> list[AgiEvent]:
    connection = reading()
    events = []
    for command, is_interrupted, answer in _CONVERSATION:
        if command:
            connection.send(*command, now=1.0)
        if is_interrupted:
            connection.interrupt(1.0)
        for piece in split(answer):
            connection.receive_data(piece, 2.0)
        events += take_events(connection)
    return events


def test_byte_by_byte() -> None:
    """One byte at a time gives the same events as everything at once."""
    whole = _run(lambda data: [data])
    assert len(whole) == 7
    assert _run(lambda data: [data[i : i + 1] for i in range(len(data))]) == whole


@given(st.lists(st.integers(1, 40), min_size=1))
def test_any_split(sizes: list[int]) -> None:
    """Any split of the stream gives the same events."""

    def split(data: bytes) -> list[bytes]:
        pieces, start, turn = [], 0, 0
        while start < len(data):
            size = sizes[turn % len(sizes)]
            pieces.append(data[start : start + size])
            start, turn = start + size, turn + 1
        return pieces

    assert _run(split) == _run(lambda data: [data])
