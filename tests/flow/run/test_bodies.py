"""Answers of services, as data."""

from __future__ import annotations

import pytest

from ivr_agi.errors import RequestFailed
from ivr_agi.flow.run.bodies import MAX_XML_DEPTH, read_answer
from ivr_agi.flow.run.outside import AnswerKind

XML = b"""<?xml version="1.0"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">
  <s:Body><account currency="EUR" s:id="7"><name>Ann &amp; Bo</name><sum>12.50</sum>
  <owner/><tag>a</tag><tag>b</tag><tag>c</tag></account><note lang="en">Hi</note></s:Body>
</s:Envelope>"""


def test_xml() -> None:
    """Mappings by local names; attributes, lists, texts."""
    assert read_answer(XML, AnswerKind.XML) == {
        "Envelope": {
            "Body": {
                "account": {
                    "@currency": "EUR",
                    "@id": "7",
                    "name": "Ann & Bo",
                    "sum": "12.50",
                    "owner": "",
                    "tag": ["a", "b", "c"],
                },
                "note": {"@lang": "en", "#text": "Hi"},
            }
        }
    }


@pytest.mark.parametrize(
    ("body", "kind", "data"),
    [
        (b'{"a": 1}', AnswerKind.JSON, {"a": 1}),
        (b" ", AnswerKind.JSON, None),
        (b"", AnswerKind.XML, None),
        (b" ", AnswerKind.TEXT, ""),
        ("你好".encode(), AnswerKind.TEXT, "你好"),
        ("<a>你</a>".encode(), AnswerKind.XML, {"a": "你"}),
    ],
)
def test_other_answers(body: bytes, kind: AnswerKind, data: object) -> None:
    """Each as it is."""
    assert read_answer(body, kind) == data


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"x", AnswerKind.JSON, "the answer is no JSON"),
        (b"\xff", AnswerKind.TEXT, "the answer is no UTF-8"),
        (b"{}", AnswerKind.XML, "the answer is no XML"),
        (b"<a>", AnswerKind.XML, "the answer is no XML"),
        (BOMB, AnswerKind.XML, "the answer is no XML"),
        (BOMB.replace(b"DOCTYPE", b"doctype"), AnswerKind.XML, "the answer is no XML"),
        (BOMB.decode().encode("utf-16"), AnswerKind.XML, "the answer is no XML"),
        (b"<a>" * 60 + b"</a>" * 60, AnswerKind.XML, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, AnswerKind.JSON, "nested too deeply"),
    ],
)
def test_what_cannot_be_read(body: bytes, kind: AnswerKind, reason: str) -> None:
    """Told without anything of it."""
    assert MAX_XML_DEPTH < 60
    with pytest.raises(RequestFailed, match=reason):
        read_answer(body, kind)
