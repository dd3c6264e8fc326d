"""Synthesis over a real WebSocket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ivr_agi.speech_server.engines.base import SpeechRequest

if TYPE_CHECKING:
    from tests.speech_server.conftest import Connect
    from tests.speech_server.fakes import ToneVoice

VOICE = {"property": "english_cameal_common"}


@pytest.mark.parametrize(
    ("config", "bytes_per_second"),
    [
        ({}, 16000),
        ({"sample_rate": "16000"}, 32000),
        ({"sample_rate": 8000, "audio_format": "ulaw"}, 8000),
        ({"sample_rate": "16000", "audio_format": "alaw"}, 16000),
    ],
)
async def test_a_text_becomes_audio(
    rtts: Connect, config: dict[str, object], bytes_per_second: int
) -> None:
    """START, audio in frames of at most 4000 bytes, END."""
    async with rtts() as peer:
        await peer.send(command="START", text="one two three", config={**VOICE, **config})
        assert (await peer.receive())["resp_type"] == "START"
        end = await peer.receive()
        assert (end["resp_type"], end["reason"]) == ("END", "NORMAL")
        assert len(peer.audio) == pytest.approx(0.3 * bytes_per_second, rel=0.02)
        assert max(peer.frames) <= 4000


async def test_style_reaches_the_voice(rtts: Connect, voice: ToneVoice) -> None:
    """Language and speaker from the property, the rest as it is; the default speaks Mandarin."""
    async with rtts() as peer:
        style = {**VOICE, "speed": -500, "pitch": 200, "volume": 100}
        await peer.send(command="START", text="x", config=style)
        assert await peer.names(2) == ["START", "END NORMAL"]
    async with rtts() as peer:
        await peer.send(command="START", text="x")
        assert await peer.names(2) == ["START", "END NORMAL"]
    assert voice.requests[-2:] == [  # the first are the server's own, when it measures the machine
        SpeechRequest("en-us", "cameal", speed=-500, pitch=200, volume=100),
        SpeechRequest("cmn", "xiaoyan"),
    ]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"text": "x", "config": {"property": "english_nobody_common"}}, "SIS.0411"),
        ({"text": "x", "config": {"property": ""}}, "SIS.0411"),
        ({"text": "x", "config": {**VOICE, "sample_rate": "11025"}}, "SIS.0402"),
        ({"text": "x", "config": {**VOICE, "audio_format": "mp3"}}, "SIS.0410"),
        ({"text": "x", "config": {**VOICE, "speed": 501}}, "SIS.0415"),
        ({"text": " "}, "SIS.0415"),
        ({"text": "x" * 10_001}, "SIS.0415"),
        ({}, "SIS.0012"),
    ],
)
async def test_bad_start(rtts: Connect, message: dict[str, object], code: str) -> None:
    """ERROR with the code of the field, and the next START may be right."""
    async with rtts() as peer:
        await peer.send(command="START", **message)
        assert await peer.names(1) == [f"ERROR {code}"]
        await peer.send(command="START", text="x", config=VOICE)
        assert await peer.names(2) == ["START", "END NORMAL"]


async def test_one_text_for_each_connection(rtts: Connect) -> None:
    """SIS.0418 while it speaks."""
    async with rtts() as peer:
        await peer.send(command="START", text="ENDLESS", config=VOICE)
        await peer.send(command="START", text="x", config=VOICE)
        assert await peer.names(2) == ["START", "ERROR SIS.0418"]


async def test_client_that_closes_stops_the_voice(rtts: Connect, voice: ToneVoice) -> None:
    """Barge-in: nothing is made that nobody wants."""
    async with rtts() as peer:
        await peer.send(command="START", text="ENDLESS", config=VOICE)
        assert await peer.names(1) == ["START"]
    assert await asyncio.to_thread(voice.stopped.wait, 5)


async def test_too_many_at_once(rtts: Connect) -> None:
    """The server has room for two; the third is told so, and may try again."""
    async with rtts() as first, rtts() as second, rtts() as third:
        for peer in (first, second):
            await peer.send(command="START", text="ENDLESS", config=VOICE)
            assert await peer.names(1) == ["START"]
        await third.send(command="START", text="x", config=VOICE)
        assert await third.names(1) == ["ERROR SIS.0312"]


async def test_voice_that_breaks(rtts: Connect) -> None:
    """The client is told; the server goes on."""
    async with rtts() as peer:
        await peer.send(command="START", text="BROKEN", config=VOICE)
        assert await peer.names(3) == ["START", "ERROR SIS.0401", "END ERROR"]


@pytest.mark.parametrize("idle_timeout_s", [0.5])
async def test_idle_client_is_cut(rtts: Connect) -> None:
    """Nothing to speak for too long, with audio frames that mean nothing here."""
    async with rtts() as peer:
        await peer.ws.send_bytes(b"x")
        assert await peer.names(2) == ["FATAL_ERROR SIS.0416", "closed"]


async def test_long_texts_are_made_piece_by_piece(rtts: Connect, voice: ToneVoice) -> None:
    """Cut at ends of sentences; SSML stays whole, a document cut in two is none."""
    config = {"property": "english_amy_common"}
    sentence = "You can say sales, billing, or operator at any time."
    markup = f"<speak>{sentence * 10}</speak>"
    for text in (" ".join([sentence] * 12), markup):
        async with rtts() as peer:
            await peer.send(command="START", text=text, config=config)
            assert await peer.names(2) == ["START", "END NORMAL"]
    pieces = [*[" ".join([sentence] * 5)] * 2, " ".join([sentence] * 2), markup]
    assert voice.texts[-4:] == pieces


@pytest.mark.parametrize("idle_timeout_s", [0.5])
async def test_client_that_listens_is_not_idle(rtts: Connect, voice: ToneVoice) -> None:
    """Half a second is the idle time here: a long speech goes on, and its end starts the clock."""
    async with rtts() as peer:
        await peer.send(command="START", text="ENDLESS", config=VOICE)
        assert await peer.names(1) == ["START"]
        await asyncio.sleep(0.7)
        assert not voice.stopped.is_set()
    async with rtts() as peer:
        await peer.send(command="START", text="x", config=VOICE)
        assert await peer.names(4) == ["START", "END NORMAL", "FATAL_ERROR SIS.0304", "closed"]


@pytest.mark.parametrize("level", ["word_level", "phoneme_level"])
async def test_subtitles(rtts: Connect, level: str) -> None:
    """RESULTs with times, of the audio that was sent (sis-protocol.md 9)."""
    async with rtts() as peer:
        await peer.send(command="START", text="one two", config={**VOICE, "subtitle": level})
        answers = [await peer.receive() for _ in range(4)]
        assert [answer["resp_type"] for answer in answers] == ["START", "RESULT", "RESULT", "END"]
        [first], [second] = answers[1]["result"], answers[2]["result"]
        assert (first["text"], first["start_time"], first["end_time"]) == ("one", 0, 90)
        assert (second["text"], second["word_index"], second["start_time"]) == ("two", 1, 100)
        assert ("phonemes" in first) == (level == "phoneme_level")
        if "phonemes" in first:
            assert [sound["phoneme"] for sound in first["phonemes"]] == ["o", "e"]
            assert [sound["phoneme_index"] for sound in first["phonemes"]] == [0, 1]


async def test_no_result_without_subtitle(rtts: Connect) -> None:
    """It would break the vendor's client (14.1 row 7)."""
    async with rtts() as peer:
        await peer.send(command="START", text="one two", config=VOICE)
        assert await peer.names(2) == ["START", "END NORMAL"]


async def test_times_go_on_from_piece_to_piece(rtts: Connect) -> None:
    """A long text is made in pieces; its clock is one."""
    async with rtts() as peer:
        text = "one two. " * 40
        await peer.send(command="START", text=text, config={**VOICE, "subtitle": "word_level"})
        await peer.receive()
        infos = [(await peer.receive())["result"][0] for _ in range(80)]
        assert [info["start_time"] for info in infos] == [100 * index for index in range(80)]


async def test_text_that_cannot_be_spoken(rtts: Connect) -> None:
    """E.g. markup that SIS does not have: SIS.0415."""
    async with rtts() as peer:
        await peer.send(command="START", text="REFUSE", config=VOICE)
        assert await peer.names(3) == ["START", "ERROR SIS.0415", "END ERROR"]
