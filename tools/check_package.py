"""Builds the wheel and the sdist, checks them, and tries each in an empty environment.

``make check-package`` runs it; ``python -m tools.check_package --help`` says more. What is tried is
what a newcomer does first: the version, the sample flows' tests, the doctor, the demo.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("build", "main", "missing_files", "try_wheel")

ROOT = Path(__file__).parents[1]
NOT_SHIPPED = re.compile(r"\.(ci|gitignore)|docs/_templates/")
"""What of the repository is in no package."""
UV = (sys.executable, "-m", "uv")
FIRST_STEPS = (
    (("--version",), (0,)),
    (("flow", "check", "SAMPLES/flows"), (0,)),
    (("flow", "test", "SAMPLES/flows/tests/main_menu.yaml"), (0,)),
    (("doctor", "--no-asterisk", "--no-start"), (0, 4)),  # 4: warnings, as of a machine without all
    (("demo", "--output", "demo-output"), (0,)),
)
"""Commands with the exit codes that they may have."""


def build(folder: Path) -> tuple[Path, Path]:
    """Build the sdist, and the wheel from it; return wheel and sdist.

    Args:
        folder: Where to. Older ones there are deleted.
    """
    for old in folder.glob("ivr_agi-*"):
        old.unlink()
    _run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)])
    (wheel,), (sdist,) = folder.glob("ivr_agi-*.whl"), folder.glob("ivr_agi-*.tar.gz")
    _run([sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist)])
    return wheel, sdist


def missing_files(wheel: Path, sdist: Path) -> list[str]:
    """Return the files of the repository that should be in the wheel or the sdist, and are not."""
    tracked = _run(["git", "ls-files"], cwd=ROOT).split()
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    samples = {
        name: f"ivr_agi/samples/{name}"
        for name in tracked
        if name.startswith(("config/", "dialplans/"))
    }
    lost = [f"wheel: {name}" for name in tracked if name.startswith("ivr_agi/")]
    lost += [f"wheel: {place}" for place in samples.values()]
    lost = [each for each in lost if each.removeprefix("wheel: ") not in in_wheel]
    return lost + [
        f"sdist: {name}" for name in tracked if name not in in_sdist and not NOT_SHIPPED.match(name)
    ]


def try_wheel(package: Path, python: str, extras: str) -> None:
    """Install a wheel or an sdist into an empty environment, and take the first steps there.

    Args:
        package: The file.
        python: Which Python; a version or a path.
        extras: Of the package, with commas; the demo is only run with ``local`` and ``demo``.

    Raises:
        RuntimeError: A step failed; the text has the end of its output.
    """
    with tempfile.TemporaryDirectory(prefix="ivr-agi-package-") as name:
        folder = Path(name)
        environment = folder / "environment"
        _run([*UV, "venv", "--quiet", "--python", python, str(environment)])
        requirement = f"{package}[{extras}]" if extras else str(package)
        into = ("--python", str(environment / "bin/python"))
        _run([*UV, "pip", "install", "--quiet", *into, requirement])
        (samples,) = environment.glob("lib/python*/site-packages/ivr_agi/samples/config")
        for words, codes in FIRST_STEPS:
            if words[0] == "demo" and not {"local", "demo"} <= set(extras.split(",")):
                continue
            command = [word.replace("SAMPLES", str(samples)) for word in words]
            program = [str(environment / "bin/ivr-agi"), *command]
            try:
                said = _run(program, cwd=folder, codes=codes)
            except RuntimeError:
                if words[0] != "demo":
                    raise
                said = _run(program, cwd=folder, codes=codes)  # in real time: the machine was busy
            print(f"  ivr-agi {' '.join(words)}: {said.strip().splitlines()[-1][:90]}")  # noqa: T201


def _run(command: Sequence[str], *, cwd: Path = ROOT, codes: Sequence[int] = (0,)) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode not in codes:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{tail}")
    return done.stdout


def main(argv: Sequence[str] | None = None) -> int:
    """Build, check and try; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_package", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="which Python tries them")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="folder (dist)")
    args = parser.parse_args(argv)
    wheel, sdist = build(args.to)
    print(f"built {wheel.name}, {sdist.name}")  # noqa: T201
    if lost := missing_files(wheel, sdist):
        print("not in the package:", *lost, sep="\n  ")  # noqa: T201
        return 1
    assert __version__ in wheel.name, wheel.name
    try:
        for package, extras in ((wheel, "local,demo"), (sdist, "")):
            print(f"{package.name} in an empty environment:")  # noqa: T201
            try_wheel(package, args.python, extras)
    except RuntimeError as exc:
        print(exc)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
