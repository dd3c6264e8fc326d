"""Tokens and client certificates."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from ivr_agi.errors import RequestFailed
from ivr_agi.flow.run.access import Tokens, client_context, token_form
from ivr_agi.flow.run.outside import Credentials

pytestmark = pytest.mark.virtual_time

PEM = Path(__file__).parents[2] / "sis" / "loopback.pem"
OURS = Credentials(token_url="https://x/token", client_id="me", client_secret="s:é", scope="a b")


class Service:
    """Gives tokens."""

    def __init__(self, **answer: Any) -> None:
        self.answer: Any = {"access_token": "t1", "expires_in": 120} | answer
        self.asked: list[tuple[str, str, bytes]] = []

    async def ask(self, url: str, authorization: str, form: bytes) -> Any:
        self.asked.append((url, authorization, form))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_a_token_is_kept() -> None:
    """For all calls, until shortly before its end."""
    service = Service()
    tokens = Tokens(service.ask)
    assert await tokens.get(OURS) == await tokens.get(OURS) == "t1"
    ((url, authorization, form),) = service.asked
    assert (url, form) == ("https://x/token", b"grant_type=client_credentials&scope=a+b")
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"me:s%3A%C3%A9"
    await asyncio.sleep(89)
    await tokens.get(OURS)
    assert len(service.asked) == 1
    await asyncio.sleep(2)
    await tokens.get(OURS)
    assert len(service.asked) == 2


async def test_one_that_is_refused() -> None:
    """The next one is new; others stay."""
    service = Service()
    tokens = Tokens(service.ask)
    await tokens.get(OURS)
    tokens.forget(OURS)
    tokens.forget(OURS)
    await tokens.get(OURS)
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({}, "no access_token"),
        ([], "no access_token"),
        (None, "no access_token"),
        ({"access_token": 3}, "no access_token"),
        ({"access_token": "a\r\nX: y"}, "malformed"),
        ({"access_token": "é"}, "malformed"),
        (RequestFailed("HTTP 401"), "no token: HTTP 401"),
    ],
)
async def test_no_token(answer: Any, reason: str) -> None:
    """Told without anything of the answer."""
    service = Service()
    service.answer = answer
    with pytest.raises(RequestFailed, match=reason):
        await Tokens(service.ask).get(OURS)


def test_a_secret_is_not_shown() -> None:
    """Not even where somebody prints it."""
    assert "s:é" not in repr(OURS)
    assert token_form("") == b"grant_type=client_credentials"


def test_a_certificate(tmp_path: Path) -> None:
    """Of a PEM file with its key; what is none is told without its text."""
    file = tmp_path / "client.pem"
    file.write_bytes(PEM.read_bytes())
    assert client_context(str(file)) is client_context(str(file))
    file.write_text("no certificate")
    with pytest.raises(RequestFailed, match="the client certificate cannot be read"):
        client_context(str(file))
    with pytest.raises(RequestFailed, match="cannot be read"):
        client_context(str(tmp_path / "none.pem"))
