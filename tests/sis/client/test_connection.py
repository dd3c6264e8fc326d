"""The socket: headers, TLS, what it carries, and a name for everything that can go wrong."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib.util
import logging
import ssl
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close

from ivr_agi.errors import SpeechRejected, SpeechUnavailable
from ivr_agi.secret import Secret
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client import connection
from ivr_agi.sis.client.connection import closed_error, open_socket
from tests.sis.fake import Peer, fake_service

pytestmark = pytest.mark.virtual_time

CERTIFICATE = Path(__file__).parents[1] / "loopback.pem"


async def quiet(peer: Peer) -> None:
    """Say nothing until the client has gone."""
    await peer.gone()


async def test_path_and_token_are_sent() -> None:
    """The token stands in its header, and no compression is offered."""
    seen: list[Peer] = []

    async def script(peer: Peer) -> None:
        seen.append(peer)
        await peer.gone()

    async with fake_service(script) as endpoint:
        endpoint = dataclasses.replace(endpoint, token=Secret("hunter2"))
        socket = await open_socket(endpoint, "rtts")
        await socket.close()
    assert seen[0].path == "/v1/p1/rtts"
    assert seen[0].headers["X-Auth-Token"] == "hunter2"
    assert "Sec-WebSocket-Extensions" not in seen[0].headers


async def test_the_token_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Not even where everything is logged."""
    caplog.set_level(logging.DEBUG)
    async with fake_service(quiet) as endpoint:
        socket = await open_socket(dataclasses.replace(endpoint, token=Secret("hunter2")), "rtts")
        await socket.close()
    own = [record for record in caplog.records if record.name.startswith("ivr_agi")]
    assert not any("hunter2" in record.getMessage() for record in own)
    assert not any(record.name == "websockets.client" for record in caplog.records)


@pytest.mark.parametrize(
    ("status", "body", "code", "text", "retryable"),
    [
        (401, '{"error_code":"APIG.0301","error_msg":"a\\nb"}', "APIG.0301", "a b", False),
        (401, "not json", "HTTP 401", "Unauthorized", False),
        (404, '{"error_code":7}', "HTTP 404", "Not Found", False),
        (429, "", "HTTP 429", "Too Many Requests", True),
        (503, "{}", "HTTP 503", "Service Unavailable", True),
    ],
)
async def test_http_errors_are_refusals(
    status: int, body: str, code: str, text: str, retryable: bool
) -> None:
    """The vendor's code where the body has one, else the status; 401 is not tried again."""
    async with fake_service(quiet, refusal=(HTTPStatus(status), body, {})) as endpoint:
        with pytest.raises(SpeechRejected) as caught:
            await open_socket(endpoint, "rtts")
    error = caught.value
    assert (error.code, error.text, error.retryable) == (code, text, retryable)
    assert error.service == endpoint.url


async def test_no_redirect_is_followed() -> None:
    """The token would go to a host that nobody has configured."""
    seen: list[Peer] = []

    async def script(peer: Peer) -> None:
        seen.append(peer)

    async with fake_service(script) as other:
        refusal = (HTTPStatus.FOUND, "", {"Location": other.url})
        async with fake_service(quiet, refusal=refusal) as endpoint:
            with pytest.raises(SpeechRejected, match="HTTP 302"):
                await open_socket(endpoint, "rtts")
    assert seen == []


async def test_nobody_listens() -> None:
    """A refused connection may be tried again."""
    async with fake_service(quiet) as endpoint:
        pass
    with pytest.raises(SpeechUnavailable, match="cannot connect") as caught:
        await open_socket(endpoint, "rtts")
    assert caught.value.retryable


async def test_a_server_that_says_nothing_is_given_up() -> None:
    """The upgrade has a deadline."""
    done = asyncio.Event()

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    endpoint = Endpoint(f"ws://127.0.0.1:{port}", "p", connect_timeout_s=0.05)
    with pytest.raises(SpeechUnavailable, match=r"no connection within 0\.05 s"):
        await open_socket(endpoint, "rtts")
    done.set()
    server.close()
    await server.wait_closed()


async def test_a_server_that_speaks_no_http() -> None:
    """Something else listens on that port."""

    async def chat(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(chat, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(SpeechUnavailable, match="cannot connect"):
        await open_socket(Endpoint(f"ws://127.0.0.1:{port}", "p"), "rtts")
    server.close()
    await server.wait_closed()


@pytest.mark.skipif(
    importlib.util.find_spec("python_socks") is not None, reason="python-socks is installed"
)
async def test_a_proxy_that_needs_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxy counts for hosts elsewhere; not being able to use it is told."""
    monkeypatch.setenv("socks_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(SpeechUnavailable, match="SOCKS"):
        await open_socket(Endpoint("ws://192.0.2.1:1", "p"), "rtts")


@pytest.mark.parametrize(
    ("closed", "text"),
    [
        (ConnectionClosedError(None, None), "the connection broke"),
        (
            ConnectionClosedError(Close(1011, "old"), None),
            "the service closed the socket: 1011 old",
        ),
        (ConnectionClosedOK(Close(1000, ""), None), "the service closed the socket: 1000"),
    ],
)
def test_the_end_of_a_socket_has_a_reason(closed: ConnectionClosed, text: str) -> None:
    """Code and reason where the service gave them; it may be tried again."""
    error = closed_error(closed, Endpoint("ws://h", "p"))
    assert str(error) == f"ws://h: {text}"
    assert error.retryable


@pytest.fixture
def fresh_tls() -> Iterator[None]:
    """No certificates remembered, before and after."""
    connection.tls_context.cache_clear()
    yield
    connection.tls_context.cache_clear()


def tls_server() -> ssl.SSLContext:
    """A service with a certificate of its own making."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.mark.usefixtures("fresh_tls")
async def test_an_unknown_certificate_is_refused() -> None:
    """TLS is verified without being asked for."""
    async with fake_service(quiet, tls=tls_server()) as endpoint:
        with pytest.raises(SpeechUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            await open_socket(endpoint, "rtts")


@pytest.mark.usefixtures("fresh_tls")
async def test_a_trusted_certificate_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL's own setting adds a private authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with fake_service(quiet, tls=tls_server()) as endpoint:
        socket = await open_socket(endpoint, "rtts")
        await socket.close()


async def test_messages_arrive_in_order() -> None:
    """Text as text and audio as bytes, written before ``write`` returns."""
    received: list[str | bytes] = []

    async def hear(peer: ServerConnection) -> None:
        received.extend([message async for message in peer])

    async with serve(hear, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        endpoint = Endpoint(url=f"ws://127.0.0.1:{port}", project_id="p")
        socket = await open_socket(endpoint, "rasr/sentence-stream")
        assert socket.write(['{"command": "START"}', b"\1" * 640, b"\2" * 70_000, "嗯"]) == 0
        await (await socket.ping())
        await socket.close()
    assert received == ['{"command": "START"}', b"\1" * 640, b"\2" * 70_000, "嗯"]
    assert socket.write([b"\3" * 640]) == 0


async def test_what_nobody_reads_is_told() -> None:
    """Once the kernel takes no more; and closing at once may be done twice."""

    async def sleep(peer: ServerConnection) -> None:
        await peer.wait_closed()  # what is not read is not taken, from the 17th message on

    async with serve(sleep, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        endpoint = Endpoint(url=f"ws://127.0.0.1:{port}", project_id="p")
        socket = await open_socket(endpoint, "rasr/sentence-stream")
        written = 0
        while not (waiting_bytes := socket.write([bytes(1 << 20)])):
            written += 1
            if written > 64:
                pytest.fail("the kernel takes 64 MB")
        assert 0 < waiting_bytes <= (1 << 20) + 14
        socket.abort()
        socket.abort()
