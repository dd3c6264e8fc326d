"""The network itself, with real weights: what it finds likely, what it writes."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from ivr_agi.speech_server.engines.phrasing import row_units
from ivr_agi.speech_server.engines.whisper_network import FEATURES_HZ, EncodedSound, WhisperNetwork
from tests.speech_server.engines.spoken import flite, needs_flite, recorded
from tests.speech_server.engines.weights import needs_tiny_en, tiny_en

pytestmark = [pytest.mark.engine, needs_tiny_en]


@pytest.fixture(scope="module")
def network() -> WhisperNetwork:
    """Loaded once."""
    return WhisperNetwork(tiny_en())


def heard(network: WhisperNetwork, pcm: bytes, window_s: float = 3.0) -> EncodedSound:
    """Encode a recording at 8 kHz."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768
    return network.encode(soxr.resample(samples, 8000, FEATURES_HZ), window_s, 0.5)


def test_what_was_said_is_likely(network: WhisperNetwork) -> None:
    """More than what was not; a log probability for each token."""
    sound = heard(network, recorded("account_balance"))
    texts = [" Account balance.", " Technical support.", " Operator."]
    logs = network.score(sound, texts, "en")
    assert [len(each) for each in logs] == [3, 3, len(logs[2])]
    totals = [sum(each) for each in logs]
    assert max(totals) == totals[0]
    assert totals[0] - max(totals[1:]) > 5


def test_the_window_is_filled_with_silence(network: WhisperNetwork) -> None:
    """To its length, or that of the sentence and a little."""
    half_a_second = np.zeros(FEATURES_HZ // 2, np.float32)
    assert network.encode(half_a_second, 3.0, 0.5).n_frames == 300
    assert network.encode(np.zeros(5 * FEATURES_HZ, np.float32), 3.0, 0.5).n_frames == 550


def test_names_of_a_long_list(network: WhisperNetwork) -> None:
    """Only phrases of the list, the likely ones."""
    texts = [f" {word}." for word in ("Account balance", "Operator", "Technical support", "Sales")]
    named = network.name(heard(network, recorded("technical_support")), texts, "en", 4)
    assert " Technical support." in named
    assert set(named) <= set(texts)


@needs_flite
def test_rows_and_free_words(network: WhisperNetwork) -> None:
    """A row has nothing but its units; free words are plain."""
    sound = heard(network, flite("seven one four"), 10.0)
    units = row_units("zero one two three four five six seven eight nine".split(), "en")
    written = network.write(sound, list(units), "en", " 1 2 3.")
    assert all(set(text) <= set(" 0123456789") for text, _ in written)
    text, log = network.write_freely(heard(network, flite("I want to pay a bill"), 10.0), "en")
    assert "bill" in text.split()
    assert text == text.casefold()
    assert log < 0
