"""A worked example of your own engine: sherpa-onnx with a streaming model that you supply.

Install ``sherpa-onnx`` (with ``sherpa-onnx-core``), download a streaming transducer or paraformer
model, and start the server with ``recognizer=SherpaRecognizer("/models/...")``. Written against
sherpa-onnx 2.0.1 (``OnlineRecognizer``); the files are those that k2-fsa publishes.
"""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.speech_server.engines.base import Hypothesis

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import RecognitionRequest

__all__ = ("SherpaRecognizer", "SherpaUtterance")

TAIL_SECONDS = 0.6  # a streaming model looks ahead and needs silence to finish the last word


class SherpaRecognizer:
    """Free recognition in the model's languages; a word list makes its phrases more likely.

    Args:
        model_dir: Holds ``tokens.txt``, ``encoder*.onnx``, ``decoder*.onnx`` and, for a
            transducer, ``joiner*.onnx``; ``*.int8.onnx`` is preferred.
        modeling_unit: The kind of the model's tokens: ``cjkchar``, ``bpe`` or ``cjkchar+bpe``.
            Word lists need it, and a transducer; otherwise they only correct the spelling.
        threads: Threads of one worker.

    Raises:
        MissingDependency: sherpa-onnx is not installed.
        ConfigError: A file is missing; the error names it.
    """

    def __init__(
        self, model_dir: str | Path, *, modeling_unit: str | None = None, threads: int = 1
    ) -> None:
        if importlib.util.find_spec("sherpa_onnx") is None:
            raise MissingDependency("sherpa-onnx", hint="pip install sherpa-onnx")
        directory = Path(model_dir)
        self._tokens = _find(directory, "tokens.txt")
        self._encoder = _find(directory, "encoder*.onnx")
        self._decoder = _find(directory, "decoder*.onnx")
        transducer = any(directory.glob("joiner*.onnx"))
        self._joiner = _find(directory, "joiner*.onnx") if transducer else None
        self._unit = modeling_unit if transducer else None
        self._bpe_vocab = _find(directory, "bpe.vocab") if "bpe" in (self._unit or "") else ""
        self._threads = threads
        self._recognizer: Any = None

    def load(self) -> None:
        """Load the model; see the protocol."""
        import sherpa_onnx

        common = {
            "tokens": self._tokens,
            "encoder": self._encoder,
            "decoder": self._decoder,
            "num_threads": self._threads,
        }
        if self._joiner is None:
            self._recognizer = sherpa_onnx.OnlineRecognizer.from_paraformer(**common)
        elif self._unit is None:
            self._recognizer = sherpa_onnx.OnlineRecognizer.from_transducer(
                **common, joiner=self._joiner
            )
        else:  # hot words only work with this search
            self._recognizer = sherpa_onnx.OnlineRecognizer.from_transducer(
                **common,
                joiner=self._joiner,
                decoding_method="modified_beam_search",
                modeling_unit=self._unit,
                bpe_vocab=self._bpe_vocab,
            )

    def open(self, request: RecognitionRequest) -> SherpaUtterance:
        """Return a new stream; see the protocol."""
        phrases = request.phrases or ()
        if self._unit is not None and phrases:
            # sherpa separates phrases with a slash; bpe models are trained on capitals.
            spelt = (phrase.replace("/", " ") for phrase in phrases)
            stream = self._recognizer.create_stream(hotwords="/".join(spelt).upper())
        else:
            stream = self._recognizer.create_stream()
        return SherpaUtterance(self._recognizer, stream, phrases)


class SherpaUtterance:
    """One stream; see :class:`ivr_agi.speech_server.engines.base.Utterance`."""

    def __init__(self, recognizer: Any, stream: Any, phrases: tuple[str, ...]) -> None:
        self._recognizer = recognizer
        self._stream = stream
        self._spelling = {_key(phrase): phrase for phrase in phrases}

    def begin(self, background: bytes) -> None:
        """These models need no noise filter; see the protocol."""

    def feed(self, pcm: bytes) -> str | None:
        """Decode what has arrived; sherpa itself resamples to the model's rate."""
        self._accept(np.frombuffer(pcm, "<i2").astype(np.float32) / 32768)
        return self._text() or None

    def finish(self) -> Hypothesis | None:
        """Return the words, spelt as on the list if they are on it; see the protocol."""
        self._accept(np.zeros(int(TAIL_SECONDS * SAMPLE_RATE_HZ), np.float32))
        self._stream.input_finished()
        self._decode()
        text = self._text()
        if not text:
            return None
        # Log probability of each token; a paraformer has none.
        logs = self._recognizer.ys_probs(self._stream)
        score = math.exp(sum(logs) / len(logs)) if logs else 1.0
        return Hypothesis(text, min(1.0, score))

    def close(self) -> None:
        """Do nothing: the stream goes with this object."""

    def _accept(self, samples: Any) -> None:
        self._stream.accept_waveform(SAMPLE_RATE_HZ, samples)
        self._decode()

    def _decode(self) -> None:
        while self._recognizer.is_ready(self._stream):
            self._recognizer.decode_stream(self._stream)

    def _text(self) -> str:
        text: str = self._recognizer.get_result(self._stream)
        return self._spelling.get(_key(text), text)


def _key(text: str) -> str:
    """Return what two spellings of the same words have in common."""
    return "".join(text.casefold().split())


def _find(directory: Path, pattern: str) -> str:
    """Return the matching file, the quantised one if there are two.

    Raises:
        ConfigError: No file matches.
    """
    found = sorted(directory.glob(pattern), key=lambda path: (".int8." not in path.name, path.name))
    if not found:
        reason = f"no {pattern} in it; a sherpa-onnx streaming model directory is needed"
        raise ConfigError(reason, path=str(directory))
    return str(found[0])
