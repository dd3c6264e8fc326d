"""Downloads from a hub of the tests: whole, resumed, forged, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr_agi.errors import ConfigError, SpeechUnavailable
from ivr_agi.speech_server.models.download import TRIES, download_model
from tests.speech_server.models.hub import CONTENTS, a_hub, a_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ivr_agi.speech_server.models.catalogue import ModelFile
    from tests.speech_server.models.hub import Hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub."""
    with a_hub() as running:
        yield running


class Told:
    """Writes down the progress."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int]] = []

    def __call__(self, file: ModelFile, n_bytes: int) -> None:
        self.steps.append((file.name, n_bytes))


def get(hub: Hub, folder: Path, told: Told | None = None) -> Path:
    """Download the model."""
    return download_model(a_model(), folder, hub=hub.url, on_progress=told or Told(), pause_s=0)


def test_a_whole_model(hub: Hub, tmp_path: Path) -> None:
    """Each file is there as it was, and nothing else."""
    told = Told()
    place = get(hub, tmp_path, told)
    assert {path.name: path.read_bytes() for path in place.iterdir()} == CONTENTS
    sizes = [n_bytes for name, n_bytes in told.steps if name == "model.bin"]
    assert sizes == sorted(sizes)
    assert sizes[-1] == len(CONTENTS["model.bin"])


def test_what_is_there_is_not_asked_for(hub: Hub, tmp_path: Path) -> None:
    """A second time."""
    get(hub, tmp_path)
    hub.asked.clear()
    get(hub, tmp_path)
    assert hub.asked == []


def test_an_answer_that_is_cut_off_is_resumed(hub: Hub, tmp_path: Path) -> None:
    """As often as bytes come."""
    hub.files["config.json"] = CONTENTS["config.json"]
    hub.cut_after = [len(CONTENTS["config.json"]), *[1000] * (TRIES + 3)]
    place = get(hub, tmp_path)
    assert (place / "model.bin").read_bytes() == CONTENTS["model.bin"]
    ranges = [wanted for path, wanted in hub.asked if path.endswith("model.bin")]
    assert ranges[:3] == [None, "bytes=1000-", "bytes=2000-"]


def test_the_next_attempt_goes_on(hub: Hub, tmp_path: Path) -> None:
    """After the program was ended, too; a server without ranges sends all of it again."""
    place = tmp_path / "whisper-test"
    place.mkdir()
    (place / "model.bin.part").write_bytes(CONTENTS["model.bin"][:5000])
    hub.takes_ranges = False
    get(hub, tmp_path)
    assert (place / "model.bin").read_bytes() == CONTENTS["model.bin"]
    assert hub.asked[-1][1] == "bytes=5000-"


def test_a_hub_that_sends_nothing_more(hub: Hub, tmp_path: Path) -> None:
    """It is given up after some attempts, and what came is kept."""
    hub.cut_after = [8, 1000, *[0] * TRIES]
    with pytest.raises(SpeechUnavailable, match="the next attempt goes on where this ended"):
        get(hub, tmp_path)
    assert (tmp_path / "whisper-test" / "model.bin.part").stat().st_size == 1000


@pytest.mark.parametrize("forged", [b"x" * 256000, b"x" * 300000])
def test_other_bytes_are_not_kept(hub: Hub, tmp_path: Path, forged: bytes) -> None:
    """Not even in part; the error says both checksums."""
    hub.files["model.bin"] = forged
    with pytest.raises(ConfigError, match="differs from the model.bin that is known"):
        get(hub, tmp_path)
    assert [path.name for path in (tmp_path / "whisper-test").iterdir()] == ["config.json"]


def test_a_file_that_was_exchanged_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    """What is there is checked, not believed."""
    place = get(hub, tmp_path)
    (place / "config.json").write_bytes(b"something else")
    get(hub, tmp_path)
    assert (place / "config.json").read_bytes() == CONTENTS["config.json"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_file_that_is_not_there(hub: Hub, tmp_path: Path, status: int) -> None:
    """No second attempt."""
    hub.status = status
    with pytest.raises(SpeechUnavailable, match=f"HTTP {status}"):
        get(hub, tmp_path)
    assert len(hub.asked) == 1


def test_a_hub_that_fails(hub: Hub, tmp_path: Path) -> None:
    """It is asked again, and then the reason is told."""
    hub.status = 503
    with pytest.raises(SpeechUnavailable, match="HTTP 503"):
        get(hub, tmp_path)
    assert len(hub.asked) == TRIES


def test_nobody_there(tmp_path: Path) -> None:
    """The reason is one line."""
    with pytest.raises(SpeechUnavailable, match="refused"):
        download_model(a_model(), tmp_path, hub="http://127.0.0.1:9", on_progress=Told(), pause_s=0)


def test_a_folder_that_cannot_be_written(hub: Hub, tmp_path: Path) -> None:
    """Named in the error."""
    (tmp_path / "whisper-test").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be written"):
        get(hub, tmp_path)
