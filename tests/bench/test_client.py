"""The client process of the benchmark: what its tap sees."""

from __future__ import annotations

import asyncio
import os
import time

import pytest
from websockets.frames import Frame, Opcode

from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.bench.client import STAMP, _Tap, feed


class Sink(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes) -> None:  # type: ignore[override]  # bytes is enough here
        self.written += data


@pytest.mark.parametrize("n_frames", [1, 2, 10, 250])
@pytest.mark.parametrize("opcode", [Opcode.BINARY, Opcode.TEXT])
def test_tap_reads_the_last_frames_stamp(n_frames: int, opcode: Opcode) -> None:
    """Behind the mask of the WebSocket, with each length of its head; only of audio."""
    sink = Sink()
    tap = _Tap(sink)
    stamped = STAMP.pack(time.monotonic()) + bytes(FRAME_BYTES - STAMP.size)
    data = bytes(FRAME_BYTES) * (n_frames - 1) + stamped
    frame = Frame(opcode, data).serialize(mask=True)
    tap.write(frame)
    assert sink.written == frame
    assert len(tap.latencies) == (opcode is Opcode.BINARY)
    assert all(0 <= latency < 1000 for latency in tap.latencies)


def test_tap_lets_other_things_pass() -> None:
    """Short frames, and the rest of a transport."""
    sink = Sink()
    tap = _Tap(sink)
    tap.write(b"\x81\x80\0\0\0\0")
    assert tap.latencies == []
    assert tap.get_extra_info("x", "default") == "default"


def test_feed_writes_a_frame_each_20_ms() -> None:
    """To every pipe, stamped."""
    pipes = [os.pipe() for _ in range(2)]
    for _, write in pipes:
        os.set_blocking(write, False)
    feed([write for _, write in pipes], time.monotonic() + 0.1)
    for read, write in pipes:
        data = os.read(read, 1 << 16)
        assert 4 <= len(data) // FRAME_BYTES <= 6
        assert 0 < time.monotonic() - STAMP.unpack_from(data)[0] < 1
        os.close(read)
        os.close(write)
