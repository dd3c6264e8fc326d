"""Downloads a model's files: resumed where it was cut off, checked before it is used."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError, SpeechUnavailable
from ivr_agi.speech_server.models.catalogue import HUB
from ivr_agi.speech_server.models.store import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ivr_agi.speech_server.models.catalogue import ModelFile, Weights

__all__ = ("download_model",)

TRIES = 5
"""Attempts without a single new byte between them, of one file."""
QUIET_AT_MOST_S = 30.0
"""Longest wait for the server's next byte."""
TRY_AFTER_S = 2.0
_BLOCK_BYTES = 1 << 16


def download_model(
    model: Weights,
    folder: Path,
    *,
    on_progress: Callable[[ModelFile, int], object],
    hub: str = HUB,
    pause_s: float = TRY_AFTER_S,
) -> Path:
    """Download what is missing of a model; return its folder.

    A file has the name ``*.part`` until its checksum was right.

    Args:
        model: The model.
        folder: Where models are kept.
        on_progress: Called with a file and how many bytes of it are there.
        hub: ``https://...``; the paths below it are those of the hub.
        pause_s: Before another attempt.

    Raises:
        ConfigError: The folder cannot be written, or a file differs from the one that is known.
        SpeechUnavailable: The hub cannot be reached, or has no such file.
    """
    place = folder / model.name
    try:
        place.mkdir(parents=True, exist_ok=True)
        for file in model.files:
            target = place / file.name
            if not (target.is_file() and sha256_of(target) == file.sha256):
                _download(model.url(file, hub), target, file, on_progress, pause_s)
            on_progress(file, file.size_bytes)
    except OSError as exc:
        raise ConfigError(f"cannot be written: {exc.strerror or exc}", path=str(place)) from exc
    return place


def _download(
    url: str,
    target: Path,
    file: ModelFile,
    on_progress: Callable[[ModelFile, int], object],
    pause_s: float,
) -> None:
    part = target.with_name(f"{target.name}.part")
    failed, reason = 0, ""
    while (there := part.stat().st_size if part.exists() else 0) < file.size_bytes:
        if failed == TRIES:
            raise SpeechUnavailable(f"{url}: {reason}; the next attempt goes on where this ended")
        if failed:
            time.sleep(pause_s)
        try:
            _fetch(url, part, there, file, on_progress)
        except urllib.error.HTTPError as exc:
            with exc:
                reason = f"HTTP {exc.code}"
            if exc.code in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED):
                raise SpeechUnavailable(f"{url}: {reason}") from exc
        except (urllib.error.URLError, TimeoutError, ConnectionError, HTTPException) as exc:
            reason = str(getattr(exc, "reason", "") or exc or type(exc).__name__)
        grown = part.exists() and part.stat().st_size > there
        failed = 0 if grown else failed + 1
        reason = reason or "the server ends too early"
    if part.stat().st_size > file.size_bytes or sha256_of(part) != file.sha256:
        found = sha256_of(part)
        part.unlink()
        raise ConfigError(
            f"differs from the {file.name} that is known and was not kept: sha256 is {found}, "
            f"must be {file.sha256}",
            path=url,
        )
    part.replace(target)


def _fetch(
    url: str,
    part: Path,
    there: int,
    file: ModelFile,
    on_progress: Callable[[ModelFile, int], object],
) -> None:
    """Fetch the rest of a file, or all of it from a server that cannot begin in the middle."""
    headers = {"Range": f"bytes={there}-"} if there else {}
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=QUIET_AT_MOST_S) as answer:
        resumed = there and answer.status == HTTPStatus.PARTIAL_CONTENT
        n_bytes = there if resumed else 0
        with part.open("ab" if resumed else "wb") as output:
            while block := answer.read(_BLOCK_BYTES):
                output.write(block)
                n_bytes += len(block)
                on_progress(file, n_bytes)
                if n_bytes > file.size_bytes:
                    return  # not the file that is known
