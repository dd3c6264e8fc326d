"""What an engine is: three small interfaces that a user can fill with their own.

* :class:`Vad` tells speech from everything else. It runs in the server's event loop.
* :class:`Recognizer` turns a sentence into words. It runs in worker processes.
* :class:`Voice` turns text into sound. It runs in a thread of the server.

An engine object is a small description until it is used: its ``__init__`` only checks (packages,
files) and raises what is wrong, so that the server refuses to start with one clear line. A
``Recognizer`` is pickled and sent to the workers, where :meth:`Recognizer.load` is called once.

Core, no I/O.
"""

from __future__ import annotations

import enum
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ivr_agi.errors import MissingDependency

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = (
    "Hypothesis",
    "Mark",
    "MarkKind",
    "RecognitionRequest",
    "Recognizer",
    "SpeechRequest",
    "Utterance",
    "Vad",
    "VadStream",
    "Voice",
    "Word",
    "require_package",
)


class VadStream(Protocol):
    """The state of one audio stream inside a :class:`Vad`."""

    def probability(self, window: bytes) -> float:
        """How likely the next window holds speech, 0 to 1.

        Args:
            window: s16le mono 8 kHz, exactly the ``window_samples`` of the :class:`Vad`.
        """
        ...


class Vad(Protocol):
    """Voice activity detection. One object serves all sessions of a server."""

    window_samples: int
    """Samples in a window at 8 kHz, e.g. 256 (32 ms)."""

    def stream(self) -> VadStream:
        """A fresh stream for a new session; must be cheap and must not block."""
        ...


@dataclass(frozen=True, slots=True)
class RecognitionRequest:
    """What a sentence is to be recognised as."""

    language: str
    """``en-us`` or ``cmn``."""
    phrases: tuple[str, ...] | None
    """The only phrases that can be said (a closed list); ``None``: anything."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word and when it was said."""

    text: str
    start_ms: int
    """Milliseconds since the first audio that the :class:`Utterance` was fed."""
    end_ms: int
    """The same."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What an engine understood."""

    text: str
    """A phrase of the list as it is spelled there, or free words. Never empty."""
    score: float
    """Confidence, 0 to 1; around 0.5 a match is as likely right as wrong."""
    words: tuple[Word, ...] = ()
    """Where the engine knows when each was said."""


class Utterance(Protocol):
    """One sentence being recognised."""

    def begin(self, background: bytes) -> None:
        """Speech was found.

        Args:
            background: s16le mono 8 kHz from before the speech, without speech in it; up to
                512 ms, may be empty. What a noise filter needs.
        """
        ...

    def feed(self, pcm: bytes) -> str | None:
        """Take the next piece of the sentence (s16le mono 8 kHz) and say what it means so far."""
        ...

    def finish(self) -> Hypothesis | None:
        """The sentence is over. ``None`` where nothing at all was understood."""
        ...

    def close(self) -> None:
        """Give back what the sentence holds; also called after :meth:`finish`."""
        ...


class Recognizer(Protocol):
    """Speech to text. Must be picklable until :meth:`load` is called (in each worker, once)."""

    def load(self) -> None:
        """Load models, so that the first caller does not wait for them."""
        ...

    def open(self, request: RecognitionRequest) -> Utterance:
        """Make ready for a sentence. Called at START, before anybody speaks; may take 100 ms.

        Raises:
            ValueError: This engine cannot do that language, or a list, or free speech.
        """
        ...


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """How a text is to be spoken (ranges of ``sis-protocol.md`` 9)."""

    language: str
    """``en-us`` or ``cmn``."""
    speaker: str
    """The speaker's name out of ``property``, e.g. ``cameal``. Engines may ignore it."""
    speed: int = 0
    """-500 to 500; 0 is a normal pace, 500 twice it, -500 half."""
    pitch: int = 0
    """-500 to 500."""
    volume: int = 50
    """0 to 100."""


class MarkKind(enum.Enum):
    """What a voice comes to."""

    SENTENCE = "sentence"
    WORD = "word"
    """``text`` is the word with the punctuation that sticks to it."""
    PHONEME = "phoneme"
    """``text`` is the sound in IPA; empty: a pause."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in what a voice speaks."""

    kind: MarkKind
    at_ms: int
    """Milliseconds since the beginning of the text."""
    text: str = ""


class Voice(Protocol):
    """Text to speech."""

    rate_hz: int
    """Sample rate of what :meth:`speak` gives."""

    def speak(
        self,
        text: str,
        request: SpeechRequest,
        sink: Callable[[bytes], bool],
        on_mark: Callable[[Mark], object],
    ) -> None:
        """Speak one sentence (or one SSML document); returns when all of it was made.

        Called from several threads; an engine that cannot do two at once takes a lock.

        Args:
            text: One sentence, or a document that starts with ``<speak``.
            request: Language and style.
            sink: Takes s16le mono at ``rate_hz``; returns False when no more is wanted.
            on_mark: Takes, in order, when words and sounds begin: what subtitles are made of. A
                voice that does not know never calls it.

        Raises:
            ValueError: This engine cannot speak that language, or that document.
        """
        ...


def require_package(module: str, package: str, *, hint: str = "") -> None:
    """Check that a package of the extra ``[local]`` is there, without importing it.

    Raises:
        MissingDependency: It is not.
    """
    if importlib.util.find_spec(module) is None:
        raise MissingDependency(package, "local", hint=hint)
