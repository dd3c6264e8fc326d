"""The AGI dialog: every state and event, the environment, replies, any split of bytes."""

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
from tests.agi.dialogs import (
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
    "command": lambda dialog: dialog.send("NOOP", now=3.0),
    "interrupt": lambda dialog: dialog.interrupt(3.0),
    "sighup": lambda dialog: dialog.suspect_hangup(),
    "reply": lambda dialog: dialog.receive_data(b"200 result=0 endpos=8000\n", 3.0),
    "minus one": lambda dialog: dialog.receive_data(b"200 result=-1 endpos=0\n", 3.0),
    "511": lambda dialog: dialog.receive_data(DEAD_REPLY, 3.0),
    "520 block": lambda dialog: dialog.receive_data(b"520-Usage:\nx\n520 End\n", 3.0),
    "100": lambda dialog: dialog.receive_data(b"100 result=0 Trying...\n", 3.0),
    "garbage": lambda dialog: dialog.receive_data(b"what?\n", 3.0),
    "empty line": lambda dialog: dialog.receive_data(b"\n", 3.0),
    "hang-up line": lambda dialog: dialog.receive_data(b"HANGUP\n", 3.0),
    "fence": lambda dialog: dialog.receive_data(fence_answer(2), 3.0),
    "retry": lambda dialog: dialog.handle_timeout(3.0),
    "eof": lambda dialog: dialog.receive_eof(),
    "close": lambda dialog: dialog.close(),
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
    dialog = MAKE[state]()
    assert dialog.state is state
    target = EXPECTED[stimulus][list(AgiState).index(state)]
    if target is REFUSED:
        with pytest.raises(RuntimeError):
            STIMULI[stimulus](dialog)
        target = state
    else:
        STIMULI[stimulus](dialog)
    assert dialog.state is target
    assert dialog.data_to_send().count(b"\n") <= 1


@pytest.mark.parametrize("move", AgiInput)
@pytest.mark.parametrize("state", AgiState)
def test_every_cell_of_the_table(state: AgiState, move: AgiInput) -> None:
    """Each move of each state is in the table or raises."""
    dialog = MAKE[state]()
    if move in AGI_TRANSITIONS[state]:
        dialog._advance(move)
        assert dialog.state is AGI_TRANSITIONS[state][move]
    else:
        with pytest.raises(RuntimeError, match="does not fit"):
            dialog._advance(move)


# The environment.


def test_environment() -> None:
    """The block is read, and a fence makes sure that it is over."""
    dialog = reading()
    dialog.receive_data(ENVIRONMENT, 0.0)
    assert dialog.data_to_send() == fence_command(1)
    assert not dialog.is_ready
    dialog.receive_data(fence_answer(1), 0.0)
    (event,) = take_events(dialog)
    assert isinstance(event, EnvironmentRead)
    assert event.environment.caller_id == "200"
    assert dialog.is_ready


def test_environment_with_a_forged_end() -> None:
    """An empty line in the caller's name ends nothing: the rest is environment, not replies."""
    dialog = reading()
    forged = ENVIRONMENT.replace(b"agi_dnid", b"\n200 result=1 (fence-1)\n\nagi_dnid")
    dialog.receive_data(forged, 0.0)
    dialog.receive_data(fence_answer(1), 0.0)
    (event,) = take_events(dialog)
    assert isinstance(event, EnvironmentRead)
    assert event.environment.arguments == ("call", "main menu")


@pytest.mark.parametrize("n_bytes", [0, 1, 200, len(ENVIRONMENT) - 1, len(ENVIRONMENT)])
def test_environment_cut(n_bytes: int) -> None:
    """The end of the pipe anywhere in the environment is a lost channel."""
    dialog = reading()
    dialog.receive_data(ENVIRONMENT[:n_bytes], 0.0)
    dialog.receive_eof()
    assert take_events(dialog) == [Lost("the environment was being read")]


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
    dialog = busy(verb, "NAME")
    dialog.receive_data(wire.encode() + b"\n", 2.0)
    assert dialog.data_to_send() == fence_command(2)
    assert take_events(dialog) == []
    dialog.receive_data(fence_answer(2), 2.1)
    assert take_events(dialog) == [Replied(Reply(200, "1", data, None, wire), 1.0, 2.0)]
    assert not dialog.hangup_seen


def test_value_that_is_not_set() -> None:
    """Without parentheses there is nothing to be unsure of, so no fence."""
    dialog = busy("GET VARIABLE", "NAME")
    dialog.receive_data(b"200 result=0\n", 2.0)
    assert replies(dialog) == ["200 result=0"]
    assert dialog.data_to_send() == b""


def test_usage_block() -> None:
    """The lines after 520- belong to it."""
    dialog = busy("SAY NUMBER", "x", "")
    block = "520-Invalid command syntax.  Proper usage follows:\nUsage\n\n520 End of proper usage."
    dialog.receive_data(block.encode() + b"\n", 2.0)
    dialog.receive_data(fence_answer(2), 2.0)
    assert replies(dialog) == [block]


def test_garbage_is_given_as_it_came_and_the_dialog_goes_on() -> None:
    """After a reply that is none the fence brings both sides in step again."""
    dialog = busy()
    dialog.receive_data(b"what?\n200 result=0 endpos=8\n" + fence_answer(2), 2.0)
    (event,) = take_events(dialog)
    assert isinstance(event, Replied)
    assert event.reply.code == 0
    assert dialog.is_ready


def test_trying_is_no_reply() -> None:
    """100 says that the reply takes a while, in between and before a fence's answer."""
    dialog = busy("EXEC", "Dial", "x")
    dialog.receive_data(b"100 result=0 Trying...\n", 2.0)
    assert take_events(dialog) == []
    dialog.receive_data(b"200 result=0\n", 3.0)
    assert replies(dialog) == ["200 result=0"]
    dialog = fencing()
    dialog.receive_data(b"100 result=0 Trying...\n" + fence_answer(2), 3.0)
    assert replies(dialog) == ["Stopped"]


def test_stray_lines_are_counted() -> None:
    """A line that nobody asked for is no reply to the next command."""
    dialog = idle()
    dialog.receive_data(b"200 result=0\n", 1.0)
    assert dialog.stray_lines == 1
    assert take_events(dialog) == []


def test_reply_without_end_is_refused() -> None:
    """A line that never ends does not fill the memory."""
    dialog = busy()
    dialog.receive_data(b"x" * (MAX_REPLY_BYTES + 1), 2.0)
    assert take_events(dialog) == [Lost("sending a reply without end")]


def test_data_after_the_end_is_ignored() -> None:
    """Lines that came together with the last one are not looked at."""
    dialog = busy()
    dialog.close()
    dialog.receive_data(b"200 result=0\n", 2.0)
    assert take_events(dialog) == []


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
    dialog = reading()
    events = []
    for command, is_interrupted, answer in _CONVERSATION:
        if command:
            dialog.send(*command, now=1.0)
        if is_interrupted:
            dialog.interrupt(1.0)
        for piece in split(answer):
            dialog.receive_data(piece, 2.0)
        events += take_events(dialog)
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
