"""What the calls of a process share."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.serve.resources import Resources
from ivr_agi.settings import PathSettings, Settings


def test_the_spool_is_made_ready(tmp_path: Path) -> None:
    """Once, not by each call."""
    resources = Resources(Settings(paths=PathSettings(spool="spool"), base=tmp_path))
    assert resources.cache.directory == tmp_path / "spool" / "prompts"
    assert Path(f"{resources.cache.silence}.sln").stat().st_size == 20 * 16_000
    assert resources.health.read() == {}


def test_a_spool_that_cannot_be(tmp_path: Path) -> None:
    """It is said where."""
    (tmp_path / "spool").touch()
    with pytest.raises(ConfigError, match="paths.spool: cannot write prompts"):
        _ = Resources(Settings(paths=PathSettings(spool="spool"), base=tmp_path)).cache
