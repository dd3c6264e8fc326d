"""Temporary keys of a machine's agency: what the metadata service answers, or may answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from ivr_agi.errors import Remedy, SpeechProtocolError, SpeechRejected
from ivr_agi.sis.access.agency import AgencyKey, fetch_agency_key
from tests.sis.web import Asked, Reply, web

NOW = 1_700_000_000.0
HOUR_S = 3600.0


def credential(expires_at: float | None = NOW + HOUR_S, **changes: str) -> Reply:
    """The service's answer."""
    found: dict[str, str] = {"access": "AK9", "secret": "sk9", "securitytoken": "st9", **changes}
    if expires_at is not None:
        at = datetime.fromtimestamp(expires_at, UTC)
        found["expires_at"] = at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    return Reply(200, {"credential": found})


def of_version(number: int, key: Reply) -> object:
    """A metadata service of version 1 or 2, which wants a token."""

    def answer(asked: Asked) -> Reply:
        if asked.path == "/meta-data/latest/api/token":
            assert asked.headers["x-metadata-token-ttl-seconds"] == ["21600"]
            return Reply(200, "session-1") if number == 2 else Reply(404)
        assert (asked.method, asked.path) == ("GET", "/openstack/latest/securitykey")
        if number == 2 and asked.headers.get("x-metadata-token") != ["session-1"]:
            return Reply(401)
        return key

    return answer


@pytest.mark.parametrize("number", [1, 2])
async def test_a_key_of_the_agency(number: int) -> None:
    """Key, secret and security token; a new one is there ten minutes before its end."""
    async with web(of_version(number, credential())) as served:  # type: ignore[arg-type]
        key = await asyncio.to_thread(fetch_agency_key, served.url, NOW, timeout_s=2)
    assert key == AgencyKey("AK9", "sk9", "st9", NOW, NOW + HOUR_S, NOW + HOUR_S - 600)
    assert key.key.security_token is not None
    assert "sk9" not in repr(key)
    assert "st9" not in repr(key.key)


def test_when_it_is_renewed() -> None:
    """In its last ten minutes; unless that fails, until its last minute."""
    key = AgencyKey("AK", "sk", "st", NOW, NOW + HOUR_S, NOW + HOUR_S - 600)
    assert not key.is_due(NOW + 2999)
    assert key.is_due(NOW + 3000)
    later = key.postponed(NOW + 3000)
    assert not later.is_due(NOW + 3059)
    assert later.is_valid(NOW + 3539)
    assert not later.is_valid(NOW + 3540)
    assert not key.is_old(NOW + 59)
    assert key.is_old(NOW + 60)


@pytest.mark.parametrize("expires_at", [None, NOW - 5, NOW + 99 * HOUR_S])
async def test_an_end_that_makes_no_sense(expires_at: float | None) -> None:
    """Then it is the hour of the document."""
    async with web(of_version(1, credential(expires_at))) as served:  # type: ignore[arg-type]
        key = await asyncio.to_thread(fetch_agency_key, served.url, NOW, timeout_s=2)
    assert key.expires_at == NOW + HOUR_S


async def test_a_machine_without_an_agency() -> None:
    """It says what to do."""
    async with web(lambda _: Reply(404)) as served:
        with pytest.raises(SpeechRejected, match="this machine has no agency") as caught:
            await asyncio.to_thread(fetch_agency_key, served.url, NOW, timeout_s=2)
    assert caught.value.remedy is Remedy.FIX_ACCOUNT


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "[]"),
        Reply(200, "no json"),
        Reply(200, {"credential": {}}),
        credential(access=""),
    ],
)
async def test_an_answer_without_a_key(reply: Reply) -> None:
    """It is not the protocol."""
    async with web(of_version(1, reply)) as served:  # type: ignore[arg-type]
        with pytest.raises(SpeechProtocolError, match="credential"):
            await asyncio.to_thread(fetch_agency_key, served.url, NOW, timeout_s=2)
