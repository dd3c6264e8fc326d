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


def take_events(connection: AgiConnection) -> list[AgiEvent]:
    """All events that are there."""
    events = []
    while event := connection.next_event():
        events.append(event)
    return events


def replies(connection: AgiConnection) -> list[str]:
    """Texts of the replies that came, Stopped and others by their names."""
    return [
        event.reply.text if isinstance(event, Replied) else type(event).__name__
        for event in take_events(connection)
    ]


def reading() -> AgiConnection:
    """A connection in state READING_ENV."""
    return AgiConnection(nonce="n")


def idle() -> AgiConnection:
    """A connection in state IDLE; one fence was used for the environment."""
    connection = reading()
    connection.receive_data(ENVIRONMENT + fence_answer(1), 0.0)
    take_events(connection)
    connection.data_to_send()
    return connection


def busy(verb: str = "STREAM FILE", *args: str | int) -> AgiConnection:
    """A connection in state BUSY since 1.0."""
    connection = idle()
    connection.send(verb, *(args or ("hello", "", 0)), now=1.0)
    connection.data_to_send()
    return connection


def fencing() -> AgiConnection:
    """A connection in state FENCING since 2.0, by fence 2."""
    connection = busy()
    connection.interrupt(2.0)
    connection.data_to_send()
    return connection


def asking() -> AgiConnection:
    """A connection in state ASKING since 2.0."""
    connection = busy()
    connection.receive_data(b"200 result=-1 endpos=0\n", 2.0)
    connection.data_to_send()
    return connection


def dead() -> AgiConnection:
    """A connection in state DEAD."""
    connection = idle()
    connection.receive_data(b"HANGUP\n", 2.0)
    take_events(connection)
    return connection


def closed() -> AgiConnection:
    """A connection in state CLOSED."""
    connection = idle()
    connection.close()
    return connection


MAKE: dict[AgiState, Callable[[], AgiConnection]] = {
    AgiState.READING_ENV: reading,
    AgiState.IDLE: idle,
    AgiState.BUSY: busy,
    AgiState.FENCING: fencing,
    AgiState.ASKING: asking,
    AgiState.DEAD: dead,
    AgiState.CLOSED: closed,
}
