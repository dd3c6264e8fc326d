"""What should be in the wheel and in the sdist."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from pathlib import Path

from tests.house.code import ROOT
from tools.check_package import missing_files


def test_a_file_that_is_not_packed_is_named(tmp_path: Path) -> None:
    """In the wheel, a sample of it, and in the sdist."""
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    tracked = done.stdout.split()
    wheel, sdist = tmp_path / "a.whl", tmp_path / "a.tar.gz"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in tracked:
            if name != "ivr_agi/knobs.py" and name.startswith(("ivr_agi/", "config/")):
                place = name if name.startswith("ivr_agi/") else f"ivr_agi/samples/{name}"
                archive.writestr(place, "")
    with tarfile.open(sdist, "w:gz") as archive:
        for name in tracked:
            if name != "tests/conftest.py":
                archive.add(ROOT / name, f"ivr_agi-1/{name}")
    assert missing_files(wheel, sdist) == [
        "wheel: ivr_agi/knobs.py",
        *(f"wheel: ivr_agi/samples/{n}" for n in tracked if n.startswith("dialplans/")),
        "sdist: tests/conftest.py",
    ]
