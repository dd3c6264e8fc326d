"""The signature, against the vectors of ``sis-protocol.md`` 2.2."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ivr_agi.secret import Secret
from ivr_agi.sis.access.signing import AccessKey, HttpRequest, canonical_request, sign

PROJECT = "0123456789abcdef0123456789abcdef"
KEY = AccessKey("TESTAK0000000000EXAMPLE", Secret("testsk/EXAMPLE+0000000000000000000000000"))
REQUEST = HttpRequest(
    "GET", "sis-ext.cn-north-4.myhuaweicloud.com", f"/v1/{PROJECT}/rasr/continue-stream"
)
AT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_the_vector_with_host_and_date() -> None:
    """Section 2.2, first vector: the header to the letter."""
    assert sign(KEY, REQUEST, AT) == {
        "X-Sdk-Date": "20240102T030405Z",
        "Authorization": (
            "SDK-HMAC-SHA256 Access=TESTAK0000000000EXAMPLE, SignedHeaders=host;x-sdk-date, "
            "Signature=a56fc5645c26f3841144cd8730fa53fee72fef8a4722f30fb4284d00967b81f5"
        ),
    }


def test_the_vector_with_the_project() -> None:
    """Section 2.2, second vector: X-Project-Id is signed where it is sent."""
    authorization = sign(KEY, REQUEST, AT, {"X-Project-Id": PROJECT})["Authorization"]
    assert "SignedHeaders=host;x-project-id;x-sdk-date, " in authorization
    assert authorization.endswith(
        "Signature=4fd298cad4f70b4a00dbd0619c03085a85e05a624756f5e70859fe0ea50555a9"
    )


def test_a_temporary_key() -> None:
    """Its security token is sent and signed (2.2)."""
    key = AccessKey("AK", Secret("SK"), Secret("sts-token"))
    headers = sign(key, REQUEST, AT)
    assert headers["X-Security-Token"] == "sts-token"
    assert "SignedHeaders=host;x-sdk-date;x-security-token," in headers["Authorization"]
    other = sign(AccessKey("AK", Secret("SK"), Secret("another")), REQUEST, AT)
    assert other["Authorization"] != headers["Authorization"]


@pytest.mark.parametrize(
    ("path", "query", "lines"),
    [
        ("/v1/p/x", "", ["GET", "/v1/p/x/", ""]),
        ("/v1/p/x/", "", ["GET", "/v1/p/x/", ""]),
        ("/v1/a%20b/~ü", "", ["GET", "/v1/a%20b/~%C3%BC/", ""]),
        ("/v1", "b=2&a=1 1&c=", ["GET", "/v1/", "a=1%201&b=2&c="]),
    ],
)
def test_path_and_query_in_canonical_form(path: str, query: str, lines: list[str]) -> None:
    """Quoted once, ended with a slash, sorted (2.2)."""
    text = canonical_request(HttpRequest("GET", "h", path, query), {"host": " h "})
    assert text.split("\n") == [
        *lines,
        "host:h",
        "",
        "host",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ]


def test_the_body_is_signed() -> None:
    """Another body, another signature."""
    posts = [HttpRequest("POST", "h", "/v1", body=body) for body in (b"a", b"b")]
    assert sign(KEY, posts[0], AT) != sign(KEY, posts[1], AT)


def test_no_secret_is_shown() -> None:
    """A key may be printed."""
    shown = repr(AccessKey("AK", Secret("hunter2"), Secret("hunter3")))
    assert "AK" in shown
    assert "hunter" not in shown
