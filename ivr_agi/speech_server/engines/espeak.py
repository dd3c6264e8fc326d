"""espeak-ng through ctypes, from the wheel ``espeakng-loader``: speech and pronunciations.

GPL-3.0-or-later: only the speech server and its workers load it, never the plugin.
The library has global state, so every call takes a process-wide lock. It is about 1000 times as
fast as speech (``engines.md`` 2), so nobody waits long.
"""

from __future__ import annotations

import ctypes
import itertools
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.ssml import is_ssml, unescape_entities
from ivr_agi.speech_server.engines.base import Mark, MarkKind, SpeechRequest, require_package
from ivr_agi.speech_server.engines.markup import to_espeak

__all__ = ("Espeak", "EspeakVoice", "load_espeak")

AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
INITIALIZE_PHONEME_EVENTS_IN_IPA = 3
EVENT_END_OF_LIST, EVENT_WORD, EVENT_SENTENCE, EVENT_PHONEME = 0, 1, 2, 7
POSITION_IN_CHARACTERS = 1
TEXT_IS_UTF8 = 1
TEXT_IS_SSML = 0x10
PHONEME_SEPARATOR = "_"
PARAMETER_RATE, PARAMETER_VOLUME, PARAMETER_PITCH = 1, 2, 3

NORMAL_WORDS_PER_MINUTE = 160
ESPEAK_RATE_HZ = 22050

Sink = Callable[[bytes], bool]
OnMark = Callable[[Mark], object]


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_void_p), ("text", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """``espeak_EVENT`` of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)
_TAG = re.compile("<[^>]*>")


class Espeak:
    """The loaded library. Use :func:`load_espeak`: a process can initialise it only once."""

    def __init__(self) -> None:
        import espeakng_loader

        self._lock = threading.Lock()
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        rate_hz = self._library.espeak_Initialize(
            AUDIO_OUTPUT_SYNCHRONOUS,
            0,
            espeakng_loader.get_data_path().encode(),
            INITIALIZE_DONT_EXIT | INITIALIZE_PHONEME_EVENTS_IN_IPA,
        )
        if rate_hz != ESPEAK_RATE_HZ:
            raise ConfigError(f"espeak-ng must speak at {ESPEAK_RATE_HZ} Hz, it uses {rate_hz}")
        self._sink: Sink | None = None
        self._marks = _Marks("", _ignore)
        self._callback = _CALLBACK(self._on_audio)  # the library keeps a pointer: must stay alive
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(
        self,
        text: str,
        language: str,
        sink: Sink,
        parameters: dict[int, int],
        on_mark: OnMark | None = None,
    ) -> None:
        """Speak a text; ``sink`` gets s16le mono 22050 Hz in pieces of up to 60 ms, as made.

        Args:
            text: Plain text, or espeak's own SSML if it starts with ``<speak``.
            language: A voice name of espeak-ng.
            sink: Returns False to stop.
            parameters: ``espeak_SetParameter`` numbers and values.
            on_mark: Called when sentences, words and sounds begin.

        Raises:
            ValueError: No such voice.
        """
        flags = TEXT_IS_UTF8 | (TEXT_IS_SSML if is_ssml(text) else 0)
        data = _c_string(text)
        with self._lock:
            self._set_voice(language)
            for parameter, value in parameters.items():
                self._library.espeak_SetParameter(parameter, value, 0)
            self._sink, self._marks = sink, _Marks(text, on_mark or _ignore)
            try:
                self._library.espeak_Synth(
                    data,
                    ctypes.c_size_t(len(data)),
                    0,
                    POSITION_IN_CHARACTERS,
                    0,
                    flags,
                    None,
                    None,
                )
                self._marks.finish()
            finally:
                self._sink = None

    def phonemes(self, text: str, language: str) -> str:
        """Return the pronunciation in espeak's mnemonics: ``_`` separates phonemes, spaces words.

        Raises:
            ValueError: No such voice.
        """
        data = ctypes.create_string_buffer(_c_string(text))
        position = ctypes.c_char_p(ctypes.addressof(data))
        mode = ord(PHONEME_SEPARATOR) << 8
        clauses = []
        with self._lock:
            self._set_voice(language)
            while position.value:
                clauses.append(
                    self._library.espeak_TextToPhonemes(
                        ctypes.byref(position), TEXT_IS_UTF8, mode
                    ).decode()
                )
        return " ".join(clauses)

    def _set_voice(self, language: str) -> None:
        # On failure the previous voice would silently remain.
        if self._library.espeak_SetVoiceByName(language.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {language!r}")

    def _on_audio(self, samples: object, count: int, events: Any) -> int:
        """Called by the library; 1 stops the synthesis."""
        for event in itertools.takewhile(lambda event: event.type != EVENT_END_OF_LIST, events):
            self._marks.receive(event)
        if not samples or count == 0 or self._sink is None:
            return 0
        return 0 if self._sink(ctypes.string_at(samples, 2 * count)) else 1  # type: ignore[arg-type]  # a pointer


class _Marks:
    """Turns the library's events into marks.

    A word's text reaches up to the next word, so that its punctuation is included; until then its
    marks are held back. Events inside a word (espeak splits "3.5") are dropped.

    Args:
        text: The spoken text.
        on_mark: Takes the marks, in order.
    """

    def __init__(self, text: str, on_mark: OnMark) -> None:
        self._text = text
        self._on_mark = on_mark
        self._held: list[Mark] = []  # the first is a word, without its text yet
        self._word_start = 0
        self._word_end = 0  # according to espeak

    def receive(self, event: _Event) -> None:
        at_ms, position = event.audio_position, max(0, event.text_position - 1)
        if event.type == EVENT_PHONEME:
            text = event.id.text.decode("utf-8", "replace").strip("_:")
            self._held.append(Mark(MarkKind.PHONEME, at_ms, text))
        elif event.type == EVENT_SENTENCE:
            self.finish(position)
            self._on_mark(Mark(MarkKind.SENTENCE, at_ms))
        elif event.type == EVENT_WORD and position >= self._word_end:
            self.finish(position)
            self._word_start, self._word_end = position, position + event.length
            self._held = [Mark(MarkKind.WORD, at_ms)]

    def finish(self, position: int | None = None) -> None:
        """Pass on what was held back; the word reaches up to ``position``."""
        for mark in self._held:
            if mark.kind is MarkKind.WORD:
                word = unescape_entities(_TAG.sub(" ", self._text[self._word_start : position]))
                mark = replace(mark, text=" ".join(word.split()))
            self._on_mark(mark)
        self._held = []


def _ignore(_mark: Mark) -> None:
    pass


def _c_string(text: str) -> bytes:
    return text.replace("\0", " ").encode("utf-8", "replace") + b"\0"


_LOADING = threading.Lock()


def load_espeak() -> Espeak:
    """Return the library of this process; the first call, in any thread, loads it."""
    with _LOADING:  # functools.cache alone would let two threads initialise it
        return _load_once()


@cache
def _load_once() -> Espeak:
    return Espeak()


class EspeakVoice:
    """espeak-ng as a :class:`ivr_agi.speech_server.engines.base.Voice`.

    Raises:
        MissingDependency: espeakng-loader is not installed.
    """

    rate_hz = ESPEAK_RATE_HZ

    def __init__(self) -> None:
        require_package("espeakng_loader", "espeakng-loader")

    def speak(self, text: str, request: SpeechRequest, sink: Sink, on_mark: OnMark) -> None:
        """Speak one sentence or SSML document (``sis-protocol.md`` 11); see the protocol."""
        parameters = {
            PARAMETER_RATE: round(NORMAL_WORDS_PER_MINUTE * 2 ** (request.speed / 500)),
            PARAMETER_VOLUME: 2 * request.volume,  # 100 of 200 is espeak's normal
            PARAMETER_PITCH: 50 + request.pitch // 10,  # 50 of 100
        }
        if is_ssml(text):
            text = to_espeak(text)
        load_espeak().speak(text, request.language, sink, parameters, on_mark)
