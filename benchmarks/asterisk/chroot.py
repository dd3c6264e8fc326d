"""Fetch and prepare a real Asterisk, once, in a chroot that is kept between runs.

There are two (:data:`RELEASES`): the newest that Debian packages, and the oldest. Each lives in a
small Debian of its suite below the cache folder, with this project installed into ``/opt/ivr-agi``
(``asterisk.md``, section 3). The Python of the old suite is too old for the project, though not for
its launcher: a newer Python comes from the suite after it, beside the old one.

Everything mounted for the chroot is mounted in a private mount namespace: it is gone with the
process that used it, however that process ended. Run it alone with
``python -m benchmarks.asterisk.chroot 22``; the tests and the benchmarks call :func:`prepared`.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.errors import IvrError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = (
    "CHECKOUT",
    "NEWEST",
    "RELEASES",
    "VENV",
    "Chroot",
    "Release",
    "Unavailable",
    "cache_folder",
    "check_machine",
    "debian_mirror",
    "install_tools",
    "pip_environment",
    "prepared",
)

_log = logging.getLogger("ivr_agi.bench")

CHECKOUT = Path(__file__).resolve().parents[2]
"""This project: its program and its dialplans are installed beside the Asterisk."""
PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav", "python3", "ca-certificates")
VENV = "/opt/ivr-agi"
SOURCE = ("ivr_agi", "config", "dialplans", "pyproject.toml", "README.md", "LICENSE")
"""What of the checkout the wheel is built from."""

_ENTER = """
mount --rbind /dev "$0/dev"
mount --bind /proc "$0/proc"
exec setpriv --pdeathsig KILL chroot "$0" "$@"
"""
"""Run by ``unshare --mount``, so that nobody outside sees these mounts and none can be left."""


@dataclass(frozen=True)
class Release:
    """An Asterisk that Debian packages."""

    version: str
    """As its own version begins."""
    suite: str
    """Of Debian."""
    packages: tuple[str, ...]
    """Beside :data:`PACKAGES`."""
    python: str
    """Runs this project there."""
    newer_suite: str = ""
    """Where that Python comes from; empty: it is the suite's own."""
    newer_packages: tuple[str, ...] = ()
    """What comes from there."""


RELEASES = {
    "22": Release("22.", "forky", ("python3-pip-whl",), "/usr/bin/python3"),
    "16": Release(
        "16.28.",
        "bullseye",
        ("asterisk-voicemail",),
        "/usr/bin/python3.11",
        "bookworm",
        ("python3.11", "python3-pip-whl"),
    ),
}
"""By the number that users say."""
NEWEST = "22"


class Unavailable(IvrError):
    """This machine cannot run the real Asterisk; ``str()`` is the reason, one line."""


@dataclass(frozen=True)
class Chroot:
    """A folder that holds a small Debian."""

    root: Path
    """Its place on this machine."""
    release: Release
    """The Asterisk in it."""

    def command(self, *argv: str) -> list[str]:
        """The same command, run inside; it dies with the thread that starts it."""
        return ["unshare", "--mount", "sh", "-ec", _ENTER, str(self.root), *argv]

    def run(self, *argv: str, env: dict[str, str] | None = None) -> str:
        """Run a command inside and return what it wrote.

        Raises:
            RuntimeError: It failed; the text holds the end of its output.
        """
        return _run(self.command(*argv), env=env)

    def host(self, inside: str) -> Path:
        """Where this machine sees a path of the chroot."""
        return self.root / inside.lstrip("/")


def cache_folder() -> Path:
    """Where the chroot is kept: outside the checkout, shared by all checkouts."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ivr-agi" / "asterisk"


@contextlib.contextmanager
def prepared(number: str = NEWEST, cache: Path | None = None) -> Iterator[Chroot]:
    """Give the chroot, complete, with this checkout installed, and to nobody else meanwhile.

    Args:
        number: Which Asterisk of :data:`RELEASES`.
        cache: Folder to keep it in; ``None`` means :func:`cache_folder`.

    Raises:
        Unavailable: Not root, or not Debian, or the mirror does not have the suite.
        RuntimeError: A step failed; the text says which and why. The next run starts it again.
    """
    check_machine()
    cache = cache or cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install_tools()
        release = RELEASES[number]
        chroot = Chroot(cache / release.suite, release)
        if not chroot.root.is_dir():
            _build(chroot)
        _install_project(chroot)
        yield chroot


def check_machine() -> None:
    """Check that a chroot can be made here.

    Raises:
        Unavailable: Not root, not Debian, no right to mount; ``str()`` says which.
    """
    if not (CHECKOUT / "pyproject.toml").exists():
        raise Unavailable("the real Asterisk gets this project from its checkout: there is none")
    if sys.platform != "linux" or not shutil.which("apt-get"):
        raise Unavailable("the real Asterisk is fetched with Debian's tools: this is not Debian")
    names = re.findall(r'^ID="?([^"\n]*)', Path("/etc/os-release").read_text(), re.MULTILINE)
    if names != ["debian"]:
        raise Unavailable(f"the real Asterisk comes from Debian's mirror: this is {names}")
    if os.geteuid() != 0:
        raise Unavailable("the real Asterisk runs in a chroot: needs root")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        raise Unavailable("the real Asterisk runs in a chroot: needs the right to mount")


def install_tools() -> None:
    """Install what makes a chroot, and SIPp, where they are missing."""
    missing = {"debootstrap": "debootstrap", "sipp": "sip-tester"}
    packages = [package for tool, package in missing.items() if not shutil.which(tool)]
    if packages:
        _log.info("installing %s", " ".join(packages))
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _run(["apt-get", "update"], env=env)
        _run(["apt-get", "install", "-y", "--no-install-recommends", *packages], env=env)


def _build(chroot: Chroot) -> None:
    """Build aside, rename when whole: a folder with the final name is always complete."""
    root, suite = chroot.root, chroot.release.suite
    for left_over in root.parent.glob(f"{root.name}.partial-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    # Another name for each run: what a killed one left running cannot get in the way.
    partial = Path(tempfile.mkdtemp(prefix=f"{root.name}.partial-", dir=root.parent))
    partial.chmod(0o755)
    _log.info("fetching Asterisk %s (about a minute, 600 MB)", chroot.release.version.rstrip("."))
    script = Path("/usr/share/debootstrap/scripts") / suite
    if not script.exists():  # a debootstrap older than the suite
        script = script.with_name("sid")
    include = f"--include={','.join([*PACKAGES, *chroot.release.packages])}"
    mirror = debian_mirror()
    bootstrap = ["debootstrap", "--variant=minbase", include, suite, str(partial), mirror]
    try:
        _run(["unshare", "--mount", *bootstrap, str(script)])
    except RuntimeError as exc:
        if "Failed getting release file" in str(exc):
            raise Unavailable(f"the Debian mirror of this machine has no suite {suite}") from exc
        raise
    if chroot.release.newer_suite:
        _add_newer(Chroot(partial, chroot.release), mirror)
    shutil.rmtree(partial / "var/cache/apt/archives", ignore_errors=True)
    partial.rename(root)


def _add_newer(chroot: Chroot, mirror: str) -> None:
    """Install packages of a newer suite, with what they need, and leave all others as they are."""
    suite, packages = chroot.release.newer_suite, chroot.release.newer_packages
    with chroot.host("/etc/apt/sources.list").open("a") as sources:
        sources.write(f"deb {mirror} {suite} main\n")
    env = {**_network_environment(chroot), "DEBIAN_FRONTEND": "noninteractive"}
    chroot.run("apt-get", "update", env=env)
    install = ("apt-get", "install", "-y", "--no-install-recommends", "-t", suite)
    chroot.run(*install, *packages, env=env)
    chroot.run("apt-get", "clean", env=env)


def debian_mirror() -> str:
    """The Debian mirror that this machine's own apt uses."""
    where = ("Created-By: Packages", "Origin: Debian", "Label: Debian", "Component: main")
    for _ in range(2):
        mirrors = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)", *where]).split()
        if mirrors:
            return mirrors[0]
        _run(["apt-get", "update"])  # on a fresh image there are no lists yet
    raise Unavailable("apt's sources name no Debian mirror")


def _install_project(chroot: Chroot) -> None:
    """Install this checkout with its core dependencies, unless that is what is there."""
    mark = chroot.host(f"{VENV}/checkout.sha256")
    digest = _digest()
    if mark.exists() and mark.read_text() == digest:
        return
    _log.info("installing the checkout into the chroot")
    env = pip_environment(chroot)
    if not chroot.host(f"{VENV}/bin/pip").exists():
        _make_venv(chroot, env)
    mark.unlink(missing_ok=True)
    source = chroot.host("/usr/src/ivr-agi")
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for name in SOURCE:
        _copy(CHECKOUT / name, source / name)
    pip = (f"{VENV}/bin/pip", "install", "--quiet")
    chroot.run(*pip, "hatchling", env=env)
    # A folder is installed anew even when its version is the same; what it needs only once.
    chroot.run(*pip, "--no-build-isolation", "/usr/src/ivr-agi", env=env)
    mark.write_text(digest)


def _make_venv(chroot: Chroot, env: dict[str, str]) -> None:
    """Without Debian's python3-venv: that of the newer suite would replace ``python3``, too."""
    chroot.run(chroot.release.python, "-m", "venv", "--clear", "--without-pip", VENV)
    (wheel,) = chroot.host("/usr/share/python-wheels").glob("pip-*.whl")
    pip = f"/usr/share/python-wheels/{wheel.name}/pip"
    chroot.run(f"{VENV}/bin/python", pip, "install", "--quiet", "pip", env=env)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    elif source.exists():
        shutil.copy(source, target)


def _digest() -> str:
    digest = hashlib.sha256()
    for name in SOURCE:
        top = CHECKOUT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                content = path.read_bytes()
                digest.update(f"{path.relative_to(CHECKOUT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def pip_environment(chroot: Chroot) -> dict[str, str]:
    """This machine's way to its package index, in words that hold inside the chroot."""
    env = _network_environment(chroot)
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    settings = _run([sys.executable, "-m", "pip", "config", "list"])
    for name, value in re.findall(
        r"^\S+\.(index-url|trusted-host|proxy|cert)='(.*)'$", settings, re.MULTILINE
    ):
        env[f"PIP_{name.upper().replace('-', '_')}"] = value
    bundle = env.get("PIP_CERT", "/etc/ssl/certs/ca-certificates.crt")
    if Path(bundle).exists():
        shutil.copy(bundle, chroot.host("/etc/ssl/host-certificates.crt"))
        env["PIP_CERT"] = "/etc/ssl/host-certificates.crt"
    return env


def _network_environment(chroot: Chroot) -> dict[str, str]:
    """This machine's way to the network."""
    env = {key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")}
    env["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    shutil.copy("/etc/resolv.conf", chroot.host("/etc/resolv.conf"))
    return env


def _run(argv: list[str], *, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise RuntimeError(f"{' '.join(argv[:8])} ... exited with {done.returncode}:\n{tail}")
    return done.stdout


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.asterisk.chroot")
    parser.add_argument("number", nargs="?", choices=RELEASES, default=NEWEST)
    number = parser.parse_args().number
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        with prepared(number) as chroot:
            _log.info("ready: %s", chroot.run("asterisk", "-V").strip())
    except Unavailable as exc:
        _log.warning("%s", exc)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(_main())
