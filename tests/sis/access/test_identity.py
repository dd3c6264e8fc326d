"""Who we are, on the wire: keys, tokens, refusals; two processes are two objects on one file."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import pytest

from ivr_agi.errors import Remedy, SpeechRejected, SpeechUnavailable
from ivr_agi.secret import Secret
from ivr_agi.sis.access.agency import AgencyKey
from ivr_agi.sis.access.endpoint import Endpoint, Identity
from ivr_agi.sis.access.health import MAX_REFUSALS, Health
from ivr_agi.sis.access.iam import IamToken, Login
from ivr_agi.sis.access.identity import (
    AgencyIdentity,
    KeyIdentity,
    PasswordIdentity,
    identified,
)
from ivr_agi.sis.access.shared_file import SharedFile
from ivr_agi.sis.access.signing import AccessKey, HttpRequest, sign
from ivr_agi.sis.client.connection import open_socket
from ivr_agi.sis.client.vocabularies import list_vocabularies
from tests.sis.fake import Peer, fake_service
from tests.sis.web import Asked, Reply, Web, web

KEY = AccessKey("AK1", Secret("hunter2-sk"), Secret("hunter2-sts"))
REQUEST = HttpRequest("GET", "h", "/v1/p/rtts")
SERVICE = Endpoint("ws://h", "p1")
REFUSED = SpeechRejected("APIG.0301", "no", status=401)
HALF_DAY_S = 12 * 3600


class Clock:
    """Wall clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Somewhen."""
    return Clock()


def tokens_of(served: Web, folder: Path, clock: Clock) -> PasswordIdentity:
    """Somebody with a password, as another process would make it."""
    login = Login(served.url, "ann", Secret("hunter2-pw"), "acme", "cn-north-4")
    return PasswordIdentity(
        login,
        SharedFile(IamToken, folder / "tokens.json"),
        SharedFile(Health, folder / "refusals.json"),
        timeout_s=2.0,
        clock=clock,
    )


def give_tokens(asked: Asked | None = None) -> Iterator[Reply]:
    """IAM's answers: hunter2-t1, hunter2-t2, ..."""
    n_given = 0
    while True:
        n_given += 1
        yield Reply(201, "{}", {"X-Subject-Token": f"hunter2-t{n_given}"})


async def token_of(identity: Identity) -> str:
    """What would be sent."""
    return (await identity.headers(REQUEST, project_id="p1", url="ws://h"))["X-Auth-Token"]


async def test_a_signed_upgrade(clock: Clock) -> None:
    """One Host with its port, and a signature over exactly that (2.2)."""
    seen: list[Peer] = []

    async def script(peer: Peer) -> None:
        seen.append(peer)
        await peer.gone()

    async with fake_service(script) as endpoint:
        endpoint = dataclasses.replace(
            endpoint, identity=KeyIdentity(KEY, clock=clock), enterprise_project_id="ep-1"
        )
        await (await open_socket(endpoint, "rtts")).close()
    headers = seen[0].headers
    assert headers.get_all("Host") == [endpoint.host]
    assert re.fullmatch(r"127\.0\.0\.1:\d+", endpoint.host)
    assert headers["Enterprise-Project-Id"] == "ep-1"
    assert headers["X-Security-Token"] == "hunter2-sts"
    assert headers["X-Project-Id"] == "p1"
    expected = sign(
        KEY,
        HttpRequest("GET", endpoint.host, "/v1/p1/rtts"),
        datetime.fromtimestamp(clock.now, UTC),
        {"X-Project-Id": "p1"},
    )
    assert headers["Authorization"] == expected["Authorization"]


async def test_a_signed_rest_request(clock: Clock) -> None:
    """Query and Host are signed as they are sent."""
    async with web(lambda _: Reply(200, {"result": []})) as served:
        url = served.url.replace("http", "ws")
        endpoint = Endpoint(url, "p1", identity=KeyIdentity(KEY, clock=clock))
        await list_vocabularies(endpoint)
    (asked,) = served.asked
    path, _, query = asked.path.partition("?")
    (host,) = asked.headers["host"]
    expected = sign(
        KEY,
        HttpRequest("GET", host, path, query),
        datetime.fromtimestamp(clock.now, UTC),
        {"X-Project-Id": "p1"},
    )
    assert asked.headers["authorization"] == [expected["Authorization"]]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("wss://Sis-Ext.example.com", "sis-ext.example.com"),
        ("wss://h:443", "h"),
        ("ws://h:80", "h"),
        ("wss://h:8443", "h:8443"),
        ("ws://h:443", "h:443"),
        ("ws://[::1]:8765", "[::1]:8765"),
    ],
)
def test_host_is_what_websockets_sends(url: str, host: str) -> None:
    """The default port is left out (2.2: exactly the Host on the wire)."""
    from websockets.client import ClientProtocol
    from websockets.uri import parse_uri

    assert Endpoint(url, "p").host == host
    assert ClientProtocol(parse_uri(url)).connect().headers["Host"] == host


async def test_one_request_for_many_waiters(tmp_path: Path, clock: Clock) -> None:
    """In one process and in several (2.1: cache it)."""
    answers = give_tokens()
    async with web(lambda _: next(answers)) as served:
        processes = [tokens_of(served, tmp_path, clock) for _ in range(3)]
        found = await asyncio.gather(*(token_of(one) for one in processes for _ in range(5)))
        assert set(found) == {"hunter2-t1"}
        assert len(served.asked) == 1
    assert (tmp_path / "tokens.json").stat().st_mode & 0o777 == 0o600


async def test_tokens_are_renewed_early(tmp_path: Path, clock: Clock) -> None:
    """At half their life."""
    answers = give_tokens()
    async with web(lambda _: next(answers)) as served:
        identity = tokens_of(served, tmp_path, clock)
        assert await token_of(identity) == "hunter2-t1"
        clock.now += HALF_DAY_S - 1
        assert await token_of(identity) == "hunter2-t1"
        clock.now += 1
        assert await token_of(identity) == "hunter2-t2"


async def test_iam_may_be_away_for_half_a_day(tmp_path: Path, clock: Clock) -> None:
    """The old token still serves, and IAM is asked once a minute; at its end it is an error."""
    answers = give_tokens()
    async with web(lambda _: next(answers)) as served:
        identity = tokens_of(served, tmp_path, clock)
        await token_of(identity)
    clock.now += HALF_DAY_S
    assert await token_of(identity) == "hunter2-t1"
    assert await token_of(identity) == "hunter2-t1"
    clock.now += HALF_DAY_S
    with pytest.raises(SpeechUnavailable, match="cannot connect"):
        await token_of(identity)


async def test_a_stale_token_is_replaced_once(tmp_path: Path, clock: Clock) -> None:
    """A 401 for a token from earlier: a fresh one, one more try; it is no refusal of ours."""
    sent: list[str] = []

    async def send(headers: dict[str, str]) -> str:
        sent.append(headers["X-Auth-Token"])
        if sent[-1] == "hunter2-t1" and len(sent) > 1:
            raise REFUSED
        return "in"

    answers = give_tokens()
    async with web(lambda _: next(answers)) as served:
        identity = tokens_of(served, tmp_path, clock)
        endpoint = dataclasses.replace(SERVICE, identity=identity)
        await identified(endpoint, REQUEST, send)
        clock.now += 3600
        assert await identified(endpoint, REQUEST, send) == "in"
    assert sent == ["hunter2-t1", "hunter2-t1", "hunter2-t2"]
    assert SharedFile(Health, tmp_path / "refusals.json").read() == {}


@pytest.mark.parametrize("status", [401, 403])
async def test_a_fresh_token_that_is_refused(tmp_path: Path, clock: Clock, status: int) -> None:
    """No second try (12.2: no blind retry)."""
    n_sent = 0

    async def send(_: dict[str, str]) -> str:
        nonlocal n_sent
        n_sent += 1
        raise SpeechRejected("APIG.0301", "no", status=status)

    answers = give_tokens()
    async with web(lambda _: next(answers)) as served:
        identity = tokens_of(served, tmp_path, clock)
        with pytest.raises(SpeechRejected):
            await identified(dataclasses.replace(SERVICE, identity=identity), REQUEST, send)
    assert n_sent == 1


async def test_refusals_stop_all_processes(tmp_path: Path, clock: Clock) -> None:
    """After four in a row nothing is sent for five minutes (2.2: lockout), then one try."""
    n_sent, is_fixed = 0, False

    async def send(_: dict[str, str]) -> str:
        nonlocal n_sent
        n_sent += 1
        if not is_fixed:
            raise REFUSED
        return "in"

    async def attempt() -> None:
        refusals = SharedFile(Health, tmp_path / "refusals.json")
        identity = KeyIdentity(KEY, refusals, clock=clock)
        await identified(dataclasses.replace(SERVICE, identity=identity), REQUEST, send)

    for _ in range(10):
        with pytest.raises(SpeechRejected) as caught:
            await attempt()
    assert n_sent == MAX_REFUSALS
    assert "nothing is sent for another 300 s, after: refused with APIG.0301" in str(caught.value)
    assert caught.value.remedy is Remedy.FIX_ACCOUNT
    clock.now += 300
    is_fixed = True
    await attempt()
    assert SharedFile(Health, tmp_path / "refusals.json").read() == {}


async def test_a_wrong_password_stops_too(tmp_path: Path, clock: Clock) -> None:
    """IAM's refusals count as the service's."""
    async with web(lambda _: Reply(401)) as served:
        for _ in range(6):
            with pytest.raises(SpeechRejected):
                await token_of(tokens_of(served, tmp_path, clock))
        assert len(served.asked) == MAX_REFUSALS


@pytest.mark.parametrize("kind", ["key", "password", "token"])
async def test_no_secret_comes_out(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """Not in logs, reprs, errors or the file of refusals, though the gateway quotes what it got."""
    caplog.set_level(logging.DEBUG)
    quoted = {"key": "hunter2-sts", "password": "hunter2-t1", "token": "hunter2-tok"}[kind]
    body = f'{{"error_code":"APIG.0301","error_msg":"canonicalRequest: {quoted}"}}'
    refusals = SharedFile(Health, tmp_path / "refusals.json")
    answers = give_tokens()
    refusal: tuple[HTTPStatus, str, dict[str, str]] = (HTTPStatus.UNAUTHORIZED, body, {})
    async with (
        web(lambda _: next(answers)) as served,
        fake_service(Peer.gone, refusal=refusal) as endpoint,
    ):
        identity = {
            "key": KeyIdentity(KEY, refusals, clock=clock),
            "password": tokens_of(served, tmp_path, clock),
            "token": None,
        }[kind]
        token = Secret("hunter2-tok") if kind == "token" else None
        endpoint = dataclasses.replace(endpoint, identity=identity, token=token)
        with pytest.raises(SpeechRejected, match=r"canonicalRequest: \*\*\*") as caught:
            await open_socket(endpoint, "rtts")
    shown = [caught.value, repr(caught.value), vars(caught.value), endpoint, identity, KEY]
    shown += [refusals.read(), served.url]
    own = [record.getMessage() for record in caplog.records if record.name.startswith("ivr_agi")]
    assert not [text for text in map(str, [*shown, *own]) if "hunter2" in text]


def keys_of(served: Web, folder: Path, clock: Clock) -> AgencyIdentity:
    """A machine with an agency, as another process would make it."""
    return AgencyIdentity(
        served.url,
        SharedFile(AgencyKey, folder / "keys.json"),
        SharedFile(Health, folder / "refusals.json"),
        timeout_s=2.0,
        clock=clock,
    )


async def test_keys_of_an_agency_are_shared_and_renewed(tmp_path: Path, clock: Clock) -> None:
    """Every request is signed with the security token; ten minutes before its end comes another."""
    made: list[str] = []

    def answer(asked: Asked) -> Reply:
        if "token" in asked.path:
            return Reply(404)
        made.append(f"AK{len(made)}")
        end = datetime.fromtimestamp(clock.now + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        found = {"access": made[-1], "secret": "s", "securitytoken": "t", "expires_at": end}
        return Reply(200, {"credential": found})

    async with web(answer) as served:
        one, other = keys_of(served, tmp_path, clock), keys_of(served, tmp_path, clock)
        for identity in (one, other, one):
            headers = await identity.headers(REQUEST, project_id="p1", url="")
            assert headers["X-Security-Token"] == "t"
            assert "Access=AK0," in headers["Authorization"]
            assert "x-security-token" in headers["Authorization"]
        clock.now += 3000
        assert (
            "Access=AK1," in (await one.headers(REQUEST, project_id="p1", url=""))["Authorization"]
        )
        # The old key was refused: it had ended sooner than it said.
        clock.now += 100
        assert one.refused(REFUSED)
        assert (
            "Access=AK2," in (await one.headers(REQUEST, project_id="p1", url=""))["Authorization"]
        )
    assert made == ["AK0", "AK1", "AK2"]
