"""A recogniser of one's own: PocketSphinx, which then spells names as the company does.

Start it with ``ivr-agi speech-server --engine brands``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ivr_agi.speech_server.engines.base import (
    Hypothesis,
    RecognitionRequest,
    Recognizer,
    RecognizerOptions,
    Utterance,
)
from ivr_agi.speech_server.engines.registry import recognizer_named

__all__ = ("NAMES", "make_recognizer", "spell")

NAMES = {"big bank": "BigBank", "fast net": "FastNet"}


def spell(text: str) -> str:
    """Return the words with the company's names as it writes them."""
    for heard, written in NAMES.items():
        text = text.replace(heard, written)
    return text


def make_recognizer(options: RecognizerOptions) -> Recognizer:
    """Make the recogniser; nothing is loaded yet."""
    return _Brands(recognizer_named("pocketsphinx", options))


@dataclass
class _Brands:
    inner: Recognizer

    def load(self) -> None:
        self.inner.load()

    def open(self, request: RecognitionRequest) -> Utterance:
        return _Sentence(self.inner.open(request))


@dataclass
class _Sentence:
    inner: Utterance

    def begin(self, background: bytes) -> None:
        self.inner.begin(background)

    def feed(self, pcm: bytes) -> str | None:
        words = self.inner.feed(pcm)
        return None if words is None else spell(words)

    def finish(self, until_s: float) -> Hypothesis | None:
        found = self.inner.finish(until_s)
        return None if found is None else dataclasses.replace(found, text=spell(found.text))

    def close(self) -> None:
        self.inner.close()
