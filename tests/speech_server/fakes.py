"""Engines that do as they are told. Light to import: each worker does."""

from __future__ import annotations

import os
import threading
import time
from array import array
from typing import TYPE_CHECKING

from ivr_agi.speech_server.engines.base import (
    Hypothesis,
    Mark,
    MarkKind,
    RecognitionRequest,
    SpeechRequest,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def silence(ms: int) -> bytes:
    """Silence, s16le 8 kHz."""
    return bytes(16 * ms)


def loud(ms: int) -> bytes:
    """What :class:`LevelVad` takes for speech, s16le 8 kHz."""
    return b"\x00\x40" * (8 * ms)


class LevelVad:
    """Everything loud is speech."""

    window_samples = 256

    def stream(self) -> LevelVad:
        """The same object: there is no state."""
        return self

    def onset(self) -> None:
        """The plain rule."""

    def probability(self, window: bytes) -> float:
        """1 for loud, 0 for quiet."""
        return 1.0 if max(array("h", window)) > 1000 else 0.0


class ListRecognizer:
    """Understands the first phrase of the list, whatever is said, unless that is a magic word."""

    def __init__(self, fail_at_load: bool = False) -> None:
        self.fail_at_load = fail_at_load
        self.asked: list[RecognitionRequest] = []

    def load(self) -> None:
        """Nothing to load."""
        if self.fail_at_load:
            raise RuntimeError("told to fail")

    def open(self, request: RecognitionRequest) -> ListUtterance:
        """``REFUSE`` is refused."""
        self.asked.append(request)
        phrases = request.phrases or ("anything",)
        if phrases[0] == "REFUSE":
            raise ValueError("told to refuse")
        return ListUtterance(phrases[0])


class ListUtterance:
    """One sentence of :class:`ListRecognizer`."""

    def __init__(self, phrase: str) -> None:
        self.phrase = phrase
        self.n_bytes = 0

    def begin(self, background: bytes) -> None:
        """Nothing to do."""

    def feed(self, pcm: bytes) -> str | None:
        """The phrase, once there are 400 ms of it; the first word before."""
        if self.phrase == "PRINT":
            print("a library that prints", flush=True)  # noqa: T201
        self.n_bytes += len(pcm)
        return self.phrase if self.n_bytes >= 6400 else self.phrase.split()[0]

    def finish(self, until_s: float) -> Hypothesis | None:
        """The phrase, unless it is a magic word."""
        if self.phrase == "CRASH":
            os._exit(3)
        if self.phrase == "HANG":
            time.sleep(60)
        if self.phrase == "SLOW":
            time.sleep(0.3)
        if self.phrase == "NOTHING":
            return None
        score = 0.00001 if self.phrase == "NOISE" else 0.9
        return Hypothesis(self.phrase, score, self._words())

    def _words(self) -> tuple[Word, ...]:
        """The audio, shared out evenly."""
        words = self.phrase.split()
        edges = [self.n_bytes // 16 * index // len(words) for index in range(len(words) + 1)]
        return tuple(map(Word, words, edges, edges[1:]))

    def close(self) -> None:
        """Nothing to do."""


class ToneVoice:
    """100 ms at 16 kHz for each word, in pieces of 20 ms, with marks.

    ``BROKEN`` breaks it, ``REFUSE`` is refused.
    """

    rate_hz = 16000

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.texts: list[str] = []
        self.requests: list[SpeechRequest] = []

    def speak(
        self,
        text: str,
        request: SpeechRequest,
        sink: Callable[[bytes], bool],
        on_mark: Callable[[Mark], object],
    ) -> None:
        """Speak; ``ENDLESS`` goes on until it is stopped."""
        self.texts.append(text)
        self.requests.append(request)
        if "BROKEN" in text:
            raise RuntimeError("told to break")
        if "REFUSE" in text:
            raise ValueError("told to refuse")
        on_mark(Mark(MarkKind.SENTENCE, 0))
        for index, word in enumerate(text.split()):
            on_mark(Mark(MarkKind.WORD, 100 * index, word))
            on_mark(Mark(MarkKind.PHONEME, 100 * index, word[0]))
            on_mark(Mark(MarkKind.PHONEME, 100 * index + 50, word[-1]))
            on_mark(Mark(MarkKind.PHONEME, 100 * index + 90))
        piece = b"\x00\x10" * 320
        pieces = 5 * len(text.split())
        while pieces or "ENDLESS" in text:
            pieces -= 1
            if not sink(piece):
                self.stopped.set()
                return
            if "ENDLESS" in text:
                time.sleep(0.001)
