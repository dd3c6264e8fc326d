"""An Asterisk, a caller and a neighbour at the socket that do what none should."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ivr_agi.simulator.caller import CallerStep
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.playback import SoundOpener


def _pass_on(data: bytes) -> bytes:
    return data


@dataclass(frozen=True)
class Asterisk:
    """How an Asterisk is hostile, from a moment of the call on."""

    distort: Callable[[bytes], bytes] = _pass_on
    """Of what it sends to the script."""
    hears: bool = True
    """It sends the caller's voice."""
    dies: bool = False
    """Its process ends."""
    incoming: Callable[[IncomingCall], IncomingCall] = lambda call: call
    """What it says of the call."""

    @property
    def can_be_told(self) -> bool:
        """It takes commands and answers them."""
        return not self.dies and self.distort is _pass_on


class HostileLine(PhoneLine):
    """A line whose Asterisk is hostile after some seconds."""

    def __init__(
        self,
        asterisk: Asterisk,
        after_s: float,
        call: IncomingCall,
        open_sound: SoundOpener,
        steps: Iterable[CallerStep] = (),
    ) -> None:
        super().__init__(asterisk.incoming(call), open_sound, steps)
        self.asterisk = asterisk
        self.began_at: float | None = None
        self._after_s = after_s
        self._is_hostile = False

    def tick(self, now: float) -> bytes | None:
        """20 ms have passed."""
        self.began_at = now if self.began_at is None else self.began_at
        self._is_hostile = now - self.began_at >= self._after_s
        voice = super().tick(now)
        return voice if self.asterisk.hears or not self._is_hostile else None

    def data_to_send(self) -> bytes:
        """Bytes for the script."""
        data = super().data_to_send()
        return self.asterisk.distort(data) if self._is_hostile and data else data


def say_nothing(_: bytes) -> bytes:
    """Freeze."""
    return b""


def instead(text: bytes) -> Callable[[bytes], bytes]:
    """Something else in place of every reply."""
    return lambda _: text


def before(text: bytes) -> Callable[[bytes], bytes]:
    """Something before every reply."""
    return lambda data: text + data


def cut_in_half(data: bytes) -> bytes:
    """Only the beginning of a reply."""
    return data[: len(data) // 2]


def named(**fields: str) -> Callable[[IncomingCall], IncomingCall]:
    """Say such things of the call."""
    return lambda call: replace(call, **fields)  # type: ignore[arg-type]  # texts all


# Neighbours: who else connects to the socket.

Neighbour = Callable[[Path], Awaitable[None]]


def _connect(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.setblocking(False)
    with contextlib.suppress(OSError):
        client.connect(str(path))
    return client


def sends(message: bytes, n_fds: int = 0) -> Neighbour:
    """Send something that is no call."""

    async def act(path: Path) -> None:
        fds = [os.open(os.devnull, os.O_RDONLY) for _ in range(n_fds)]
        with _connect(path) as client, contextlib.suppress(OSError):
            socket.send_fds(client, [message], fds)
        for fd in fds:
            os.close(fd)

    return act


async def says_nothing(path: Path) -> None:
    """Connect, many times, and stay for a while."""
    clients = [_connect(path) for _ in range(100)]
    await asyncio.sleep(2)
    for client in clients:
        client.close()


async def goes_at_once(path: Path) -> None:
    """Offer a call and go before it is taken."""
    ends = [*os.pipe(), *os.pipe(), *os.pipe()]
    with _connect(path) as client, contextlib.suppress(OSError):
        fds = [ends[0], ends[3], ends[4]]
        socket.send_fds(client, [b"ivr-agi 1\0plain"], fds)
        client.shutdown(socket.SHUT_RD)
    for fd in ends:
        os.close(fd)


def pick_after_s(dice: random.Random) -> float:
    """When an Asterisk becomes hostile."""
    return dice.choice((0.0, 0.0, 0.2, 1.0, 2.5, 5.0))
