"""The interfaces of engines: three small ones, which users can implement, too.

* :class:`Vad` separates speech from everything else. It runs in the server's event loop.
* :class:`Recognizer` turns a sentence into words. It runs in worker processes.
* :class:`Voice` turns text into sound. It runs in a thread of the server.

An engine object is a small description until it is used. Its ``__init__`` only checks packages and
files, and raises what is wrong, so that the server refuses to start with one clear line. A
``Recognizer`` is pickled and sent to the workers, which call :meth:`Recognizer.load` once.

Core, no I/O.
"""

from __future__ import annotations

import enum
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ivr_agi.errors import ConfigError, MissingDependency

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr_agi.speech_server.engines.onset import OnsetRule

__all__ = (
    "LATE_SCORE",
    "Hypothesis",
    "Mark",
    "MarkKind",
    "NoModel",
    "RecognitionRequest",
    "Recognizer",
    "RecognizerOptions",
    "SpeechRequest",
    "Utterance",
    "Vad",
    "VadStream",
    "Voice",
    "Word",
    "require_package",
)


LATE_SCORE = 0.3
"""Score of words that were due before they could be confirmed: a call asks again, or confirms."""


class VadStream(Protocol):
    """The state of one audio stream inside a :class:`Vad`."""

    def probability(self, window: bytes) -> float:
        """Return how likely the next window holds speech, 0 to 1.

        Args:
            window: s16le mono 8 kHz, exactly the ``window_samples`` of the :class:`Vad`.
        """
        ...


class Vad(Protocol):
    """Voice activity detection. One object serves all sessions of a server."""

    window_samples: int
    """Samples in a window at 8 kHz, e.g. 256 (32 ms)."""

    def stream(self) -> VadStream:
        """Return a fresh stream for a new session; must be cheap and must not block."""
        ...

    def onset(self) -> OnsetRule | None:
        """Return a fresh rule that says when a voice begins; None: two windows with speech."""
        ...


@dataclass(frozen=True, slots=True)
class RecognitionRequest:
    """How to recognise a sentence."""

    language: str
    """``en-us`` or ``cmn``."""
    phrases: tuple[str, ...] | None
    """The only possible phrases (a closed list); ``None``: anything."""
    is_row: bool = False
    """The phrases may follow each other, as digits do; a result has spaces between them."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word and when it was said."""

    text: str
    start_ms: int
    """Milliseconds since the first audio given to the :class:`Utterance`."""
    end_ms: int
    """Milliseconds since the same moment."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What an engine understood."""

    text: str
    """A phrase of the list as it is spelled there, or free words. Never empty."""
    score: float
    """Confidence, 0 to 1; at about 0.5 a match is as likely right as wrong."""
    words: tuple[Word, ...] = ()
    """The words with their times, if the engine knows them."""


class Utterance(Protocol):
    """One sentence being recognised."""

    def begin(self, background: bytes) -> None:
        """Start: speech was found.

        Args:
            background: s16le mono 8 kHz from before the speech and without speech, for a noise
                filter; up to 512 ms, may be empty.
        """
        ...

    def feed(self, pcm: bytes) -> str | None:
        """Take the next piece (s16le mono 8 kHz) and return the words so far."""
        ...

    def finish(self, until_s: float) -> Hypothesis | None:
        """End the sentence; return ``None`` if nothing was understood.

        Args:
            until_s: When the words are wanted (``time.monotonic()``). An engine that cannot be
                ready by then leaves out its last passes, and gives what it has.
        """
        ...

    def close(self) -> None:
        """Release what the sentence holds; also called after :meth:`finish`."""
        ...


@dataclass(frozen=True, slots=True)
class RecognizerOptions:
    """What the command line says about a recogniser."""

    model: str | None = None
    """A model's name or folder (``--model``)."""
    models_dir: Path | None = None
    """Where models are kept; None: the usual place."""


class NoModel(ConfigError):
    """No model of the recogniser is on this machine."""


class Recognizer(Protocol):
    """Speech to text. Must be picklable until :meth:`load` is called (in each worker, once)."""

    def load(self) -> None:
        """Load models, so that the first caller does not wait for them."""
        ...

    def open(self, request: RecognitionRequest) -> Utterance:
        """Prepare for a sentence. Called at START, before anybody speaks; may take 100 ms.

        Raises:
            ValueError: This engine does not support the language, lists, or free speech.
        """
        ...


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """How to speak a text (ranges as in ``sis-protocol.md`` 9)."""

    language: str
    """``en-us`` or ``cmn``."""
    speaker: str
    """The speaker's name from ``property``, e.g. ``cameal``. Engines may ignore it."""
    speed: int = 0
    """-500 to 500; 0 is normal speed, 500 is twice as fast, -500 half as fast."""
    pitch: int = 0
    """-500 to 500."""
    volume: int = 50
    """0 to 100."""


class MarkKind(enum.Enum):
    """What a mark stands at."""

    SENTENCE = "sentence"
    WORD = "word"
    """``text`` is the word, with its punctuation."""
    PHONEME = "phoneme"
    """``text`` is the sound in IPA; empty means a pause."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in the speech of a voice."""

    kind: MarkKind
    at_ms: int
    """Milliseconds since the beginning of the text."""
    text: str = ""


class Voice(Protocol):
    """Text to speech."""

    rate_hz: int
    """Sample rate of the output of :meth:`speak`."""

    def speak(
        self,
        text: str,
        request: SpeechRequest,
        sink: Callable[[bytes], bool],
        on_mark: Callable[[Mark], object],
    ) -> None:
        """Speak one sentence (or one SSML document); returns when all audio was made.

        Called from several threads: an engine that cannot do two at once must take a lock.

        Args:
            text: One sentence, or a document that starts with ``<speak``.
            request: Language and style.
            sink: Takes s16le mono at ``rate_hz``; returns False if no more is wanted.
            on_mark: Takes the beginnings of words and sounds, in order, for subtitles. A voice
                that does not know them never calls it.

        Raises:
            ValueError: This engine cannot speak that language, or that document.
        """
        ...


def require_package(module: str, package: str, *, extra: str = "local") -> None:
    """Check that a package of an extra is installed, without importing it.

    Raises:
        MissingDependency: It is not installed.
    """
    if importlib.util.find_spec(module) is None:
        raise MissingDependency(package, extra)
