"""Hot-word tables over HTTP, against a server that answers one request as told."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from ivr_agi.errors import SpeechProtocolError, SpeechRejected, SpeechUnavailable
from ivr_agi.secret import Secret
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client.vocabularies import (
    VocabularyInfo,
    create_vocabulary,
    delete_vocabulary,
    list_vocabularies,
    update_vocabulary,
)


@dataclass
class Seen:
    """The request that came."""

    endpoint: Endpoint
    head: str = ""
    body: str = ""


@contextlib.asynccontextmanager
async def http_server(status: str, body: str, *, more: str = "") -> AsyncIterator[Seen]:
    """Answer every request with ``status``, headers ``more`` and ``body``; nothing for ''."""
    done = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.head = (await reader.readuntil(b"\r\n\r\n")).decode()
        for line in seen.head.lower().splitlines():
            if line.startswith("content-length:"):
                seen.body = (await reader.readexactly(int(line.split(":")[1]))).decode()
        if status:
            length = len(body.encode())
            head = f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{more}\r\n"
            writer.write((head + body).encode())
        else:
            await done.wait()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    seen = Seen(
        Endpoint(f"ws://127.0.0.1:{port}", "p1", token=Secret("hunter2"), answer_timeout_s=2.0)
    )
    try:
        yield seen
    finally:
        done.set()
        server.close()
        await server.wait_closed()


async def test_create() -> None:
    """Path, token and body are the vendor's; the id comes back."""
    async with http_server("200 OK", '{"vocabulary_id":"v7"}') as seen:
        made = await create_vocabulary(
            seen.endpoint, "menu", ["SALES", "销售"], language="en", description="d"
        )
    assert made == "v7"
    assert seen.head.startswith("POST /v1/p1/asr/vocabularies HTTP/1.1\r\n")
    assert "X-Auth-Token: hunter2\r\n" in seen.head
    assert "Content-Type: application/json\r\n" in seen.head
    assert json.loads(seen.body) == {
        "name": "menu",
        "description": "d",
        "language": "en",
        "contents": ["SALES", "销售"],
    }


async def test_list() -> None:
    """All tables, with fields that are not known yet ignored."""
    body = '{"count":1,"result":[{"vocabulary_id":"v7","name":"menu","x":1}]}'
    async with http_server("200 OK", body) as seen:
        assert await list_vocabularies(seen.endpoint) == [VocabularyInfo("v7", name="menu")]
    assert seen.head.startswith("GET /v1/p1/asr/vocabularies?limit=100&offset=0 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        ("400 Bad Request", '{"error_code":"SIS.0203","error_msg":"full"}', "SIS.0203"),
        ("401 Unauthorized", "", "HTTP 401"),
    ],
)
async def test_refusals_have_the_vendors_code(status: str, body: str, code: str) -> None:
    """The code of the body, else the status."""
    async with http_server(status, body) as seen:
        with pytest.raises(SpeechRejected) as caught:
            await list_vocabularies(seen.endpoint)
    assert caught.value.code == code
    assert "hunter2" not in str(caught.value)


async def test_redirects_are_refusals() -> None:
    """The token stays with the configured host."""
    async with http_server("200 OK", '{"result":[]}') as other:
        more = f"Location: {other.endpoint.rest_url('asr/vocabularies')}\r\n"
        async with http_server("302 Found", "", more=more) as seen:
            with pytest.raises(SpeechRejected, match="HTTP 302"):
                await list_vocabularies(seen.endpoint)
    assert other.head == ""


@pytest.mark.parametrize("body", ["", "{", "[]", '{"vocabulary_id":7}', "{}"])
async def test_an_answer_that_nobody_can_read(body: str) -> None:
    """No id is no success."""
    async with http_server("200 OK", body) as seen:
        with pytest.raises(SpeechProtocolError):
            await create_vocabulary(seen.endpoint, "menu", ["SALES"])


async def test_no_answer() -> None:
    """The wait has a limit."""
    async with http_server("", "") as seen:
        endpoint = dataclasses.replace(seen.endpoint, answer_timeout_s=0.05)
        with pytest.raises(SpeechUnavailable, match="no answer within"):
            await list_vocabularies(endpoint)


async def test_nobody_listens() -> None:
    """A refused connection may be tried again."""
    async with http_server("200 OK", "") as seen:
        pass
    with pytest.raises(SpeechUnavailable, match="cannot connect"):
        await list_vocabularies(seen.endpoint)


async def test_update() -> None:
    """PUT on the table's own path, with all of it (sis_03_0072)."""
    async with http_server("200 OK", '{"vocabulary_id":"v7"}') as seen:
        await update_vocabulary(seen.endpoint, "v7", "menu", ["SALES"], description="d")
    assert seen.head.startswith("PUT /v1/p1/asr/vocabularies/v7 HTTP/1.1\r\n")
    assert json.loads(seen.body) == {
        "name": "menu",
        "description": "d",
        "language": "chinese_mandarin",
        "contents": ["SALES"],
    }


@pytest.mark.parametrize("status", ["200 OK", "204 No Content"])
async def test_delete(status: str) -> None:
    """The vendor answers 200 with nothing (sis_03_0074), the local server 204."""
    async with http_server(status, "") as seen:
        await delete_vocabulary(seen.endpoint, "v7")
    assert seen.head.startswith("DELETE /v1/p1/asr/vocabularies/v7 HTTP/1.1\r\n")


async def test_a_table_that_is_not_there() -> None:
    """The vendor's code for it."""
    async with http_server("404 Not Found", '{"error_code":"SIS.0201"}') as seen:
        with pytest.raises(SpeechRejected) as caught:
            await delete_vocabulary(seen.endpoint, "v7")
    assert (caught.value.code, caught.value.status) == ("SIS.0201", 404)
