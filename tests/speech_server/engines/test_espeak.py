"""espeak-ng, the real one."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from ivr_agi.speech_server.engines import espeak
from ivr_agi.speech_server.engines.base import SpeechRequest
from ivr_agi.speech_server.engines.espeak import EspeakVoice, load_espeak

pytestmark = pytest.mark.engine

ENGLISH = SpeechRequest("en-us", "cameal")


def speak(text: str, request: SpeechRequest = ENGLISH) -> list[bytes]:
    """The pieces that the voice gives."""
    pieces: list[bytes] = []

    def sink(pcm: bytes) -> bool:
        pieces.append(pcm)
        return True

    EspeakVoice().speak(text, request, sink)
    return pieces


def seconds(text: str, request: SpeechRequest = ENGLISH) -> float:
    """How long it takes to say it."""
    return sum(map(len, speak(text, request))) / 2 / EspeakVoice.rate_hz


def loudness(request: SpeechRequest) -> float:
    """RMS of a sentence."""
    samples = np.frombuffer(b"".join(speak("hello world", request)), "<i2").astype(float)
    return float(np.sqrt(np.mean(samples**2)))


def test_audio_comes_in_pieces_as_it_is_made() -> None:
    """Of at most 60 ms, so that the first is there at once."""
    pieces = speak("Please say sales or billing.")
    assert len(pieces) > 10
    assert max(map(len, pieces)) <= 2 * 0.061 * EspeakVoice.rate_hz
    assert 1 < seconds("Please say sales or billing.") < 4


def test_stop_in_the_middle() -> None:
    """The sink says no; the next sentence is whole again."""
    pieces: list[bytes] = []

    def sink(pcm: bytes) -> bool:
        pieces.append(pcm)
        return len(pieces) < 3

    EspeakVoice().speak("One two three four five six.", ENGLISH, sink)
    assert len(pieces) == 3
    assert seconds("yes") > 0.2


def test_speed_volume_and_pitch() -> None:
    """In the direction that the numbers say, about twice as fast and half as fast."""
    normal = seconds("Please say sales or billing.")
    assert seconds(
        "Please say sales or billing.", SpeechRequest("en-us", "x", speed=500)
    ) == pytest.approx(normal / 2, rel=0.3)
    assert seconds(
        "Please say sales or billing.", SpeechRequest("en-us", "x", speed=-500)
    ) == pytest.approx(normal * 2, rel=0.3)
    loud = loudness(SpeechRequest("en-us", "x", volume=100))
    quiet = loudness(SpeechRequest("en-us", "x", volume=10))
    assert loud > 1.5 * loudness(ENGLISH) > 3 * quiet
    assert speak("yes", SpeechRequest("en-us", "x", pitch=500)) != speak("yes")


def test_mandarin_and_ssml() -> None:
    """Both languages one after the other; a break makes it longer."""
    assert seconds("请说人工服务", SpeechRequest("cmn", "xiaoyan")) > 0.8
    with_break = '<speak>yes<break time="1000ms"/>no</speak>'
    assert seconds(with_break) > seconds("yes no") + 0.5


def test_unknown_language_is_refused() -> None:
    """Espeak would go on with the voice before."""
    with pytest.raises(ValueError, match="no voice 'tlh-none'"):
        speak("nuqneH", SpeechRequest("tlh-none", "worf"))


def test_several_threads_take_turns() -> None:
    """The library has one state; nothing is mixed up (lengths vary a little: noises are random)."""
    texts = ("yes", "one two three four", "Please say sales, billing or technical support.")
    expected = {text: seconds(text) for text in texts}
    found: list[tuple[str, float]] = []

    def run(text: str) -> None:
        found.extend((text, seconds(text)) for _ in range(5))

    threads = [threading.Thread(target=run, args=(text,)) for text in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 15
    for text, length in found:
        assert length == pytest.approx(expected[text], rel=0.1)


def test_phonemes() -> None:
    """What the pronunciations are made of."""
    assert load_espeak().phonemes("yes", "en-us") == "j_'E_s"
    assert load_espeak().phonemes("pay a bill", "en-us").split() == ["p_'eI", "a#", "b_'I_l"]
    assert load_espeak().phonemes("\0", "en-us").strip() == ""


def test_threads_that_are_first_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is initialised once: twice at a time is a segmentation fault."""
    made: list[object] = []

    def make() -> object:
        time.sleep(0.05)
        made.append(object())
        return made[-1]

    espeak._load.cache_clear()
    monkeypatch.setattr(espeak, "Espeak", make)
    threads = [threading.Thread(target=load_espeak) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    espeak._load.cache_clear()
    assert len(made) == 1
