"""The derived 8 kHz model, from the real one and from a made-up one."""

from __future__ import annotations

import os
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ivr_agi.speech_server.engines.narrowband import narrowband_model


def write(path: Path, values: np.ndarray) -> None:
    """A sphinx parameter file; ``values`` has shape (codebooks, streams, densities, cepstra)."""
    books, streams, densities, cepstra = values.shape
    head = struct.pack(
        f"<I3i{streams}ii", 0x11223344, books, streams, densities, *[cepstra] * streams, values.size
    )
    path.write_bytes(b"s3\nversion 1.0\nendhdr\n" + head + values.astype("<f4").tobytes())


def read(path: Path) -> np.ndarray:
    """The values, flat."""
    data = path.read_bytes()
    at = data.index(b"endhdr\n") + 7 + 16 + 3 * 4
    (count,) = struct.unpack_from("<i", data, at)
    assert len(data) - at - 4 - 4 * count in (0, 4)  # the wheel's have a checksum
    return np.frombuffer(data, "<f4", count, at + 4)


@pytest.fixture
def wideband(tmp_path: Path) -> Path:
    """A small model."""
    rng = np.random.default_rng(0)
    directory = tmp_path / "wide"
    directory.mkdir()
    write(directory / "means", rng.standard_normal((2, 3, 4, 13)))
    write(directory / "variances", rng.random((2, 3, 4, 13)) + 0.1)
    return directory


def test_a_flat_spectrum_stays_flat(wideband: Path, tmp_path: Path) -> None:
    """Energy e in all 25 filters is c0 = 5 e; in 19 it is c0 = sqrt(19) e, and nothing else."""
    means = np.zeros((2, 3, 4, 13))
    means[..., 0] = 5
    write(wideband / "means", means)
    narrow = read(narrowband_model(wideband, tmp_path / "cache") / "means").reshape(2, 3, 4, 13)
    assert narrow[..., 0] == pytest.approx(np.sqrt(19), abs=1e-5)
    assert narrow[..., 1:] == pytest.approx(0, abs=1e-5)


def test_variances_stay_positive(wideband: Path, tmp_path: Path) -> None:
    """And as many."""
    narrow = read(narrowband_model(wideband, tmp_path / "cache") / "variances")
    assert narrow.size == 2 * 3 * 4 * 13
    assert narrow.min() > 0


def test_features_are_those_of_a_telephone(wideband: Path, tmp_path: Path) -> None:
    """The first 19 of the wide model's filters: 130 to 3813 Hz (engines.md 4.2)."""
    text = (narrowband_model(wideband, tmp_path / "cache") / "feat.params").read_text()
    parameters = dict(line.split() for line in text.splitlines())
    assert parameters["-samprate"] == "8000"
    assert parameters["-nfilt"] == "19"
    assert float(parameters["-upperf"]) == pytest.approx(3813, abs=1)


def test_built_once_by_many(wideband: Path, tmp_path: Path) -> None:
    """Workers start together; nothing half-made is left."""
    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(lambda _: narrowband_model(wideband, tmp_path / "c"), range(8)))
    assert len(made) == 1
    assert os.listdir(tmp_path / "c") == [made.pop().name]
    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700


def test_another_model_is_built_anew(wideband: Path, tmp_path: Path) -> None:
    """A new version of the package must not get the old one's."""
    first = narrowband_model(wideband, tmp_path / "c")
    write(wideband / "means", np.ones((2, 3, 4, 13)))
    assert narrowband_model(wideband, tmp_path / "c") != first


def test_not_that_kind_of_model(wideband: Path, tmp_path: Path) -> None:
    """Refused, and nothing is left behind."""
    write(wideband / "variances", np.ones((2, 3, 4, 12)))
    with pytest.raises(ValueError, match="variances: not a model of 13 cepstra"):
        narrowband_model(wideband, tmp_path / "c")
    assert os.listdir(tmp_path / "c") == []


def test_cache_of_another_user(
    wideband: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody else put into /tmp is not loaded."""
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(PermissionError, match="another user"):
        narrowband_model(wideband, tmp_path / "c")


def test_cache_that_cannot_be_written(
    wideband: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is the system's."""

    def refuse(_self: Path, _target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="disk full"):
        narrowband_model(wideband, tmp_path / "c")


@pytest.mark.engine
def test_the_real_model(tmp_path: Path) -> None:
    """As large as the wide one."""
    import pocketsphinx

    wide = Path(pocketsphinx.get_model_path("en-us/en-us"))
    narrow = narrowband_model(wide, tmp_path / "c")
    assert read(narrow / "means").size == read(wide / "means").size
