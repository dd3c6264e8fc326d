"""A speech service that carries a thousand sessions on a fraction of a core: for load tests only.

A process of its own: ``python -m ivr_agi.bench.service``. It says where it listens, and then
answers lines on standard input (see :func:`main`). Every session goes the same way: VOICE_START
after so much audio, words and VOICE_END after so much more, END when it is asked for. It looks at
every frame's stamp (:mod:`ivr_agi.bench.stamps`): how old it was when its bytes arrived, by the
kernel's clock, and whether one before it is missing.

Not on aiohttp, as the real one is: that takes ten times the processor time, on the core that the
simulated Asterisk needs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import select
import socket
import struct
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.audio.wideband import HALF_TAPS
from ivr_agi.bench.stamps import read_stamps
from ivr_agi.sis.wire.messages import (
    EndResponse,
    EventResponse,
    ResultResponse,
    Segment,
    SegmentText,
    StartResponse,
    encode,
)

if TYPE_CHECKING:
    import msgspec

__all__ = (
    "PROMPT_MS",
    "VOICE_MS",
    "WORDS",
    "WORDS_MS",
    "SpeechService",
    "Tally",
    "main",
    "narrowed",
    "take_message",
)

VOICE_MS = 2500
"""Audio of a session until VOICE_START: the caller barges in."""
WORDS_MS = 3500
"""Audio of a session until its words and VOICE_END."""
WORDS = "again"
PROMPT_MS = 4000
"""Length of each synthesis: VOICE_START falls into it."""

_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("ll")
_KEY = re.compile(rb"sec-websocket-key: *([^\r\n ]+)", re.IGNORECASE)
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10


@dataclass
class Tally:
    """Counts since the last report."""

    frame_ms: list[float] = field(default_factory=list)
    """Age of the newest frame of each message when the message's bytes arrived, ms."""
    voice_starts: list[tuple[int, float]] = field(default_factory=list)
    """Call, and when VOICE_START was written, monotonic seconds."""
    frames: int = 0
    """Frames of callers."""
    missing: int = 0
    """Frames between two others of a session that never came."""
    filled: int = 0
    """Frames of silence that the plugin inserted."""
    sessions: int = 0
    """Sessions that ended."""


class _Client:
    """A connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.data = bytearray()
        self.path = ""
        """Empty: the upgrade is still to come."""
        self.audio_bytes = 0
        self.call = 0
        self.last_frame = 0
        """Its number; 0: none in this session."""
        self.is_wide = False
        """Its session is at 16 kHz."""

    def send(self, opcode: int, payload: bytes) -> None:
        """Send a message. What does not fit into the socket's buffer is a client that hangs."""
        size = len(payload)
        head = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
        self.sock.sendall(bytes([0x80 | opcode]) + head + payload)

    def say(self, message: msgspec.Struct) -> None:
        """Send a response."""
        self.send(_TEXT, encode(message).encode())


class SpeechService:
    """The service; :meth:`run` is its life."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._epoll = select.epoll()
        self._epoll.register(self._listener, select.EPOLLIN)
        self._clients: dict[int, _Client] = {}
        self.tally = Tally()
        noise = np.random.default_rng(0).standard_normal(ms_to_bytes(PROMPT_MS) // 2) * 2000
        self._prompt = noise.astype("<i2").tobytes()
        self._real_minus_monotonic = time.time() - time.monotonic()

    @property
    def url(self) -> str:
        """``ws://host:port``."""
        return f"ws://127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self, control_fd: int) -> None:
        """Serve until ``control_fd`` is closed; answer each line on it with a report."""
        self._epoll.register(control_fd, select.EPOLLIN)
        while True:
            for fd, _ in self._epoll.poll():
                if fd == control_fd:
                    if not os.read(control_fd, 4096):
                        return
                    _tell(json.dumps(asdict(self.tally)))
                    self.tally = Tally()
                elif fd == self._listener.fileno():
                    self._accept()
                else:
                    self._read(self._clients[fd])

    def close(self) -> None:
        """Close all sockets."""
        for client in self._clients.values():
            client.sock.close()
        self._epoll.close()
        self._listener.close()

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._clients[sock.fileno()] = _Client(sock)
        self._epoll.register(sock, select.EPOLLIN)

    def _read(self, client: _Client) -> None:
        try:
            data, extras, _, _ = client.sock.recvmsg(1 << 16, 64)
            if not data:
                raise ConnectionError
            client.data += data
            arrived = time.monotonic()
            if extras:
                seconds, nanoseconds = _TIMESPEC.unpack(extras[0][2])
                arrived = seconds + nanoseconds / 1e9 - self._real_minus_monotonic
            if not client.path:
                self._upgrade(client)
            while client.path and (message := take_message(client.data)) is not None:
                self._take(client, *message, arrived)
        except OSError:
            self._drop(client)

    def _drop(self, client: _Client) -> None:
        self._epoll.unregister(client.sock)
        del self._clients[client.sock.fileno()]
        client.sock.close()

    def _upgrade(self, client: _Client) -> None:
        head, end, rest = bytes(client.data).partition(b"\r\n\r\n")
        key = _KEY.search(head)
        if not end or key is None:
            return
        accept = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
        client.sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        client.path = head.split(b" ", 2)[1].decode()
        client.data[:] = rest

    def _take(self, client: _Client, opcode: int, payload: bytes, arrived: float) -> None:
        if opcode == _BINARY:
            self._hear(client, payload, arrived)
        elif opcode == _PING:
            client.send(_PONG, payload)
        elif opcode == _CLOSE:
            client.send(_CLOSE, payload[:2])
            raise ConnectionError
        elif opcode == _TEXT and client.path.endswith("rtts"):
            self._speak(client)
        elif opcode == _TEXT and b'"START"' in payload:
            client.audio_bytes = client.last_frame = 0
            client.is_wide = b'"pcm16k16bit"' in payload
            client.say(StartResponse(trace_id="bench"))
        elif opcode == _TEXT:
            self.tally.sessions += 1
            client.say(EndResponse(trace_id="bench"))

    def _speak(self, client: _Client) -> None:
        client.say(StartResponse(trace_id="bench"))
        for at in range(0, len(self._prompt), 4000):
            client.send(_BINARY, self._prompt[at : at + 4000])
        client.say(EndResponse(trace_id="bench"))

    def _hear(self, client: _Client, audio: bytes, arrived: float) -> None:
        tally = self.tally
        if client.is_wide:
            audio = narrowed(audio)
        for stamp in read_stamps(audio):
            if stamp is None:
                tally.filled += 1
                continue
            tally.frames += 1
            if client.last_frame:
                tally.missing += stamp.frame - client.last_frame - 1
            client.call, client.last_frame = stamp.call, stamp.frame
        before, client.audio_bytes = client.audio_bytes, client.audio_bytes + len(audio)
        # The pre-roll is old by its nature.
        if stamp is not None and before > ms_to_bytes(1000):
            tally.frame_ms.append(1000 * (arrived - stamp.written_at))
        if before < ms_to_bytes(VOICE_MS) <= client.audio_bytes:
            client.say(EventResponse(trace_id="bench", event="VOICE_START"))
            tally.voice_starts.append((client.call, time.monotonic()))
        if before < ms_to_bytes(WORDS_MS) <= client.audio_bytes:
            words = SegmentText(text=WORDS, score=0.9)
            segment = Segment(start_time=VOICE_MS, end_time=WORDS_MS, is_final=True, result=words)
            client.say(ResultResponse(trace_id="bench", segments=[segment]))
            client.say(EventResponse(trace_id="bench", event="VOICE_END"))


def narrowed(audio: bytes) -> bytes:
    """Return the line's own samples: every other one of 16 kHz, in whole messages of frames.

    Converting makes them 8 samples late, so the end of the last frame comes with the next message.
    Stamps are at the beginning of a frame.
    """
    late = HALF_TAPS * 2
    samples: bytes = np.frombuffer(audio, "<i2")[::2].tobytes()
    return samples[late:] + bytes(late)


def take_message(data: bytearray) -> tuple[int, bytes] | None:
    """Take the first message of a WebSocket client out of ``data``: opcode and payload.

    Only what clients of ours send: whole messages, masked (RFC 6455, 5.2). None: there is more
    to come. Written out because the benchmark's service must cost next to nothing.
    """
    if len(data) < 6:
        return None
    length, head = data[1] & 0x7F, 2
    if length == 126:
        length, head = int.from_bytes(data[2:4], "big"), 4
    elif length == 127:
        if len(data) < 10:
            return None
        length, head = int.from_bytes(data[2:10], "big"), 10
    end = head + 4 + length
    if len(data) < end:
        return None
    opcode = data[0] & 0x0F
    masks = bytes(data[head : head + 4]) * (length // 4 + 1)
    masked = int.from_bytes(data[head + 4 : end], "little")
    payload = (masked ^ int.from_bytes(masks[:length], "little")).to_bytes(length, "little")
    del data[:end]
    return opcode, payload


def main() -> None:
    """The process: ``listening on URL``; then, for each line that comes, a tally as JSON."""
    service = SpeechService()
    _tell(f"listening on {service.url}")
    service.run(sys.stdin.fileno())
    service.close()


def _tell(line: str) -> None:
    """Write a line to the process that started this one."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
