"""The scripted server over real sockets: exactly what the script says."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from ivr_agi.audio.wav import read_wav
from ivr_agi.errors import ConfigError
from ivr_agi.speech_server.script import parse_script
from ivr_agi.speech_server.scripted import ScriptedServer
from tests.patience import PATIENCE_S, Stopwatch
from tests.speech_server.peers import rest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def serve() -> Callable[[str], ScriptedServer]:
    """Makes a server of a script's text."""
    return lambda text: ScriptedServer(parse_script(text, Path("script.yaml"), read_wav))


async def said(ws: ClientWebSocketResponse) -> list[Any]:
    """All that comes: objects, texts that are none, sizes of binary frames, how it ended."""
    found: list[Any] = []
    while True:
        message = await ws.receive(timeout=PATIENCE_S)
        if message.type is WSMsgType.BINARY:
            found.append(len(message.data))
        elif message.type is WSMsgType.TEXT:
            try:
                found.append(json.loads(message.data))
            except ValueError:
                found.append(message.data)
        else:
            return [*found, ws.close_code]


async def test_a_session(serve: Callable[[str], ScriptedServer], http: ClientSession) -> None:
    """Waits for what the client does, says what it is told, with a trace id per START."""
    script = """
- path: sentence-stream
  steps:
    - wait_for: START
    - start
    - wait_bytes: 640
    - event: VOICE_START
    - {result: sales, score: 0.5, start_ms: 10, end_ms: 90}
    - wait_for: END
    - end: NORMAL
    - wait_for: START
    - {error: SIS.0032, text: bad}
    - fatal_error: SIS.0304
    - close: 1000
"""
    async with serve(script) as server:
        async with http.ws_connect(f"{server.url}/v1/p/rasr/sentence-stream") as ws:
            await ws.send_str('{"command": "START"}')
            for _ in range(3):
                await ws.send_bytes(bytes(320))
            await ws.send_str('{"command": "END", "cancel": false}')
            await ws.send_str('{"command": "START"}')
            answers = await said(ws)
        assert server.problems == []
    trace = {"trace_id": "script-1-1"}
    segment = {
        "start_time": 10,
        "end_time": 90,
        "is_final": True,
        "result": {"text": "sales", "score": 0.5},
    }
    assert answers == [
        {"resp_type": "START", **trace},
        {"resp_type": "EVENT", **trace, "event": "VOICE_START", "timestamp": 0},
        {"resp_type": "RESULT", **trace, "segments": [segment]},
        {"resp_type": "END", **trace, "reason": "NORMAL"},
        {"resp_type": "ERROR", **trace, "error_code": "SIS.0032", "error_msg": "bad"},
        {
            "resp_type": "FATAL_ERROR",
            **trace,
            "error_code": "SIS.0304",
            "error_msg": "as the script says",
        },
        1000,
    ]


async def test_anything_can_be_sent(
    serve: Callable[[str], ScriptedServer], http: ClientSession
) -> None:
    """Objects as they are, broken texts, audio in frames."""
    script = """
- steps:
    - send: {resp_type: START}
    - send_text: "{'x'"
    - audio_bytes: 4100
    - close: 4000
"""
    async with serve(script) as server, http.ws_connect(f"{server.url}/v1/p/rtts") as ws:
        assert await said(ws) == [{"resp_type": "START"}, "{'x'", 4000, 100, 4000]


@pytest.mark.parametrize(("how", "code"), [("cut", 1006), ("reset", 1006)])
async def test_lost_sockets(
    serve: Callable[[str], ScriptedServer], http: ClientSession, how: str, code: int
) -> None:
    """Without a closing handshake; reset with RST."""
    async with serve(f"- steps:\n  - start\n  - wait_for: START\n  - {how}") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            b"GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await reader.readuntil(b'"script-1-1"}')
        body = b'{"command":"START"}'
        writer.write(bytes([0x81, 0x80 | len(body), 0, 0, 0, 0]) + body)
        if how == "reset":
            with pytest.raises(ConnectionResetError):
                await reader.read()
        else:
            assert await reader.read() == b""
        writer.close()


async def test_refusal_and_rest(
    serve: Callable[[str], ScriptedServer], http: ClientSession
) -> None:
    """HTTP answers before the upgrade, by path and turn; what has no entry is 404."""
    script = """
- path: sentence-stream
  times: 1
  answer: {status: 401, body: {error_code: APIG.0301, error_msg: no}}
- path: sentence-stream
  times: 1
  steps: [{close: 1000}]
- path: vocabularies
  answer: {status: 200, body: {vocabulary_id: abc}}
"""
    async with serve(script) as server:
        url = f"{rest(server.url)}/v1/p/rasr/sentence-stream"
        async with http.get(url) as answer:
            assert answer.status == 401
            assert (await answer.json())["error_code"] == "APIG.0301"
        async with http.ws_connect(url) as ws:
            assert await said(ws) == [1000]
        async with http.get(url) as answer:
            assert answer.status == 404
        async with http.post(f"{rest(server.url)}/v1/p/asr/vocabularies") as answer:
            assert await answer.json() == {"vocabulary_id": "abc"}


async def test_slow_handshake_and_slow_start(
    serve: Callable[[str], ScriptedServer], http: ClientSession
) -> None:
    """``delay_s`` before the upgrade, ``wait_s`` anywhere."""
    script = "- delay_s: 0.1\n  steps: [{wait_s: 0.1}, start, {close: 1000}]"
    began, watch = time.monotonic(), Stopwatch()
    async with serve(script) as server, http.ws_connect(f"{server.url}/x") as ws:
        assert time.monotonic() - began >= 0.1
        assert watch.seconds < 0.2
        await ws.receive()
        assert time.monotonic() - began >= 0.2
        await said(ws)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("wait_for: END", "no END within 0.1 s"),
        ("wait_bytes: 99", "no 99 bytes of audio within 0.1 s"),
    ],
)
async def test_client_that_does_not_do_it(
    serve: Callable[[str], ScriptedServer],
    http: ClientSession,
    caplog: pytest.LogCaptureFixture,
    step: str,
    problem: str,
) -> None:
    """Close 1011, and the line is told."""
    script = f"- steps:\n  - {{{step}, timeout_s: 0.1}}"
    async with serve(script) as server:
        async with http.ws_connect(f"{server.url}/x") as ws:
            await ws.send_str("no json")
            await ws.send_str('{"command": "START"}')
            assert await said(ws) == [1011]
        assert server.problems == [f"line 2 of the script: {problem}"]
    assert problem in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


async def test_client_that_goes(
    serve: Callable[[str], ScriptedServer], http: ClientSession
) -> None:
    """CLOSE can be waited for; any other wait is a problem then."""
    async with serve(
        "- path: a\n  steps: [{wait_for: CLOSE}]\n- steps: [{wait_for: END}]"
    ) as server:
        for path in ("a", "b"):
            async with http.ws_connect(f"{server.url}/{path}"):
                pass
        assert server.problems == ["line 3 of the script: the client left instead of sending END"]


async def test_port_in_use(serve: Callable[[str], ScriptedServer]) -> None:
    """One line that says which."""
    async with serve("- steps: []") as server:
        taken = ScriptedServer([], port=server.port)
        with pytest.raises(ConfigError, match="cannot listen on"):
            await taken.__aenter__()


async def test_server_that_stops_closes_its_sockets(
    serve: Callable[[str], ScriptedServer], http: ClientSession
) -> None:
    """Whatever its script still waits for."""
    server = serve("- steps: [start, {wait_for: END}]")
    await server.__aenter__()
    async with http.ws_connect(f"{server.url}/x") as ws:
        await ws.receive()
        stopping = asyncio.create_task(server.__aexit__(None, None, None))
        assert await said(ws) == [1001]
        await ws.close()
        await stopping
