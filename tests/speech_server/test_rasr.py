"""Recognition over a real WebSocket."""

from __future__ import annotations

import asyncio
import json
import warnings
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect as websockets_connect

from tests.speech_server.fakes import loud, silence
from tests.speech_server.peers import CONFIG, Peer, make_table

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # until 3.12; then audioop-lts
    import audioop

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import ClientSession

    from ivr_agi.speech_server.server import SpeechServer
    from tests.speech_server.conftest import Connect

HEARD = ["VOICE_START", "final anything", "VOICE_END"]


async def test_sentence_gives_result_before_voice_end_and_end_only_when_asked(
    rasr: Connect,
) -> None:
    """The order of a whole session (sis-protocol.md 8 rows 2 and 3)."""
    async with rasr() as peer:
        assert (await peer.start())["resp_type"] == "START"
        await peer.say(silence(500), loud(600), silence(500))
        assert await peer.names(3) == HEARD
        with pytest.raises(asyncio.TimeoutError):
            await peer.ws.receive(timeout=0.1)
        await peer.send(command="END", cancel=False)
        assert await peer.names(1) == ["END NORMAL"]


async def test_voice_start_leaves_before_the_sentence_is_over(rasr: Connect) -> None:
    """VOICE_START needs two windows of speech and nothing more."""
    async with rasr() as peer:
        await peer.start()
        await peer.say(silence(320), loud(64))
        answer = await peer.receive()
        assert (answer["event"], answer["timestamp"]) == ("VOICE_START", 384)


async def test_interim_results_are_sent_when_they_change(
    rasr: Connect, server: SpeechServer, http: ClientSession
) -> None:
    """Two different partials of many, then the final one."""
    table = await make_table(http, server.url, "Technical Support")
    async with rasr() as peer:
        await peer.start(vocabulary_id=table, interim_results="yes")
        await peer.say(loud(600), silence(400))
        assert await peer.names(5) == [
            "VOICE_START",
            "interim Technical",
            "interim Technical Support",
            "final Technical Support",
            "VOICE_END",
        ]


async def test_result_says_when_and_how_sure(rasr: Connect) -> None:
    """Times are those of the session's audio, whatever the wall clock says."""
    async with rasr() as peer:
        started = await peer.start()
        await peer.say(silence(320), loud(640), silence(400))
        await peer.receive()
        result = await peer.receive()
        assert result["trace_id"] == started["trace_id"]
        assert result["segments"] == [
            {
                "start_time": 320,
                "end_time": 960,
                "is_final": True,
                "result": {"text": "anything", "score": 0.9},
            }
        ]


async def test_silence_gives_exceeded_silence(rasr: Connect) -> None:
    """``vad_head`` counts audio, not seconds."""
    async with rasr() as peer:
        await peer.start(vad_head=1000)
        await peer.say(silence(1100))
        assert await peer.names(1) == ["EXCEEDED_SILENCE"]


@pytest.mark.parametrize("phrase", ["NOTHING", "NOISE"])
async def test_noise_that_passed_for_voice_gives_exceeded_silence(
    rasr: Connect, server: SpeechServer, http: ClientSession, phrase: str
) -> None:
    """No words, or words that cannot be meant."""
    table = await make_table(http, server.url, phrase)
    async with rasr() as peer:
        await peer.start(vocabulary_id=table)
        await peer.say(loud(200), silence(400))
        assert await peer.names(2) == ["VOICE_START", "EXCEEDED_SILENCE"]


async def test_end_in_mid_sentence_gives_the_words_so_far(rasr: Connect) -> None:
    """END without cancel finishes what was sent."""
    async with rasr() as peer:
        await peer.start()
        await peer.say(silence(320), loud(600))
        await peer.send(command="END")
        assert await peer.names(4) == [*HEARD, "END NORMAL"]


@pytest.mark.parametrize("cancel", [True, "true"])
async def test_cancel_ends_at_once(rasr: Connect, cancel: object) -> None:
    """END with cancel drops what is not decided."""
    async with rasr() as peer:
        await peer.start()
        await peer.say(loud(600))
        await peer.send(command="END", cancel=cancel)
        assert await peer.names(2) == ["VOICE_START", "END CANCEL"]


async def test_the_vendors_client_is_understood(rasr: Connect) -> None:
    """Strings for booleans and numbers, unknown keys (sis-protocol.md 14.1)."""
    async with rasr("/v1/p/asr/sentence-stream") as peer:
        assert (await peer.start(vad_threshold=0, user_words=[], vad_head="9000"))[
            "resp_type"
        ] == "START"
        await peer.send(command="END", cancel="false")
        assert await peer.names(1) == ["END NORMAL"]


async def test_websockets_with_origin_and_content_length(server: SpeechServer) -> None:
    """Another client library, with the headers that the vendor's SDK adds."""
    url = server.url + "/v1/p/rasr/sentence-stream"
    headers = {"content-length": "0", "Origin": "http://sis-ext.example"}
    async with websockets_connect(url, additional_headers=headers) as ws:
        await ws.send(json.dumps({"command": "START", "config": CONFIG}))
        assert json.loads(await ws.recv())["resp_type"] == "START"


async def test_several_sessions_on_one_socket(rasr: Connect) -> None:
    """Each with its own clock and trace id; audio in between is dropped."""
    async with rasr() as peer:
        traces = set()
        for _ in range(3):
            traces.add((await peer.start())["trace_id"])
            await peer.say(loud(300), silence(300))
            assert await peer.names(3) == HEARD
            await peer.send(command="END")
            assert await peer.names(1) == ["END NORMAL"]
            await peer.say(loud(300))
        assert len(traces) == 3


async def test_end_without_session_is_answered(rasr: Connect) -> None:
    """An ERROR would poison the vendor's client (8 row 4)."""
    async with rasr() as peer:
        await peer.send(command="END")
        assert await peer.names(1) == ["END NORMAL"]


async def test_start_twice_ends_the_session(rasr: Connect) -> None:
    """ERROR, then END, and the socket goes on (4.3)."""
    async with rasr() as peer:
        await peer.start()
        assert (await peer.start())["error_code"] == "SIS.0032"
        assert await peer.names(1) == ["END ERROR"]
        assert (await peer.start())["resp_type"] == "START"


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"audio_format": "mp3"}, "SIS.0032"),
        ({"vad_head": 60001}, "SIS.0032"),
        ({"vad_tail": -1}, "SIS.0032"),
        ({"max_seconds": "soon"}, "SIS.0032"),
        ({"property": "klingon_8k_common"}, "SIS.0031"),
        ({"property": "english_16k_common"}, "SIS.0301"),
        ({"audio_format": "pcm16k16bit"}, "SIS.0301"),
        ({"vocabulary_id": "nope"}, "SIS.0201"),
    ],
)
async def test_bad_start_gives_error_and_no_end(
    rasr: Connect, config: dict[str, object], code: str
) -> None:
    """Before a session there is only ERROR; the next START may be right."""
    async with rasr() as peer:
        assert (await peer.start(**config))["error_code"] == code
        assert (await peer.start())["resp_type"] == "START"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "SIS.0032"),
        ("[]", "SIS.0032"),
        ('"x"', "SIS.0032"),
        ('{"command":"STOP"}', "SIS.0032"),
        ("{}", "SIS.0012"),
        ('{"command":"START"}', "SIS.0012"),
        ('{"command":"START","config":{"property":"english_8k_common"}}', "SIS.0012"),
        ('{"command":"START","config":{"audio_format":"pcm8k16bit"}}', "SIS.0012"),
    ],
)
async def test_bad_text_gives_error(rasr: Connect, text: str, code: str) -> None:
    """Whatever is no request of the protocol, or misses a field (12.1)."""
    async with rasr() as peer:
        await peer.ws.send_str(text)
        assert await peer.names(1) == [f"ERROR {code}"]


async def test_bad_text_in_a_session_ends_it(rasr: Connect) -> None:
    """ERROR, then END."""
    async with rasr() as peer:
        await peer.start()
        await peer.ws.send_str("{")
        assert await peer.names(2) == ["ERROR SIS.0032", "END ERROR"]


async def test_frame_that_is_too_long_ends_the_session(rasr: Connect) -> None:
    """The limit of 8 kHz is 32768 bytes (4.1)."""
    async with rasr() as peer:
        await peer.start()
        await peer.ws.send_bytes(bytes(32768))
        await peer.ws.send_bytes(bytes(32770))
        assert await peer.names(2) == ["ERROR SIS.0032", "END ERROR"]


async def test_one_session_too_many_is_refused(rasr: Connect) -> None:
    """SIS.0312; a slot that is given back can be taken again, also by a lost client."""
    async with rasr() as third:
        async with rasr() as first, rasr() as second:
            await first.start()
            await second.start()
            assert (await third.start())["error_code"] == "SIS.0312"
            await first.send(command="END")
            assert await first.names(1) == ["END NORMAL"]
            assert (await third.start())["resp_type"] == "START"
        async with rasr() as fourth:
            await wait_for_start(fourth, refusal="SIS.0312")


async def wait_for_start(peer: Peer, *, refusal: str) -> None:
    """START until it is accepted: the server notices some things a moment later."""
    while (answer := await peer.start())["resp_type"] != "START":
        assert answer["error_code"] == refusal
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("idle_timeout_s", [0.5])
async def test_idle_client_is_told_and_cut(rasr: Connect) -> None:
    """FATAL_ERROR SIS.0304, then the close; pings do not count as data."""
    async with rasr() as peer:
        started = await peer.start()

        async def ping() -> None:
            while True:
                await peer.ws.ping()
                await asyncio.sleep(0.1)

        pinging = asyncio.create_task(ping())
        answer = await peer.receive()
        pinging.cancel()
        assert (answer["resp_type"], answer["error_code"]) == ("FATAL_ERROR", "SIS.0304")
        assert answer["trace_id"] == started["trace_id"]
        assert (await peer.receive())["resp_type"] == "closed"


async def test_old_socket_is_closed(rasr: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 5 h (7), in the middle of a session, and however much is said."""
    monkeypatch.setattr("ivr_agi.speech_server.rasr.MOST_AGE_S", 0.3)
    async with rasr() as peer:
        assert (await peer.start())["resp_type"] == "START"

        async def talk() -> None:
            while True:
                await peer.say(silence(20))
                await asyncio.sleep(0.02)

        talking = asyncio.create_task(talk())
        assert (await peer.receive())["resp_type"] == "closed"
        assert peer.ws.close_code == 1000
        talking.cancel()
        await asyncio.wait([talking])


async def test_dead_worker_fails_its_session_and_is_replaced(
    rasr: Connect, server: SpeechServer, http: ClientSession
) -> None:
    """ERROR SIS.0305, END, and recognition works again a moment later."""
    table = await make_table(http, server.url, "CRASH")
    async with rasr() as peer:
        await peer.start(vocabulary_id=table)
        await peer.say(loud(300), silence(300))
        assert await peer.names(3) == ["VOICE_START", "ERROR SIS.0305", "END ERROR"]
        await wait_for_start(peer, refusal="SIS.0303")  # none is running right now
        await peer.say(loud(300), silence(300))
        assert await peer.names(3) == HEARD


async def test_engine_that_refuses_ends_the_session(
    rasr: Connect, server: SpeechServer, http: ClientSession
) -> None:
    """E.g. free recognition in a language that needs a list."""
    table = await make_table(http, server.url, "REFUSE")
    async with rasr() as peer:
        await peer.start(vocabulary_id=table)
        assert await peer.names(2) == ["ERROR SIS.0031", "END ERROR"]


async def test_client_that_does_not_read_cannot_stop_the_server(
    rasr: Connect, server: SpeechServer
) -> None:
    """A client that vanishes without a close leaves nothing behind."""
    async with rasr() as gone:
        await gone.start()
        connection = gone.ws._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()
        async with rasr() as peer:
            await wait_for_start(peer, refusal="SIS.0312")
            await peer.say(loud(300), silence(300))
            assert await peer.names(3) == HEARD


async def test_server_that_stops_closes_its_sockets(rasr: Connect, server: SpeechServer) -> None:
    """With 1001, going away."""
    async with rasr() as peer:
        await peer.start()
        stopping = asyncio.create_task(server.__aexit__(None, None, None))
        assert await peer.receive() == {"resp_type": "closed", "code": 1001}
        await peer.ws.close()
        await stopping


async def test_short_stream_gives_its_words_after_end(
    rasr: Connect, server: SpeechServer, http: ClientSession
) -> None:
    """No events, whatever the VAD fields say (sis-protocol.md 6 and 7, short-stream)."""
    table = await make_table(http, server.url, "Technical Support")
    async with rasr("/v1/p/rasr/short-stream") as peer:
        await peer.start(vocabulary_id=table, interim_results="yes", vad_head=100, vad_tail=100)
        await peer.say(silence(300), loud(600), silence(500))
        assert await peer.names(2) == ["interim Technical", "interim Technical Support"]
        await peer.send(command="END")
        assert await peer.names(2) == ["final Technical Support", "END NORMAL"]


async def test_continue_stream_gives_sentence_after_sentence(rasr: Connect) -> None:
    """No events, and END after the last words (sis-protocol.md 6 and 7, continue-stream)."""
    async with rasr("/v1/p/asr/continue-stream") as peer:
        await peer.start(vad_head=500)
        for _ in range(3):
            await peer.say(silence(600), loud(300), silence(300))
        await peer.say(loud(300))
        await peer.send(command="END")
        assert await peer.names(5) == [*["final anything"] * 4, "END NORMAL"]


async def test_word_times(rasr: Connect, server: SpeechServer, http: ClientSession) -> None:
    """``need_word_info``: from the session's begin, as the vendor prints them (4.2)."""
    table = await make_table(http, server.url, "Technical Support")
    async with rasr() as peer:
        await peer.start(vocabulary_id=table, need_word_info="yes")
        await peer.say(silence(640), loud(640), silence(400))
        await peer.receive()
        [segment] = (await peer.receive())["segments"]
        first, second = segment["result"]["word_info"]
        assert (first["word"], second["word"]) == ("▁TECHNICAL", "▁SUPPORT")
        # The recognizer got the 224 ms before the voice, and the tail after it.
        assert first["start_time"] == 416
        assert first["end_time"] == second["start_time"]
        assert second["end_time"] == pytest.approx(1280 + 200, abs=32)


@pytest.mark.parametrize(
    ("audio_format", "encode"),
    [
        ("pcm8k16bit", lambda pcm: pcm),
        ("ulaw8k8bit", lambda pcm: audioop.lin2ulaw(pcm, 2)),
        ("alaw8k8bit", lambda pcm: audioop.lin2alaw(pcm, 2)),
        ("pcm16k16bit", lambda pcm: twice(pcm)),
        ("ulaw16k8bit", lambda pcm: audioop.lin2ulaw(twice(pcm), 2)),
        ("alaw16k8bit", lambda pcm: audioop.lin2alaw(twice(pcm), 2)),
    ],
)
async def test_audio_formats(
    rasr: Connect, audio_format: str, encode: Callable[[bytes], bytes]
) -> None:
    """All six (5): the voice is found where it is, within 60 ms."""
    rate = "16k" if "16k" in audio_format else "8k"
    async with rasr() as peer:
        await peer.start(audio_format=audio_format, property=f"english_{rate}_common")
        await peer.say(encode(silence(640) + loud(640) + silence(500)))
        await peer.receive()
        [segment] = (await peer.receive())["segments"]
        assert segment["start_time"] == pytest.approx(640, abs=60)
        assert segment["end_time"] == pytest.approx(1280, abs=60)


def twice(pcm: bytes) -> bytes:
    """8 kHz at 16 kHz."""
    return b"".join(pcm[at : at + 2] * 2 for at in range(0, len(pcm), 2))


@pytest.mark.parametrize("mode", ["short-stream", "sentence-stream"])
async def test_audio_over_the_limit(rasr: Connect, mode: str) -> None:
    """A minute; more is SIS.0309, then END (8 row 6)."""
    async with rasr(f"/v1/p/rasr/{mode}") as peer:
        await peer.start(vad_head=60000, max_seconds=60)
        await peer.say(silence(1000), loud(59000), chunk=32000)
        await peer.say(loud(20))
        answers = await peer.names(2 if mode == "short-stream" else 3)
        assert answers[-2:] == ["ERROR SIS.0309", "END ERROR"]
        assert (await peer.start())["resp_type"] == "START"
