"""The speech service of the benchmark, spoken to by our own client."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from websockets.frames import Frame, Opcode

from ivr_agi.audio.frames import FRAME_MS, ms_to_bytes
from ivr_agi.bench import service
from ivr_agi.bench.service import PROMPT_MS, VOICE_MS, WORDS, WORDS_MS, take_message
from ivr_agi.bench.stamps import stamped
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client.recognizer import RecognitionClient
from ivr_agi.sis.client.synthesizer import synthesize
from ivr_agi.sis.wire.events import (
    RecognitionEnded,
    RecognitionStarted,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)
from ivr_agi.sis.wire.messages import RecognitionConfig, SynthesisConfig
from tests.bench.inside import inside
from tests.sis.fake import Listener

CONFIG = RecognitionConfig(audio_format="pcm8k16bit", property="english_8k_common")


async def test_a_session_and_a_synthesis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Voice and words at their times of the audio, lost and filled frames counted."""
    listener = Listener()
    with inside(service, service.main, monkeypatch) as process:
        endpoint = Endpoint(url=process.greeting.split()[-1], project_id="bench")
        spoken = [chunk async for chunk in synthesize(endpoint, "hello", SynthesisConfig())]
        assert len(b"".join(spoken)) == ms_to_bytes(PROMPT_MS)
        recognizer = await RecognitionClient.connect(endpoint, on_event=listener)
        recognizer.start(CONFIG)
        await listener.wait_for(RecognitionStarted)
        for number in range(1, WORDS_MS // FRAME_MS + 5):
            frame = stamped(time.monotonic(), 7, number)
            if number == 20:
                continue
            recognizer.send_audio(bytes(320) if number == 30 else frame)
            await asyncio.sleep(0)
        words = await listener.wait_for(Transcribed)
        await listener.wait_for(VoiceEnded)
        recognizer.end()
        await listener.wait_for(RecognitionEnded)
        tally = await process.ask()
        await recognizer.close()
        assert (await process.ask())["frames"] == 0
    assert words.text == WORDS
    assert VoiceStarted in map(type, listener.events)
    assert (tally["missing"], tally["filled"], tally["sessions"]) == (2, 1, 1)
    ((call, at),) = tally["voice_starts"]
    assert (call, at <= time.monotonic()) == (7, True)
    assert tally["frame_ms"]
    assert all(-1 < age < 5000 for age in tally["frame_ms"])
    assert VOICE_MS < PROMPT_MS
    assert json.dumps(tally)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 3200, 70_000])
def test_messages(size: int) -> None:
    """With each length of the head, in any pieces; what follows stays."""
    payload = bytes(number % 251 for number in range(size))
    wire = Frame(Opcode.BINARY, payload).serialize(mask=True)
    data = bytearray()
    for cut in {0, 1, 5, min(6, len(wire) - 1), len(wire) - 1}:
        data[:] = wire[:cut]
        assert take_message(data) is None, cut
        assert bytes(data) == wire[:cut]
    data[:] = wire + b"more"
    assert take_message(data) == (Opcode.BINARY, payload)
    assert data == b"more"
