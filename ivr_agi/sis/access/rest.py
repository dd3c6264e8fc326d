"""HTTP requests to the vendor's REST interfaces: hot-word tables and IAM.

Shell over ``urllib``; it blocks, so call it in a thread. Requests are few: one per table when words
have changed, one per token and half day.
"""

from __future__ import annotations

import random
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import IO, TYPE_CHECKING

from ivr_agi.errors import SpeechError, SpeechProtocolError, SpeechUnavailable
from ivr_agi.sis.access.health import asked_s
from ivr_agi.sis.wire.remedies import MAX_BODY_BYTES, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from http.client import HTTPMessage

    from ivr_agi.sis.access.health import Backoff

__all__ = ("send",)

MAX_ANSWER_BYTES = 1 << 20
"""Most of an answer: a list of all hot-word tables has a tenth of it."""


def send(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    service: str,
    timeout_s: float,
    use_proxy: bool,
    retries: Backoff | None = None,
    secrets: Sequence[str] = (),
) -> tuple[Mapping[str, str], bytes]:
    """Send a request and return the headers and body of its answer.

    Args:
        method: ``GET``, ``POST``, ...
        url: ``http`` or ``https``; certificates are verified, redirects are refusals.
        headers: Headers of the request, with ``Host`` if it is signed.
        body: Body of the request.
        service: URL of the service, for errors.
        timeout_s: Limit of each step on the network, seconds.
        use_proxy: Whether to use the environment's proxy.
        retries: When to retry a transient failure; None: never.
        secrets: Parts of ``body`` that no error may show.

    Raises:
        SpeechUnavailable: Nobody answers in time.
        SpeechRejected: A status other than 2xx.
    """
    proxies = [] if use_proxy else [urllib.request.ProxyHandler({})]
    opener = urllib.request.build_opener(_NoRedirect, *proxies)
    request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)
    begun_at, n_failed = time.monotonic(), 0
    while True:
        try:
            return _send_once(
                opener, request, headers, service=service, timeout_s=timeout_s, secrets=secrets
            )
        except SpeechError as error:
            n_failed += 1
            elapsed_s = time.monotonic() - begun_at
            may_retry = retries is not None and error.retryable
            jitter = random.random()
            wait_s = None
            if retries is not None and may_retry:
                wait_s = retries.wait_s(n_failed, elapsed_s, jitter, asked_s(error))
            if wait_s is None:
                raise
        time.sleep(wait_s)


def _send_once(
    opener: urllib.request.OpenerDirector,
    request: urllib.request.Request,
    headers: Mapping[str, str],
    *,
    service: str,
    timeout_s: float,
    secrets: Sequence[str],
) -> tuple[Mapping[str, str], bytes]:
    try:
        with opener.open(request, timeout=timeout_s) as response:
            body = response.read(MAX_ANSWER_BYTES + 1)
            if len(body) > MAX_ANSWER_BYTES:
                reason = f"an answer must have {MAX_ANSWER_BYTES} bytes at most"
                raise SpeechProtocolError(reason, service=service)
            return response.headers, body
    except urllib.error.HTTPError as error:
        with error:
            raise refusal(
                error.code,
                error.reason,
                error.read(MAX_BODY_BYTES),
                service=service,
                headers=headers,
                secrets=secrets,
                retry_after=error.headers.get("Retry-After"),
            ) from error
    except TimeoutError as error:
        raise SpeechUnavailable(f"no answer within {timeout_s:g} s", service=service) from error
    except urllib.error.URLError as error:
        raise SpeechUnavailable(f"cannot connect: {error.reason}", service=service) from error
    except (OSError, HTTPException) as error:  # the latter: the answer is not HTTP
        raise SpeechUnavailable(f"cannot connect: {error}", service=service) from error


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
