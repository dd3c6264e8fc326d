"""The caller of the loopback call: ``EAGI(python,-m,ivr_agi.doctor.probe,SOCKET)``.

It says nothing. It hears the IVR on fd 3. When there was sound, or after a while, it sends a
datagram to the doctor, and hangs up by ending.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time

from ivr_agi.audio.frames import FRAME_BYTES
from ivr_agi.audio.levels import is_audible

__all__ = ("LISTEN_S", "hear_call", "main")

LISTEN_S = 10.0
MORE_S = 1.0
"""Seconds to listen after the first sound: long enough to count frames."""
NEEDED_FRAMES = 5
"""This many audible frames are not a click."""


def hear_call(stdin_fd: int, audio_fd: int, listen_s: float = LISTEN_S) -> dict[str, float | None]:
    """Read the environment, then the audio; return what was heard, in seconds since the start."""
    began = time.monotonic()
    environment = b""
    while not environment.endswith(b"\n\n"):
        environment += (more := os.read(stdin_fd, 4096))
        if not more:
            break
    audio, audible, first_s = bytearray(), 0, None
    until = began + listen_s
    while (left_s := until - time.monotonic()) > 0:
        if not select.select([audio_fd], [], [], left_s)[0]:
            break
        data = os.read(audio_fd, 1 << 16)
        if not data:
            break
        whole = len(audio) // FRAME_BYTES
        audio += data
        for at in range(whole * FRAME_BYTES, len(audio) - FRAME_BYTES + 1, FRAME_BYTES):
            audible += is_audible(bytes(audio[at : at + FRAME_BYTES]))
        if audible >= NEEDED_FRAMES and first_s is None:
            first_s = time.monotonic() - began
            until = min(until, time.monotonic() + MORE_S)
    return {
        "frames": len(audio) // FRAME_BYTES,
        "first_sound_s": first_s,
        "heard_s": time.monotonic() - began,
    }


def main(arguments: list[str]) -> None:
    """Listen and report."""
    found = hear_call(0, 3)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as doctor:
        doctor.sendto(json.dumps(found).encode(), arguments[0])


if __name__ == "__main__":
    main(sys.argv[1:])
