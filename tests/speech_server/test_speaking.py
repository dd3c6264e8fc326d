"""A voice whose client leaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ivr_agi.speech_server.engines.base import SpeechRequest
from ivr_agi.speech_server.gate import Slots
from ivr_agi.speech_server.speaking import SpeakingSocket, SynthesisService
from tests.speech_server.fakes import ToneVoice


class Sent:
    """A WebSocket that keeps what is sent."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.audio: list[bytes] = []

    async def send_str(self, text: str) -> None:
        """Keep it."""
        self.texts.append(text)

    async def send_bytes(self, data: bytes) -> None:
        """Keep it."""
        self.audio.append(data)


def socket_with(slots: Slots) -> tuple[SpeakingSocket, Sent]:
    """A socket, and what it sends."""
    ws: Any = Sent()
    service = SynthesisService(ToneVoice(), ThreadPoolExecutor(1), slots, idle_timeout_s=1.0)
    return SpeakingSocket(ws, service), ws


async def test_audio_goes_in_messages_as_the_vendors() -> None:
    """Of up to 4000 bytes."""
    socket, sent = socket_with(Slots(1))
    await socket.send_audio(bytes(9000))
    assert [len(data) for data in sent.audio] == [4000, 4000, 1000]


async def test_a_slot_is_taken_once_and_given_back_once() -> None:
    """Without one, the client is told."""
    slots = Slots(1)
    (one, _), (other, sent) = socket_with(slots), socket_with(slots)
    assert await one.take_slot()
    assert not await other.take_slot()
    assert "SIS.0312" in sent.texts[0]
    other.release_slot()
    one.release_slot()
    one.release_slot()
    assert slots.taken == 0


async def test_a_voice_speaks_in_a_thread() -> None:
    """Its audio comes as it is made, to the end."""
    socket, _ = socket_with(Slots(1))
    request = SpeechRequest("en-us", "cameal")
    made = [item async for item in socket.make("one two", request)]
    assert sum(len(item) for item in made if isinstance(item, bytes)) > 0


async def test_what_fails_ends() -> None:
    """ERROR, then END."""
    socket, sent = socket_with(Slots(1))
    await socket.fail("SIS.0401", "told to")
    assert ["SIS.0401" in sent.texts[0], '"reason":"ERROR"' in sent.texts[1]] == [True, True]
