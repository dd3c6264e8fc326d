"""The client process of the benchmark: what its tap sees."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time

import pytest

from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.bench import service, sis_client
from ivr_agi.bench.sis_client import STAMP, _Tap, feed
from ivr_agi.sis.client.connection import open_socket
from tests.bench.inside import inside
from tests.sis.fake import Peer, fake_service

pytestmark = pytest.mark.virtual_time


async def test_tap_reads_the_last_frames_stamp() -> None:
    """Of audio of any length; not of text, and not where the last frame has none."""
    silence = bytes(FRAME_BYTES)

    async def take(peer: Peer) -> None:
        await peer.socket.wait_closed()

    async with fake_service(take) as service:
        tap = await open_socket(service, "rasr/continue-stream", kind=_Tap)
        assert isinstance(tap, _Tap)
        for n_frames in (1, 2, 10, 250):
            stamped = STAMP.pack(time.monotonic()) + silence[STAMP.size :]
            tap.write([silence * (n_frames - 1) + stamped])
        tap.write(["{}", stamped + silence])
        await tap.close()
    assert tap.messages == 5
    assert len(tap.latencies_ms) == 4
    assert all(0 <= latency_ms < 1000 for latency_ms in tap.latencies_ms)


def test_feed_writes_a_frame_each_20_ms() -> None:
    """To every pipe, stamped."""
    pipes = [os.pipe() for _ in range(2)]
    for _, write in pipes:
        os.set_blocking(write, False)
    began = time.monotonic()
    feed([write for _, write in pipes], began + 0.1)
    for read, write in pipes:
        data = os.read(read, 1 << 16)
        assert 4 <= len(data) // FRAME_BYTES <= 6
        assert began <= STAMP.unpack_from(data)[0] <= time.monotonic()
        os.close(read)
        os.close(write)


def test_the_whole_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ready, then what two sessions cost, and how old their audio was."""
    monkeypatch.setattr(sis_client, "WARM_UP_S", 0.1)
    pipes = [os.pipe() for _ in range(2)]
    for _, write in pipes:
        os.set_blocking(write, False)
    with inside(service, service.main, monkeypatch) as process:
        writes = [write for _, write in pipes]

        def feed_until_it_ends() -> None:
            with contextlib.suppress(BrokenPipeError):
                feed(writes, time.monotonic() + 60)

        feeding = threading.Thread(target=feed_until_it_ends)
        feeding.start()
        sis_client.main([process.greeting.split()[-1], "0.5", *(str(read) for read, _ in pipes)])
        feeding.join()
    for write in writes:
        os.close(write)
    ready, found = capsys.readouterr().out.splitlines()
    assert ready == "ready"
    answer = json.loads(found)
    assert answer["latencies_ms"]
    assert answer["cpu_us_per_message"] > 0
