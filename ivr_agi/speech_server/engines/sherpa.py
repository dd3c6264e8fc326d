"""sherpa-onnx with a streaming model that you supply: ``--engine sherpa --model DIR``.

Install ``sherpa-onnx`` (with ``sherpa-onnx-core``), and download a streaming transducer or
paraformer model. Written against sherpa-onnx 2.0.1 (``OnlineRecognizer``); the files are those that
k2-fsa publishes. No such model can be had from a package index, so no real one was tried here.
"""

from __future__ import annotations

import importlib.util
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ivr_agi.audio.frames import SAMPLE_RATE_HZ
from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.speech_server.engines.base import Hypothesis

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import RecognitionRequest, RecognizerOptions

__all__ = ("SherpaRecognizer", "SherpaUtterance", "make_recognizer")

TAIL_SECONDS = 0.6  # a streaming model looks ahead and needs silence to finish the last word


RATES_HZ = ("8000", "16000")
_HAN = re.compile("[\u4e00-\u9fff]")
_LATIN = re.compile("[A-Za-z]")


def make_recognizer(options: RecognizerOptions) -> SherpaRecognizer:
    """Make the recogniser for the command line, after everything about the model was checked.

    Raises:
        ConfigError: No model is named; a file is missing or is not what its name says; or its
            sample rate or language is none of ours.
        MissingDependency: sherpa-onnx is not installed.
    """
    if options.model is None:
        raise ConfigError("needs a model: --model DIR", key="--engine sherpa")
    directory = Path(options.model)
    if not directory.is_dir():
        raise ConfigError(f"must be a folder, got {options.model!r}", key="--model")
    tokens = _read_tokens(Path(_find(directory, "tokens.txt")))
    han, latin = (any(map(kind.search, tokens)) for kind in (_HAN, _LATIN))
    if not han and not latin:
        reason = "has neither Chinese nor Latin tokens: the model's language is none of ours"
        raise ConfigError(reason, path=str(directory / "tokens.txt"))
    has_bpe = (directory / "bpe.vocab").is_file()
    unit = {(True, True): "cjkchar+bpe", (False, True): "bpe"}.get((han, latin), "cjkchar")
    recognizer = SherpaRecognizer(
        directory,
        modeling_unit=unit if has_bpe or unit == "cjkchar" else None,
        languages=tuple(name for name, is_in in (("en-us", latin), ("cmn", han)) if is_in),
    )
    for path in recognizer.networks:
        _check_network(path)
    return recognizer


class SherpaRecognizer:
    """Free recognition in the model's languages; a word list makes its phrases more likely.

    Args:
        model_dir: Holds ``tokens.txt``, ``encoder*.onnx``, ``decoder*.onnx`` and, for a
            transducer, ``joiner*.onnx``; ``*.int8.onnx`` is preferred.
        modeling_unit: The kind of the model's tokens: ``cjkchar``, ``bpe`` or ``cjkchar+bpe``.
            Word lists need it, and a transducer; otherwise they only correct the spelling.
        languages: What the model understands.
        threads: Threads of one worker.

    Raises:
        MissingDependency: sherpa-onnx is not installed.
        ConfigError: A file is missing; the error names it.
    """

    def __init__(
        self,
        model_dir: str | Path,
        *,
        modeling_unit: str | None = None,
        languages: tuple[str, ...] = ("en-us", "cmn"),
        threads: int = 1,
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
        self._languages = languages
        self._threads = threads
        self._recognizer: Any = None

    @property
    def networks(self) -> list[str]:
        """The model's ONNX files."""
        return [path for path in (self._encoder, self._decoder, self._joiner) if path]

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
        """Return a new stream; see the protocol.

        Raises:
            ValueError: The model does not understand the language.
        """
        if request.language not in self._languages:
            raise ValueError(f"the model does not understand language {request.language!r}")
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

    def finish(self, until_s: float) -> Hypothesis | None:
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


def _read_tokens(path: Path) -> list[str]:
    """Read ``tokens.txt``: a token and its number in each line.

    Raises:
        ConfigError: A line is something else.
    """
    tokens = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        token, _, index = line.rpartition(" ")
        if not index.isdigit():
            reason = f"must be a token and its number, got {line[:80]!r}"
            raise ConfigError(reason, path=str(path), line=number)
        tokens.append("" if token.startswith("<") else token)
    return tokens


def _check_network(path: str) -> None:
    """Open an ONNX file, and look at the sample rate that it names, if it does.

    Raises:
        ConfigError: It is no ONNX file, or its rate is none of ours.
    """
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as exc:  # its errors have no common class
        reason = f"is not an ONNX network that can be loaded: {str(exc).splitlines()[0][:200]}"
        raise ConfigError(reason, path=path) from exc
    rate = session.get_modelmeta().custom_metadata_map.get("sample_rate", RATES_HZ[1])
    if rate not in RATES_HZ:
        raise ConfigError(f"must be for {' or '.join(RATES_HZ)} Hz, is for {rate}", path=path)
