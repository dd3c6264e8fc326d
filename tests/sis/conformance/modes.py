"""Cases of recognition (RASR) in one mode only: short, sentence, continue."""

from __future__ import annotations

import contextlib
from array import array

from websockets.exceptions import ConnectionClosed

from tests.sis.conformance.case import case
from tests.sis.conformance.endpoint import Endpoint
from tests.sis.conformance.peer import quiet, texts
from tests.sis.conformance.session import began, heard, kinds


@case("6", "short", "continue")
async def no_events(endpoint: Endpoint, path: str) -> None:
    """Only sentence-stream has voice events."""
    assert "EVENT" not in [message["resp_type"] for message in await heard(endpoint, path)]


@case("7", "short")
async def words_come_after_end(endpoint: Endpoint, path: str) -> None:
    """The whole utterance is one: its final words are the answer to END, pauses or not."""
    speech = await endpoint.speech()
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, vad_tail=500, vad_head=1000)
        await peer.say(quiet(1500) + speech + quiet(1500) + speech + quiet(500))
        await peer.listen(1.5)
        assert texts(peer.messages) == []
        await peer.end()
        assert texts(peer.messages)
        assert kinds(peer.messages)[-2:] == ["RESULT", "END"]


@case("6", "short")
async def too_much_audio(endpoint: Endpoint, path: str) -> None:
    """Beyond 60 s: the event of 2021, or SIS.0309 (8, row 6)."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint)
        for _ in range(62):
            await peer.say(bytes(16_000))
        with contextlib.suppress(ConnectionClosed):
            await peer.send(command="END", cancel=False)
        messages = await peer.until("END", "FATAL_ERROR")
        codes = {message.get("error_code") for message in messages}
        assert "EXCEEDED_AUDIO" in kinds(messages) or "SIS.0309" in codes


@case("6", "sentence")
async def voice_events(endpoint: Endpoint, path: str) -> None:
    """One VOICE_START before all words, one VOICE_END."""
    found = kinds(await heard(endpoint, path, interim_results="yes"))
    assert found.count("VOICE_START") == found.count("VOICE_END") == 1
    assert found.index("VOICE_START") < found.index("RESULT")


@case("8, row 2", "sentence", policy=True)
async def words_before_voice_end(endpoint: Endpoint, path: str) -> None:
    """Old clients close on VOICE_END: the words must be out by then."""
    found = kinds(await heard(endpoint, path))
    assert found == ["START", "VOICE_START", "RESULT", "VOICE_END", "END"]


@case("6", "sentence")
async def nothing_was_said(endpoint: Endpoint, path: str) -> None:
    """After ``vad_head`` of silence: EXCEEDED_SILENCE, without a voice and without words."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, vad_head=1000)
        await peer.say(quiet(3000))
        await peer.until("EXCEEDED_SILENCE")
        assert (await peer.end())[-1]["reason"] == "NORMAL"
        assert "VOICE_START" not in kinds(peer.messages)
        assert texts(peer.messages) == []


def trimmed(speech: bytes) -> tuple[bytes, int]:
    """Speech up to its last sample above 3 % of the peak; and milliseconds to the first."""
    samples = array("h", speech)
    least = 0.03 * max(map(abs, samples))
    loud = [at for at, sample in enumerate(samples) if abs(sample) > least]
    return speech[: 2 * loud[-1] + 2], loud[0] // 8


@case("5", "sentence")
async def tail_of_silence(endpoint: Endpoint, path: str) -> None:
    """``vad_tail`` ends the sentence; a pause that is clearly shorter does not."""
    speech, _ = trimmed(await endpoint.speech())
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, vad_tail=1000)
        await peer.say(quiet(500) + speech + quiet(750))
        await peer.listen(1.0)
        assert "VOICE_END" not in kinds(peer.messages)
        await peer.say(quiet(600))
        await peer.until("VOICE_END")


@case("5", "sentence")
async def longest_sentence(endpoint: Endpoint, path: str) -> None:
    """``max_seconds`` of speech end it while it goes on."""
    speech, _ = trimmed(await endpoint.speech())
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, max_seconds=1, vad_tail=3000)
        await peer.say(quiet(500) + speech * 4)
        await peer.until("VOICE_END", "EXCEEDED_SILENCE")


@case("5", "sentence", policy=True)
async def times_of_the_audio(endpoint: Endpoint, path: str) -> None:
    """Begin, end and ``vad_tail`` within 60 ms of the sound, at whatever speed it is sent."""
    speech, lead_ms = trimmed(await endpoint.speech())
    begin_ms, end_ms = 500 + lead_ms, 500 + len(speech) // 16
    for chunk_ms in (20, 100, 2000):
        async with endpoint.connect(path) as peer:
            await began(peer, endpoint, vad_tail=500)
            audio = quiet(500) + speech + quiet(1500)
            for at in range(0, len(audio), 16 * chunk_ms):
                await peer.socket.send(audio[at : at + 16 * chunk_ms])
            *_, result, ended = await peer.until("VOICE_END")
            [segment] = result["segments"]
            assert abs(segment["start_time"] - begin_ms) <= 60
            assert abs(segment["end_time"] - end_ms) <= 60
            assert abs(ended["timestamp"] - end_ms - 500) <= 60


@case("8, row 7", "sentence", policy=True)
async def no_head_is_the_longest(endpoint: Endpoint, path: str) -> None:
    """``vad_head`` 0 is 60 s: not the end at once, and not for ever."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, vad_head=0)
        await peer.say(bytes(16 * 59_800))
        await peer.listen(0.5)
        assert kinds(peer.messages) == ["START"]
        await peer.say(bytes(16 * 200))
        await peer.until("EXCEEDED_SILENCE")


@case("6", "sentence")
async def only_one_sentence(endpoint: Endpoint, path: str) -> None:
    """Audio after the sentence's end is ignored."""
    speech = await endpoint.speech()
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint)
        await peer.say(2 * (quiet(500) + speech + quiet(1500)))
        await peer.until("VOICE_END")
        await peer.end()
        assert kinds(peer.messages).count("VOICE_START") == 1
        finals = {
            segment["start_time"]
            for message in peer.messages
            for segment in message.get("segments", ())
            if segment["is_final"]
        }
        assert len(finals) == 1


@case("8, row 3", "sentence", policy=True)
async def no_end_unasked(endpoint: Endpoint, path: str) -> None:
    """After EXCEEDED_SILENCE the session waits for the client's END."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, vad_head=500)
        await peer.say(quiet(2000))
        await peer.until("EXCEEDED_SILENCE")
        (ended,) = await peer.end()
        assert ended["reason"] == "NORMAL"


@case("6", "continue")
async def sentence_after_sentence(endpoint: Endpoint, path: str) -> None:
    """Each pause of ``vad_tail`` gives final words; their times go on."""
    speech = await endpoint.speech()
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint)
        await peer.say(3 * (quiet(500) + speech + quiet(1500)))
        while len(texts(peer.messages)) < 3:
            assert await peer.receive() is not None
        await peer.end()
        starts = [
            segment["start_time"]
            for message in peer.messages
            for segment in message.get("segments", ())
            if segment["is_final"] and segment["result"]["text"]
        ]
        assert len(set(starts)) >= 3
        assert starts == sorted(starts)


@case("6", "continue")
async def silence_ends_nothing(endpoint: Endpoint, path: str) -> None:
    """``vad_head`` cuts only: words that come later are heard."""
    speech = await endpoint.speech()
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, vad_head=1000)
        await peer.say(quiet(4000) + speech + quiet(1500))
        await peer.end()
        assert texts(peer.messages)
        assert "EVENT" not in [message["resp_type"] for message in peer.messages]
