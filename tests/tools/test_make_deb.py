"""Versions and the changelog of the Debian packages; the building itself is ``make deb``."""

from __future__ import annotations

import subprocess

import pytest

from ivr_agi import __version__
from tests.house.code import ROOT
from tools.make_deb import PACKAGES, changelog_entry, debian_version


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.2.0", "0.2.0"), ("0.2.0.dev1", "0.2.0~dev1"), ("1.0.0rc2", "1.0.0~rc2")],
)
def test_versions(version: str, expected: str) -> None:
    """What comes before a release sorts before it."""
    assert debian_version(version) == expected


def test_the_changelog() -> None:
    """As Debian's tools read it."""
    entry = changelog_entry("0.2.0", "bookworm", "Tue, 01 Dec 2026 12:00:00 +0000")
    assert entry.startswith("ivr-agi (0.2.0) bookworm; urgency=medium\n\n  * ")
    assert entry.endswith(
        "\n -- The ivr-agi authors <ivr-agi@localhost>  Tue, 01 Dec 2026 12:00:00 +0000\n"
    )


def test_the_packages() -> None:
    """``debian/control`` has them, and each has its unit in ``config/systemd``."""
    control = (ROOT / "debian/control").read_text(encoding="utf-8")
    named = [
        line.removeprefix("Package: ")
        for line in control.splitlines()
        if line.startswith("Package: ")
    ]
    assert tuple(named) == PACKAGES
    assert [
        name for name in PACKAGES if not (ROOT / f"config/systemd/{name}.service").exists()
    ] == []


@pytest.mark.parametrize("name", ["ivr-agi.postinst", "ivr-agi.postrm", "ivr-agi-speech.postrm"])
def test_maintainer_scripts(name: str) -> None:
    """The shell can read them, they stop at a failure, and debhelper has its place in them."""
    script = ROOT / "debian" / name
    assert subprocess.run(["sh", "-n", str(script)]).returncode == 0
    text = script.read_text(encoding="utf-8")
    assert "set -e" in text
    assert "#DEBHELPER#" in text


def test_the_version_is_one() -> None:
    """The changelog's newest heading is of the version, or of what comes after it."""
    changelog = (ROOT / "docs/changelog.md").read_text(encoding="utf-8")
    newest = changelog.partition("\n## ")[2].partition("\n")[0]
    assert newest == "Unreleased" or newest.startswith(__version__)
