"""What stands against a release is said, each thing in one line."""

from __future__ import annotations

from pathlib import Path

from tools.release import changes_of, checksums, faults

CHANGELOG = "# Changelog\n\n## 0.2.0 (2026-12-01)\n\n- A door.\n\n## 0.1.0 (2026-11-01)\n\n- All.\n"


def test_a_release_that_may_be() -> None:
    """Nothing stands against it."""
    assert list(faults("0.2.0", CHANGELOG, status="", tags=["v0.1.0"])) == []


def test_what_stands_against_one() -> None:
    """Version, changelog, files, tag."""
    text = f"{CHANGELOG}\n## Unreleased\n"
    found = list(faults("0.3.0.dev0", text, status=" M a\n M b", tags=["v0.3.0.dev0"]))
    assert [each.split()[0] for each in found] == [
        "0.3.0.dev0",
        "docs/changelog.md",
        "docs/changelog.md",
        "2",
        "there",
    ]


def test_the_changes_of_a_version() -> None:
    """From its heading to the next; a heading without a date is none."""
    assert changes_of("0.2.0", CHANGELOG) == "- A door."
    assert changes_of("0.1.0", CHANGELOG) == "- All."
    assert changes_of("0.2.0", CHANGELOG.replace(" (2026-12-01)", "")) == ""


def test_checksums(tmp_path: Path) -> None:
    """As ``sha256sum --check`` reads them, without their own file."""
    (tmp_path / "a.whl").write_bytes(b"abc")
    (tmp_path / "SHA256SUMS").write_text("old")
    assert checksums(tmp_path) == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.whl\n"
    )
