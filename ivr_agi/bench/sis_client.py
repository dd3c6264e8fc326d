"""What our client costs: many sessions in one process, fed through pipes as by Asterisk.

A process of its own: ``python -m ivr_agi.bench.sis_client URL SECONDS FD...``. Each frame carries
in its first 8 bytes the time when it was written; from then until its chunk goes to the socket is
the latency of pipe, event loop, client and WebSocket together.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import resource
import struct
import sys
import time
from typing import TYPE_CHECKING, Any

from ivr_agi.agi.audio import CallAudioReader
from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client.connection import SpeechSocket, open_socket
from ivr_agi.sis.client.recognizer import RecognitionClient
from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.wire.messages import RecognitionConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("STAMP", "feed", "main")

STAMP = struct.Struct("<d")
"""Monotonic seconds, at the begin of a frame."""
WARM_UP_S = 2.0
CHUNK_FRAMES = 2
"""Frames in one message: 40 ms, as while a prompt plays."""
CONFIG = RecognitionConfig(audio_format="pcm8k16bit", property="english_8k_common")


class _Tap(SpeechSocket):
    """Notes how old audio is when it leaves."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.latencies_ms: list[float] = []
        self.messages = 0

    def write(self, messages: Sequence[str | bytes]) -> int:
        waiting_bytes = super().write(messages)
        left = time.monotonic()
        for message in messages:
            if isinstance(message, bytes):
                self.messages += 1
                (written,) = STAMP.unpack_from(message, len(message) - FRAME_BYTES)
                if written:
                    self.latencies_ms.append(1000 * (left - written))
        return waiting_bytes


def feed(fds: Sequence[int], until: float) -> None:
    """Write a stamped frame of silence to each pipe every 20 ms, spread evenly over them.

    Blocks, for a thread of its own: an event loop's timers are too coarse, and would write bursts.
    The pipes must not block.
    """
    began = time.monotonic()
    silence = bytes(FRAME_BYTES - STAMP.size)
    while time.monotonic() < until:
        for index, fd in enumerate(fds):
            due = began + 0.02 * index / len(fds)
            if (wait := due - time.monotonic()) > 0:
                time.sleep(wait)
            with contextlib.suppress(BlockingIOError):  # full: nobody reads yet
                os.write(fd, STAMP.pack(time.monotonic()) + silence)
        began += 0.02


async def _run(url: str, seconds: float, fds: Sequence[int]) -> dict[str, Any]:
    endpoint = Endpoint(url=url, project_id="bench")
    taps: list[_Tap] = []
    recognizers: list[RecognitionClient] = []
    readers: list[CallAudioReader] = []
    for fd in fds:
        tap = await open_socket(endpoint, "rasr/continue-stream", kind=_Tap)
        assert isinstance(tap, _Tap)
        recognizer = RecognitionClient(tap, endpoint, lambda _event: None, Mode.CONTINUE)
        recognizer.start(CONFIG)
        reader = CallAudioReader(fd, on_frame=functools.partial(_send, recognizer, bytearray()))
        reader.start()
        taps.append(tap)
        recognizers.append(recognizer)
        readers.append(reader)
    _tell("ready")
    await asyncio.sleep(WARM_UP_S)
    for tap in taps:
        tap.latencies_ms.clear()
        tap.messages = 0
    began, cpu = time.monotonic(), _cpu_seconds()
    await asyncio.sleep(seconds)
    audio_s = len(fds) * (time.monotonic() - began)
    cpu = _cpu_seconds() - cpu
    for reader, recognizer in zip(readers, recognizers, strict=True):
        reader.stop()
        await recognizer.close()
    return {
        "latencies_ms": [latency for tap in taps for latency in tap.latencies_ms],
        "cpu_ms_per_audio_s": 1000 * cpu / audio_s,
        "cpu_us_per_message": 1e6 * cpu / sum(tap.messages for tap in taps),
    }


def _send(recognizer: RecognitionClient, waiting: bytearray, frame: bytes) -> None:
    """Send every two frames as one message."""
    waiting += frame
    if len(waiting) >= CHUNK_FRAMES * FRAME_BYTES:
        recognizer.send_audio(bytes(waiting))
        waiting.clear()


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(arguments: Sequence[str]) -> None:
    """The process: prints ``ready``, then one line of JSON."""
    url, seconds, *fds = arguments
    found = asyncio.run(_run(url, float(seconds), [int(fd) for fd in fds]))
    _tell(json.dumps(found))


def _tell(line: str) -> None:
    """Write a line to the process that started this one."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
