"""The models that are known by name, and the checksum of each of their files. Core, no I/O.

Every checksum was computed from the file itself, never copied from a page. Costs and gains were
measured on two cores with human recordings (``engines.md`` 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("HUB", "KNOWN_MODELS", "Weights", "ModelFile")

HUB = "https://huggingface.co"
"""Where models are downloaded from, unless the user names another place of the same form."""


@dataclass(frozen=True)
class ModelFile:
    """One file of a model."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Weights:
    """Weights of a recogniser."""

    name: str
    languages: tuple[str, ...]
    """``en-us``, ``cmn``."""
    licence: str
    repository: str
    """Owner and name on the hub."""
    revision: str
    files: tuple[ModelFile, ...]
    memory_mb: int
    """Of each process."""
    cost: str
    """Processor time of a sentence."""
    gain: str
    """What one has of it, beside pocketsphinx."""

    @property
    def size_bytes(self) -> int:
        """What there is to download."""
        return sum(file.size_bytes for file in self.files)

    def url(self, file: ModelFile, hub: str = HUB) -> str:
        """Return where a file is."""
        return f"{hub.rstrip('/')}/{self.repository}/resolve/{self.revision}/{file.name}"


KNOWN_MODELS: Mapping[str, Weights] = {
    model.name: model
    for model in (
        Weights(
            name="whisper-tiny.en",
            languages=("en-us",),
            licence="MIT",
            repository="Systran/faster-whisper-tiny.en",
            revision="main",
            files=(
                ModelFile(
                    "config.json",
                    2317,
                    "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                ),
                ModelFile(
                    "model.bin",
                    75_537_502,
                    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                ),
                ModelFile(
                    "tokenizer.json",
                    2_128_466,
                    "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                ),
                ModelFile(
                    "vocabulary.txt",
                    422_309,
                    "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
                ),
            ),
            memory_mb=230,
            cost="0.1 to 0.3 s of processor time a sentence",
            gain="English: digits, letters, their rows, sentences; refuses words of no menu",
        ),
        Weights(
            name="whisper-base",
            languages=("en-us", "cmn"),
            licence="MIT",
            repository="Systran/faster-whisper-base",
            revision="main",
            files=(
                ModelFile(
                    "config.json",
                    2309,
                    "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                ),
                ModelFile(
                    "model.bin",
                    145_217_607,
                    "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
                ),
                ModelFile(
                    "tokenizer.json",
                    3_930_462,
                    "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
                ),
                ModelFile(
                    "vocabulary.json",
                    1_068_101,
                    "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
                ),
            ),
            memory_mb=330,
            cost="0.2 to 0.6 s of processor time a sentence",
            gain="Chinese, which nothing else here understands; also English",
        ),
    )
}
"""Every model, by its name."""
