"""Requests over real sockets: services that are slow, broken, endless, or not there."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ivr_agi.errors import RequestFailed
from ivr_agi.flow.run.fetch import MAX_RESPONSE_BYTES, fetch, stream
from ivr_agi.flow.run.outside import AnswerKind, Credentials, FlowRequest, Outside
from tests.flow.conversation import converse
from tests.patience import Stopwatch

PEM = Path(__file__).parents[2] / "sis" / "loopback.pem"

Behave = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def service(behave: Behave) -> AsyncIterator[str]:
    """A service that does with each request as told; give its URL."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = re.findall(rb"content-length: (\d+)", head.lower())
            await behave(head + await reader.readexactly(int((lengths or [0])[0])), writer)
            writer.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            if not writer.is_closing():
                writer.transport.abort()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def answer(body: bytes, status: str = "200 OK", more: str = "") -> Behave:
    """A service that gives an answer and closes."""

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode())
        writer.write(body)
        await writer.drain()

    return behave


def get(url: str, **headers: str) -> FlowRequest:
    """A GET request."""
    return FlowRequest(url=url, method="GET", headers=headers, body=None)


async def test_json_in_and_out() -> None:
    """The URL goes out as it was filled in; an empty answer is None."""
    seen = []

    async def behave(request: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        await answer(b'{"got": 1}')(request, writer)

    async with service(behave) as url:
        request = FlowRequest(
            url=f"{url}/a%2Fb?c=%26", method="POST", headers={"X-Key": "s"}, body=b"[1]"
        )
        assert await fetch(request) == {"got": 1}
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a%2Fb?c=%26 HTTP/1.1\r\n")
    assert b"X-Key: s" in head
    assert b"Accept-Encoding: identity" in head
    assert body == b"[1]"
    async with service(answer(b"  ")) as url:
        assert await fetch(get(url)) is None


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (answer(b"x"), "the answer is no JSON"),
        (answer(b"\xff"), "the answer is no JSON"),
        (answer(b"[" * 100_000 + b"]" * 100_000), "the answer is nested too deeply"),
        (answer(bytes(MAX_RESPONSE_BYTES + 1)), "the answer has more than 1000000 bytes"),
        (answer(b"{}", "404 Not Found"), "HTTP 404"),
        (answer(b"{}", "302 Found", "Location: /other\r\n"), "HTTP 302"),
        (answer(b"{}", "nonsense"), "no answer"),
        (answer(b"{}", more=f"X: {'x' * 100_000}\r\n"), "no answer"),
    ],
    ids=["text", "bytes", "nested", "huge", "missing", "moved", "no HTTP", "long header"],
)
async def test_what_no_flow_can_use(behave: Behave, reason: str) -> None:
    """A redirect too: it could lead the secrets anywhere."""
    async with service(behave) as url:
        with pytest.raises(RequestFailed, match=reason):
            await fetch(get(url))


async def test_long_headers() -> None:
    """Gateways send policies and cookies of many kilobytes."""
    async with service(answer(b"1", more=f"X: {'x' * 60_000}\r\n")) as url:
        assert await fetch(get(url)) == 1


async def test_an_answer_without_an_end() -> None:
    """It is left where it is too long, whatever length it says, or does not say."""
    sent = 0

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
            await writer.drain()
            sent += 0x10000

    async with service(behave) as url:
        with pytest.raises(RequestFailed, match="more than"):
            await fetch(get(url))
    assert sent < 20 * MAX_RESPONSE_BYTES


async def test_an_answer_that_breaks_off() -> None:
    """Half of it is none."""

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12")

    async with service(behave) as url:
        with pytest.raises(RequestFailed, match="no answer"):
            await fetch(get(url))


async def test_nobody_there() -> None:
    """No connection: it is said why, without the URL."""
    with pytest.raises(RequestFailed, match=r"^no answer \(ECONNREFUSED\)$"):
        await fetch(get("http://127.0.0.1:9/secret"))


@pytest.mark.parametrize("url", ["http://127.0.0.1/a b", "http://127.0.0.1:x/", "http://é/"])
async def test_what_is_no_url(url: str) -> None:
    """It is not mended: a flow's author sees it at the first try."""
    with pytest.raises(RequestFailed):
        await fetch(get(url))


async def test_a_header_cannot_hide_another_one() -> None:
    """Line ends are refused."""
    async with service(answer(b"1")) as url:
        with pytest.raises(RequestFailed, match="malformed"):
            await fetch(get(url, Key="a\r\nX: b"))


async def test_a_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the whole URL, unless the host is an exception, with or without its port."""
    seen = []

    async def behave(request: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(request.split(b"\r\n")[0])
        await answer(b"1")(request, writer)

    async with service(behave) as url:
        monkeypatch.setenv("http_proxy", url.removeprefix("http://"))
        for exception in ("127.0.0.1", url.removeprefix("http://")):
            monkeypatch.setenv("no_proxy", exception)
            assert await fetch(get("http://bank.invalid/x")) == 1
            assert await fetch(get(f"{url}/y")) == 1
    assert seen == [b"GET http://bank.invalid/x HTTP/1.1", b"GET /y HTTP/1.1"] * 2


FLOW = """\
start: q
steps:
  q: {{do: http, url: "{url}", timeout_s: 0.3, retries: 0, go: end, error: sorry}}
  end: {{do: hangup, prompt: fine}}
  sorry: {{do: hangup, prompt: sorry}}
"""


async def _hang(_: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def _drip(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _drip_headers(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1000):
        writer.write(b"X-%d: x\r\n" % number)
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("behave", [_hang, _drip, _drip_headers])
async def test_one_deadline_over_all_of_a_request(behave: Behave) -> None:
    """A service that drips costs no more than one that says nothing."""
    async with service(answer(b"1")) as url:
        await fetch(get(url))  # the client is imported
    async with service(behave) as url:
        began, watch = time.monotonic(), Stopwatch()
        _, caller = await converse(FLOW.format(url=url), outside=Outside(fetch=fetch))
        took_s, worked_s = time.monotonic() - began, watch.seconds
    assert caller.said == ["sorry"]
    assert took_s >= 0.3
    assert worked_s < 10  # of the 20 s of the whole answer; the machine's own stalls left out
    assert [event.data for event in caller.events if event.event == "http"] == [
        {"step": "q", "attempt": 1, "error": "TimeoutError"}
    ]


async def test_why_is_in_the_journal() -> None:
    """In our words, which have nothing of the caller's."""
    async with service(answer(b"", "503 Busy")) as url:
        _, caller = await converse(FLOW.format(url=url), outside=Outside(fetch=fetch))
    events: list[dict[str, Any]] = [e.data for e in caller.events if e.event == "http"]
    assert events == [{"step": "q", "attempt": 1, "error": "HTTP 503"}]


def test_the_client_is_imported_by_the_first_request() -> None:
    """A worker, its flows and a call need none of it."""
    code = (
        "import sys, ivr_agi.serve.worker, ivr_agi.serve.call, ivr_agi.cli.flow_talk; "
        "print([m for m in ('aiohttp', 'yarl', 'urllib.request') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert b"aiohttp" not in done.stdout
    assert b"yarl" not in done.stdout


def pieces(*parts: bytes, kind: str = "text/plain; charset=utf-8") -> Behave:
    """A service that writes its answer in parts, with a pause after each."""

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode())
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05)

    return behave


async def read_stream(behave: Behave) -> str:
    """The text of a service's answer, its pieces joined by |."""
    async with service(behave) as url:
        return "|".join([piece async for piece in stream(get(url))])


async def test_text_as_it_comes() -> None:
    """A character may be cut in two."""
    text = "你好，世界。".encode()
    found = await read_stream(pieces(text[:4], text[4:10], text[10:]))
    assert found.replace("|", "") == "你好，世界。"
    assert found.startswith("你|")


async def test_a_stream_of_events() -> None:
    """Its data, wherever it is cut; comments, names and the last mark are none."""
    body = (
        b": hello\nevent: x\ndata: One", b" two.\n\nda", b"ta: Three\r\ndata: four\r\n\r\n",
        b"data: [DONE]\n\n",
    )  # fmt: skip
    found = await read_stream(pieces(*body, kind="text/event-stream"))
    assert found == "One two.|Three|\nfour"


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (pieces(b"\xff\xfe"), "not UTF-8"),
        (answer(b"no", "503 Service Unavailable"), "HTTP 503"),
        (pieces(bytes(MAX_RESPONSE_BYTES + 1)), "more than 1000000 bytes"),
    ],
)
async def test_a_stream_that_is_none(behave: Behave, reason: str) -> None:
    """As for any answer."""
    with pytest.raises(RequestFailed, match=reason):
        await read_stream(behave)


async def test_a_token_first() -> None:
    """The service has it; one that it refuses is not used again."""
    seen: list[bytes] = []
    refuses = True

    async def behave(request: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        if request.startswith(b"POST /token "):
            given = b'{"access_token": "t%d", "expires_in": 3600}' % len(seen)
            await answer(given)(request, writer)
        else:
            await answer(b"{}", "401 Unauthorized" if refuses else "200 OK")(request, writer)

    async with service(behave) as url:
        ours = Credentials(token_url=f"{url}/token", client_id="me", client_secret="secret")
        request = replace(get(f"{url}/data"), credentials=ours)
        with pytest.raises(RequestFailed, match="HTTP 401"):
            await fetch(request)
        refuses = False
        await fetch(request)
        await fetch(request)
    paths = [request.split(b" ")[1] for request in seen]
    assert paths == [b"/token", b"/data", b"/token", b"/data", b"/data"]
    assert b"Authorization: Bearer t1\r\n" in seen[1]
    assert b"Authorization: Bearer t3\r\n" in seen[3]
    assert b"Authorization: Bearer t3\r\n" in seen[4]


async def test_no_token_no_request() -> None:
    """Why is told."""
    async with service(answer(b"{}", "403 Forbidden")) as url:
        ours = Credentials(token_url=f"{url}/t", client_id="me", client_secret="secret")
        with pytest.raises(RequestFailed, match="no token: HTTP 403"):
            await fetch(replace(get(url), credentials=ours))


async def test_a_client_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that wants one gets it; without one there is no answer."""
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    context.load_verify_locations(PEM)
    context.verify_mode = ssl.CERT_REQUIRED

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await answer(b'{"ok": 1}')(await reader.readuntil(b"\r\n\r\n"), writer)
        writer.close()

    async with await asyncio.start_server(behave, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert await fetch(replace(get(url), certificate=str(PEM))) == {"ok": 1}
        with pytest.raises(RequestFailed, match="no answer"):
            await fetch(get(url))
        with pytest.raises(RequestFailed, match="the client certificate cannot be read"):
            await fetch(replace(get(url), certificate="/none.pem"))


async def test_other_kinds_of_answers() -> None:
    """As the request wants them."""
    async with service(answer(b"<a><b>1</b></a>")) as url:
        assert await fetch(replace(get(url), answer=AnswerKind.XML)) == {"a": {"b": "1"}}
        assert await fetch(replace(get(url), answer=AnswerKind.TEXT)) == "<a><b>1</b></a>"
