"""What to do about each of the vendor's error codes, and the error for an HTTP status.

Core, no I/O. Source: ``sis-protocol.md`` 12.1 (SIS codes), 12.2 (HTTP level), and the vendor's page
sis_03_0045 for the hot-word codes 0203 to 0208.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.errors import Remedy, SpeechRejected
from ivr_agi.secret import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ("GATEWAY_PAUSE_S", "MAX_BODY_BYTES", "REMEDIES", "refusal", "remedy_for")

_CODES: Mapping[Remedy, tuple[int, ...]] = {
    Remedy.FIX_REQUEST: (
        *(12, 31, 32, 201, 203, 204, 205, 208),
        *(301, 309, 402, 410, 411, 415, 418),
    ),
    Remedy.FIX_ACCOUNT: (3, 22, 23, 24, 101, 102, 103),
    Remedy.CLIENT_TIMING: (304, 416),
    Remedy.BACK_OFF: (312,),
    # 0033, 0100 and 0302 are faults inside the service that the next try may not meet.
    Remedy.RETRY: (33, 100, 302, 303, 305, 306, 307, 401, 412, 413, 414, 417),
    Remedy.ESCALATE: (1, 206, 207),
}

_GATEWAY_TIMEOUT = "APIG.0201"
GATEWAY_PAUSE_S = 2.0
"""The gateway waited too long for the service behind it (APIG.0201, unless it says 413: too large).
The vendor's FAQ: again after 2 to 5 s."""

REMEDIES: Mapping[str, Remedy] = {
    f"SIS.{number:04}": remedy for remedy, numbers in _CODES.items() for number in numbers
}
"""Every code in the documents of recognition, synthesis and hot words."""


def remedy_for(code: str, status: int | None = None) -> Remedy:
    """Return what to do about an error.

    Args:
        code: The vendor's code, e.g. ``SIS.0303`` or ``APIG.0301``; empty if there is none.
        status: The HTTP status, if the error came before the WebSocket was open.

    A gateway's code means what its status says, but for APIG.0201. Unknown synthesis codes may be
    transient; other unknown codes are for people to look up.
    """
    if code in REMEDIES:
        return REMEDIES[code]
    if code == _GATEWAY_TIMEOUT and status != 413:
        return Remedy.BACK_OFF
    if status is not None:
        return _remedy_for_status(status)
    return Remedy.RETRY if code.startswith("SIS.04") else Remedy.ESCALATE


def _remedy_for_status(status: int) -> Remedy:
    if status in (401, 403):
        return Remedy.FIX_ACCOUNT
    if status == 429:
        return Remedy.BACK_OFF
    if status == 408 or status >= 500:
        return Remedy.RETRY
    return Remedy.FIX_REQUEST


MAX_BODY_BYTES = 1 << 16
"""Most of an error's body that is looked at."""
_SECONDS = re.compile(r"\d{1,6}", re.ASCII)
_SECRET_HEADERS = ("X-Auth-Token", "Authorization", "X-Security-Token")


class _IamError(msgspec.Struct):
    message: str | None = None


class _HttpError(msgspec.Struct):
    error_code: str | None = None
    error_msg: str | None = None
    request_id: str | None = None
    error: _IamError | None = None


def refusal(
    status: int,
    phrase: str,
    body: bytes | bytearray | None,
    *,
    service: str,
    headers: Mapping[str, str],
    secrets: Iterable[str] = (),
    retry_after: str | None = None,
) -> SpeechRejected:
    """Return the error for an HTTP status, with the vendor's code and text if the body has them.

    Args:
        status: The status.
        phrase: Its reason phrase.
        body: The response body: the gateway's form, IAM's, or anything else.
        service: URL of the service.
        headers: The request's headers. The gateway quotes them in its errors; those with secrets
            are masked.
        secrets: Other texts to mask.
        retry_after: The response's header; a date is not looked at.
    """
    try:
        answer = msgspec.json.decode((body or b"{}")[:MAX_BODY_BYTES], type=_HttpError)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        answer = _HttpError()
    text = answer.error_msg or (answer.error and answer.error.message) or phrase
    hidden = (*secrets, *(headers[name] for name in _SECRET_HEADERS if name in headers))
    clean = functools.partial(clean_text, secrets=hidden)
    asked_s = float(retry_after) if retry_after and _SECONDS.fullmatch(retry_after) else None
    if asked_s is None and answer.error_code == _GATEWAY_TIMEOUT and status != 413:
        asked_s = GATEWAY_PAUSE_S
    return SpeechRejected(
        clean(answer.error_code or f"HTTP {status}"),
        clean(text),
        service=service,
        trace_id=clean(answer.request_id or "") or None,
        remedy=remedy_for(answer.error_code or "", status),
        status=status,
        retry_after_s=asked_s,
    )
