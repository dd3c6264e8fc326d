"""Messages: exact bytes out, tolerant reading in."""

from __future__ import annotations

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.errors import ConfigError, SpeechProtocolError
from ivr_agi.sis.wire import messages as m

CONFIG = m.RecognitionConfig(audio_format="pcm8k16bit", property="english_8k_common")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            m.RecognitionStartRequest(CONFIG),
            (
                '{"command":"START","config":{"audio_format":"pcm8k16bit",'
                '"property":"english_8k_common","add_punc":"no","digit_norm":"yes","vad_head":10000,'
                '"vad_tail":500,"max_seconds":30,"interim_results":"no","need_word_info":"no"}}'
            ),
        ),
        (m.EndRequest(), '{"command":"END","cancel":false}'),
        (m.EndRequest(cancel=True), '{"command":"END","cancel":true}'),
        (
            m.SynthesisStartRequest("你好"),
            (
                '{"command":"START","text":"你好","config":{"audio_format":"pcm","sample_rate":"8000",'
                '"property":"chinese_xiaoyan_common","speed":0,"pitch":0,"volume":50}}'
            ),
        ),
        (m.StartResponse(trace_id="t"), '{"resp_type":"START","trace_id":"t"}'),
        (m.StartResponse(), '{"resp_type":"START"}'),
        (
            m.EventResponse(trace_id="t", event="VOICE_START"),
            '{"resp_type":"EVENT","trace_id":"t","event":"VOICE_START","timestamp":0}',
        ),
        (
            m.ErrorResponse(error_code="SIS.0032", error_msg="bad"),
            '{"resp_type":"ERROR","error_code":"SIS.0032","error_msg":"bad"}',
        ),
        (
            m.FatalErrorResponse(error_code="SIS.0304", error_msg="idle"),
            '{"resp_type":"FATAL_ERROR","error_code":"SIS.0304","error_msg":"idle"}',
        ),
        (
            m.EndResponse(trace_id="t", reason=m.EndReason.CANCEL),
            '{"resp_type":"END","trace_id":"t","reason":"CANCEL"}',
        ),
    ],
)
def test_encode_is_exact(message: msgspec.Struct, text: str) -> None:
    """Every message has one text, without fields that are None."""
    assert m.encode(message) == text


def test_encode_sends_a_vocabulary_that_is_set() -> None:
    """A hot-word table is named only when there is one."""
    config = msgspec.structs.replace(CONFIG, vocabulary_id="v7")
    assert (
        json.loads(m.encode(m.RecognitionStartRequest(config)))["config"]["vocabulary_id"] == "v7"
    )


def test_result_survives_the_way_there_and_back() -> None:
    """Segments, words and times arrive as they were sent; what is None is not sent."""
    words = [m.WordInfo(start_time=0, end_time=300, word="▁HE"), m.WordInfo(word="LLO")]
    heard = m.SegmentText(text="hello", score=0.75, word_info=words)
    sent = m.ResultResponse(
        trace_id="t",
        segments=[
            m.Segment(start_time=0, end_time=900, is_final=True, result=heard),
            m.Segment(start_time=900, end_time=950),
        ],
    )
    assert m.decode_recognition_response(m.encode(sent)) == sent
    assert "result" not in json.loads(m.encode(sent))["segments"][1]


def test_the_vendors_own_start_is_taken() -> None:
    """START as the vendor's SDK sends it, ``vad_threshold`` and all (14.1)."""
    request = m.decode_recognition_request(
        '{"command":"START","config":{"audio_format":"pcm16k16bit","property":'
        '"chinese_16k_general","add_punc":"no","digit_norm":"yes","vad_head":"10000",'
        '"vad_tail":500,"max_seconds":30,"interim_results":"no","vad_threshold":0,'
        '"need_word_info":"no"}}'
    )
    assert isinstance(request, m.RecognitionStartRequest)
    assert request.config.vad_head == 10000


@pytest.mark.parametrize(
    ("text", "cancel"),
    [
        ('{"command":"END"}', False),
        ('{"command":"END","cancel":"false"}', False),
        ('{"command":"END","cancel":"true"}', True),
        ('{"command":"END","cancel":true}', True),
    ],
)
def test_end_takes_cancel_as_boolean_or_string(text: str, cancel: bool) -> None:
    """The SDK sends the string; documents say Boolean (8, row 11)."""
    assert m.decode_recognition_request(text) == m.EndRequest(cancel)


def test_synthesis_request_takes_a_rate_in_quotes() -> None:
    """``sample_rate`` is a string on the wire and a number here."""
    request = m.decode_synthesis_request(
        '{"command":"START","config":{"sample_rate":"16000"},"text":"hi"}'
    )
    assert request == m.SynthesisStartRequest("hi", m.SynthesisConfig(sample_rate=16000))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '"\ud800"',
        b"\xff",
        b'{"command":"\xff"}',
        '{"command":"STOP"}',
        '{"command":7}',
        '{"command":"START"}',
        '{"command":"START","config":{"audio_format":"pcm8k16bit"}}',
        '{"command":"START","config":{"audio_format":"mp3","property":"p"}}',
        '{"command":"START","config":{"audio_format":"pcm8k16bit","property":"p","vad_tail":-1}}',
        '{"command":"END","cancel":"perhaps"}',
        '{"x":' + "[" * 100_000,
    ],
)
def test_bad_requests_raise_one_error(text: str | bytes) -> None:
    """Whatever comes, nothing but SpeechProtocolError leaves the decoder."""
    with pytest.raises(SpeechProtocolError):
        m.decode_recognition_request(text)


@pytest.mark.parametrize("text", ['{"command":"END"}', '{"command":"START"}', "x"])
def test_bad_synthesis_requests_raise_one_error(text: str) -> None:
    """RTTS knows START with a text, and nothing else."""
    with pytest.raises(SpeechProtocolError):
        m.decode_synthesis_request(text)


def test_a_bad_value_is_named() -> None:
    """A server can say what is wrong, and has the ConfigError as the cause."""
    with pytest.raises(SpeechProtocolError, match="'max_seconds' is invalid") as caught:
        m.decode_recognition_request(
            '{"command":"START","config":{"audio_format":"pcm8k16bit","property":"p",'
            '"max_seconds":61}}'
        )
    assert isinstance(caught.value.__cause__, ConfigError)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"resp_type":"START"}', m.StartResponse()),
        ('{"resp_type":"START","trace_id":null,"more":{"a":1}}', m.StartResponse()),
        ('{"resp_type":"RESULT"}', m.ResultResponse()),
        ('{"resp_type":"EVENT","event":"NEW","timestamp":"?"}', None),
        ('{"resp_type":"END"}', m.EndResponse()),
        ('{"resp_type":"END","reason":"ODD"}', m.EndResponse(reason="ODD")),
        ('{"resp_type":"ERROR"}', m.ErrorResponse()),
        ('{"resp_type":"PONG","trace_id":"t"}', m.Unknown(resp_type="PONG", trace_id="t")),
        ('{"resp_type":"PONG","trace_id":4}', m.Unknown(resp_type="PONG")),
    ],
)
def test_responses_are_read_with_tolerance(text: str, message: msgspec.Struct | None) -> None:
    """Missing, unknown and reserved fields do no harm."""
    expected = message or m.EventResponse(event="NEW", timestamp="?")
    assert m.decode_recognition_response(text) == expected


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"resp_type":1}', '{"resp_type":"RESULT","segments":7}']
)
def test_bad_responses_raise_one_error(text: str) -> None:
    """A response without a type, or with fields of a wrong type, cannot be read."""
    with pytest.raises(SpeechProtocolError):
        m.decode_recognition_response(text)


def test_a_result_of_synthesis_is_another_message() -> None:
    """RESULT on RTTS holds a list of words with times (9)."""
    sent = m.SubtitleResponse(
        trace_id="t",
        result=[
            m.SubtitleInfo(start_time=1, end_time=2, text="你", word_index=3),
            m.SubtitleInfo(text="好", phonemes=[m.PhonemeInfo(phoneme="h", phoneme_index=0)]),
        ],
    )
    assert m.decode_synthesis_response(m.encode(sent)) == sent
    empty = '{"resp_type":"RESULT","trace_id":"t","result":[]}'
    assert m.decode_synthesis_response(empty) == m.SubtitleResponse(trace_id="t")


@pytest.mark.parametrize("level", ["word_level", "phoneme_level"])
def test_subtitles_are_asked_for_by_level(level: str) -> None:
    """And not mentioned otherwise: a client that gets a RESULT unasked may fail (14.1, 7)."""
    asking = m.SynthesisStartRequest("hi", m.SynthesisConfig(subtitle=level))
    assert json.loads(m.encode(asking))["config"]["subtitle"] == level
    assert m.decode_synthesis_request(m.encode(asking)) == asking
    assert "subtitle" not in m.encode(m.SynthesisStartRequest("hi"))


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("audio_format", "mp3", "pcm8k16bit, "),
        ("property", "", "not empty"),
        ("add_punc", "true", "no, yes"),
        ("digit_norm", "", "no, yes"),
        ("vad_head", 60_001, "0 to 60000"),
        ("vad_head", -1, "0 to 60000"),
        ("vad_tail", 3001, "0 to 3000"),
        ("max_seconds", 0, "1 to 60"),
        ("max_seconds", "30", "1 to 60"),
        ("interim_results", "maybe", "no, yes"),
        ("need_word_info", "maybe", "no, yes"),
        ("vocabulary_id", "", "not empty"),
    ],
)
def test_recognition_config_checks_its_ranges(key: str, value: object, allowed: str) -> None:
    """The error names key, range and value."""
    with pytest.raises(ConfigError, match=allowed) as caught:
        msgspec.structs.replace(CONFIG, **{key: value})
    assert caught.value.key == key
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("audio_format", "mp3"),
        ("sample_rate", 44100),
        ("property", ""),
        ("speed", 501),
        ("pitch", -501),
        ("volume", 101),
        ("volume", -1),
        ("subtitle", "line_level"),
    ],
)
def test_synthesis_config_checks_its_ranges(key: str, value: object) -> None:
    """The error names the key."""
    with pytest.raises(ConfigError) as caught:
        msgspec.structs.replace(m.SynthesisConfig(), **{key: value})
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("code", "retryable"),
    [("SIS.0312", True), ("SIS.0303", True), ("SIS.0032", False), ("SIS.0101", False), ("", False)],
)
def test_rejection_says_whether_to_try_again(code: str, retryable: bool) -> None:
    """The vendor's code decides (12.1)."""
    error = m.rejection(
        m.ErrorResponse(error_code=code, error_msg="why", trace_id="t"), service="s"
    )
    assert (error.code, error.text, error.trace_id) == (code, "why", "t")
    assert (error.service, error.retryable) == ("s", retryable)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_bytes_give_a_message_or_one_error(frame: bytes | str) -> None:
    """No input makes a decoder raise anything else."""
    for decode in (
        m.decode_recognition_request,
        m.decode_recognition_response,
        m.decode_synthesis_request,
        m.decode_synthesis_response,
    ):
        with contextlib.suppress(SpeechProtocolError):
            decode(frame)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.sampled_from(["START", "RESULT", "EVENT", "ERROR", "FATAL_ERROR", "END", "?"]),
    st.dictionaries(
        st.sampled_from(["trace_id", "segments", "event", "error_code", "reason", "x"]),
        json_values,
    ),
)
def test_any_fields_give_a_message_or_one_error(kind: str, fields: dict[str, object]) -> None:
    """A known type with arbitrary fields is read or refused."""
    text = json.dumps({"resp_type": kind, **fields})
    try:
        message = m.decode_recognition_response(text)
    except SpeechProtocolError:
        return
    assert isinstance(message, m.Unknown) == (kind == "?")


@given(
    st.text(min_size=1, max_size=20),
    st.integers(0, 60_000),
    st.integers(0, 3000),
    st.integers(1, 60),
    st.none() | st.text(min_size=1, max_size=10),
)
def test_every_valid_config_survives_the_wire(
    model: str, vad_head: int, vad_tail: int, max_seconds: int, table: str | None
) -> None:
    """What the client encodes the server decodes to the same."""
    request = m.RecognitionStartRequest(
        m.RecognitionConfig(
            audio_format="alaw8k8bit",
            property=model,
            vad_head=vad_head,
            vad_tail=vad_tail,
            max_seconds=max_seconds,
            vocabulary_id=table,
        )
    )
    assert m.decode_recognition_request(m.encode(request)) == request
