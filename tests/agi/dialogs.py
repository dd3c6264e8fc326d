"""Dialogs in each of their states, and what goes in and comes out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.agi.connection import AgiConnection, AgiEvent, AgiState, Replied
from tests.agi.fake_asterisk import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Callable


DEAD_REPLY = b"511 Command Not Permitted on a dead channel or intercept routine\n"


def fence_command(number: int) -> bytes:
    """The command line of a fence."""
    return b'GET FULL VARIABLE "fence-n-%d"\n' % number


def fence_answer(number: int) -> bytes:
    """Asterisk's answer to a fence."""
    return b"200 result=1 (fence-n-%d)\n" % number


def take_events(dialog: AgiConnection) -> list[AgiEvent]:
    """All events that are there."""
    events = []
    while event := dialog.next_event():
        events.append(event)
    return events


def replies(dialog: AgiConnection) -> list[str]:
    """Texts of the replies that came, Stopped and others by their names."""
    return [
        event.reply.text if isinstance(event, Replied) else type(event).__name__
        for event in take_events(dialog)
    ]


def reading() -> AgiConnection:
    """A dialog in state READING_ENV."""
    return AgiConnection(nonce="n")


def idle() -> AgiConnection:
    """A dialog in state IDLE; one fence was used for the environment."""
    dialog = reading()
    dialog.receive_data(ENVIRONMENT + fence_answer(1), 0.0)
    take_events(dialog)
    dialog.data_to_send()
    return dialog


def busy(verb: str = "STREAM FILE", *args: str | int) -> AgiConnection:
    """A dialog in state BUSY since 1.0."""
    dialog = idle()
    dialog.send(verb, *(args or ("hello", "", 0)), now=1.0)
    dialog.data_to_send()
    return dialog


def fencing() -> AgiConnection:
    """A dialog in state FENCING since 2.0, by fence 2."""
    dialog = busy()
    dialog.interrupt(2.0)
    dialog.data_to_send()
    return dialog


def asking() -> AgiConnection:
    """A dialog in state ASKING since 2.0."""
    dialog = busy()
    dialog.receive_data(b"200 result=-1 endpos=0\n", 2.0)
    dialog.data_to_send()
    return dialog


def dead() -> AgiConnection:
    """A dialog in state DEAD."""
    dialog = idle()
    dialog.receive_data(b"HANGUP\n", 2.0)
    take_events(dialog)
    return dialog


def closed() -> AgiConnection:
    """A dialog in state CLOSED."""
    dialog = idle()
    dialog.close()
    return dialog


MAKE: dict[AgiState, Callable[[], AgiConnection]] = {
    AgiState.READING_ENV: reading,
    AgiState.IDLE: idle,
    AgiState.BUSY: busy,
    AgiState.FENCING: fencing,
    AgiState.ASKING: asking,
    AgiState.DEAD: dead,
    AgiState.CLOSED: closed,
}
