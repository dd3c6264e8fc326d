"""Hot-word tables over REST: lists of words that recognition should expect.

Shell; requests are sent in a thread. There is one per flow step when its words have changed.

Source: the vendor's API pages sis_03_0071 to 0075. Tables are bound to project and region. What the
service takes as a word is in :mod:`ivr_agi.sis.wire.hot_words`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ivr_agi.errors import SpeechProtocolError
from ivr_agi.sis.access.health import Backoff
from ivr_agi.sis.access.identity import identified
from ivr_agi.sis.access.rest import send
from ivr_agi.sis.access.signing import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.sis.access.endpoint import Endpoint

__all__ = (
    "VocabularyInfo",
    "create_vocabulary",
    "delete_vocabulary",
    "list_vocabularies",
    "update_vocabulary",
)

_PATH = "asr/vocabularies"
_ALL = "limit=100&offset=0"
"""All tables that an account may have; the default of the service is ten."""
_Answer = TypeVar("_Answer")


class VocabularyInfo(msgspec.Struct, frozen=True):
    """An existing hot-word table."""

    vocabulary_id: str
    """Value of ``vocabulary_id`` in START."""
    name: str = ""
    language: str = ""
    description: str = ""


class _Vocabularies(msgspec.Struct):
    result: list[VocabularyInfo] = []


async def create_vocabulary(
    endpoint: Endpoint,
    name: str,
    words: Sequence[str],
    *,
    language: str = "chinese_mandarin",
    description: str = "",
) -> str:
    """Create a hot-word table.

    Args:
        endpoint: The endpoint, with its credentials; its ``answer_timeout_s`` is the limit.
        name: Unique in the project; up to 32 letters, digits, ``_``, ``-`` and ``#``.
        words: The words to expect.
        language: ``chinese_mandarin``, which may hold English words too, or ``english``. A table
            has no effect on a model of another language.
        description: Up to 255 characters.

    Returns:
        Its id, for ``vocabulary_id`` of START.

    Raises:
        SpeechUnavailable: There is no answer in time.
        SpeechRejected: The service refuses (too many tables, bad words, token, ...).
        SpeechProtocolError: The answer has no id.

    Cancellation: safe, but the table may exist.
    """
    body = _table(name, words, language, description)
    return _decode(
        await _request(endpoint, "POST", body=body), VocabularyInfo, endpoint
    ).vocabulary_id


async def update_vocabulary(
    endpoint: Endpoint,
    vocabulary_id: str,
    name: str,
    words: Sequence[str],
    *,
    language: str = "chinese_mandarin",
    description: str = "",
) -> None:
    """Replace the words of a table; its id stays. Parameters as :func:`create_vocabulary`.

    Raises:
        SpeechUnavailable: There is no answer in time.
        SpeechRejected: The service refuses; ``SIS.0201`` or status 404: there is no such table.

    Cancellation: safe, but the words may have changed.
    """
    body = _table(name, words, language, description)
    await _request(endpoint, "PUT", f"/{vocabulary_id}", body=body)


async def delete_vocabulary(endpoint: Endpoint, vocabulary_id: str) -> None:
    """Delete a table.

    Raises:
        SpeechUnavailable: There is no answer in time.
        SpeechRejected: The service refuses; ``SIS.0201`` or status 404: there is no such table.

    Cancellation: safe, but the table may be deleted.
    """
    await _request(endpoint, "DELETE", f"/{vocabulary_id}")


async def list_vocabularies(endpoint: Endpoint) -> list[VocabularyInfo]:
    """Return all hot-word tables of the project.

    Raises:
        SpeechUnavailable: There is no answer in time.
        SpeechRejected: The service refuses.
        SpeechProtocolError: The answer is not a list of tables.

    Cancellation: safe.
    """
    return _decode(await _request(endpoint, "GET", query=_ALL), _Vocabularies, endpoint).result


def _table(name: str, words: Sequence[str], language: str, description: str) -> bytes:
    return msgspec.json.encode(
        {"name": name, "description": description, "language": language, "contents": list(words)}
    )


async def _request(
    endpoint: Endpoint, method: str, path: str = "", *, query: str = "", body: bytes = b""
) -> bytes:
    request = HttpRequest(method, endpoint.host, endpoint.api_path(_PATH + path), query, body)
    url = endpoint.rest_url(_PATH + path) + (f"?{query}" if query else "")
    always = {"Host": endpoint.host, "Content-Type": "application/json"}

    async def send_it(headers: dict[str, str]) -> bytes:
        _, answer = await asyncio.to_thread(
            send,
            method,
            url,
            {**always, **headers},
            body or None,
            service=endpoint.url,
            timeout_s=endpoint.answer_timeout_s,
            use_proxy=not endpoint.is_loopback,
            retries=Backoff(),
        )
        return answer

    return await identified(endpoint, request, send_it)


def _decode(answer: bytes, kind: type[_Answer], endpoint: Endpoint) -> _Answer:
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        reason = f"not an answer of the protocol: {error}"
        raise SpeechProtocolError(reason, service=endpoint.url) from error
