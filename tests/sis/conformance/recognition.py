"""Cases of recognition (RASR): what holds in every mode, and what in one only."""

from __future__ import annotations

import contextlib
from array import array

from websockets.exceptions import ConnectionClosed

from ivr_agi.audio.g711 import pcm_to_ulaw
from tests.sis.conformance.case import case
from tests.sis.conformance.endpoint import Endpoint
from tests.sis.conformance.peer import Message, Peer, quiet, texts


def config(endpoint: Endpoint, **changes: object) -> Message:
    """A configuration, with changes."""
    return {"audio_format": "pcm8k16bit", "property": endpoint.model, "vad_tail": 500, **changes}


async def began(peer: Peer, endpoint: Endpoint, **changes: object) -> Message:
    """Begin a session that must be accepted."""
    answer = await peer.start(config(endpoint, **changes))
    assert answer["resp_type"] == "START", answer
    return answer


async def heard(endpoint: Endpoint, path: str, **changes: object) -> list[Message]:
    """One session with one sentence in it: all messages, END the last."""
    speech = await endpoint.speech()
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, **changes)
        await peer.say(quiet(500) + speech + quiet(1500))
        await peer.end()
        return peer.messages


def kinds(messages: list[Message]) -> list[str]:
    """Types, and names of events."""
    return [message.get("event") or message["resp_type"] for message in messages]


# --- Every mode ----------------------------------------------------------------------------------


@case("4.2")
async def start_and_end(endpoint: Endpoint, path: str) -> None:
    """START is answered with START, END with END NORMAL, both with one trace_id."""
    async with endpoint.connect(path) as peer:
        started = await began(peer, endpoint)
        await peer.say(quiet(300))
        *_, ended = await peer.end()
        assert ended["reason"] == "NORMAL"
        assert started["trace_id"] == ended["trace_id"]


@case("4.1")
async def cancelled(endpoint: Endpoint, path: str) -> None:
    """END with ``cancel``: END CANCEL, and no results after it was asked."""
    speech = await endpoint.speech()
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint)
        await peer.say(quiet(300) + speech[: len(speech) // 4 * 2])
        assert kinds(await peer.end(cancel=True))[-1] == "END"
        assert peer.messages[-1]["reason"] == "CANCEL"
        assert texts(peer.messages) == []


@case("4.1")
async def cancel_in_quotes(endpoint: Endpoint, path: str) -> None:
    """The vendor's SDK sends ``"false"`` as a string (14.1, 1)."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint)
        await peer.say(quiet(300))
        assert (await peer.end(cancel="false"))[-1]["reason"] == "NORMAL"


@case("14.1, 2")
async def config_of_the_vendors_sdk(endpoint: Endpoint, path: str) -> None:
    """It sends ``vad_threshold`` always, which no document has."""
    sdk: Message = {
        "audio_format": "pcm8k16bit",
        "property": endpoint.model,
        "add_punc": "no",
        "digit_norm": "yes",
        "vad_head": 10000,
        "vad_tail": 500,
        "max_seconds": 30,
        "interim_results": "no",
        "vad_threshold": 0,
        "need_word_info": "no",
    }
    async with endpoint.connect(path) as peer:
        assert (await peer.start(sdk))["resp_type"] == "START"


@case("4.3")
async def error_keeps_the_socket(endpoint: Endpoint, path: str) -> None:
    """A START that is refused has ERROR and no END; the next one is taken."""
    async with endpoint.connect(path) as peer:
        refused = await peer.start(config(endpoint, audio_format="mp3"))
        assert refused["resp_type"] == "ERROR"
        assert refused["error_code"].startswith("SIS.")
        assert isinstance(refused["error_msg"], str)
        await began(peer, endpoint)


@case("4.3")
async def start_twice(endpoint: Endpoint, path: str) -> None:
    """ERROR, then END ERROR; the socket takes another session."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint)
        assert (await peer.start(config(endpoint)))["resp_type"] == "ERROR"
        (ended,) = await peer.until("END")
        assert ended["reason"] == "ERROR"
        await began(peer, endpoint)


@case("4.3")
async def sessions_in_a_row(endpoint: Endpoint, path: str) -> None:
    """One socket carries one session after the other (8, row 1)."""
    async with endpoint.connect(path) as peer:
        for _ in range(3):
            await began(peer, endpoint)
            await peer.say(quiet(200))
            assert (await peer.end())[-1]["reason"] == "NORMAL"


@case("5")
async def rate_of_another_model(endpoint: Endpoint, path: str) -> None:
    """16 kHz audio for an 8 kHz model is SIS.0301."""
    async with endpoint.connect(path) as peer:
        refused = await peer.start(config(endpoint, audio_format="pcm16k16bit"))
        assert (refused["resp_type"], refused["error_code"]) == ("ERROR", "SIS.0301")


@case("5")
async def every_format_is_taken(endpoint: Endpoint, path: str) -> None:
    """Six formats, three for each rate."""
    async with endpoint.connect(path) as peer:
        for rate, model in (("8k", endpoint.model), ("16k", endpoint.model_16k)):
            for name in (f"pcm{rate}16bit", f"ulaw{rate}8bit", f"alaw{rate}8bit"):
                await began(peer, endpoint, audio_format=name, property=model)
                assert (await peer.end(cancel=True))[-1]["resp_type"] == "END"


@case("12.1")
async def values_out_of_range(endpoint: Endpoint, path: str) -> None:
    """Each is an ERROR of its own, and none ends the socket."""
    wrong: list[Message] = [
        {"vad_head": 60_001},
        {"vad_tail": 3001},
        {"max_seconds": 61},
        {"add_punc": "perhaps"},
        {"interim_results": "perhaps"},
        {"property": "klingon_8k_common"},
    ]
    async with endpoint.connect(path) as peer:
        for changes in wrong:
            refused = await peer.start(config(endpoint, **changes))
            assert refused["resp_type"] == "ERROR", changes
            assert refused["error_code"].startswith("SIS."), changes


@case("12.1")
async def unknown_vocabulary(endpoint: Endpoint, path: str) -> None:
    """A hot-word table that is not there is SIS.0201."""
    async with endpoint.connect(path) as peer:
        refused = await peer.start(config(endpoint, vocabulary_id="no-such-table"))
        assert (refused["resp_type"], refused["error_code"]) == ("ERROR", "SIS.0201")


@case("12.1")
async def no_json(endpoint: Endpoint, path: str) -> None:
    """A text frame that is no JSON is SIS.0032, or ends the socket."""
    async with endpoint.connect(path) as peer:
        await peer.socket.send("START")
        answer = await peer.receive()
        assert answer is None or answer["error_code"] == "SIS.0032"


@case("4.2")
async def words_of_a_sentence(endpoint: Endpoint, path: str) -> None:
    """Finals have text, score from 0 to 1 and times in order; without asking, no interim ones."""
    messages = await heard(endpoint, path)
    assert texts(messages)
    assert texts(messages, is_final=False) == []
    for message in messages:
        for segment in message.get("segments", ()):
            assert 0 <= segment["start_time"] <= segment["end_time"]
            assert 0 <= segment["result"]["score"] <= 1
            assert not segment["result"].get("word_info")
    assert messages[-1]["reason"] == "NORMAL"


@case("4.2")
async def interim_results(endpoint: Endpoint, path: str) -> None:
    """When asked for, words that may still change come before the final ones."""
    messages = await heard(endpoint, path, interim_results="yes")
    finality = [
        segment["is_final"] for message in messages for segment in message.get("segments", ())
    ]
    assert not finality[0]
    assert finality[-1]


@case("4.2")
async def word_times(endpoint: Endpoint, path: str) -> None:
    """When asked for, each word has its times, inside the segment's, in order."""
    messages = await heard(endpoint, path, need_word_info="yes")
    segments = [
        segment
        for message in messages
        for segment in message.get("segments", ())
        if segment["is_final"] and segment["result"]["text"]
    ]
    assert segments
    for segment in segments:
        words = segment["result"]["word_info"]
        assert "".join(word["word"] for word in words)
        times = [time for word in words for time in (word["start_time"], word["end_time"])]
        assert times == sorted(times)
        assert segment["start_time"] <= times[0]
        assert times[-1] <= segment["end_time"]


@case("5")
async def g711_is_understood(endpoint: Endpoint, path: str) -> None:
    """Mu-law as a telephone line gives it."""
    audio = pcm_to_ulaw(quiet(500) + await endpoint.speech() + quiet(1500))
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, audio_format="ulaw8k8bit")
        await peer.say(audio, bytes_per_s=8000)
        await peer.end()
        assert texts(peer.messages)


@case("6")
async def idle_socket(endpoint: Endpoint, path: str) -> None:
    """No data for 20 s in a session: FATAL_ERROR SIS.0304, and the service closes."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint)
        *_, fatal = await peer.until("FATAL_ERROR")
        assert fatal["error_code"] == "SIS.0304"
        assert await peer.receive() is None


@case("8, row 4", policy=True)
async def end_without_session(endpoint: Endpoint, path: str) -> None:
    """END NORMAL: an ERROR would poison the vendor's client."""
    async with endpoint.connect(path) as peer:
        (ended,) = await peer.end()
        assert ended["reason"] == "NORMAL"


@case("8, row 8", policy=True)
async def frames_too_long(endpoint: Endpoint, path: str) -> None:
    """32768 bytes are taken; one more is SIS.0032, and END ERROR."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint)
        await peer.socket.send(bytes(32_768))
        await peer.socket.send(bytes(32_769))
        *_, refused, ended = await peer.until("END")
        assert refused["error_code"] == "SIS.0032"
        assert ended["reason"] == "ERROR"


@case("8, row 8", policy=True)
async def a_short_last_frame(endpoint: Endpoint, path: str) -> None:
    """The vendor's SDK sends what is left, of any length."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint)
        await peer.say(quiet(300))
        await peer.socket.send(b"\0")
        assert (await peer.end())[-1]["reason"] == "NORMAL"


@case("8, row 9", policy=True)
async def everything_at_once(endpoint: Endpoint, path: str) -> None:
    """The vendor's Java sample sends START, audio and END without waiting."""
    speech = await endpoint.speech()
    async with endpoint.connect(path) as peer:
        await peer.send(command="START", config=config(endpoint))
        await peer.say(quiet(500) + speech + quiet(1500))
        await peer.end()
        assert peer.messages[0]["resp_type"] == "START"
        assert texts(peer.messages)


@case("8, row 9", policy=True)
async def audio_between_sessions(endpoint: Endpoint, path: str) -> None:
    """It is ignored."""
    async with endpoint.connect(path) as peer:
        await peer.say(quiet(200))
        await began(peer, endpoint)


@case("8, row 10", policy=True)
async def unknown_keys(endpoint: Endpoint, path: str) -> None:
    """They are ignored."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, favourite_colour="blue")


@case("8, row 11", policy=True)
async def numbers_in_quotes(endpoint: Endpoint, path: str) -> None:
    """Numeric strings are taken for numbers."""
    async with endpoint.connect(path) as peer:
        await began(peer, endpoint, vad_head="10000", max_seconds="30")


@case("8, row 13", policy=True)
async def trace_ids(endpoint: Endpoint, path: str) -> None:
    """On every message; another one for each START."""
    async with endpoint.connect(path) as peer:
        await peer.start(config(endpoint, audio_format="mp3"))
        traces = []
        for _ in range(2):
            traces.append((await began(peer, endpoint))["trace_id"])
            await peer.end()
        assert all(message["trace_id"] for message in peer.messages)
        assert len(set(traces)) == 2


# --- One mode ------------------------------------------------------------------------------------


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
