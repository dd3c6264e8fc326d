"""One Whisper model, loaded: sounds in, words and likelihoods out. In worker processes only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ("FEATURES_HZ", "EncodedSound", "WhisperNetwork")

FEATURES_HZ = 16_000
"""Sample rate of what the network hears."""
_LEAST_LOG = -30.0
_BEAMS = 6
_TOKENS_PER_S = 8.0
_NO_SPEECH = 0.6
_ZH_PROMPT = "以下是普通话的句子。"
"""Without it Chinese may come in traditional characters."""
_SILENT_LOG = -1.0


class EncodedSound:
    """A sentence that was heard once."""

    def __init__(self, encoded: Any, n_frames: int, seconds: float) -> None:
        self.encoded = encoded
        self.n_frames = n_frames
        self.seconds = seconds
        """Of the sentence, without the silence after it."""


class WhisperNetwork:
    """A model in CTranslate2's form.

    Args:
        folder: Holds ``model.bin``, ``config.json``, ``tokenizer.json`` and a vocabulary.
        threads: Threads of one worker.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        import ctranslate2
        import tokenizers
        from faster_whisper.feature_extractor import FeatureExtractor
        from faster_whisper.tokenizer import Tokenizer

        self._ct2 = ctranslate2
        self._model = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", intra_threads=threads, inter_threads=1
        )
        inner = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        languages = ("en", "zh") if self._model.is_multilingual else ("en",)
        self._tokenizers = {
            language: Tokenizer(
                inner, self._model.is_multilingual, task="transcribe", language=language
            )
            for language in languages
        }
        self._features = FeatureExtractor(feature_size=self._model.n_mels)
        self._n_tokens = inner.get_vocab_size()
        self._tokens: dict[tuple[str, str], list[int]] = {}
        self._suppressed: dict[tuple[str, ...], list[int]] = {}

    def encode(self, samples: Any, window_s: float, silence_s: float) -> EncodedSound:
        """Hear samples once.

        Args:
            samples: Floats at :data:`FEATURES_HZ`.
            window_s: Shortest window; the rest of it is silence.
            silence_s: Least silence after the samples.
        """
        seconds = len(samples) / FEATURES_HZ
        length = round(max(window_s, seconds + silence_s) * FEATURES_HZ)
        padded = np.pad(samples, (0, length - len(samples)))
        mel = self._features(padded, padding=0)
        mel = np.ascontiguousarray(mel[None, :, : mel.shape[1] // 2 * 2], dtype=np.float32)
        encoded = self._model.encode(self._ct2.StorageView.from_array(mel))
        return EncodedSound(encoded, mel.shape[2], seconds)

    def score(
        self, sound: EncodedSound, texts: Sequence[str], language: str, example: str = ""
    ) -> list[list[float]]:
        """Return the log probability of each token of each text, had it been written.

        Args:
            sound: What was heard.
            texts: What may have been said.
            language: ``en`` or ``zh``.
            example: What was written before it: texts of that kind are expected.
        """
        tokens = [self._encode_text(text, language) for text in texts]
        tiled = np.repeat(np.array(sound.encoded), len(texts), axis=0)
        found = self._model.align(
            self._ct2.StorageView.from_array(tiled),
            self._prompt(language, example),
            tokens,
            sound.n_frames,
            median_filter_width=1,
        )
        return [
            [max(_LEAST_LOG, float(np.log(max(p, 1e-13)))) for p in each.text_token_probs]
            for each in found
        ]

    def write(
        self, sound: EncodedSound, units: Sequence[str], language: str, example: str
    ) -> list[tuple[str, float]]:
        """Write with the tokens of these units only; return texts and log probabilities.

        Args:
            sound: What was heard.
            units: What may be written.
            language: ``en`` or ``zh``.
            example: A text of the kind that is wanted. Without it a row ends too early.
        """
        most = round(_TOKENS_PER_S * sound.seconds) + 4
        return self._generate(sound, units, language, _BEAMS, most, example)

    def name(
        self, sound: EncodedSound, texts: Sequence[str], language: str, count: int
    ) -> list[str]:
        """Return those of many texts that the network would most likely write."""
        longest = max(len(self._encode_text(text, language)) for text in texts)
        written = self._generate(sound, texts, language, count, longest + 1)
        return [text for text, _ in written if text in set(texts)]

    def write_freely(self, sound: EncodedSound, language: str) -> tuple[str, float]:
        """Return what was said, and the mean log probability of a token; empty if it is noise."""
        tokenizer = self._tokenizers[language]
        example = _ZH_PROMPT if language == "zh" else ""
        prompt = [*self._prompt(language, example), tokenizer.no_timestamps]
        [found] = self._model.generate(
            sound.encoded,
            [prompt],
            beam_size=2,
            max_length=2 * (round(_TOKENS_PER_S * sound.seconds) + 8),
            no_repeat_ngram_size=4,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=[-1],
        )
        log = float(found.scores[0])
        if found.no_speech_prob > _NO_SPEECH and log < _SILENT_LOG:
            return "", log
        text = tokenizer.decode(found.sequences_ids[0])
        words = re.sub(r"[^\w'\s-]|_", " ", text.casefold()).split()
        return (" " if language == "en" else "").join(words), log

    def _generate(
        self,
        sound: EncodedSound,
        units: Sequence[str],
        language: str,
        beams: int,
        most: int,
        example: str = "",
    ) -> list[tuple[str, float]]:
        tokenizer = self._tokenizers[language]
        prompt = [*self._prompt(language, example), tokenizer.no_timestamps]
        [found] = self._model.generate(
            sound.encoded,
            [prompt],
            beam_size=beams,
            num_hypotheses=beams,
            patience=2,
            length_penalty=0,
            max_length=2 * (most + len(prompt)),
            suppress_blank=False,
            suppress_tokens=self._all_but(tuple(units), language),
            return_scores=True,
        )
        texts = [tokenizer.decode(ids) for ids in found.sequences_ids]
        return list(zip(texts, map(float, found.scores), strict=True))

    def _prompt(self, language: str, example: str) -> list[int]:
        tokenizer = self._tokenizers[language]
        if not example:
            return list(tokenizer.sot_sequence)
        return [tokenizer.sot_prev, *tokenizer.encode(example), *tokenizer.sot_sequence]

    def _all_but(self, units: tuple[str, ...], language: str) -> list[int]:
        """Return every token that none of the units has, and that is not the end."""
        key = (language, *units)
        if key not in self._suppressed:
            allowed = {token for unit in units for token in self._encode_text(unit, language)}
            allowed.add(self._tokenizers[language].eot)
            if len(self._suppressed) > 32:
                self._suppressed.clear()
            self._suppressed[key] = [t for t in range(self._n_tokens) if t not in allowed]
        return self._suppressed[key]

    def _encode_text(self, text: str, language: str) -> list[int]:
        key = (language, text)
        if key not in self._tokens:
            if len(self._tokens) > 20_000:
                self._tokens.clear()
            self._tokens[key] = self._tokenizers[language].encode(text)
        return self._tokens[key]
