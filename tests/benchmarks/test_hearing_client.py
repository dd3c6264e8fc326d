"""The client that says sentences, at a server whose engines do as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.hearing_client import HearingClient, Understood
from ivr_agi.errors import SpeechRejected
from ivr_agi.speech_server.server import SpeechServer
from tests.patience import PATIENCE_S
from tests.speech_server.fakes import LevelVad, ListRecognizer, ToneVoice, loud, silence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def server() -> AsyncIterator[SpeechServer]:
    """A server with one worker and room for two."""
    async with SpeechServer(
        vad=LevelVad(),
        recognizer=ListRecognizer(),
        voice=ToneVoice(),
        workers=1,
        max_sessions=2,
        idle_timeout_s=PATIENCE_S,
        words_within_s=PATIENCE_S,
        finish_timeout_s=PATIENCE_S,
    ) as running:
        yield running


SENTENCE = silence(320) + loud(400) + silence(1000)


async def test_sentences(server: SpeechServer) -> None:
    """One after the other on one socket: where the voice began, the words, how long they took."""
    async with HearingClient(server.url, "en") as client:
        table = await client.make_table(["yes", "no"])
        for paced_from_ms in (None, 600):
            heard = await client.say(SENTENCE, table, paced_from_ms=paced_from_ms)
            assert (heard.words, heard.score) == ("yes", 0.9)
            assert heard.voice_start_ms == 384
            assert heard.voice_end_to_words_ms is not None
            assert heard.voice_end_to_words_ms > 0


async def test_silence(server: SpeechServer) -> None:
    """Nothing is heard."""
    async with HearingClient(server.url, "zh") as client:
        table = await client.make_table(["是", "不"])
        assert await client.say(silence(1000), table) == Understood()


async def test_a_voice_without_an_end(server: SpeechServer) -> None:
    """The words come after our END."""
    async with HearingClient(server.url, "en") as client:
        table = await client.make_table(["yes", "no"])
        heard = await client.say(silence(320) + loud(400), table)
        assert heard.words == "yes"


async def test_refusals(server: SpeechServer) -> None:
    """A table that cannot be, and one that the engine refuses."""
    async with HearingClient(server.url, "en") as client:
        with pytest.raises(SpeechRejected, match="SIS.0203"):
            await client.make_table([""])
        with pytest.raises(SpeechRejected, match="SIS.0031"):
            await client.say(SENTENCE, await client.make_table(["REFUSE"]))


async def test_a_sentence_that_stays_open(server: SpeechServer) -> None:
    """Its session is held until the socket is closed."""
    async with HearingClient(server.url, "en") as client:
        await client.start_voice(loud(400), await client.make_table(["yes", "no"]))
        async with HearingClient(server.url, "en") as other:
            await other.begin(None)
            async with HearingClient(server.url, "en", is_patient=False) as third:
                with pytest.raises(SpeechRejected, match="SIS.0312"):
                    await third.begin(None)
