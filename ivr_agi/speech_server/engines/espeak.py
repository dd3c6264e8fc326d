"""espeak-ng through ctypes, from the wheel ``espeakng-loader``: speech, and how words are spoken.

GPL-3.0-or-later: only the speech server and its workers load it, never the plugin.
The library is global state: one thing at a time, so every call takes the process-wide lock. It is
about 1000 times faster than speech (``engines.md`` 2), so nobody waits long.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from functools import cache

from ivr_agi.errors import ConfigError
from ivr_agi.speech_server.engines.base import SpeechRequest, require_package

__all__ = ("Espeak", "EspeakVoice", "load_espeak")

AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
POSITION_IN_CHARACTERS = 1
TEXT_IS_UTF8 = 1
TEXT_IS_SSML = 0x10
PHONEME_SEPARATOR = "_"
PARAMETER_RATE, PARAMETER_VOLUME, PARAMETER_PITCH = 1, 2, 3

NORMAL_WORDS_PER_MINUTE = 160
RATE_HZ = 22050

Sink = Callable[[bytes], bool]
# The third argument, an array of events, is not looked at.
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Espeak:
    """The loaded library. Use :func:`load_espeak`: it can be initialised only once a process."""

    def __init__(self) -> None:
        import espeakng_loader

        self._lock = threading.Lock()
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        rate_hz = self._library.espeak_Initialize(
            AUDIO_OUTPUT_SYNCHRONOUS,
            0,
            espeakng_loader.get_data_path().encode(),
            INITIALIZE_DONT_EXIT,
        )
        if rate_hz != RATE_HZ:
            raise ConfigError(f"espeak-ng must speak at {RATE_HZ} Hz, it says {rate_hz}")
        self._sink: Sink | None = None
        self._callback = _CALLBACK(self._on_audio)  # the library keeps a pointer: must stay alive
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, language: str, sink: Sink, parameters: dict[int, int]) -> None:
        """Speak a text; ``sink`` gets s16le mono 22050 Hz in pieces of up to 60 ms as it is made.

        Args:
            text: Plain text, or SSML when it starts with ``<speak``.
            language: A voice name of espeak-ng.
            sink: Returns False to stop.
            parameters: ``espeak_SetParameter`` numbers and values.

        Raises:
            ValueError: No such voice.
        """
        flags = TEXT_IS_UTF8 | (TEXT_IS_SSML if text.lstrip().startswith("<speak") else 0)
        data = _c_string(text)
        with self._lock:
            self._set_voice(language)
            for parameter, value in parameters.items():
                self._library.espeak_SetParameter(parameter, value, 0)
            self._sink = sink
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
            finally:
                self._sink = None

    def phonemes(self, text: str, language: str) -> str:
        """How a text is spoken: espeak's mnemonics, ``_`` between phonemes, spaces between words.

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
        # On failure the voice before would stay, silently.
        if self._library.espeak_SetVoiceByName(language.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {language!r}")

    def _on_audio(self, samples: object, count: int, _events: object) -> int:
        """Called by the library; 1 stops the synthesis."""
        if not samples or count == 0 or self._sink is None:
            return 0
        return 0 if self._sink(ctypes.string_at(samples, 2 * count)) else 1  # type: ignore[arg-type]  # a pointer


def _c_string(text: str) -> bytes:
    return text.replace("\0", " ").encode("utf-8", "replace") + b"\0"


_LOADING = threading.Lock()


def load_espeak() -> Espeak:
    """The library of this process; two threads that are first at once initialise it once."""
    with _LOADING:
        return _load()


@cache
def _load() -> Espeak:
    return Espeak()


class EspeakVoice:
    """espeak-ng as a :class:`ivr_agi.speech_server.engines.base.Voice`.

    Raises:
        MissingDependency: espeakng-loader is not installed.
    """

    rate_hz = RATE_HZ

    def __init__(self) -> None:
        require_package("espeakng_loader", "espeakng-loader")

    def speak(self, text: str, request: SpeechRequest, sink: Sink) -> None:
        """Speak one sentence or SSML document; see the protocol."""
        parameters = {
            PARAMETER_RATE: round(NORMAL_WORDS_PER_MINUTE * 2 ** (request.speed / 500)),
            PARAMETER_VOLUME: 2 * request.volume,  # 100 of 200 is espeak's normal
            PARAMETER_PITCH: 50 + request.pitch // 10,  # 50 of 100
        }
        load_espeak().speak(text, request.language, sink, parameters)
