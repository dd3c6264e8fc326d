"""pocketsphinx on the derived model, the real one."""

from __future__ import annotations

import importlib.util
import logging
import math
import pickle
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.speech_server.engines import pocketsphinx
from ivr_agi.speech_server.engines.base import LATE_SCORE, RecognitionRequest, RecognizerOptions
from ivr_agi.speech_server.engines.pocketsphinx import (
    PocketsphinxRecognizer,
    confidence,
    make_recognizer,
)
from tests.speech_server.engines.spoken import espeak, flite, needs_flite, on_the_line, recorded

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import Hypothesis

pytestmark = pytest.mark.engine

MENU = ("Sales", "technical support", "operator", "Billing!", "account balance", "1", "yes", "no")
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.fixture(scope="module")
def recognizer() -> PocketsphinxRecognizer:
    """Loaded; through a pickle, as on its way to a worker."""
    loaded: PocketsphinxRecognizer = pickle.loads(pickle.dumps(PocketsphinxRecognizer()))
    loaded.load()
    return loaded


def recognize(
    recognizer: PocketsphinxRecognizer,
    speech: bytes,
    phrases: tuple[str, ...] | None,
    language: str = "en-us",
) -> tuple[Hypothesis | None, list[str]]:
    """What is understood in the end, and on the way."""
    pcm = on_the_line(speech, before_ms=600, after_ms=300)
    utterance = recognizer.open(RecognitionRequest(language, phrases))
    utterance.begin(pcm[:5600])
    pieces = (pcm[at : at + 640] for at in range(5600, len(pcm), 640))
    partials = [partial for piece in pieces if (partial := utterance.feed(piece))]
    hypothesis = utterance.finish(math.inf)
    utterance.close()
    return hypothesis, partials


@pytest.mark.parametrize("phrase", ["technical support", "account balance"])
def test_recorded_voices(recognizer: PocketsphinxRecognizer, phrase: str) -> None:
    """Right, in the list's spelling; partials on the way."""
    hypothesis, partials = recognize(recognizer, recorded(phrase.replace(" ", "_")), MENU)
    assert hypothesis is not None
    assert hypothesis.text == phrase
    assert phrase in partials


@needs_flite
@pytest.mark.parametrize("phrase", MENU)
def test_menu_by_a_person(recognizer: PocketsphinxRecognizer, phrase: str) -> None:
    """Right, and surely so."""
    hypothesis, _ = recognize(recognizer, flite(phrase, "rms"), MENU)
    assert hypothesis is not None
    assert hypothesis.text == phrase
    assert hypothesis.score > 0.5


@needs_flite
@pytest.mark.parametrize("voice", ["slt", "rms"])
def test_digits(recognizer: PocketsphinxRecognizer, voice: str) -> None:
    """At least nine of ten."""
    right = 0
    for digit in DIGITS:
        hypothesis, _ = recognize(recognizer, flite(digit, voice), DIGITS)
        right += hypothesis is not None and hypothesis.text == digit
    assert right >= 9


@needs_flite
def test_words_that_are_not_on_the_list_score_low(recognizer: PocketsphinxRecognizer) -> None:
    """Most of them below 0.5, where words of the list are above."""
    strangers = ("purple elephants", "good morning my friend", "what a lovely garden", "tomatoes")
    low = 0
    for stranger in strangers:
        hypothesis, _ = recognize(recognizer, flite(stranger), MENU)
        low += hypothesis is None or hypothesis.score < 0.5
    assert low >= 3


@needs_flite
def test_free_speech(recognizer: PocketsphinxRecognizer) -> None:
    """English without a list; two at once share the language model."""
    first = recognizer.open(RecognitionRequest("en-us", None))
    hypothesis, partials = recognize(recognizer, flite("please connect me to an operator"), None)
    first.close()
    assert hypothesis is not None
    assert hypothesis.text == "please connect me to an operator"
    assert len(partials) > 5


def test_mandarin_from_a_list(
    recognizer: PocketsphinxRecognizer, caplog: pytest.LogCaptureFixture
) -> None:
    """For development only, and it says so."""
    with caplog.at_level(logging.WARNING):
        hypothesis, _ = recognize(
            recognizer, espeak("余额", "cmn"), ("人工", "余额", "返回", "operator"), "cmn"
        )
    assert hypothesis is not None
    assert hypothesis.text == "余额"
    assert "development only" in caplog.text


@pytest.mark.parametrize(
    ("language", "phrases", "reason"),
    [("cmn", None, "English only"), ("fr", ("oui",), "'fr'"), ("en-us", ("...",), "no phrase")],
)
def test_what_it_cannot_do(
    recognizer: PocketsphinxRecognizer,
    language: str,
    phrases: tuple[str, ...] | None,
    reason: str,
) -> None:
    """Refused with a reason."""
    with pytest.raises(ValueError, match=reason):
        recognizer.open(RecognitionRequest(language, phrases))


def test_nothing_said(recognizer: PocketsphinxRecognizer) -> None:
    """Silence holds no words; a sentence that never began can be closed."""
    hypothesis, _ = recognize(recognizer, b"", MENU)
    assert hypothesis is None or hypothesis.score < 0.02
    recognizer.open(RecognitionRequest("en-us", MENU)).close()


def test_decoders_are_used_again_after_any_end(recognizer: PocketsphinxRecognizer) -> None:
    """Also when the sentence before was dropped in the middle."""
    request = RecognitionRequest("en-us", ("yes", "no"))
    dropped = recognizer.open(request)
    dropped.begin(b"")
    dropped.feed(espeak("no"))
    dropped.close()
    dropped.close()
    again = recognizer.open(request)
    assert again._search is dropped._search
    again.close()
    hypothesis, _ = recognize(recognizer, espeak("yes"), request.phrases)
    assert hypothesis is not None
    assert hypothesis.text == "yes"


def test_few_idle_decoders_are_kept(recognizer: PocketsphinxRecognizer) -> None:
    """Each is 3 MB; the list that was not used longest goes first."""
    for number in range(20):
        recognizer.open(RecognitionRequest("en-us", (f"line {number}",))).close()
    kept = [each for each in recognizer._idle if each.phrases and "line" in each.phrases[0]]
    assert [each.phrases for each in kept] == [(f"line {n}",) for n in range(12, 20)]


def test_confidence() -> None:
    """0.5 where right and wrong are as likely; never out of range."""
    assert confidence(-20) == 0.5
    assert confidence(-16) == pytest.approx(0.74, abs=0.01)
    assert 0 <= confidence(-1e9) < confidence(-40) < 0.03
    assert confidence(1e9) == 1


@pytest.mark.parametrize(("version", "hint"), [((3, 13, 0), False), ((3, 14, 0), True)])
def test_without_the_package(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], hint: bool
) -> None:
    """One line that says what to do; on 3.14 there is nothing to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(MissingDependency) as caught:
        PocketsphinxRecognizer()
    assert ("it has no wheel for 3.14" in str(caught.value)) is hint


def test_free_speech_of_a_recorded_voice(recognizer: PocketsphinxRecognizer) -> None:
    """Two decoders share the language model."""
    first = recognizer.open(RecognitionRequest("en-us", None))
    hypothesis, _ = recognize(recognizer, recorded("account_balance"), None)
    first.close()
    assert hypothesis is not None
    assert " ".join(word.text for word in hypothesis.words) == hypothesis.text


def test_long_free_speech_has_one_pass(
    recognizer: PocketsphinxRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second one would take too long."""
    monkeypatch.setattr(pocketsphinx, "FREE_WORD_LIMIT_FRAMES", 0)
    decode, passes = pocketsphinx.PocketsphinxUtterance._decode, []

    def note(utterance: pocketsphinx.PocketsphinxUtterance, search: str, *args: Any) -> None:
        passes.append(search)
        decode(utterance, search, *args)

    monkeypatch.setattr(pocketsphinx.PocketsphinxUtterance, "_decode", note)
    hypothesis, _ = recognize(recognizer, recorded("account_balance"), None)
    assert hypothesis is not None
    assert passes == [pocketsphinx.PHONE_SEARCH]


def test_a_sentence_without_sound(recognizer: PocketsphinxRecognizer) -> None:
    """There is nothing to understand."""
    utterance = recognizer.open(RecognitionRequest("en-us", ("yes", "no")))
    utterance.begin(b"")
    assert utterance.finish(math.inf) is None
    utterance.close()


def test_rows(recognizer: PocketsphinxRecognizer) -> None:
    """A row has its words in turn, as the list spells them."""
    pcm = on_the_line(espeak("three one four one"))
    utterance = recognizer.open(RecognitionRequest("en-us", DIGITS, is_row=True))
    utterance.begin(b"")
    utterance.feed(pcm)
    hypothesis = utterance.finish(math.inf)
    utterance.close()
    assert hypothesis is not None
    assert len(hypothesis.text.split()) >= 3
    assert set(hypothesis.text.split()) <= set(DIGITS)


def test_words_that_are_due_come_from_the_first_pass(recognizer: PocketsphinxRecognizer) -> None:
    """With a score that asks for confirmation."""
    utterance = recognizer.open(RecognitionRequest("en-us", ("operator", "account balance")))
    utterance.begin(b"")
    utterance.feed(on_the_line(espeak("account balance")))
    hypothesis = utterance.finish(0.0)
    utterance.close()
    assert hypothesis is not None
    assert (hypothesis.text, hypothesis.score) == ("account balance", LATE_SCORE)


def test_the_command_line_names_no_model() -> None:
    """It has its own."""
    assert isinstance(make_recognizer(RecognizerOptions()), PocketsphinxRecognizer)
    with pytest.raises(ConfigError, match="--model: belongs to another engine"):
        make_recognizer(RecognizerOptions(model="x"))
