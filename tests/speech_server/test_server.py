"""The server as a whole: start, token, paths, stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from ivr_agi.errors import ConfigError, SpeechUnavailable
from ivr_agi.secret import Secret
from ivr_agi.sis.access.signing import AccessKey, HttpRequest, sign
from ivr_agi.speech_server.server import SpeechServer, run_speech_server
from tests.patience import PATIENCE_S
from tests.speech_server.fakes import LevelVad, ListRecognizer, ToneVoice
from tests.speech_server.peers import Peer, make_table, rest

PATH = "/v1/p/rasr/sentence-stream"


def make(**options: object) -> SpeechServer:
    """A server with told engines."""
    usual = {
        "vad": LevelVad(),
        "recognizer": ListRecognizer(),
        "voice": ToneVoice(),
        "workers": 1,
    }
    return SpeechServer(**{**usual, **options})  # type: ignore[arg-type]  # a test's own mistake


@pytest.mark.parametrize("path", [PATH, "/v1/p/rtts", "/v1/p/asr/vocabularies"])
async def test_token(http: ClientSession, path: str) -> None:
    """Without the right one: 401 in the gateway's form, before the upgrade."""
    async with make(token="right") as server:
        for headers, text in (({}, "not found"), ({"X-Auth-Token": "wrong"}, "decrypt token fail")):
            async with http.get(rest(server.url) + path, headers=headers) as answer:
                assert answer.status == 401
                body = await answer.json()
                assert body["error_code"] == "APIG.0301"
                assert text in body["error_msg"]
        with pytest.raises(WSServerHandshakeError) as caught:
            await http.ws_connect(server.url + PATH)
        assert caught.value.status == 401
        async with http.ws_connect(server.url + PATH, headers={"X-Auth-Token": "right"}) as ws:
            assert (await Peer(ws).start())["resp_type"] == "START"


async def test_long_tokens_pass(http: ClientSession) -> None:
    """Real ones have several kB."""
    token = "x" * 16_000
    async with make(token=token) as server:
        async with http.ws_connect(server.url + PATH, headers={"X-Auth-Token": token}) as ws:
            assert (await Peer(ws).start())["resp_type"] == "START"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/p/rasr/no-stream", 404, "APIG.0101"),
        ("POST", "/v1/p/rtts", 405, "APIG.0101"),
        ("GET", PATH, 400, "APIG.0201"),
    ],
)
async def test_other_requests(
    server: SpeechServer, http: ClientSession, method: str, path: str, status: int, code: str
) -> None:
    """Errors in the gateway's form; a plain GET is no upgrade."""
    async with http.request(method, rest(server.url) + path) as answer:
        assert answer.status == status
        assert (await answer.json())["error_code"] == code


async def test_tables_survive_a_restart(http: ClientSession, tmp_path: Path) -> None:
    """A flow's ``vocabulary_id`` stays good."""
    async with make(state_dir=tmp_path) as server:
        table = await make_table(http, server.url, "yes")
    async with make(state_dir=tmp_path) as server, http.ws_connect(server.url + PATH) as ws:
        assert (await Peer(ws).start(vocabulary_id=table))["resp_type"] == "START"


async def test_nagle_is_off(server: SpeechServer, http: ClientSession) -> None:
    """VOICE_START is a small frame and must not wait for an ACK."""
    seen: list[int] = []
    original = server._upgrade

    async def spy(request):  # type: ignore[no-untyped-def]  # aiohttp's
        sock = request.transport.get_extra_info("socket")
        seen.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return await original(request)

    server._upgrade = spy  # type: ignore[method-assign]  # to look at the socket
    async with http.ws_connect(server.url + PATH):
        assert seen == [1]


async def test_port_in_use(server: SpeechServer) -> None:
    """One line that says which."""
    with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1 port {server.port}"):
        async with make(port=server.port):
            pass


async def test_state_dir_that_is_a_file(tmp_path: Path) -> None:
    """Said at the start, not at the first table."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="state_dir"):
        async with make(state_dir=tmp_path / "file"):
            pass


async def test_engine_that_does_not_load() -> None:
    """The server does not come up."""
    with pytest.raises(SpeechUnavailable):
        async with make(recognizer=ListRecognizer(fail_at_load=True)):
            pass


@pytest.mark.parametrize("option", ["max_sessions", "workers"])
def test_numbers_out_of_range(option: str) -> None:
    """Named in the error."""
    with pytest.raises(ConfigError, match=option):
        make(**{option: 0})


async def test_run_stops_on_sigterm() -> None:
    """In order, with the URL told when it is ready."""
    ready: asyncio.Queue[str] = asyncio.Queue()
    running = asyncio.create_task(run_speech_server(make(), on_ready=ready.put_nowait))
    assert (await ready.get()).startswith("ws://127.0.0.1:")
    os.kill(os.getpid(), signal.SIGTERM)
    await running


async def test_the_handlers_of_before_are_back_after_it() -> None:
    """A job in the background of a shell ignores SIGINT; so do the tests that it runs."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        await test_run_stops_on_sigterm()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


PROGRAM = """
import asyncio, sys
from ivr_agi.speech_server.server import run_speech_server
from tests.speech_server.test_server import make
from tests.patience import PATIENCE_S
server = make(workers=2)
asyncio.run(run_speech_server(server, on_ready=lambda url: print(url, flush=True)))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_workers_die_with_the_server(number: signal.Signals) -> None:
    """However it dies."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"ws://")
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
            workers = [os.pidfd_open(int(pid)) for pid in file.read().split()]
        process.send_signal(number)
        process.wait(PATIENCE_S)
        assert process.returncode == (0 if number != signal.SIGKILL else -number)
    assert len(workers) >= 2
    for worker in workers:
        wait_for_end(worker)


def wait_for_end(pidfd: int) -> None:
    """A pidfd is readable when its process has ended."""
    import select

    try:
        assert select.select([pidfd], [], [], 10)[0]
    finally:
        os.close(pidfd)


async def test_wss(http: ClientSession) -> None:
    """With a given certificate, which the client verifies."""
    certificate = Path(__file__).parents[1] / "sis" / "loopback.pem"
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusting = ssl.create_default_context(cafile=str(certificate))
    tls.load_cert_chain(certificate)
    async with make(tls=tls) as server:
        assert server.url.startswith("wss://127.0.0.1:")
        async with http.ws_connect(server.url + PATH, ssl=trusting) as ws:
            assert (await Peer(ws).start())["resp_type"] == "START"


async def test_signature(http: ClientSession) -> None:
    """Of REST bodies and of the upgrade (sis-protocol.md 2.2); the token is as good."""
    key = AccessKey("AK", Secret("SK"))
    async with make(keys={"AK": "SK"}, token="right") as server:
        host = f"127.0.0.1:{server.port}"
        body = b'{"name":"t","contents":["yes"]}'
        path = "/v1/p/asr/vocabularies"
        for sent, status in ((body, 200), (body + b" ", 401)):
            headers = sign(key, HttpRequest("POST", host, path, body=body), datetime.now(UTC))
            async with http.post(rest(server.url) + path, data=sent, headers=headers) as answer:
                assert answer.status == status
        headers = sign(key, HttpRequest("GET", host, PATH), datetime.now(UTC))
        for good in (headers, {"X-Auth-Token": "right"}):
            async with http.ws_connect(server.url + PATH, headers=good) as ws:
                assert (await Peer(ws).start())["resp_type"] == "START"
        with pytest.raises(WSServerHandshakeError) as caught:
            await http.ws_connect(server.url + "/v1/p/rtts", headers=headers)
        assert caught.value.status == 401
