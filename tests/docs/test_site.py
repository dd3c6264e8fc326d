"""The site builds without a warning: every page has a place, every link a target."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.code import ROOT


@pytest.mark.slow
def test_the_site(tmp_path: Path) -> None:
    """As ``make docs`` builds it, but without writing pages."""
    options = ("--fail-on-warning", "--keep-going", "--quiet", "-c", "docs", "-b", "dummy")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, ".", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
