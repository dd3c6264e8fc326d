"""The speech service, willing and not."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path

import pytest

from ivr_agi.doctor.findings import Severity
from ivr_agi.doctor.speech import (
    _check_certificate,
    check_catalogue,
    check_clock,
    check_sessions,
    check_start,
    check_transport,
    check_voice_of,
)
from ivr_agi.errors import Remedy, SpeechRejected
from ivr_agi.settings import LanguageSettings
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.wire.messages import ErrorResponse, StartResponse
from tests.sis.fake import Peer, fake_service

GOOD, WARNING, ERROR = Severity.GOOD, Severity.WARNING, Severity.ERROR
CERTIFICATE = Path(__file__).parents[1] / "sis" / "loopback.pem"
PROPERTY = "english_8k_common"


@pytest.mark.parametrize(
    ("skew_s", "severity"), [(0, GOOD), (50, GOOD), (-90, ERROR), (7200, ERROR)]
)
def test_clock(skew_s: float, severity: Severity) -> None:
    """A minute is near enough."""
    now = 1_800_000_000.0
    assert check_clock(formatdate(now - skew_s, usegmt=True), now).severity is severity


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_no_clock(date: str | None) -> None:
    """A service that does not say."""
    assert check_clock(date, time.time()).severity is WARNING


def test_plain_sockets() -> None:
    """On this machine they do; anywhere else they do not."""
    (found,) = check_transport(Endpoint(url="ws://127.0.0.1:8765", project_id="p"))
    assert found.severity is GOOD
    (found,) = check_transport(Endpoint(url="ws://speech.example", project_id="p"))
    assert found.severity is ERROR


async def test_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate nobody knows; the same one, trusted; nobody there."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    async with fake_service(lambda peer: peer.gone(), tls=tls) as endpoint:
        (found,) = await asyncio.to_thread(check_transport, endpoint)
        assert (found.severity, "cannot be verified" in found.text) == (ERROR, True)
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        found, clock = await asyncio.to_thread(check_transport, endpoint)
        assert found.severity is GOOD
        assert clock.severity in (GOOD, WARNING)
    (found,) = await asyncio.to_thread(check_transport, endpoint)
    assert (found.severity, "cannot be reached" in found.text) == (ERROR, True)


async def test_start() -> None:
    """One session, and it is given up."""
    ended = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(StartResponse(trace_id="t"))
        assert (await peer.end()).cancel
        ended.set()
        await peer.gone()

    async with fake_service(script) as endpoint:
        assert (await check_start(endpoint, PROPERTY)).severity is GOOD
    assert ended.is_set()


async def test_start_is_refused() -> None:
    """By a status; by an ERROR, with the vendor's code and what to do."""
    refusal: tuple[HTTPStatus, str, dict[str, str]] = (HTTPStatus.UNAUTHORIZED, "no", {})
    async with fake_service(lambda peer: peer.gone(), refusal=refusal) as endpoint:
        found = await check_start(endpoint, PROPERTY)
    assert (found.severity, "401" in found.text) == (ERROR, True)

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(ErrorResponse(trace_id="t", error_code="SIS.0301", error_msg="no match"))
        await peer.gone()

    async with fake_service(script) as endpoint:
        found = await check_start(endpoint, PROPERTY)
    assert (found.severity, "SIS.0301" in found.text, bool(found.advice)) == (ERROR, True, True)


async def test_nobody_is_there() -> None:
    """A port that is closed."""
    async with fake_service(lambda peer: peer.gone()) as endpoint:
        pass
    found = await check_start(endpoint, PROPERTY)
    assert (found.severity, "speech-server" in found.advice) == (ERROR, True)


@pytest.mark.parametrize(("days", "severity"), [(365, GOOD), (2, WARNING)])
def test_certificates_that_expire_soon(days: int, severity: Severity) -> None:
    """Somebody must renew them."""
    until = time.strftime("%b %d %H:%M:%S %Y GMT", time.gmtime(time.time() + 86400 * days))
    assert _check_certificate("speech.example", {"notAfter": until}).severity is severity


SINGAPORE = Endpoint("wss://sis-ext.ap-southeast-3.myhuaweicloud.com", "p")


def test_what_a_region_lacks_is_told_for_each_language() -> None:
    """Also at an endpoint that only stands in."""
    languages = {
        "en": LanguageSettings(recognition="english_16k_general", voice="english_dh_male"),
        "zh": LanguageSettings(recognition="cantonese_16k_common", voice="chinese_xiaoyan_common"),
    }
    model, voice = check_catalogue(SINGAPORE, languages)
    assert model.severity is voice.severity is WARNING
    assert "zh at wss://sis-ext.ap-southeast-3" in model.text
    assert "has no voice for chinese" in voice.text


def test_a_cloud_without_a_limit_of_sessions() -> None:
    """The account has one, which callers would meet."""
    local = Endpoint("ws://127.0.0.1:1", "p")
    assert [found.severity for found in check_sessions([local, SINGAPORE], 0)] == [WARNING]
    assert not check_sessions([local], 0)
    assert not check_sessions([SINGAPORE], 50)


async def test_each_language_says_a_word() -> None:
    """Sound, none, or a refusal."""

    async def speak(text: str, voice: str) -> AsyncGenerator[bytes]:
        if voice == "gone":
            raise SpeechRejected("SIS.0411", "no voice", remedy=Remedy.FIX_REQUEST)
        if voice != "mute":
            yield text.encode()

    assert (await check_voice_of("zh", "fine", speak)).severity is GOOD
    assert (await check_voice_of("en", "mute", speak)).severity is ERROR
    gone = await check_voice_of("xx", "gone", speak)
    assert (gone.severity, "is gone there?" in gone.advice) == (ERROR, True)
