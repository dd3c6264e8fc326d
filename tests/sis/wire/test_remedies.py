"""What each code means (``sis-protocol.md`` 12), and the error for an HTTP status."""

from __future__ import annotations

import pytest

from ivr_agi.errors import Remedy
from ivr_agi.sis.wire.remedies import REMEDIES, refusal, remedy_for

# Section 12.1, line by line.
TABLE = {
    Remedy.FIX_REQUEST: (
        "0012 0031 0032 0201 0203 0204 0205 0208 0301 0309 0402 0410 0411 0415 0418"
    ),
    Remedy.FIX_ACCOUNT: "0003 0101 0102 0103 0022 0023 0024",
    Remedy.CLIENT_TIMING: "0304 0416",
    Remedy.BACK_OFF: "0312",
    Remedy.RETRY: "0033 0100 0302 0303 0305 0306 0307 0401 0412 0413 0414 0417",
    Remedy.ESCALATE: "0001 0206 0207",
}


def test_every_code_of_the_document() -> None:
    """Section 12.1 as a whole, nothing more."""
    expected = {
        f"SIS.{number}": remedy for remedy, codes in TABLE.items() for number in codes.split()
    }
    assert dict(REMEDIES) == expected


@pytest.mark.parametrize(
    ("code", "status", "remedy"),
    [
        ("SIS.0499", None, Remedy.RETRY),
        ("SIS.0999", None, Remedy.ESCALATE),
        ("", None, Remedy.ESCALATE),
        ("SIS.0201", 400, Remedy.FIX_REQUEST),
        ("SIS.0312", 400, Remedy.BACK_OFF),
        ("APIG.0301", 401, Remedy.FIX_ACCOUNT),
        ("APIG.0302", 403, Remedy.FIX_ACCOUNT),
        ("APIG.0101", 404, Remedy.FIX_REQUEST),
        ("APIG.0201", 413, Remedy.FIX_REQUEST),
        ("APIG.0201", 400, Remedy.BACK_OFF),
        ("APIG.0308", 429, Remedy.BACK_OFF),
        ("", 408, Remedy.RETRY),
        ("", 302, Remedy.FIX_REQUEST),
        ("APIG.0610", 503, Remedy.RETRY),
    ],
)
def test_what_is_not_in_the_table(code: str, status: int | None, remedy: Remedy) -> None:
    """Newer codes by the rule of 12.1, gateway's codes by their status (12.2)."""
    assert remedy_for(code, status) is remedy


@pytest.mark.parametrize(
    ("remedy", "retryable"),
    list(zip(Remedy, (False, False, True, True, True, False), strict=True)),
)
def test_what_may_be_tried_again(remedy: Remedy, retryable: bool) -> None:
    """A request or account that is wrong stays wrong."""
    assert remedy.retryable is retryable


@pytest.mark.parametrize(
    ("body", "code", "text", "trace_id"),
    [
        (
            b'{"error_code":"APIG.0301","error_msg":"a\\nb","request_id":"r1"}',
            "APIG.0301",
            "a b",
            "r1",
        ),
        (b'{"error":{"code":401,"message":"wrong password"}}', "HTTP 401", "wrong password", None),
        (b"<html>", "HTTP 401", "Unauthorized", None),
        (b'{"error_code":7}', "HTTP 401", "Unauthorized", None),
        (None, "HTTP 401", "Unauthorized", None),
    ],
)
def test_refusals(body: bytes | None, code: str, text: str, trace_id: str | None) -> None:
    """The gateway's form, IAM's form, and anything else."""
    error = refusal(401, "Unauthorized", body, service="wss://s", headers={})
    assert (error.code, error.text, error.trace_id, error.status) == (code, text, trace_id, 401)
    assert error.remedy is Remedy.FIX_ACCOUNT


def test_a_gateway_that_quotes_our_secrets() -> None:
    """They are in no error, wherever in the text and however long it is."""
    headers = {"X-Auth-Token": "tok" * 100, "X-Security-Token": "sts1", "Host": "h"}
    body = f'{{"error_msg":"{"tok" * 100}|sts1|pass1|host:h"}}'.encode()
    error = refusal(401, "", body, service="s", headers=headers, secrets=["pass1"])
    assert error.text == "***|***|***|host:h"


def test_a_gateway_that_waited_in_vain_is_asked_again_after_2_s() -> None:
    """The vendor's FAQ on APIG.0201: after 2 to 5 s. What was too large stays too large."""
    body = b'{"error_code": "APIG.0201", "error_msg": "Backend timeout"}'
    late = refusal(504, "Gateway Timeout", body, service="wss://h", headers={})
    assert (late.remedy, late.retry_after_s) == (Remedy.BACK_OFF, 2.0)
    assert refusal(400, "", body, service="", headers={}, retry_after="4").retry_after_s == 4.0
    large = refusal(413, "Too Large", body, service="wss://h", headers={})
    assert (large.remedy, large.retry_after_s) == (Remedy.FIX_REQUEST, None)
