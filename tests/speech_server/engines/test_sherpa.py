"""The worked example, against a stand-in for sherpa-onnx that has its API."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.speech_server.engines.base import RecognitionRequest, RecognizerOptions
from ivr_agi.speech_server.engines.sherpa import SherpaRecognizer, make_recognizer

MODEL = ("tokens.txt", "encoder.onnx", "encoder.int8.onnx", "decoder.onnx")


class Stream:
    """One stream: 0.1 s of audio are a decoding step."""

    def __init__(self, hotwords: str | None) -> None:
        self.hotwords = hotwords
        self.samples = 0
        self.decoded = 0
        self.finished = False

    def accept_waveform(self, rate_hz: int, samples: np.ndarray[Any, Any]) -> None:
        """What 2.0.1 takes: rate, float32 in -1..1."""
        assert (rate_hz, samples.dtype) == (8000, np.float32)
        assert np.abs(samples).max(initial=0) <= 1
        self.samples += len(samples)

    def input_finished(self) -> None:
        """No more audio."""
        self.finished = True


class OnlineRecognizer:
    """The methods of ``sherpa_onnx.OnlineRecognizer`` 2.0.1 that we use."""

    made: dict[str, Any]
    text = "PAY A BILL"
    probabilities: tuple[float, ...] = (-0.1, -0.3)

    @classmethod
    def from_transducer(cls, **options: Any) -> OnlineRecognizer:
        """Remember the options."""
        cls.made = {"kind": "transducer", **options}
        return cls()

    @classmethod
    def from_paraformer(cls, **options: Any) -> OnlineRecognizer:
        """Remember the options."""
        cls.made = {"kind": "paraformer", **options}
        return cls()

    def create_stream(self, hotwords: str | None = None) -> Stream:
        """A stream."""
        return Stream(hotwords)

    def is_ready(self, stream: Stream) -> bool:
        """Whether a step can be done."""
        return stream.samples - stream.decoded >= 800

    def decode_stream(self, stream: Stream) -> None:
        """A step."""
        stream.decoded += 800

    def get_result(self, stream: Stream) -> str:
        """Words once there are 0.5 s."""
        return self.text if stream.decoded >= 4000 else ""

    def ys_probs(self, stream: Stream) -> list[float]:
        """Log probabilities of the tokens."""
        assert stream.finished
        return list(self.probabilities)


@pytest.fixture
def _sherpa(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in in place of the package."""
    module = ModuleType("sherpa_onnx")
    module.OnlineRecognizer = OnlineRecognizer  # type: ignore[attr-defined]  # made here
    module.__spec__ = object()  # type: ignore[assignment]  # for find_spec
    monkeypatch.setitem(sys.modules, "sherpa_onnx", module)


def model(directory: Path, *names: str) -> Path:
    """A directory with these files."""
    for name in names:
        (directory / name).touch()
    return directory


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that says what to install."""
    monkeypatch.setitem(sys.modules, "sherpa_onnx", None)
    with pytest.raises(
        MissingDependency, match="sherpa-onnx is not installed: pip install sherpa-onnx"
    ):
        SherpaRecognizer(model(tmp_path, *MODEL))


@pytest.mark.usefixtures("_sherpa")
@pytest.mark.parametrize("missing", ["tokens.txt", "encoder", "decoder"])
def test_without_a_file(tmp_path: Path, missing: str) -> None:
    """One line that names directory and file."""
    names = [name for name in MODEL if not name.startswith(missing)]
    with pytest.raises(ConfigError, match=f"{tmp_path}: no {missing}"):
        SherpaRecognizer(model(tmp_path, *names))


@pytest.mark.usefixtures("_sherpa")
def test_without_the_directory(tmp_path: Path) -> None:
    """The same."""
    with pytest.raises(ConfigError, match="no tokens.txt in it"):
        SherpaRecognizer(tmp_path / "nowhere")


@pytest.mark.usefixtures("_sherpa")
def test_paraformer(tmp_path: Path) -> None:
    """Without a joiner; the quantised encoder is taken; word lists only correct the spelling."""
    recognizer = SherpaRecognizer(model(tmp_path, *MODEL), modeling_unit="cjkchar")
    recognizer.load()
    assert OnlineRecognizer.made == {
        "kind": "paraformer",
        "tokens": str(tmp_path / "tokens.txt"),
        "encoder": str(tmp_path / "encoder.int8.onnx"),
        "decoder": str(tmp_path / "decoder.onnx"),
        "num_threads": 1,
    }
    utterance = recognizer.open(RecognitionRequest("en-us", ("Pay a bill",)))
    utterance.begin(b"")
    assert utterance.feed(bytes(2 * 3999)) is None
    assert utterance.feed(bytes(2)) == "Pay a bill"
    utterance.close()


@pytest.mark.usefixtures("_sherpa")
def test_transducer_with_hot_words(tmp_path: Path) -> None:
    """The list makes its phrases likelier; the score is the tokens' mean probability."""
    directory = model(tmp_path, *MODEL, "joiner.onnx", "bpe.vocab")
    recognizer = SherpaRecognizer(directory, modeling_unit="bpe")
    recognizer.load()
    made = OnlineRecognizer.made
    assert (made["kind"], made["decoding_method"]) == ("transducer", "modified_beam_search")
    assert (made["modeling_unit"], made["bpe_vocab"]) == ("bpe", str(tmp_path / "bpe.vocab"))
    utterance = recognizer.open(RecognitionRequest("en-us", ("pay a bill", "yes/no")))
    assert utterance._stream.hotwords == "PAY A BILL/YES NO"
    utterance.feed(bytes(16000))
    hypothesis = utterance.finish(math.inf)
    assert hypothesis is not None
    assert (hypothesis.text, round(hypothesis.score, 3)) == ("pay a bill", 0.819)


@pytest.mark.usefixtures("_sherpa")
def test_free_transducer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No list, no hot words; a model that gives no probabilities is believed."""
    recognizer = SherpaRecognizer(model(tmp_path, *MODEL, "joiner.onnx"))
    recognizer.load()
    assert "decoding_method" not in OnlineRecognizer.made
    monkeypatch.setattr(OnlineRecognizer, "probabilities", ())
    utterance = recognizer.open(RecognitionRequest("en-us", None))
    utterance.feed(bytes(16000))
    hypothesis = utterance.finish(math.inf)
    assert hypothesis is not None
    assert (hypothesis.text, hypothesis.score) == ("PAY A BILL", 1.0)


@pytest.mark.usefixtures("_sherpa")
def test_nothing_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No text is no hypothesis."""
    monkeypatch.setattr(OnlineRecognizer, "text", "")
    recognizer = SherpaRecognizer(model(tmp_path, *MODEL))
    recognizer.load()
    assert recognizer.open(RecognitionRequest("en-us", None)).finish(math.inf) is None


class Network:
    """An ONNX file as onnxruntime opens it."""

    def __init__(self, path: str, providers: object) -> None:
        if b"network" not in Path(path).read_bytes():
            raise RuntimeError("Protobuf parsing failed\nand more")
        rate = Path(path).read_text().partition(" ")[2]
        self.custom_metadata_map = {"sample_rate": rate} if rate else {}

    def get_modelmeta(self) -> Network:
        """It is its own metadata."""
        return self


def a_model(folder: Path, tokens: str, network: str = "network", **more: str) -> str:
    """A folder with a transducer's files."""
    names = ("encoder.onnx", "decoder.onnx", "joiner.onnx")
    for name, text in {**dict.fromkeys(names, network), "tokens.txt": tokens, **more}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return str(folder)


def make(model: str | None, monkeypatch: pytest.MonkeyPatch) -> SherpaRecognizer:
    """As the command line does it."""
    monkeypatch.setattr("onnxruntime.InferenceSession", Network)
    return make_recognizer(RecognizerOptions(model=model))


@pytest.mark.usefixtures("_sherpa")
@pytest.mark.parametrize(
    ("tokens", "more", "unit", "languages"),
    [
        ("<blk> 0\n人 1\n", {}, "cjkchar", ("cmn",)),
        ("<blk> 0\n人 1\n\u2581A 2\n", {"bpe.vocab": "x"}, "cjkchar+bpe", ("en-us", "cmn")),
        ("\u2581A 1\n", {"bpe.vocab": "x"}, "bpe", ("en-us",)),
        ("\u2581A 1\n", {}, None, ("en-us",)),
    ],
)
def test_a_model_is_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tokens: str,
    more: dict[str, str],
    unit: str | None,
    languages: tuple[str, ...],
) -> None:
    """Its tokens tell the languages, and how word lists are spelt."""
    made = make(a_model(tmp_path, tokens, **more), monkeypatch)
    assert (made._unit, made._languages) == (unit, languages)
    made.load()
    if "cmn" not in languages:
        with pytest.raises(ValueError, match="does not understand language 'cmn'"):
            made.open(RecognitionRequest("cmn", None))


@pytest.mark.usefixtures("_sherpa")
def test_what_is_wrong_with_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line each, before the server starts."""
    good = "人 1\n"
    for model, error in (
        (None, "--engine sherpa: needs a model: --model DIR"),
        (str(tmp_path / "none"), "--model: must be a folder"),
        (str(tmp_path), "no tokens.txt in it"),
    ):
        with pytest.raises(ConfigError, match=error):
            make(model, monkeypatch)
    for tokens, network, error in (
        ("人\n", "network", r"tokens.txt:1: must be a token and its number, got '人'"),
        ("я 1\n", "network", "has neither Chinese nor Latin tokens"),
        (good, "something", "is not an ONNX network that can be loaded: Protobuf parsing failed$"),
        (good, "network 44100", "must be for 8000 or 16000 Hz, is for 44100"),
    ):
        with pytest.raises(ConfigError, match=error):
            make(a_model(tmp_path, tokens, network), monkeypatch)
