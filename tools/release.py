"""Checks that a release can be made, and makes its tag and its checksums.

``make release`` runs all of it; the rule is in ``docs/releasing.md``. Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ("changes_of", "checksums", "faults", "main")

ROOT = Path(__file__).parents[1]
CHANGELOG = ROOT / "docs" / "changelog.md"
RELEASED = re.compile(r"\d+\.\d+\.\d+")
"""A version that may be released: nothing before or after it."""


def changes_of(version: str, changelog: str) -> str:
    """Return what the changelog says of a version, without its heading; empty without one."""
    heading = re.search(
        rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", changelog, re.MULTILINE
    )
    if heading is None:
        return ""
    return changelog[heading.end() :].partition("\n## ")[0].strip()


def faults(version: str, changelog: str, *, status: str, tags: Sequence[str]) -> Iterator[str]:
    """Yield what stands against a release, one line each.

    Args:
        version: Of the package.
        changelog: Text of ``docs/changelog.md``.
        status: What ``git status --porcelain`` says.
        tags: Those that there are.
    """
    if not RELEASED.fullmatch(version):
        yield f"{version} is no version of a release: set __version__ in ivr_agi/__init__.py"
    if not changes_of(version, changelog):
        yield f"docs/changelog.md has no heading '## {version} (YYYY-MM-DD)' with changes below it"
    if "\n## Unreleased" in changelog:
        yield "docs/changelog.md still has a heading 'Unreleased'"
    if status:
        yield f"{len(status.splitlines())} files are not committed: see git status"
    if f"v{version}" in tags:
        yield f"there is a tag v{version} already"


def checksums(folder: Path) -> str:
    """Return lines of ``sha256sum`` for the files of a folder, but for its own."""
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(folder.iterdir())
        if file.name != "SHA256SUMS"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Check; with ``--finish``, also write the checksums and the tag. Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("--finish", action="store_true", help="write SHA256SUMS, and tag")
    args = parser.parse_args(argv)
    text = CHANGELOG.read_text(encoding="utf-8")
    found = list(
        faults(__version__, text, status=_git("status", "--porcelain"), tags=_git("tag").split())
    )
    for fault in found:
        print(f"release: {fault}", file=sys.stderr)  # noqa: T201
    if found:
        return 1
    if args.finish:
        dist = ROOT / "dist"
        (dist / "SHA256SUMS").write_text(checksums(dist), encoding="utf-8")
        _git("tag", "--annotate", f"v{__version__}", "--message", f"ivr-agi {__version__}")
        print(f"tagged v{__version__}; files are in dist/, the site in build/docs")  # noqa: T201
    return 0


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
