"""Token and signature, as the cloud's gateway checks them (sis-protocol.md 2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ivr_agi.secret import Secret
from ivr_agi.sis.access.signing import AccessKey, HttpRequest, sign
from ivr_agi.speech_server.gate import Gate, Slots

# The test vector of 2.2.
PROJECT = "0123456789abcdef0123456789abcdef"
HOST = "sis-ext.cn-north-4.myhuaweicloud.com"
ACCESS, SECRET = "TESTAK0000000000EXAMPLE", Secret("testsk/EXAMPLE+0000000000000000000000000")
REQUEST = HttpRequest("GET", HOST, f"/v1/{PROJECT}/rasr/continue-stream")
NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
GATE = Gate(token=Secret("right"), keys={ACCESS: SECRET})


def headers(names: str, signature: str, **others: str) -> dict[str, str]:
    """What the vendor's client sends, by lower-case name."""
    return {
        "host": HOST,
        "x-sdk-date": "20240102T030405Z",
        "content-length": "0",
        "authorization": (
            f"SDK-HMAC-SHA256 Access={ACCESS}, SignedHeaders={names}, Signature={signature}"
        ),
        **{name.replace("_", "-"): value for name, value in others.items()},
    }


def test_open_gate() -> None:
    """With nothing configured, everybody is let in."""
    assert Gate().refusal(REQUEST, {}, NOW) is None


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"x-auth-token": "right"}, None),
        ({"x-auth-token": "wrong"}, "decrypt token fail"),
        ({"x-auth-token": ""}, "x-auth-token not found"),
        ({}, "x-auth-token not found"),
    ],
)
def test_token(given: dict[str, str], refusal: str | None) -> None:
    """Section 2.1; the texts are those of 12.2."""
    assert GATE.refusal(REQUEST, given, NOW) == refusal


def test_the_documents_vectors_are_let_in() -> None:
    """Rebuilt from the list that came, not from a fixed one (2.2)."""
    plain = headers(
        "host;x-sdk-date", "a56fc5645c26f3841144cd8730fa53fee72fef8a4722f30fb4284d00967b81f5"
    )
    project = headers(
        "host;x-project-id;x-sdk-date",
        "4fd298cad4f70b4a00dbd0619c03085a85e05a624756f5e70859fe0ea50555a9",
        x_project_id=PROJECT,
    )
    assert GATE.refusal(REQUEST, plain, NOW) is None
    assert GATE.refusal(REQUEST, project, NOW) is None


@pytest.mark.parametrize(
    ("skew_s", "refusal"),
    [
        (0, None),
        (900, None),
        (-900, None),
        (901, "calc ak sk signature fail:signature expired"),
        (-901, "calc ak sk signature fail:signature expired"),
    ],
)
def test_fifteen_minutes_of_skew(skew_s: int, refusal: str | None) -> None:
    """Not more (2.2)."""
    signed = sign(AccessKey(ACCESS, SECRET), REQUEST, NOW)
    given = {"host": HOST, **{name.lower(): value for name, value in signed.items()}}
    assert GATE.refusal(REQUEST, given, NOW + timedelta(seconds=skew_s)) == refusal


@pytest.mark.parametrize(
    "change",
    [
        {"authorization": "Basic x"},
        {"authorization": "SDK-HMAC-SHA256 Access=other, SignedHeaders=host;x-sdk-date, "
                          f"Signature={'0' * 64}"},
        {"host": "elsewhere"},
        {"x-sdk-date": "20240102T030406Z"},
        {"x-sdk-date": "today"},
    ],
)  # fmt: skip
def test_anything_changed_is_refused(change: dict[str, str]) -> None:
    """Whatever the signature covers."""
    signed = sign(AccessKey(ACCESS, SECRET), REQUEST, NOW)
    given = {"host": HOST, **{name.lower(): value for name, value in signed.items()}, **change}
    assert GATE.refusal(REQUEST, given, NOW) == "verify aksk signature fail"


@pytest.mark.parametrize("names", ["x-sdk-date", "host", "host;x-gone;x-sdk-date"])
def test_list_without_host_or_date_is_refused(names: str) -> None:
    """Or with a header that did not come."""
    assert GATE.refusal(REQUEST, headers(names, "0" * 64), NOW) == "verify aksk signature fail"


def test_body_is_covered() -> None:
    """REST requests have one."""
    asked = HttpRequest("POST", HOST, "/v1/p/asr/vocabularies", body=b"{}")
    signed = sign(AccessKey(ACCESS, SECRET), asked, NOW)
    given = {"host": HOST, **{name.lower(): value for name, value in signed.items()}}
    assert GATE.refusal(asked, given, NOW) is None
    other = HttpRequest("POST", HOST, "/v1/p/asr/vocabularies", body=b"[]")
    assert GATE.refusal(other, given, NOW) == "verify aksk signature fail"


def test_token_alone_does_not_read_signatures() -> None:
    """Without keys a signature is no token."""
    given = headers("host;x-sdk-date", "0" * 64)
    assert Gate(token=Secret("right")).refusal(REQUEST, given, NOW) == "x-auth-token not found"


def test_slots_run_out_and_come_back() -> None:
    """One more than there are is refused."""
    slots = Slots(2)
    assert [slots.take(), slots.take(), slots.take()] == [True, True, False]
    slots.release()
    assert slots.taken == 1
    assert slots.take()
