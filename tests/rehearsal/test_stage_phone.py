"""The telephone of a rehearsed call whose caller is heard."""

from __future__ import annotations

import asyncio
import os

from ivr_agi.audio.frames import FRAME_BYTES, SILENCE_FRAME
from ivr_agi.rehearsal.phone import RehearsedPhone
from ivr_agi.rehearsal.timed_sounds import TimedSounds
from ivr_agi.rehearsal.virtual import run_virtually
from ivr_agi.simulator.incoming import IncomingCall

VOICE = b"\x01\x02" * (FRAME_BYTES * 3 // 4)
"""A frame and a half."""


def test_a_frame_comes_every_20_ms() -> None:
    """What the caller says, filled up with silence; none any more once the script's end is shut."""

    async def run() -> tuple[bytes, list[bytes]]:
        loop = asyncio.get_running_loop()
        phone = RehearsedPhone(IncomingCall(), TimedSounds({}, loop.time))
        os.set_blocking(phone.script_audio_fd, False)
        replies: list[bytes] = []
        phone.listen(replies.append)
        phone.start(audio=True)
        phone.speak(VOICE)
        await asyncio.sleep(0.07)
        audio = os.read(phone.script_audio_fd, 4096)
        phone.write(b"WAIT FOR DIGIT 50\n")
        await asyncio.sleep(0.1)
        phone.press("1")
        phone.write(b'STREAM FILE silence/1 ""\n')
        await asyncio.sleep(0.1)
        phone.hang_up()
        await asyncio.sleep(0)
        os.close(phone.script_audio_fd)
        await asyncio.sleep(0.1)
        phone.close()
        phone.end()
        phone.write(b"NOOP\n")
        await asyncio.sleep(1)
        return audio, replies

    audio, replies = run_virtually(run())
    assert audio == VOICE.ljust(2 * FRAME_BYTES, b"\0") + SILENCE_FRAME
    assert b"agi_request" in replies[0]
    assert replies[1] == b"200 result=0\n"
    assert replies[-1].startswith(b"200 result=-1")
