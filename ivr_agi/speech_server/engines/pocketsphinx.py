"""Recognition with pocketsphinx on the derived 8 kHz model, in worker processes (holds the GIL).

Per sentence: noise filter, a streaming pass (partial results), then a second pass whose cepstral
mean is the sentence's own blended into a prior, and a free phone loop over the same audio as
competitor, whose distance is the confidence. The measurements are in ``engines.md`` 4.
"""

from __future__ import annotations

import logging
import math
import os
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ, SAMPLES_PER_MS
from ivr_agi.errors import ConfigError
from ivr_agi.speech_server.engines.base import (
    LATE_SCORE,
    Hypothesis,
    RecognitionRequest,
    RecognizerOptions,
    Word,
    require_package,
)
from ivr_agi.speech_server.engines.espeak import load_espeak
from ivr_agi.speech_server.engines.g2p import english_phones, mandarin_phones
from ivr_agi.speech_server.engines.grammar import PhraseGrammar
from ivr_agi.speech_server.engines.narrowband import narrowband_model
from ivr_agi.speech_server.engines.wiener import WienerFilter, onset_snr_db

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ("PocketsphinxRecognizer", "PocketsphinxUtterance", "confidence", "make_recognizer")

_log = logging.getLogger("ivr_agi.speech_server")

# Cepstral mean of telephone speech in this model's 19 filters (engines.md 4.3).
CMN_PRIOR = np.array([43, 0.6, 8.3, 0.8, -2.1, -1.1, -4.7, 1.0, 2.1, 1.1, 4.0, 0.1, 1.7])
DECODER_PRIOR_FRAMES = 500  # weight of the prior in the decoder
BLEND_PRIOR_FRAMES = 150  # weight of the prior in the second pass
SLIDING_FRAMES = 300  # beyond this, the decoder's mean is the sentence's own
DECODER_FRAME_MS = 10
DECODER_FRAME_BYTES = SAMPLE_BYTES * SAMPLES_PER_MS * DECODER_FRAME_MS
FILLER_MARKS = "<[+("  # first characters of the names of silence and noises

# Above this, the noise filter does more harm than good. Of 91 menu phrases (one human, white noise)
# right with and without it: 74 and 63 at 25 dB, 79 and 79 at 30 dB, 82 and 84 at 35 dB.
FILTER_BELOW_SNR_DB = 28.0

_ROW = {"wip": 0.01}  # a row of words has fewer insertions with it (engines.md 4.7)
WORD_SEARCH, PHONE_SEARCH = "words", "phones"  # the decoder's two searches
EVEN_DISTANCE, DISTANCE_WIDTH = -20.0, 3.9  # of the confidence; engines.md 4.5
FREE_WORD_LIMIT_FRAMES = 500  # longer free speech gets no second pass: it would take too long
MOST_IDLE_DECODERS = 8


def make_recognizer(options: RecognizerOptions) -> PocketsphinxRecognizer:
    """Make the recogniser for the command line.

    Raises:
        ConfigError: A model is named; it has its own.
        MissingDependency: As :class:`PocketsphinxRecognizer`.
    """
    if options.model is not None:
        raise ConfigError("belongs to another engine: pocketsphinx has its own", key="--model")
    return PocketsphinxRecognizer()


class PocketsphinxRecognizer:
    """English from a list or free; Mandarin from a list (for development only).

    Args:
        cache_dir: Folder for the derived model (1.7 MB, made in 15 ms); default: this user's
            folder among the temporary files.

    Raises:
        MissingDependency: pocketsphinx or espeakng-loader is not installed.
    """

    def __init__(self, *, cache_dir: Path | None = None) -> None:
        require_package("pocketsphinx", "pocketsphinx")
        require_package("espeakng_loader", "espeakng-loader")
        self._cache_dir = cache_dir or Path(tempfile.gettempdir()) / f"ivr-agi-{os.getuid()}"
        self._model: dict[str, str] = {}
        self._language_model: Any = None
        self._idle: dict[RecognitionRequest, list[_Search]] = {}

    def load(self) -> None:
        """Derive the acoustic model if it does not exist yet, and use every library once."""
        import pocketsphinx

        wideband = Path(pocketsphinx.get_model_path("en-us/en-us"))
        narrowband = narrowband_model(wideband, self._cache_dir)
        self._model = {
            "mdef": str(wideband / "mdef"),
            "sendump": str(wideband / "sendump"),
            "tmat": str(wideband / "transition_matrices"),
            "fdict": str(wideband / "noisedict"),
            "mean": str(narrowband / "means"),
            "var": str(narrowband / "variances"),
            "featparams": str(narrowband / "feat.params"),
        }
        self.open(RecognitionRequest("en-us", ("yes", "no"))).close()

    def open(self, request: RecognitionRequest) -> PocketsphinxUtterance:
        """Return a decoder for the request: an idle one, or a new one (10 ms; free speech 0.5 s).

        Raises:
            ValueError: Another language, free Mandarin, or a list that cannot be pronounced.
        """
        idle = self._idle.get(request)
        search = idle.pop() if idle else self._build(request)
        return PocketsphinxUtterance(self, request, search)

    def give_back(self, request: RecognitionRequest, search: _Search) -> None:
        """Keep a decoder for the next sentence with the same list."""
        self._idle.setdefault(request, []).append(search)
        while sum(map(len, self._idle.values())) > MOST_IDLE_DECODERS:
            oldest = next(iter(self._idle))
            self._idle[oldest].pop()
            if not self._idle[oldest]:
                del self._idle[oldest]

    def _build(self, request: RecognitionRequest) -> _Search:
        if request.language not in ("en-us", "cmn"):
            raise ValueError(f"cannot recognise language {request.language!r}")
        if request.language == "cmn":
            _log.warning("Mandarin recognition is for development only: no Mandarin model ships")
        if request.phrases is not None:
            pronounce = _english if request.language == "en-us" else _mandarin
            grammar = PhraseGrammar(request.phrases, pronounce, is_row=request.is_row)
            return self._closed(grammar)
        if request.language != "en-us":
            raise ValueError("free recognition is English only: use a hot-word table")
        return self._free()

    def _closed(self, grammar: PhraseGrammar) -> _Search:
        decoder = self._decoder(dictionary=None, **(_ROW if grammar.is_row else {}))
        for token, phones in grammar.pronunciations:
            decoder.add_word(token, phones, False)
        decoder.add_word("unused", "SIL", True)  # the last one rebuilds the search's tables
        decoder.add_jsgf_string(WORD_SEARCH, grammar.jsgf)
        return _Search(decoder, grammar)

    def _free(self) -> _Search:
        import pocketsphinx

        decoder = self._decoder(dictionary=pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))
        if self._language_model is None:
            decoder.add_lm_file(WORD_SEARCH, pocketsphinx.get_model_path("en-us/en-us.lm.bin"))
            self._language_model = decoder.get_lm(WORD_SEARCH)
        else:  # 27 MB and 0.3 s, shared by all decoders
            decoder.add_lm(WORD_SEARCH, self._language_model)
        return _Search(decoder, None)

    def _decoder(self, *, dictionary: str | None, **more: float) -> Any:
        import pocketsphinx

        decoder = pocketsphinx.Decoder(
            hmm=None,
            **self._model,
            dict=dictionary,
            lm=None,
            samprate=SAMPLE_RATE_HZ,
            bestpath=False,  # costs 72 ms at the end of a digit loop, and is not more accurate
            loglevel="FATAL",
            **more,
        )
        # Without a phone language model, right and wrong are much easier to separate.
        decoder.add_allphone_file(PHONE_SEARCH, None)
        return decoder


class _Search:
    """A decoder and how to read its hypotheses."""

    def __init__(self, decoder: Any, grammar: PhraseGrammar | None) -> None:
        self.decoder = decoder
        self.grammar = grammar

    def text(self, hypothesis: str) -> str:
        if self.grammar is not None:
            return self.grammar.text(hypothesis)
        return re.sub(r"\(\d+\)", "", hypothesis)

    def words(self) -> tuple[Word, ...]:
        """Return what the last pass heard and when, without silence and noises."""
        spell = self.text if self.grammar is None else self.grammar.word
        return tuple(
            Word(
                spell(segment.word),
                segment.start_frame * DECODER_FRAME_MS,
                (segment.end_frame + 1) * DECODER_FRAME_MS,
            )
            for segment in self.decoder.seg()
            if segment.word[0] not in FILLER_MARKS
        )


class PocketsphinxUtterance:
    """One sentence; see :class:`ivr_agi.speech_server.engines.base.Utterance`."""

    def __init__(
        self, recognizer: PocketsphinxRecognizer, request: RecognitionRequest, search: _Search
    ) -> None:
        self._recognizer = recognizer
        self._request = request
        self._search = search
        self._background = b""
        self._filter: WienerFilter | None = None
        self._pcm = bytearray()
        self._speaking = False
        self._closed = False

    def begin(self, background: bytes) -> None:
        """Start the streaming pass; see the protocol."""
        self._background = background
        self._start(WORD_SEARCH, CMN_PRIOR)
        self._speaking = True

    def feed(self, pcm: bytes) -> str | None:
        """Decode the next piece and return the words so far; see the protocol."""
        if self._filter is None:
            noisy = onset_snr_db(self._background, pcm) < FILTER_BELOW_SNR_DB
            self._filter = WienerFilter(self._background if noisy else b"")
        self._take(self._filter.feed(pcm))
        hypothesis = self._search.decoder.hyp()
        return self._search.text(hypothesis.hypstr) if hypothesis else None

    def finish(self, until_s: float) -> Hypothesis | None:
        """Second pass and confidence, 30 ms per second of speech; see the protocol.

        What comes too late for that has the words of the first pass, and :data:`LATE_SCORE`.
        """
        if self._filter is not None:
            self._take(self._filter.flush())
        decoder = self._search.decoder
        mean = self._blended_mean()
        decoder.end_utt()
        self._speaking = False
        if not self._pcm:  # the decoder takes no empty piece
            return None
        if time.monotonic() >= until_s:
            heard = decoder.hyp()
            text = self._search.text(heard.hypstr) if heard is not None else ""
            return Hypothesis(text, LATE_SCORE, self._search.words()) if text else None
        free = self._search.grammar is None
        if not (free and len(self._pcm) > FREE_WORD_LIMIT_FRAMES * DECODER_FRAME_BYTES):
            self._decode(WORD_SEARCH, mean)
        hypothesis = decoder.hyp()
        if hypothesis is None or not hypothesis.hypstr:
            return None
        text, likelihood = self._search.text(hypothesis.hypstr), self._likelihood()
        words = self._search.words()
        frames = sum(word.end_ms - word.start_ms for word in words) // DECODER_FRAME_MS
        self._decode(PHONE_SEARCH, mean)
        if decoder.hyp() is None or frames == 0:
            return None
        score = confidence((likelihood - self._likelihood()) / frames)
        return Hypothesis(text, score, words)

    def close(self) -> None:
        """Give the decoder back; see the protocol."""
        if self._closed:
            return
        self._closed = True
        if self._speaking:
            self._search.decoder.end_utt()
        self._recognizer.give_back(self._request, self._search)

    def _take(self, clean: bytes) -> None:
        if clean:
            self._pcm += clean
            self._search.decoder.process_raw(clean)

    def _start(self, search: str, mean: NDArray[np.float64]) -> None:
        decoder = self._search.decoder
        decoder.activate_search(search)
        decoder.set_cmn(",".join(f"{value:.3f}" for value in mean))
        decoder.start_utt()

    def _decode(self, search: str, mean: NDArray[np.float64]) -> None:
        self._start(search, mean)
        self._search.decoder.process_raw(bytes(self._pcm))
        self._search.decoder.end_utt()

    def _likelihood(self) -> float:
        """Return how well the last pass fits the sound, without what its search charges."""
        decoder = self._search.decoder
        log = decoder.get_logmath().log
        return float(sum(log(segment.ascore) for segment in decoder.seg() if segment.ascore))

    def _blended_mean(self) -> NDArray[np.float64]:
        """Return this sentence's cepstral mean, blended with the prior if the sentence is short."""
        frames = max(1, len(self._pcm) // DECODER_FRAME_BYTES)
        mean = np.array([float(value) for value in self._search.decoder.get_cmn(True).split(",")])
        if frames < SLIDING_FRAMES:  # the decoder has blended in its own prior: remove it
            mean = (
                mean * (DECODER_PRIOR_FRAMES + frames) - DECODER_PRIOR_FRAMES * CMN_PRIOR
            ) / frames
        blended: NDArray[np.float64] = (mean * frames + CMN_PRIOR * BLEND_PRIOR_FRAMES) / (
            frames + BLEND_PRIOR_FRAMES
        )
        return blended


def confidence(distance: float) -> float:
    """Score the words' log likelihood per speech frame minus the phone loop's, 0 to 1.

    At 0.5, people's words of a menu are lost as seldom as others are accepted, over G.711
    (``engines.md`` 4.5).
    """
    return 1 / (1 + math.exp(min(700.0, -(distance - EVEN_DISTANCE) / DISTANCE_WIDTH)))


def _english(phrase: str) -> list[list[str]]:
    """Pronounce each word as spoken alone and, if known, in the phrase ("a", "the")."""
    espeak = load_espeak()
    words = phrase.split()
    alone = [english_phones(espeak.phonemes(word, "en-us")) for word in words]
    together = [english_phones(group) for group in espeak.phonemes(phrase, "en-us").split()]
    if len(together) != len(words):
        together = alone
    return [
        [phones for phones in dict.fromkeys(pair) if phones]
        for pair in zip(alone, together, strict=True)
    ]


def _mandarin(phrase: str) -> list[list[str]]:
    espeak = load_espeak()
    return [mandarin_phones(espeak.phonemes(word, "cmn")) for word in phrase.split()]
