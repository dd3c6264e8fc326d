"""The speech service of a rehearsal, seen through the real recogniser, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ivr_agi.errors import SpeechUnavailable
from ivr_agi.rehearsal.service import Listening, PaperService, ServiceFault, part_of
from ivr_agi.rehearsal.virtual import run_virtually
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client.recognizer import RecognitionClient
from ivr_agi.sis.wire.events import RecognitionEvent, RecognitionFailed, Transcribed
from ivr_agi.sis.wire.messages import (
    EndResponse,
    EventName,
    EventResponse,
    RecognitionConfig,
    encode,
)

CONFIG = RecognitionConfig(
    audio_format="pcm8k16bit",
    property="english_8k_common",
    vad_head=3000,
    vad_tail=500,
    interim_results="yes",
)
SERVICE = Endpoint(url="ws://127.0.0.1:9", project_id="p")

Act = Callable[[PaperService, RecognitionClient], Awaitable[None]]


def told(act: Act, *, fault: ServiceFault = ServiceFault.UP) -> list[tuple[float, str, str]]:
    """What a session tells: virtual time, event, words or error."""
    events: list[tuple[float, str, str]] = []

    def note(event: RecognitionEvent) -> None:
        detail: Any = ""
        if isinstance(event, Transcribed):
            detail = event.text
        elif isinstance(event, RecognitionFailed):
            detail = event.error
        now = asyncio.get_running_loop().time()
        events.append((round(now, 2), type(event).__name__, str(detail)))

    async def run() -> None:
        service = PaperService()
        recognizer = await service.connect(SERVICE, on_event=note)
        service.fail(fault)
        recognizer.start(CONFIG)
        await act(service, recognizer)
        await asyncio.sleep(20)
        await recognizer.close()

    run_virtually(run())
    return events


async def speak(service: PaperService, recognizer: RecognitionClient) -> None:
    """A sentence of a second, after a second."""
    await asyncio.sleep(1)
    service.speak("a cup of tea", 1.0)
    await asyncio.sleep(1.6)
    recognizer.end()


def test_a_sentence() -> None:
    """Voice, interim words, words, end: each when a good service says it."""
    assert told(speak) == [
        (0.0, "RecognitionStarted", ""),
        (1.12, "VoiceStarted", ""),
        (1.6, "Transcribed", "a cup"),
        (2.5, "Transcribed", "a cup of tea"),
        (2.5, "VoiceEnded", ""),
        (2.6, "RecognitionEnded", ""),
    ]


def test_silence() -> None:
    """As long as was asked for."""

    async def act(service: PaperService, recognizer: RecognitionClient) -> None:
        await asyncio.sleep(3.5)
        recognizer.end(cancel=True)
        service.speak("too late", 1.0)

    assert [event[:2] for event in told(act)] == [
        (0.0, "RecognitionStarted"),
        (3.0, "SilenceExceeded"),
        (3.5, "RecognitionEnded"),
    ]


def test_a_noise() -> None:
    """A voice, and then silence (8, row 5)."""

    async def act(service: PaperService, _: RecognitionClient) -> None:
        service.speak("", 0.4)

    assert [event[:2] for event in told(act)][1:] == [
        (0.12, "VoiceStarted"),
        (0.9, "SilenceExceeded"),
        (20.0, "RecognitionEnded"),
    ]


def test_a_session_that_begins_in_mid_sentence() -> None:
    """Half a second is in the pre-roll, what was said before is not; what was heard is done."""

    async def act(service: PaperService, recognizer: RecognitionClient) -> None:
        service.speak("one two three four five six seven eight nine ten", 4.0)
        await asyncio.sleep(2.5)
        for _ in range(2):
            recognizer.end(cancel=True)
            recognizer.start(CONFIG)
            await asyncio.sleep(3)

    words = [event[2] for event in told(act) if event[1] == "Transcribed"]
    assert words[0] == "one two three four five six"
    assert words[-1] == "six seven eight nine ten"


def test_the_end_of_the_client_takes_the_words_so_far() -> None:
    """END in mid-sentence: what has been said, then END."""

    async def act(service: PaperService, recognizer: RecognitionClient) -> None:
        service.speak("a cup of tea", 1.0)
        await asyncio.sleep(0.5)
        recognizer.end()

    assert [event[1:] for event in told(act)][2:] == [
        ("Transcribed", "a cup"),
        ("RecognitionEnded", ""),
    ]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (ServiceFault.DOWN, (0.0, "RecognitionFailed", "ws://127.0.0.1:9: the connection broke")),
        (ServiceFault.REFUSED, (0.0, "RecognitionFailed", "refused in this test")),
        (ServiceFault.DIES, (1.6, "RecognitionFailed", "the connection broke")),
        (ServiceFault.FROZEN, (5.0, "RecognitionFailed", "no answer to START")),
    ],
)
def test_faults(fault: ServiceFault, expected: tuple[float, str, str]) -> None:
    """Each as the client takes it."""

    async def act(service: PaperService, _: RecognitionClient) -> None:
        await asyncio.sleep(1)
        service.speak("a cup of tea", 1.0)

    at, name, detail = told(act, fault=fault)[-1]
    assert (at, name) == expected[:2]
    assert expected[2] in detail


def test_a_service_that_is_down_cannot_be_reached() -> None:
    """Until it is up again."""

    async def run() -> None:
        service = PaperService()
        service.fail(ServiceFault.DOWN)
        with pytest.raises(SpeechUnavailable):
            await service.connect(SERVICE, on_event=lambda _: None)
        service.fail(ServiceFault.UP)
        recognizer = await service.connect(SERVICE, on_event=lambda _: None)
        recognizer.end()  # harmless without a session
        await recognizer.close()

    run_virtually(run())


def test_parts_of_sentences() -> None:
    """By words, in Chinese by characters."""
    assert part_of("a cup of tea", 0, 0.5) == "a cup"
    assert part_of("a cup of tea", 0.5, 1) == "of tea"
    assert part_of("查询余额", 0, 0.5) == "查询"
    assert part_of("", 0, 1) == ""


class Echoing(Listening):
    """An engine that says how much it heard."""

    def hear(self, pcm: bytes) -> list[str]:
        return [encode(EventResponse(trace_id="t", event=EventName.VOICE_START))] if pcm else []

    def end(self, *, cancel: bool) -> list[str]:
        return [encode(EndResponse(trace_id="t"))]


@pytest.mark.parametrize("delay_s", [0.0, 0.15])
def test_an_engine_far_away(delay_s: float) -> None:
    """What it hears leads to messages, which come so much later."""
    events: list[tuple[float, str]] = []

    def note(event: RecognitionEvent) -> None:
        now = asyncio.get_running_loop().time()
        events.append((round(now, 3), type(event).__name__))

    async def run() -> None:
        service = PaperService(lambda *_: Echoing(), delay_s=delay_s)
        recognizer = await service.connect(SERVICE, on_event=note)
        recognizer.start(CONFIG)
        await asyncio.sleep(1)
        recognizer.send_audio(bytes(320))
        await asyncio.sleep(1)
        recognizer.end()
        await asyncio.sleep(1)
        service.fail(ServiceFault.FROZEN)
        recognizer.send_audio(bytes(320))
        await recognizer.close()

    run_virtually(run())
    times = dict(reversed([(name, at) for at, name in events]))
    assert times["VoiceStarted"] == pytest.approx(1 + delay_s)
    assert times["RecognitionEnded"] == pytest.approx(2 + delay_s)
