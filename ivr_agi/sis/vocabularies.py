"""Hot-word tables over REST: lists of words that recognition is to expect.

Shell over ``urllib`` in a thread, for there is one such call per flow step and restart at most.

Source: the vendor's API pages sis_03_0071 (create) and sis_03_0075 (list). Tables are bound to
project and region; the service takes ASCII letters and Chinese characters, up to 10000 words.
"""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from typing import IO, TYPE_CHECKING, TypeVar

import msgspec

from ivr_agi.errors import SpeechProtocolError, SpeechUnavailable
from ivr_agi.sis.connection import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from http.client import HTTPMessage

    from ivr_agi.sis.service import Service

__all__ = ("Vocabulary", "create_vocabulary", "list_vocabularies")

_PATH = "asr/vocabularies"
_Answer = TypeVar("_Answer")


class Vocabulary(msgspec.Struct, frozen=True):
    """A hot-word table that exists."""

    vocabulary_id: str
    """What :class:`RecognitionConfig` names it by."""
    name: str = ""
    language: str = ""
    description: str = ""


class _Vocabularies(msgspec.Struct):
    result: list[Vocabulary] = []


async def create_vocabulary(
    service: Service,
    name: str,
    words: Sequence[str],
    *,
    language: str = "chinese_mandarin",
    description: str = "",
) -> str:
    """Make a hot-word table.

    Args:
        service: Where and as whom; its ``answer_timeout_s`` is the limit.
        name: Unique in the project; up to 32 letters, digits, ``_``, ``-`` and ``#``.
        words: What is to be recognised.
        language: The vendor knows ``chinese_mandarin``, in which English words may stand.
        description: Up to 255 characters.

    Returns:
        Its id, for :class:`RecognitionConfig`.

    Raises:
        SpeechUnavailable: Nobody answers in time.
        SpeechRejected: The service refuses (too many tables, bad words, token, ...).
        SpeechProtocolError: The answer holds no id.

    Cancellation: safe; the table may exist all the same.
    """
    body = {
        "name": name,
        "description": description,
        "language": language,
        "contents": list(words),
    }
    answer = await _request(service, "POST", Vocabulary, msgspec.json.encode(body))
    return answer.vocabulary_id


async def list_vocabularies(service: Service) -> list[Vocabulary]:
    """All hot-word tables of the project.

    Raises:
        SpeechUnavailable: Nobody answers in time.
        SpeechRejected: The service refuses.
        SpeechProtocolError: The answer is no list of tables.

    Cancellation: safe.
    """
    return (await _request(service, "GET", _Vocabularies)).result


async def _request(
    service: Service, method: str, kind: type[_Answer], body: bytes | None = None
) -> _Answer:
    try:
        async with asyncio.timeout(service.answer_timeout_s):
            answer = await asyncio.to_thread(_send, service, method, body)
        return msgspec.json.decode(answer, type=kind)
    except TimeoutError as error:
        reason = f"no answer within {service.answer_timeout_s:g} s"
        raise SpeechUnavailable(reason, service=service.url) from error
    except OSError as error:
        raise SpeechUnavailable(f"cannot connect: {error}", service=service.url) from error
    except (msgspec.DecodeError, UnicodeError) as error:
        reason = f"not an answer of the protocol: {error}"
        raise SpeechProtocolError(reason, service=service.url) from error


def _send(service: Service, method: str, body: bytes | None) -> bytes:
    headers = {**service.headers, "Content-Type": "application/json"}
    request = urllib.request.Request(
        service.rest_url(_PATH), data=body, headers=headers, method=method
    )
    proxies = [urllib.request.ProxyHandler({})] if service.is_loopback else []
    opener = urllib.request.build_opener(_NoRedirect, *proxies)
    try:
        with opener.open(request, timeout=service.answer_timeout_s) as response:
            answer: bytes = response.read()
            return answer
    except urllib.error.HTTPError as error:
        with error:
            raise refusal(error.code, error.reason, error.read(), service) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token in its header is for the configured host only."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        return None
