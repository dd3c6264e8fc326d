"""Cases of recognition (RASR) that hold in every mode."""

from __future__ import annotations

from ivr_agi.audio.g711 import pcm_to_ulaw
from tests.sis.conformance.case import case
from tests.sis.conformance.endpoint import Endpoint
from tests.sis.conformance.peer import Message, quiet, texts
from tests.sis.conformance.session import began, config, heard, kinds


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
    async with endpoint.connect(path, is_hasty=True) as peer:
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
