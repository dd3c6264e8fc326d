"""The 8 kHz acoustic model, derived from the 16 kHz one in the pocketsphinx wheel without training.

The wheel's model has 25 mel filters from 130 to 6800 Hz; a telephone has the first 19 of them
(up to 3813 Hz). Cepstra are linear in log-mel energies, so every Gaussian mean maps linearly,
``mean' = L D19 S D25' L^-1 mean`` (D: cosine transform, S: keep 19 filters, L: lifter), and
diagonal variances map by the squared matrix plus what the cepstra c13 to c24, which the model
does not have, would have added (without that: 0 % right). See ``engines.md`` 4.2.

Takes 15 ms, writes 1.7 MB to a cache directory. Built aside and renamed, so processes may race.
"""

from __future__ import annotations

import os
import shutil
import struct
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

__all__ = ("narrowband_model",)

WIDE_FILTERS = 25
NARROW_FILTERS = 19
LOW_HZ = 130.0
HIGH_HZ = 6800.0
CEPSTRA = 13
LIFTER = 1 + 11 * np.sin(np.arange(CEPSTRA) * np.pi / 22)
VERSION = 1  # version of the files written below; part of the cache directory's name


def narrowband_model(wideband: Path, cache_dir: Path) -> Path:
    """Return the new files of the 8 kHz model; build them in ``cache_dir`` if necessary.

    Args:
        wideband: The model directory ``en-us`` of the pocketsphinx package.
        cache_dir: Folder for models; created (for this user only) if it is missing.

    Returns:
        Directory with ``means``, ``variances`` and ``feat.params``; the other files of the model
        are used from ``wideband`` as they are.

    Raises:
        OSError: The model cannot be read, or the cache cannot be written or is another user's.
        ValueError: The model is not of the kind in the wheel.
    """
    cache_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if cache_dir.stat().st_uid != os.getuid():  # e.g. somebody else put it into /tmp
        raise PermissionError(f"{cache_dir} belongs to another user")
    source = zlib.crc32((wideband / "means").read_bytes())
    target = cache_dir / f"en-us-8k-v{VERSION}-{source:08x}"
    if (target / "feat.params").exists():
        return target
    building = Path(tempfile.mkdtemp(prefix="building-", dir=cache_dir))
    try:
        _build(wideband, building)
        building.rename(target)
    except OSError:
        if not (target / "feat.params").exists():
            raise  # otherwise another process was faster, with the same files
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def _build(wideband: Path, target: Path) -> None:
    kept, lost = _transforms()
    means = _read(wideband / "means")
    variances = _read(wideband / "variances")
    wide_mean, wide_variance = means.values(), variances.values()
    _write(target / "means", means, wide_mean @ kept.T)
    unseen = _unseen_variance(wide_mean, wide_variance)
    narrow_variance = wide_variance @ (kept**2).T + (unseen @ (lost**2).T)[None, :, None]
    _write(target / "variances", variances, narrow_variance)
    (target / "feat.params").write_text(_feature_parameters(), encoding="ascii")


def _feature_parameters() -> str:
    """Return pocketsphinx's parameters; they override a decoder's keyword arguments."""
    width = (_mel(HIGH_HZ) - _mel(LOW_HZ)) / (WIDE_FILTERS + 1)
    high_hz = 700 * (10 ** ((_mel(LOW_HZ) + (NARROW_FILTERS + 1) * width) / 2595) - 1)
    return (
        f"-samprate 8000\n-lowerf {LOW_HZ:.4f}\n-upperf {high_hz:.4f}\n-nfilt {NARROW_FILTERS}\n"
        "-transform dct\n-lifter 22\n-feat 1s_c_d_dd\n-svspec 0-12/13-25/26-38\n-agc none\n"
        "-cmn batch\n-varnorm no\n-model ptm\n-remove_noise yes\n"
    )


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


def _cosine(filters: int, coefficients: int) -> Matrix:
    """Orthonormal DCT-II (sphinx ``-transform dct``), shape (coefficients, filters)."""
    row = np.arange(coefficients)[:, None]
    column = np.arange(filters)[None]
    matrix: Matrix = np.sqrt(2 / filters) * np.cos(np.pi * row * (column + 0.5) / filters)
    matrix[0] *= np.sqrt(0.5)
    return matrix


def _transforms() -> tuple[Matrix, Matrix]:
    """Maps of liftered c0..c12, shape (13, 13), and of bare c13..c24, shape (13, 12)."""
    select = np.eye(WIDE_FILTERS)[:NARROW_FILTERS]
    narrow = _cosine(NARROW_FILTERS, CEPSTRA) @ select @ _cosine(WIDE_FILTERS, WIDE_FILTERS).T
    liftered = LIFTER[:, None] * narrow
    return liftered[:, :CEPSTRA] / LIFTER[None], liftered[:, CEPSTRA:]


def _unseen_variance(mean: Matrix, variance: Matrix) -> Matrix:
    """Variance of c13..c24, shape (streams, 12): the decay from c8 to c12 goes on."""
    deviation = np.sqrt((mean.std((0, 2)) / LIFTER) ** 2 + variance.mean((0, 2)) / LIFTER**2)
    decay = (deviation[:, 12] / deviation[:, 8]) ** 0.25
    steps = np.arange(1, WIDE_FILTERS - CEPSTRA + 1)
    unseen: Matrix = (deviation[:, 12:13] * decay[:, None] ** steps) ** 2
    return unseen


class _Gaussians(NamedTuple):
    """A sphinx S3 parameter file (``means``, ``variances``)."""

    codebooks: int
    streams: int
    densities: int
    flat: NDArray[np.float32]

    def values(self) -> Matrix:
        """Shape (codebooks, streams, densities, 13)."""
        shape = (self.codebooks, self.streams, self.densities, CEPSTRA)
        return self.flat.reshape(shape).astype(np.float64)


BYTE_ORDER_MARK = 0x11223344
HEADER_END = b"endhdr\n"


def _read(path: Path) -> _Gaussians:
    data = path.read_bytes()
    at = data.index(HEADER_END) + len(HEADER_END)
    mark, codebooks, streams, densities = struct.unpack_from("<I3i", data, at)
    at += 16
    lengths = struct.unpack_from(f"<{streams}i", data, at)
    (count,) = struct.unpack_from("<i", data, at + 4 * streams)
    if mark != BYTE_ORDER_MARK or set(lengths) != {CEPSTRA}:
        raise ValueError(f"{path.name}: not a model of {CEPSTRA} cepstra per stream")
    flat = np.frombuffer(data, "<f4", count, at + 4 * streams + 4)
    return _Gaussians(codebooks, streams, densities, flat)


def _write(path: Path, like: _Gaussians, values: Matrix) -> None:
    """Write without a checksum, which pocketsphinx does not require."""
    counts = (like.codebooks, like.streams, like.densities, *[CEPSTRA] * like.streams, values.size)
    with path.open("wb") as file:
        file.write(b"s3\nversion 1.0\n" + HEADER_END)
        file.write(struct.pack(f"<I{len(counts)}i", BYTE_ORDER_MARK, *counts))
        file.write(values.astype("<f4").tobytes())
        os.fsync(file.fileno())
