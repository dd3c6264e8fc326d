"""Checks the speech service as a call uses it: TLS, clock, credentials, models, voices. Shell.

Each language's START is real: it uses one session of the account for a moment, and recognises a
tenth of a second of silence. Each language's voice speaks a word, which costs one call unit.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import http.client
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ivr_agi.catalogue import check_model, check_voice, region_of
from ivr_agi.doctor.findings import Finding, failing, good, warning
from ivr_agi.errors import ConfigError, SpeechError, SpeechRejected
from ivr_agi.sis.client.recognizer import RecognitionClient
from ivr_agi.sis.wire.events import RecognitionFailed, RecognitionStarted
from ivr_agi.sis.wire.formats import pcm_format
from ivr_agi.sis.wire.messages import RecognitionConfig

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from ivr_agi.settings import LanguageSettings
    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.wire.events import RecognitionEvent

__all__ = (
    "check_catalogue",
    "check_clock",
    "check_sessions",
    "check_start",
    "check_transport",
    "check_voice_of",
)

_WORDS = {"en": "hello", "zh": "你好", "ar": "مرحبا"}
"""What a voice says, by language."""

SKEW_S = 60.0
"""Largest clock skew; from 15 minutes on, signatures (AK/SK) are refused."""
EXPIRES_SOON_S = 14 * 86400


def check_transport(endpoint: Endpoint) -> list[Finding]:
    """Check encryption, the certificate of the far end, and its clock against ours."""
    parts = urlsplit(endpoint.url)
    host, timeout_s = parts.hostname or "", endpoint.connect_timeout_s
    if parts.scheme == "ws":
        if endpoint.is_loopback:
            return [good("tls", f"{host} is this machine: no encryption is needed")]
        advice = (
            "use wss:// in speech.url: credentials and all that callers say can be read on the way"
        )
        return [failing("tls", f"the connection to {host} is not encrypted", advice)]
    context = ssl.create_default_context()
    connection = http.client.HTTPSConnection(
        host, parts.port or 443, timeout=timeout_s, context=context
    )
    try:
        connection.connect()
        certificate = connection.sock.getpeercert()
        connection.request("HEAD", "/")
        date = connection.getresponse().getheader("Date")
    except ssl.SSLCertVerificationError as exc:
        advice = "install ca-certificates, or name the proxy's own authority in SSL_CERT_FILE"
        return [failing("tls", f"{host} cannot be verified: {exc.verify_message}", advice)]
    except (OSError, http.client.HTTPException) as exc:
        advice = "a firewall or a proxy? Outgoing TCP to port 443 must be open"
        return [failing("tls", f"{host} cannot be reached: {exc}", advice)]
    finally:
        connection.close()
    return [_check_certificate(host, certificate), check_clock(date, time.time())]


def _check_certificate(host: str, certificate: object) -> Finding:
    until = certificate.get("notAfter") if isinstance(certificate, dict) else None
    if until is None:
        return good("tls", f"{host} is verified")
    left_s = ssl.cert_time_to_seconds(until) - time.time()
    text = f"{host} is verified, until {until}"
    if left_s > EXPIRES_SOON_S:
        return good("tls", text)
    return warning("tls", text, "its owner must renew the certificate")


def check_clock(date: str | None, now: float) -> Finding:
    """Compare a ``Date`` header with our clock, in seconds since 1970."""
    try:
        theirs = email.utils.parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return warning(
            "clock", "the service does not give the time", "compare it yourself: date -u"
        )
    skew_s = now - theirs
    if abs(skew_s) <= SKEW_S:
        return good("clock", f"{abs(skew_s):.0f} s from the service's")
    ahead = "ahead of" if skew_s > 0 else "behind"
    advice = "set it and keep it right: timedatectl set-ntp true"
    return failing("clock", f"{abs(skew_s):.0f} s {ahead} the service's", advice)


def check_catalogue(endpoint: Endpoint, languages: Mapping[str, LanguageSettings]) -> list[Finding]:
    """Check the model and the voice of each language against what the endpoint's region has."""
    found = []
    for name, each in languages.items():
        for what, reason in (
            ("model", check_model(each.recognition, endpoint.url)),
            ("voice", check_voice(each.voice, endpoint.url)),
        ):
            if reason:
                advice = "choose one in [languages] (docs/reference/sis-catalogue.md)"
                found.append(warning(what, f"{name} at {endpoint.url}: {reason}", advice))
    return found


def check_sessions(endpoints: Sequence[Endpoint], max_sessions: int) -> list[Finding]:
    """Warn of a cloud's account without a limit of ours: a full one answers with an error."""
    if max_sessions or not any(region_of(endpoint.url) for endpoint in endpoints):
        return []
    advice = "set serve.max_sessions to what your contract allows"
    return [warning("sessions", "no limit, but the vendor's accounts have one (SIS.0312)", advice)]


async def check_voice_of(
    language: str, voice: str, speak: Callable[[str, str], AsyncGenerator[bytes]]
) -> Finding:
    """Let a language's voice say a word.

    Args:
        language: Its tag.
        voice: Its voice.
        speak: Speaks a text with a voice: audio of the line's rate.

    Cancellation: safe, the socket is closed.
    """
    began, n_bytes = time.monotonic(), 0
    try:
        async with contextlib.aclosing(speak(_WORDS.get(language[:2], "OK"), voice)) as chunks:
            async for chunk in chunks:
                n_bytes += len(chunk)
    except SpeechRejected as exc:
        return failing("voice", f"{language}: {exc}", f"{exc.remedy.value}: is {voice} there?")
    except (SpeechError, ConfigError) as exc:
        return failing("voice", f"{language}: {exc}", "docs/speech-service.md")
    if not n_bytes:
        return failing("voice", f"{language}: {voice} made no sound", "choose another voice")
    took_ms = 1000 * (time.monotonic() - began)
    return good("voice", f"{language}: {voice} said a word in {took_ms:.0f} ms")


async def check_start(endpoint: Endpoint, property_: str) -> Finding:
    """Open a socket and a session as a call does, and cancel it.

    Cancellation: safe, the socket is closed.
    """
    began = time.monotonic()
    answered: asyncio.Future[RecognitionEvent] = asyncio.get_running_loop().create_future()

    def on_event(event: RecognitionEvent) -> None:
        wanted = isinstance(event, RecognitionStarted | RecognitionFailed)
        if wanted and not answered.done():
            answered.set_result(event)

    try:
        recognizer = await RecognitionClient.connect(endpoint, on_event=on_event)
        try:
            audio_format = pcm_format(property_).name
            recognizer.start(RecognitionConfig(audio_format=audio_format, property=property_))
            event = await answered  # START's own deadline ends it
            recognizer.end(cancel=True)
        finally:
            await recognizer.close()
        if isinstance(event, RecognitionFailed):
            raise event.error
    except SpeechRejected as exc:
        return failing("start", str(exc), f"{exc.remedy.value} (docs/speech-service.md)")
    except SpeechError as exc:
        advice = "is it running there? ivr-agi speech-server is the local one"
        return failing("start", str(exc), advice if endpoint.is_loopback else exc.remedy.value)
    except ConfigError as exc:
        return failing("start", str(exc), "correct the setting")
    took_ms = 1000 * (time.monotonic() - began)
    text = f"{endpoint.url} accepted the credentials and {property_} in {took_ms:.0f} ms"
    if took_ms > 1000:
        return warning("start", text, "use a nearer region? Each call waits for this once")
    return good("start", text)
