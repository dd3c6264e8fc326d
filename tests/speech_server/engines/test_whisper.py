"""Whisper as a second pass, with real weights, and with passes that do as they are told."""

from __future__ import annotations

import math
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.speech_server.engines import whisper
from ivr_agi.speech_server.engines.base import (
    Hypothesis,
    NoModel,
    RecognitionRequest,
    RecognizerOptions,
)
from ivr_agi.speech_server.engines.pocketsphinx import PocketsphinxRecognizer
from ivr_agi.speech_server.engines.whisper import (
    WhisperRecognizer,
    cut_at_pauses,
    make_recognizer,
)
from tests.speech_server.engines.spoken import flite, needs_flite, on_the_line, recorded
from tests.speech_server.engines.weights import needs_tiny_en, tiny_en

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.engine, needs_tiny_en]

MENU = ("Account Balance", "technical support", "operator", "billing", "sales", "opening hours")
DIGITS = tuple("zero one two three four five six seven eight nine".split())


@pytest.fixture(scope="module")
def recognizer() -> WhisperRecognizer:
    """With pocketsphinx for interim words; through a pickle, as on its way to a worker."""
    made = WhisperRecognizer({"en-us": tiny_en()}, first=PocketsphinxRecognizer())
    loaded: WhisperRecognizer = pickle.loads(pickle.dumps(made))
    loaded.load()
    return loaded


def recognize(
    recognizer: WhisperRecognizer,
    pcm: bytes,
    phrases: tuple[str, ...] | None,
    *,
    is_row: bool = False,
    until_s: float = math.inf,
) -> tuple[Hypothesis | None, list[str]]:
    """What is understood in the end, and on the way."""
    utterance = recognizer.open(RecognitionRequest("en-us", phrases, is_row))
    utterance.begin(b"")
    interim = [utterance.feed(pcm[at : at + 640]) for at in range(0, len(pcm), 640)]
    hypothesis = utterance.finish(until_s)
    utterance.close()
    return hypothesis, [text for text in interim if text]


def line(name: str) -> bytes:
    """A recorded voice with a little of the line around it."""
    return on_the_line(recorded(name), before_ms=250, after_ms=400)


@pytest.mark.parametrize("name", ["account_balance", "technical_support"])
def test_a_phrase_of_a_list(recognizer: WhisperRecognizer, name: str) -> None:
    """In the list's spelling, with a good score; interim words come on the way."""
    heard, interim = recognize(recognizer, line(name), MENU)
    assert heard is not None
    assert heard.text.casefold() == name.replace("_", " ")
    assert heard.score > 0.8
    assert interim


def test_what_is_not_on_the_list(recognizer: WhisperRecognizer) -> None:
    """A low score."""
    heard, _ = recognize(recognizer, line("account_balance"), MENU[1:])
    assert heard is not None
    assert heard.score < 0.5


def test_a_long_list(recognizer: WhisperRecognizer) -> None:
    """The network itself names what is compared."""
    others = tuple(f"extension number {number}" for number in range(100))
    heard, _ = recognize(recognizer, line("technical_support"), (*others, *MENU))
    assert heard is not None
    assert heard.text == "technical support"


@needs_flite
def test_a_row(recognizer: WhisperRecognizer) -> None:
    """Words of the table, one after the other; one alone is one."""
    pcm = on_the_line(flite("seven one four nine"), before_ms=250, after_ms=400)
    heard, _ = recognize(recognizer, pcm, DIGITS, is_row=True)
    assert heard is not None
    assert set(heard.text.split()) <= set(DIGITS)
    assert len(heard.text.split()) >= 3
    one = on_the_line(flite("seven"), before_ms=250, after_ms=400)
    heard, _ = recognize(recognizer, one, DIGITS, is_row=True)
    assert heard is not None
    assert heard.text == "seven"


@needs_flite
def test_free_words(recognizer: WhisperRecognizer) -> None:
    """A sentence; without a first pass there are no interim words."""
    alone = WhisperRecognizer({"en-us": tiny_en()}, first=None)
    alone.load()
    pcm = on_the_line(flite("I would like to pay my bill"), before_ms=250, after_ms=400)
    heard, interim = recognize(alone, pcm, None)
    assert heard is not None
    assert "pay my bill" in heard.text
    assert interim == []


def test_nothing_was_said(recognizer: WhisperRecognizer) -> None:
    """There is nothing to hear."""
    assert recognize(recognizer, b"", MENU) == (None, [])


def test_no_time_for_a_second_pass(recognizer: WhisperRecognizer) -> None:
    """The first pass's words are given."""
    heard, _ = recognize(recognizer, line("account_balance"), MENU, until_s=0.0)
    first, _ = recognize(recognizer._first, line("account_balance"), MENU, until_s=0.0)  # type: ignore[arg-type]
    assert heard == first is not None


def test_a_sure_first_pass_is_enough(
    recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a short list, the second one is left out."""
    monkeypatch.setattr(whisper, "SURE_SCORE", 0.0)
    monkeypatch.setattr(whisper.WhisperUtterance, "_hear", None)
    heard, _ = recognize(recognizer, line("account_balance"), MENU[:3])
    assert heard is not None
    assert heard.text == "Account Balance"


def test_languages_without_a_model(recognizer: WhisperRecognizer) -> None:
    """The other recogniser takes them, if there is one and it can."""
    utterance = recognizer.open(RecognitionRequest("cmn", ("人工", "返回")))
    utterance.close()
    with pytest.raises(ValueError, match="free recognition is English only"):
        recognizer.open(RecognitionRequest("cmn", None))
    alone = WhisperRecognizer({}, first=None)
    with pytest.raises(ValueError, match="no model for language 'cmn'"):
        alone.open(RecognitionRequest("cmn", None))


def test_a_list_that_only_the_network_takes(recognizer: WhisperRecognizer) -> None:
    """What the first pass cannot pronounce is no reason to refuse."""
    utterance: Any = recognizer.open(RecognitionRequest("en-us", ("-",)))
    assert utterance._first is None


def test_long_sentences_are_cut_at_pauses() -> None:
    """At the softest moment, never in more than the longest piece."""
    samples = np.ones(50_000, np.float32)
    samples[15_500:16_500] = 0
    pieces = cut_at_pauses(samples, 20_000)
    assert sum(map(len, pieces)) == 50_000
    assert max(map(len, pieces)) <= 20_000
    assert 15_500 <= len(pieces[0]) <= 16_500
    assert len(cut_at_pauses(samples, 50_000)) == 1


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known models that are here, or the named ones; else what to do."""
    with pytest.raises(NoModel, match="ivr-agi models get whisper-tiny.en"):
        make_recognizer(RecognizerOptions(models_dir=tmp_path))
    (tmp_path / "whisper-tiny.en").symlink_to(tiny_en())
    assert make_recognizer(RecognizerOptions(models_dir=tmp_path))._folders == {
        "en-us": tmp_path / "whisper-tiny.en"
    }
    named = make_recognizer(RecognizerOptions(model=str(tiny_en()), models_dir=tmp_path))
    assert named._folders == {"en-us": tiny_en()}
    with pytest.raises(ConfigError, match="must be a folder, or one of"):
        make_recognizer(RecognizerOptions(model="nope", models_dir=tmp_path))

    def missing() -> None:
        raise MissingDependency("pocketsphinx", "local")

    monkeypatch.setattr(whisper, "PocketsphinxRecognizer", missing)
    assert make_recognizer(RecognizerOptions(models_dir=tmp_path))._first is None


def test_languages_of_a_folder(tmp_path: Path) -> None:
    """By the size of the vocabulary."""
    with pytest.raises(ConfigError, match="has no vocabulary"):
        whisper._languages_of(tmp_path)
    words = '"a",' * 51_864
    (tmp_path / "vocabulary.json").write_text(f'[{words}"b"]')
    assert whisper._languages_of(tmp_path) == ("en-us", "cmn")
    (tmp_path / "vocabulary.txt").write_text("a\n" * 51_864)
    assert whisper._languages_of(tmp_path) == ("en-us",)
