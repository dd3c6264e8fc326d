"""What clients send, the code of what is wrong with it (sis-protocol.md 12.1), and properties."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.sis.wire.messages import EndRequest, RecognitionStartRequest
from ivr_agi.speech_server.requests import (
    BadRequest,
    Model,
    Speaker,
    read_recognition_request,
    read_synthesis_request,
    recognition_model,
    speaker,
)

CONFIG = {"audio_format": "pcm8k16bit", "property": "english_8k_common"}


def start(**config: object) -> str:
    """START with the usual config and these changes."""
    return json.dumps({"command": "START", "config": {**CONFIG, **config}})


@pytest.mark.parametrize(
    ("frame", "code", "words"),
    [
        ("{", "SIS.0032", "JSON"),
        ("[]", "SIS.0032", "JSON"),
        ("{}", "SIS.0012", "'command'"),
        ('{"command":"START"}', "SIS.0012", "'config'"),
        ('{"command":"START","config":[]}', "SIS.0032", "config"),
        (start(audio_format=None), "SIS.0012", "'config.audio_format'"),
        (start(property=None), "SIS.0012", "'config.property'"),
        (start(property=7), "SIS.0032", "property"),
        (start(vad_tail=3001), "SIS.0032", "'vad_tail'"),
        (start(max_seconds="soon"), "SIS.0032", "max_seconds"),
        (start(add_punc="maybe"), "SIS.0032", "'add_punc'"),
        ('{"command":"STOP"}', "SIS.0032", "command"),
        ('{"command":"END","cancel":"perhaps"}', "SIS.0032", "cancel"),
    ],
)
def test_bad_recognition_requests(frame: str, code: str, words: str) -> None:
    """The code, and a text that names the field."""
    with pytest.raises(BadRequest, match=words) as caught:
        read_recognition_request(frame)
    assert caught.value.code == code


def test_good_recognition_requests() -> None:
    """Types as the vendor's clients send them (8 row 11)."""
    request = read_recognition_request(start(vad_tail="200", vad_threshold=0))
    assert isinstance(request, RecognitionStartRequest)
    assert request.config.vad_tail == 200
    assert read_recognition_request('{"command":"END","cancel":"true"}') == EndRequest(cancel=True)


def speak(**message: object) -> str:
    """START of a synthesis."""
    return json.dumps({"command": "START", "text": "x", **message})


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "SIS.0415"),
        (speak(command="STOP"), "SIS.0415"),
        (speak(command=None), "SIS.0012"),
        (speak(text=None), "SIS.0012"),
        (speak(text=" "), "SIS.0415"),
        (speak(text=7), "SIS.0415"),
        (speak(text="x" * 10_001), "SIS.0415"),
        (speak(config=[]), "SIS.0415"),
        (speak(config={"sample_rate": "44100"}), "SIS.0402"),
        (speak(config={"sample_rate": "fast"}), "SIS.0402"),
        (speak(config={"audio_format": "mp3"}), "SIS.0410"),
        (speak(config={"audio_format": 1}), "SIS.0410"),
        (speak(config={"property": ""}), "SIS.0411"),
        (speak(config={"property": []}), "SIS.0411"),
        (speak(config={"speed": 501}), "SIS.0415"),
        (speak(config={"pitch": -501}), "SIS.0415"),
        (speak(config={"volume": 101}), "SIS.0415"),
        (speak(config={"subtitle": "letter_level"}), "SIS.0415"),
    ],
)
def test_bad_synthesis_requests(frame: str, code: str) -> None:
    """The code of the field."""
    with pytest.raises(BadRequest) as caught:
        read_synthesis_request(frame)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("voice", "most"),
    [("english_cameal_common", 500), ("english_amy_common", 10_000), ("nobody", 500)],
)
def test_each_voice_has_its_longest_text(voice: str, most: int) -> None:
    """9: 10000 characters for some, 500 for the rest; blanks around do not count."""
    config = {"property": voice}
    assert read_synthesis_request(speak(text=" " + "x" * most, config=config)).config.property
    with pytest.raises(BadRequest, match=f"SIS.0415: 'text' must have 1 to {most} characters"):
        read_synthesis_request(speak(text="x" * (most + 1), config=config))


VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())
KEYS = st.sampled_from(["command", "config", "text", "cancel", "x"])


@given(st.text() | st.dictionaries(KEYS, VALUES).map(json.dumps) | st.just("[" * 100_000))
def test_nothing_else_is_raised(frame: str) -> None:
    """Whatever comes; some of it is a request."""
    for read in (read_recognition_request, read_synthesis_request):
        with contextlib.suppress(BadRequest):
            read(frame)


@pytest.mark.parametrize(
    ("property_", "expected"),
    [
        ("english_8k_common", Model("en-us", 8000)),
        ("chinese_16k_general", Model("cmn", 16000)),
        ("english_8k", None),
        ("arabic_16k_general", None),
        ("english_44k_common", None),
        ("english_8k_common_", None),
    ],
)
def test_recognition_models(property_: str, expected: Model | None) -> None:
    """Language and rate are what counts."""
    assert recognition_model(property_) == expected


@pytest.mark.parametrize(
    ("property_", "expected"),
    [
        ("english_cameal_common", Speaker("en-us", "cameal")),
        ("chinese_xiaoyan_common", Speaker("cmn", "xiaoyan")),
        ("english_xiaoyan_common", None),
        ("klingon_worf_common", None),
        ("english", None),
        ("", None),
    ],
)
def test_speakers(property_: str, expected: Speaker | None) -> None:
    """Only speakers that SIS has, in their own language."""
    assert speaker(property_) == expected
