"""A token for a password: the request of ``sis-protocol.md`` 2.1, and what can come back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from ivr_agi.errors import ConfigError, Remedy, SpeechProtocolError, SpeechRejected
from ivr_agi.secret import Secret
from ivr_agi.sis.access.iam import IamToken, Login, fetch_token
from tests.sis.web import Reply, web

NOW = 1_700_000_000.0
DAY_S = 86400.0


def login(url: str) -> Login:
    """Somebody."""
    return Login(url, "ann", Secret("hunter2"), "acme", "cn-north-4")


def answer(expires_at: float | None = NOW + DAY_S) -> Reply:
    """IAM's answer."""
    at = None if expires_at is None else datetime.fromtimestamp(expires_at, UTC)
    token = {} if at is None else {"expires_at": at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")}
    return Reply(201, {"token": token}, {"x-subject-token": "MIIT-1"})


async def test_the_request_is_the_vendors() -> None:
    """Method, path, body; the token comes from the header, renewal is due at half its life."""
    async with web(lambda _: answer()) as served:
        token = await asyncio.to_thread(fetch_token, login(served.url), NOW, timeout_s=2)
    assert token == IamToken("MIIT-1", NOW, NOW + DAY_S, NOW + DAY_S / 2)
    (asked,) = served.asked
    assert (asked.method, asked.path) == ("POST", "/v3/auth/tokens?nocatalog=true")
    assert asked.headers["content-type"] == ["application/json"]
    assert asked.json == {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {"name": "ann", "password": "hunter2", "domain": {"name": "acme"}}
                },
            },
            "scope": {"project": {"name": "cn-north-4"}},
        }
    }


@pytest.mark.parametrize("expires_at", [None, NOW - 5, NOW + 9 * DAY_S])
async def test_an_end_that_makes_no_sense(expires_at: float | None) -> None:
    """Then it is the 24 h of the document."""
    async with web(lambda _: answer(expires_at)) as served:
        token = await asyncio.to_thread(fetch_token, login(served.url), NOW, timeout_s=2)
    assert token.expires_at == NOW + DAY_S


async def test_a_wrong_password_is_not_tried_twice() -> None:
    """And is in no error, even if IAM quotes it."""
    body = {"error": {"code": 401, "message": "password hunter2 is wrong", "title": "x"}}
    async with web(lambda _: Reply(401, body)) as served:
        with pytest.raises(SpeechRejected) as caught:
            await asyncio.to_thread(fetch_token, login(served.url), NOW, timeout_s=2)
        assert len(served.asked) == 1
    assert caught.value.text == "password *** is wrong"
    assert caught.value.remedy is Remedy.FIX_ACCOUNT


@pytest.mark.parametrize("headers", [{}, {"X-Subject-Token": ""}, {"X-Subject-Token": "a b"}])
async def test_an_answer_without_a_token(headers: dict[str, str]) -> None:
    """It is no success."""
    async with web(lambda _: Reply(201, "{}", headers)) as served:
        with pytest.raises(SpeechProtocolError, match="X-Subject-Token"):
            await asyncio.to_thread(fetch_token, login(served.url), NOW, timeout_s=2)


@pytest.mark.parametrize("url", ["", "iam", "ftp://h", "http://iam.example.com"])
def test_a_password_travels_encrypted(url: str) -> None:
    """Plain HTTP is for this machine only."""
    with pytest.raises(ConfigError) as caught:
        login(url)
    assert caught.value.key == "iam_url"


def test_a_token_by_its_age() -> None:
    """Valid until ten minutes before its end, due from half its life on, old after a minute."""
    token = IamToken("t", NOW, NOW + DAY_S, NOW + DAY_S / 2)
    for age_s, expected in {
        -5: (False, True, False),
        0: (True, False, False),
        61: (True, False, True),
        DAY_S / 2: (True, True, True),
        DAY_S - 599: (False, True, True),
    }.items():
        now = NOW + age_s
        assert (token.is_valid(now), token.is_due(now), token.is_old(now)) == expected
    assert not token.postponed(NOW + DAY_S / 2).is_due(NOW + DAY_S / 2 + 59)


def test_no_secret_is_shown() -> None:
    """Neither password nor token."""
    shown = repr(login("https://iam.example.com")) + repr(IamToken("hunter2", 0, 1, 1))
    assert "hunter2" not in shown
