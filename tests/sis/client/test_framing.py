"""Frames of a WebSocket client, read back by the library."""

from __future__ import annotations

import itertools
import runpy
import sys

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from ivr_agi.sis.client import framing
from ivr_agi.sis.client.framing import TEXT, MessageFramer


def read(data: bytes) -> Frame:
    """One whole frame, and nothing behind it."""
    server = ServerProtocol(state=State.OPEN)
    server.receive_data(data)
    (frame,) = server.events_received()
    assert isinstance(frame, Frame)
    return frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 640, 65535, 65536])
def test_the_library_reads_it(length: int) -> None:
    """Each of the three ways to write a length, at its bounds."""
    payload = bytes(number % 251 for number in range(length))
    frame = read(MessageFramer().frame(payload))
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.BINARY, True, payload)


def test_every_frame_has_a_mask_of_its_own() -> None:
    """The random bytes are asked for in large pieces, and none is used twice."""
    asked: list[int] = []
    numbers = itertools.count()

    def random_bytes(n_bytes: int) -> bytes:
        asked.append(n_bytes)
        return b"".join(next(numbers).to_bytes(4, "big") for _ in range(n_bytes // 4))

    framer = MessageFramer(random_bytes)
    masks = [framer.frame(b"")[2:6] for _ in range(65)]
    assert masks == [number.to_bytes(4, "big") for number in range(65)]
    assert asked == [256, 256]


def test_text_is_a_message_of_text() -> None:
    """In UTF-8."""
    frame = read(MessageFramer().frame("嗯".encode(), TEXT))
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, "嗯".encode())


@pytest.mark.parametrize("length", [0, 1, 3, 4, 640])
def test_the_library_may_be_without_its_speedups(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the mask is put on in Python, more slowly."""
    monkeypatch.setitem(sys.modules, "websockets.speedups", None)
    slow = runpy.run_path(framing.__file__)["MessageFramer"]()
    payload = bytes(range(251)) * 3
    assert bytes(read(slow.frame(payload[:length])).data) == payload[:length]
