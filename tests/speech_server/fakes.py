"""Engines that do as they are told. Light to import: each worker does."""

from __future__ import annotations

import os
import threading
import time
from array import array
from typing import TYPE_CHECKING

from ivr_agi.speech_server.engines.base import Hypothesis, RecognitionRequest, SpeechRequest

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

    def probability(self, window: bytes) -> float:
        """1 for loud, 0 for quiet."""
        return 1.0 if max(array("h", window)) > 1000 else 0.0


class ListRecognizer:
    """Understands the first phrase of the list, whatever is said, unless that is a magic word."""

    def __init__(self, fail_at_load: bool = False) -> None:
        self.fail_at_load = fail_at_load

    def load(self) -> None:
        """Nothing to load."""
        if self.fail_at_load:
            raise RuntimeError("told to fail")

    def open(self, request: RecognitionRequest) -> ListUtterance:
        """``REFUSE`` is refused."""
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

    def finish(self) -> Hypothesis | None:
        """The phrase, unless it is a magic word."""
        if self.phrase == "CRASH":
            os._exit(3)
        if self.phrase == "HANG":
            time.sleep(60)
        if self.phrase == "NOTHING":
            return None
        return Hypothesis(self.phrase, 0.00001 if self.phrase == "NOISE" else 0.9)

    def close(self) -> None:
        """Nothing to do."""


class ToneVoice:
    """100 ms at 16 kHz for each word, in pieces of 20 ms; the word ``BROKEN`` breaks it."""

    rate_hz = 16000

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.texts: list[str] = []
        self.requests: list[SpeechRequest] = []

    def speak(self, text: str, request: SpeechRequest, sink: Callable[[bytes], bool]) -> None:
        """Speak; ``ENDLESS`` goes on until it is stopped."""
        self.texts.append(text)
        self.requests.append(request)
        if "BROKEN" in text:
            raise RuntimeError("told to break")
        piece = b"\x00\x10" * 320
        pieces = 5 * len(text.split())
        while pieces or "ENDLESS" in text:
            pieces -= 1
            if not sink(piece):
                self.stopped.set()
                return
            if "ENDLESS" in text:
                time.sleep(0.001)
