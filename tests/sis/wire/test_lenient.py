"""Messages as the vendor prints them: they mean what they say."""

from __future__ import annotations

import pytest

from ivr_agi.errors import SpeechProtocolError
from ivr_agi.sis.wire.lenient import mend_json, mend_name, mend_type
from ivr_agi.sis.wire.messages import (
    MAX_MESSAGE_CHARACTERS,
    EndResponse,
    EventName,
    EventResponse,
    RecognitionResponse,
    StartResponse,
    Unknown,
    decode_recognition_response,
    decode_synthesis_response,
)

EVENTS = tuple(EventName)


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ('{"resp_type": "END", "trace_id": "t", "reason": "NORMAL",\n}', EndResponse(trace_id="t")),
        ("{'resp_type': 'START', 'trace_id': 't'}", StartResponse(trace_id="t")),
        ('\ufeff{"resp_type":"START"}', StartResponse()),
        ('{"resp_type":"Start","trace_id":"t"}', StartResponse(trace_id="t")),
        ('{"resp_type":"EVENT","event":"a,}",}', EventResponse(event="a,}")),
        ('{"resp_type":"PONG",}', Unknown(resp_type="PONG")),
    ],
)
def test_what_is_printed_is_meant(printed: str, meant: RecognitionResponse) -> None:
    """Where strict JSON fails there is a second look."""
    assert decode_recognition_response(printed) == meant


def test_synthesis_has_a_second_look_too() -> None:
    """The same END."""
    assert decode_synthesis_response('{"resp_type":"END","reason":"NORMAL",}') == EndResponse()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("EXCEEDED_SILCENCE", "EXCEEDED_SILENCE"),
        ("EXCEED_SLIENCE", "EXCEEDED_SILENCE"),
        ("EXCEEDED_SILENCE", "EXCEEDED_SILENCE"),
        ("EXCEED_AUDIO", "EXCEEDED_AUDIO"),
        ("voice start", "VOICE_START"),
        ("VOICE_END", "VOICE_END"),
        ("VOICE_STOP", None),
        ("LUNCH", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_names_of_events(name: str, meant: str | None) -> None:
    """Letters may be missing or swapped; another name is another event."""
    assert mend_name(name, EVENTS) == meant


def test_a_text_is_left_alone() -> None:
    """Only what is outside of texts is put right."""
    for text in ('{"a":"x,}","b":[1,2]}', '{"a":"it\'s \'so\'"}'):
        assert mend_json(text) == text
    assert mend_type('{"resp_type":"LUNCH"}', EVENTS) == '{"resp_type":"LUNCH"}'


@pytest.mark.parametrize("text", ["{", "[1,]", "'", "{,}", '{"resp_type":}', "{'a':'b}"])
def test_what_nobody_can_read_stays_an_error(text: str) -> None:
    """And is one of ours."""
    with pytest.raises(SpeechProtocolError):
        decode_recognition_response(text)


@pytest.mark.parametrize("decode", [decode_recognition_response, decode_synthesis_response])
def test_length_is_looked_at_first(decode) -> None:  # type: ignore[no-untyped-def]
    """Whatever it says."""
    text = '{"resp_type":"START","trace_id":"' + "x" * MAX_MESSAGE_CHARACTERS + '"}'
    with pytest.raises(SpeechProtocolError, match="65536 characters at most"):
        decode(text)
