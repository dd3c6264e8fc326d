"""Hot-word tables over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.speech_server.peers import make_table, rest

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from ivr_agi.speech_server.server import SpeechServer

BODY = {"name": "menu", "description": "d", "language": "chinese_mandarin", "contents": ["Sales"]}


async def test_life_of_a_table(server: SpeechServer, http: ClientSession) -> None:
    """Create twice, read, list, replace, delete."""
    path = rest(server.url) + "/v1/p/asr/vocabularies"
    async with http.post(path, json=BODY) as first, http.post(path, json=BODY) as second:
        assert first.status == 200
        created = await first.json()
        assert created == await second.json()
    one = f"{path}/{created['vocabulary_id']}"
    async with http.get(one) as answer:
        assert await answer.json() == {**BODY, **created}
    async with http.get(path) as answer:
        assert await answer.json() == {"count": 1, "result": [{**BODY, **created}]}
    async with http.put(one, json={**BODY, "contents": ["Billing"]}) as answer:
        assert await answer.json() == created
    async with http.get(one) as answer:
        assert (await answer.json())["contents"] == ["Billing"]
    async with http.delete(one) as answer:
        assert answer.status == 204
    for method in ("GET", "DELETE", "PUT"):
        async with http.request(method, one, json=BODY) as answer:
            assert answer.status == 404
            assert (await answer.json())["error_code"] == "SIS.0201"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "SIS.0012"),
        ({"name": "x"}, "SIS.0012"),
        ({**BODY, "name": None}, "SIS.0012"),
        ({**BODY, "name": " "}, "SIS.0032"),
        ({**BODY, "contents": "Sales"}, "SIS.0032"),
        ([], "SIS.0032"),
        ({**BODY, "contents": []}, "SIS.0203"),
        ({**BODY, "contents": ["x" * 65]}, "SIS.0203"),
        ({**BODY, "contents": ["x"] * 10_001}, "SIS.0203"),
    ],
)
async def test_bad_table(
    server: SpeechServer, http: ClientSession, body: object, code: str
) -> None:
    """400 with a code, on create and on replace (12.1)."""
    path = rest(server.url) + "/v1/p/asr/vocabularies"
    one = f"{path}/{await make_table(http, server.url, 'yes')}"
    for method, url in (("POST", path), ("PUT", one)):
        async with http.request(method, url, json=body) as answer:
            assert answer.status == 400
            assert (await answer.json())["error_code"] == code


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000])
async def test_no_table_at_all(server: SpeechServer, http: ClientSession, data: bytes) -> None:
    """What is no JSON."""
    async with http.post(rest(server.url) + "/v1/p/asr/vocabularies", data=data) as answer:
        assert answer.status == 400
        assert (await answer.json())["error_code"] == "SIS.0032"


async def test_a_name_is_taken_once(server: SpeechServer, http: ClientSession) -> None:
    """Other words for a table that exists are put, not made."""
    path = rest(server.url) + "/v1/p/asr/vocabularies"
    async with http.post(path, json=BODY) as answer:
        identifier = (await answer.json())["vocabulary_id"]
    other = {**BODY, "contents": ["Billing"]}
    async with http.post(path, json=other) as answer:
        assert answer.status == 400
        assert (await answer.json())["error_code"] == "SIS.0204"
    async with http.put(f"{path}/{identifier}", json=other) as answer:
        assert answer.status == 200
    async with http.post(path, json=other) as answer:
        assert await answer.json() == {"vocabulary_id": identifier}
