"""The worked example, against a stand-in for sherpa-onnx that has its API."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.speech_server.engines.base import RecognitionRequest
from ivr_agi.speech_server.engines.sherpa import SherpaRecognizer

if TYPE_CHECKING:
    from pathlib import Path

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
    with pytest.raises(MissingDependency, match="sherpa-onnx is not installed"):
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
    hypothesis = utterance.finish()
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
    hypothesis = utterance.finish()
    assert hypothesis is not None
    assert (hypothesis.text, hypothesis.score) == ("PAY A BILL", 1.0)


@pytest.mark.usefixtures("_sherpa")
def test_nothing_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No text is no hypothesis."""
    monkeypatch.setattr(OnlineRecognizer, "text", "")
    recognizer = SherpaRecognizer(model(tmp_path, *MODEL))
    recognizer.load()
    assert recognizer.open(RecognitionRequest("en-us", None)).finish() is None
