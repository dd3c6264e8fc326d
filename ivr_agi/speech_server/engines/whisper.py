"""Recognition with Whisper (CTranslate2): a second pass over a whole sentence, in worker processes.

While a caller speaks, pocketsphinx gives interim words. When the sentence is over, Whisper hears it
once and gives the final ones: the most likely phrase of a list, a row of its phrases, or free text.
What it was measured to do, and how the numbers here were chosen, is in ``engines.md`` 6.
"""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.speech_server.engines.base import (
    Hypothesis,
    NoModel,
    RecognitionRequest,
    RecognizerOptions,
    require_package,
)
from ivr_agi.speech_server.engines.phrasing import (
    ListVerdict,
    choose_row,
    row_example,
    row_units,
    spoken_forms,
)
from ivr_agi.speech_server.engines.pocketsphinx import PocketsphinxRecognizer
from ivr_agi.speech_server.engines.whisper_network import FEATURES_HZ, WhisperNetwork
from ivr_agi.speech_server.models.store import find_model, models_dir, ready_models

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ivr_agi.speech_server.engines.base import Recognizer, Utterance

__all__ = ("WhisperRecognizer", "WhisperUtterance", "cut_at_pauses", "make_recognizer")

_log = logging.getLogger("ivr_agi.speech_server")

WHISPER_LANGUAGES = {"en-us": "en", "cmn": "zh"}
MULTILINGUAL_TOKENS = 51_865
"""Entries of the vocabulary of a model of many languages; an English one has fewer."""
LIST_WINDOW_S = 3.0
"""Shortest window for a phrase of a list; the rest is silence. Shorter ones confuse digits."""
ROW_WINDOW_S = 10.0
"""The same for rows and free text, which have to find their end."""
WINDOW_SILENCE_S = 0.5
ROW_SILENCE_S = 2.0
ONE_WORD_S = 1.5
"""What is shorter, with the silence around it, is no row but one word."""
LONGEST_WINDOW_S = 20.0
"""Longer sentences are cut at a pause."""
LONGEST_LIST_S = 12.0
"""What is longer is no phrase of a list; only its beginning is heard."""
SURE_SCORE = 0.97
"""Score of the first pass from which a short list needs no second one."""
SURE_LIST = 5
SHORTLIST = 12
"""Phrases of a long list that are scored; the network itself names them."""
COST_S_PER_S = 0.1
"""First guess of the processor time for a second of window; later it is measured."""


def make_recognizer(options: RecognizerOptions) -> WhisperRecognizer:
    """Make the recogniser for the command line.

    Raises:
        ConfigError: A model is not there, or differs from what is known of it.
        MissingDependency: faster-whisper is not installed.
        NoModel: No model is named, and none is here.
    """
    require_package("faster_whisper", "faster-whisper", extra="whisper")
    folder = options.models_dir or models_dir()
    if options.model is None:
        found = [(model.languages, folder / model.name) for model in ready_models(folder)]
        if not found:
            raise NoModel("has no model yet: ivr-agi models get whisper-tiny.en", key="whisper")
    else:
        places = [find_model(name.strip(), folder) for name in options.model.split(",")]
        found = [(_languages_of(place), place) for place in places]
    networks: dict[str, Path] = {}
    for languages, place in found:
        for language in languages:
            networks.setdefault(language, place)
    first: Recognizer | None = None
    try:
        first = PocketsphinxRecognizer()
    except MissingDependency as error:
        _log.warning("no interim words: %s", error)
    return WhisperRecognizer(networks, first=first)


def _languages_of(place: Path) -> tuple[str, ...]:
    """Tell an English model from one of many languages by its vocabulary.

    Raises:
        ConfigError: The folder is not one of a converted Whisper model.
    """
    count = 0
    if (path := place / "vocabulary.txt").is_file():
        count = path.read_bytes().count(b"\n")
    elif (path := place / "vocabulary.json").is_file():
        count = len(msgspec.json.decode(path.read_bytes(), type=list[str]))
    if count:
        return ("en-us", "cmn") if count >= MULTILINGUAL_TOKENS else ("en-us",)
    raise ConfigError("has no vocabulary: must be a Whisper model for CTranslate2", path=str(place))


class WhisperRecognizer:
    """Whisper for the final words of a sentence, another recogniser for the interim ones.

    Args:
        networks: The folder of the model for each language (``en-us``, ``cmn``).
        first: The recogniser for interim words, and for languages without a model; None: there
            are none.
    """

    def __init__(self, networks: Mapping[str, Path], *, first: Recognizer | None) -> None:
        self._folders = dict(networks)
        self._first = first
        self._networks: dict[str, WhisperNetwork] = {}
        self.cost_s_per_s = COST_S_PER_S

    def load(self) -> None:
        """Load the models, and use each once."""
        by_folder: dict[Path, WhisperNetwork] = {}
        for language, folder in self._folders.items():
            if folder not in by_folder:
                by_folder[folder] = WhisperNetwork(folder)
            self._networks[language] = by_folder[folder]
        if self._first is not None:
            self._first.load()
        for language in self._networks:
            utterance = WhisperUtterance(self, RecognitionRequest(language, ("yes", "no")), None)
            utterance.feed(bytes(SAMPLE_BYTES * SAMPLE_RATE_HZ))
            utterance.finish(math.inf)

    def open(self, request: RecognitionRequest) -> Utterance:
        """Prepare for a sentence; see the protocol.

        Raises:
            ValueError: There is neither a model nor another recogniser for it.
        """
        first: Utterance | None = None
        has_network = request.language in self._networks
        if self._first is not None:
            try:
                first = self._first.open(request)
            except ValueError:
                if not has_network:
                    raise
        if has_network:
            return WhisperUtterance(self, request, first)
        if first is None:
            raise ValueError(f"there is no model for language {request.language!r}")
        return first

    def network(self, language: str) -> WhisperNetwork:
        """Return the loaded network of a language."""
        return self._networks[language]

    def note_cost(self, window_s: float, spent_s: float) -> None:
        """Remember what a window has cost; it decides whether there is time for another."""
        self.cost_s_per_s += 0.2 * (spent_s / window_s - self.cost_s_per_s)


class WhisperUtterance:
    """One sentence; see :class:`ivr_agi.speech_server.engines.base.Utterance`."""

    def __init__(
        self, recognizer: WhisperRecognizer, request: RecognitionRequest, first: Utterance | None
    ) -> None:
        self._recognizer = recognizer
        self._network = recognizer.network(request.language)
        self._language = WHISPER_LANGUAGES[request.language]
        self._request = request
        self._first = first
        self._pcm = bytearray()

    def begin(self, background: bytes) -> None:
        """Start the first pass; see the protocol."""
        if self._first is not None:
            self._first.begin(background)

    def feed(self, pcm: bytes) -> str | None:
        """Take the next piece, and return the interim words; see the protocol."""
        self._pcm += pcm
        return self._first.feed(pcm) if self._first is not None else None

    def finish(self, until_s: float) -> Hypothesis | None:
        """Hear the whole sentence once more, if there is time; see the protocol."""
        first = self._first.finish(until_s) if self._first is not None else None
        if not self._pcm or self._is_sure(first):
            return first
        samples = self._samples()
        window_s = max(ROW_WINDOW_S if self._is_long else LIST_WINDOW_S, len(samples) / FEATURES_HZ)
        began = time.monotonic()
        if began + window_s * self._recognizer.cost_s_per_s > until_s:
            return first
        heard = self._hear(samples, first, until_s)
        self._recognizer.note_cost(window_s, time.monotonic() - began)
        return heard

    def close(self) -> None:
        """Release the first pass; see the protocol."""
        if self._first is not None:
            self._first.close()

    @property
    def _is_long(self) -> bool:
        return self._request.is_row or self._request.phrases is None

    def _is_sure(self, first: Hypothesis | None) -> bool:
        """Whether the first pass is enough: a short English list, where it is seldom wrong."""
        phrases = self._request.phrases
        return (
            first is not None
            and first.score >= SURE_SCORE
            and self._request.language == "en-us"
            and phrases is not None
            and len(phrases) <= SURE_LIST
            and not self._request.is_row
        )

    def _samples(self) -> Any:
        """Return the sentence at the network's rate, as floats."""
        import soxr

        samples = np.frombuffer(bytes(self._pcm), "<i2").astype(np.float32) / 32768
        return soxr.resample(samples, SAMPLE_RATE_HZ, FEATURES_HZ).astype(np.float32)

    def _hear(self, samples: Any, first: Hypothesis | None, until_s: float) -> Hypothesis | None:
        phrases = self._request.phrases
        if phrases is None:
            return self._hear_free(samples, until_s)
        if self._request.is_row:
            return self._hear_row(samples, phrases, first)
        return self._hear_list(samples, phrases, first)

    def _hear_list(
        self, samples: Any, phrases: tuple[str, ...], first: Hypothesis | None
    ) -> Hypothesis | None:
        """Score each phrase of the list: how likely would the network have written it?"""
        most = round(LONGEST_LIST_S * FEATURES_HZ)
        sound = self._network.encode(samples[:most], LIST_WINDOW_S, WINDOW_SILENCE_S)
        heard_first = first.text if first is not None else None
        candidates = list(phrases)
        if len(candidates) > 4 * SHORTLIST:
            written = {form: p for p in phrases for form in spoken_forms(p, self._language)}
            named = self._network.name(sound, list(written), self._language, SHORTLIST)
            candidates = list(dict.fromkeys(written[form] for form in named))
            if heard_first in phrases and heard_first not in candidates:
                candidates.append(heard_first)
        forms = [
            (phrase, form) for phrase in candidates for form in spoken_forms(phrase, self._language)
        ]
        example = "".join(spoken_forms(phrase, self._language)[0] for phrase in candidates)
        logs = self._network.score(sound, [form for _, form in forms], self._language, example)
        verdict = ListVerdict.of(forms, logs)
        if verdict is None:
            return None
        words = first.words if first is not None and first.text == verdict.text else ()
        return Hypothesis(verdict.text, verdict.score(self._language), words)

    def _hear_row(
        self, samples: Any, phrases: tuple[str, ...], first: Hypothesis | None
    ) -> Hypothesis | None:
        """Write with nothing but the list's phrases, and take what fits best in length, too."""
        if len(samples) < ONE_WORD_S * FEATURES_HZ:
            return self._hear_list(samples, phrases, first)
        sound = self._network.encode(
            samples[: round(LONGEST_WINDOW_S * FEATURES_HZ)], ROW_WINDOW_S, ROW_SILENCE_S
        )
        units = row_units(phrases, self._language)
        written = self._network.write(sound, list(units), self._language, row_example(units))
        counts = first is not None and self._language == "en"  # Mandarin by English phones does not
        chosen = choose_row(written, units, first.text.split() if first and counts else None)
        if chosen is None:
            return None
        if len(chosen.words) == 1:
            return self._hear_list(samples, phrases, first)
        return Hypothesis(" ".join(chosen.words), chosen.score)

    def _hear_free(self, samples: Any, until_s: float) -> Hypothesis | None:
        """Write freely, window after window, as long as there is time."""
        texts: list[str] = []
        logs: list[float] = []
        for window in cut_at_pauses(samples, round(LONGEST_WINDOW_S * FEATURES_HZ)):
            window_s = max(ROW_WINDOW_S, len(window) / FEATURES_HZ)
            if time.monotonic() + window_s * self._recognizer.cost_s_per_s > until_s and texts:
                break
            sound = self._network.encode(window, ROW_WINDOW_S, ROW_SILENCE_S)
            text, log = self._network.write_freely(sound, self._language)
            if text:
                texts.append(text)
                logs.append(log)
        if not texts:
            return None
        return Hypothesis(" ".join(texts), math.exp(min(0.0, sum(logs) / len(logs))))


def cut_at_pauses(samples: Any, most: int) -> list[Any]:
    """Cut into pieces of at most so many samples, each at the softest moment of its last third."""
    pieces = []
    while len(samples) > most:
        frame = FEATURES_HZ // 20
        levels = [
            float(np.mean(samples[at : at + frame] ** 2))
            for at in range(most * 2 // 3, most - frame, frame)
        ]
        at = most * 2 // 3 + frame * int(np.argmin(levels)) + frame // 2
        pieces.append(samples[:at])
        samples = samples[at:]
    return [*pieces, samples]
