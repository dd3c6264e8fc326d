"""Cases of synthesis (RTTS), and of the handshake."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import InvalidStatus

from ivr_agi.audio.levels import rms_dbfs
from tests.sis.conformance.case import case
from tests.sis.conformance.endpoint import Endpoint
from tests.sis.conformance.peer import Message, Peer


async def spoken(endpoint: Endpoint, *, text: str = "", **config: object) -> Peer:
    """Speak; gives the finished connection with its messages and audio."""
    async with endpoint.connect("rtts") as peer:
        await peer.send(
            command="START",
            text=text or endpoint.text,
            config={"property": endpoint.voice, **config},
        )
        await peer.until("END", "ERROR", "FATAL_ERROR")
        return peer


async def refused(endpoint: Endpoint, **message: object) -> Message:
    """Ask for what cannot be; gives the error."""
    async with endpoint.connect("rtts") as peer:
        await peer.send(command="START", **message)
        return (await peer.until("END", "ERROR", "FATAL_ERROR"))[-1]


@case("2.1", "sentence", "rtts")
async def a_token_is_needed(endpoint: Endpoint, path: str) -> None:
    """Without one the upgrade is refused, with a body that says why (12.2)."""
    with pytest.raises(InvalidStatus) as caught:
        async with endpoint.connect(path, headers={}):
            pass
    response = caught.value.response
    assert response.status_code in (401, 403)
    assert json.loads(response.body or b"{}")["error_code"].startswith("APIG")


@case("3", "sentence", "rtts")
async def plain_handshake(endpoint: Endpoint, path: str) -> None:
    """No subprotocol, no extension."""
    async with endpoint.connect(path) as peer:
        assert peer.socket.subprotocol is None
        assert peer.socket.response is not None
        assert "Sec-WebSocket-Extensions" not in peer.socket.response.headers


@case("3", "sentence", "rtts")
async def pings_are_answered(endpoint: Endpoint, path: str) -> None:
    """Within the 10 s that the vendor's SDK waits."""
    async with endpoint.connect(path) as peer:
        pong = await peer.socket.ping()
        assert await pong < 10


@case("9", "rtts")
async def text_to_audio(endpoint: Endpoint, path: str) -> None:
    """START, audio (s16le: whole samples), END NORMAL, one trace_id; no RESULT unasked."""
    peer = await spoken(endpoint)
    assert [message["resp_type"] for message in peer.messages] == ["START", "END"]
    assert peer.messages[-1]["reason"] == "NORMAL"
    assert len({message["trace_id"] for message in peer.messages}) == 1
    assert len(peer.audio) > 8000
    assert len(peer.audio) % 2 == 0


@case("9", "rtts")
async def rates_and_codings(endpoint: Endpoint, path: str) -> None:
    """16 kHz has twice the bytes of 8 kHz, G.711 half of PCM's."""
    n_bytes = len((await spoken(endpoint)).audio)
    for factor, config in (
        (2.0, {"sample_rate": "16000"}),
        (0.5, {"audio_format": "ulaw"}),
        (0.5, {"audio_format": "alaw"}),
        (1.0, {"audio_format": "ulaw", "sample_rate": "16000"}),
    ):
        audio = (await spoken(endpoint, **config)).audio
        assert len(audio) == pytest.approx(factor * n_bytes, rel=0.1), config


@case("9", "rtts")
async def speed_and_volume(endpoint: Endpoint, path: str) -> None:
    """Faster is shorter, louder is louder."""
    fast, slow = [(await spoken(endpoint, speed=speed)).audio for speed in (300, -300)]
    assert len(fast) < 0.8 * len(slow)
    loud, soft = [
        rms_dbfs(bytes((await spoken(endpoint, volume=volume)).audio)) for volume in (100, 20)
    ]
    assert loud > soft + 3


@case("9", "rtts")
async def pitch_is_taken(endpoint: Endpoint, path: str) -> None:
    """Both ends of the range."""
    for pitch in (-500, 500):
        assert (await spoken(endpoint, pitch=pitch)).messages[-1].get("reason") == "NORMAL"


@case("9", "rtts")
async def subtitles(endpoint: Endpoint, path: str) -> None:
    """When asked for: words with times inside the audio, in order."""
    peer = await spoken(endpoint, property=endpoint.markup_voice, subtitle="word_level")
    words = [word for message in peer.messages for word in message.get("result", ())]
    assert words
    times = [time for word in words for time in (word["start_time"], word["end_time"])]
    assert times == sorted(times)
    assert times[-1] <= len(peer.audio) / 16 + 200  # 100 ms may follow the last word
    assert peer.messages[-1]["reason"] == "NORMAL"


@case("9", "rtts")
async def phonemes(endpoint: Endpoint, path: str) -> None:
    """The finer level has the sounds of each word."""
    peer = await spoken(endpoint, property=endpoint.markup_voice, subtitle="phoneme_level")
    words = [word for message in peer.messages for word in message.get("result", ())]
    sounds = [sound for word in words for sound in word.get("phonemes") or ()]
    assert sounds
    assert all(sound["start_time"] <= sound["end_time"] for sound in sounds)


@case("11", "rtts")
async def markup(endpoint: Endpoint, path: str) -> None:
    """SSML is spoken, not read out: a break of a second makes it longer by that."""
    plain = await spoken(endpoint, property=endpoint.markup_voice, text="<speak>你好你好</speak>")
    paused = await spoken(
        endpoint,
        property=endpoint.markup_voice,
        text='<speak>你好<break time="1000ms"/>你好</speak>',
    )
    assert len(paused.audio) - len(plain.audio) == pytest.approx(16_000, rel=0.4)


@case("12.1", "rtts")
async def what_a_voice_cannot_do(endpoint: Endpoint, path: str) -> None:
    """Each mistake has its code."""
    voice = {"property": endpoint.voice}
    for code, config in (
        ("SIS.0411", {"property": "klingon_worf_common"}),
        ("SIS.0402", {**voice, "sample_rate": "44100"}),
        ("SIS.0410", {**voice, "audio_format": "flac"}),
    ):
        error = await refused(endpoint, text=endpoint.text, config=config)
        assert (error["resp_type"], error["error_code"]) == ("ERROR", code), config


@case("12.1", "rtts")
async def no_text(endpoint: Endpoint, path: str) -> None:
    """An empty text, or none, is an error."""
    for message in ({"text": ""}, {}):
        error = await refused(endpoint, config={"property": endpoint.voice}, **message)
        assert error["resp_type"] == "ERROR"
        assert error["error_code"].startswith("SIS.")


@case("12.1", "rtts")
async def one_text_per_socket(endpoint: Endpoint, path: str) -> None:
    """A second START while the first is being spoken is SIS.0418."""
    async with endpoint.connect(path) as peer:
        for _ in range(2):
            await peer.send(
                command="START", text=endpoint.text * 5, config={"property": endpoint.voice}
            )
        *_, error = await peer.until("ERROR", "FATAL_ERROR")
        assert error["error_code"] == "SIS.0418"


@case("12.1", "rtts")
async def no_start_in_time(endpoint: Endpoint, path: str) -> None:
    """A socket that nobody speaks on is ended, with a code or without."""
    async with endpoint.connect(path, is_hasty=True) as peer:
        message = await peer.receive()
        if message is not None:
            assert message["error_code"] in ("SIS.0416", "SIS.0304")
            assert message["resp_type"] in ("ERROR", "FATAL_ERROR")


@case("1", "sentence", policy=True)
async def old_paths(endpoint: Endpoint, path: str) -> None:
    """Samples of 2021 wrote ``/asr/`` for ``/rasr/``."""
    async with endpoint.connect(path.replace("rasr/", "asr/")) as peer:
        answer = await peer.start({"audio_format": "pcm8k16bit", "property": endpoint.model})
        assert answer["resp_type"] == "START"
