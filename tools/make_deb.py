"""Builds the Debian packages in a small Debian of a suite, and installs, upgrades and purges them.

``make deb`` runs it as root, on Debian. The packages go to ``dist/``: ``ivr-agi`` (server,
launcher, settings), ``ivr-agi-speech`` and ``ivr-agi-console``. They fit the Python of their suite.
"""

from __future__ import annotations

import argparse
import email.utils
import logging
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.asterisk.chroot import (
    CHECKOUT,
    Chroot,
    Release,
    Unavailable,
    cache_folder,
    check_machine,
    debian_mirror,
    install_tools,
    pip_environment,
)
from ivr_agi import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("PACKAGES", "SUITES", "changelog_entry", "debian_version", "main")

SUITES = ("bookworm", "forky")
PACKAGES = ("ivr-agi", "ivr-agi-speech", "ivr-agi-console")
TOOLS = ("adduser", "ca-certificates", "debhelper", "python3", "python3-venv")
SOURCE = "/usr/src/ivr-agi"
SETTINGS = "/etc/ivr-agi/ivr-agi.toml"
LEFT = (
    "/opt/ivr-agi",
    "/etc/ivr-agi",
    "/var/spool/ivr-agi",
    "/var/log/ivr-agi",
    "/usr/bin/ivr-agi",
)
"""What must be gone after a purge, with whatever else has such a beginning."""
_log = logging.getLogger("ivr_agi.deb")


def debian_version(version: str) -> str:
    """Return a version as Debian sorts it: ``0.2.0.dev1`` comes before ``0.2.0``."""
    return re.sub(r"\.?(dev|a|b|rc)", r"~\1", version)


def changelog_entry(version: str, suite: str, date: str) -> str:
    """Return what ``debian/changelog`` says; ours is ``docs/changelog.md``.

    Args:
        version: As Debian writes it.
        suite: Of Debian.
        date: By RFC 5322.
    """
    return (
        f"ivr-agi ({version}) {suite}; urgency=medium\n\n  * See docs/changelog.md.\n\n"
        f" -- The ivr-agi authors <ivr-agi@localhost>  {date}\n"
    )


def prepare(suite: str) -> Chroot:
    """Return a small Debian of a suite with what builds packages.

    Raises:
        Unavailable: Not root, not Debian, or the mirror does not have the suite.
        RuntimeError: A step failed.
    """
    check_machine()
    install_tools()
    root = cache_folder().with_name("deb") / suite
    chroot = Chroot(root, Release("", suite, (), ""))
    if not (root / "usr/bin/dh").exists():
        _log.info("fetching Debian %s", suite)
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        script = Path("/usr/share/debootstrap/scripts") / suite
        script = script if script.exists() else script.with_name("sid")
        what = ["--variant=minbase", f"--include={','.join(TOOLS)}", suite, str(root)]
        _host(["unshare", "--mount", "debootstrap", *what, debian_mirror(), str(script)])
    return chroot


def build(chroot: Chroot, to: Path) -> list[Path]:
    """Build the packages of this checkout; return them, in the folder ``to``."""
    source = chroot.host(SOURCE)
    shutil.rmtree(source.parent, ignore_errors=True)
    for name in _host(["git", "ls-files"]).split():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, source / name)
    version = debian_version(__version__)
    entry = changelog_entry(version, chroot.release.suite, email.utils.formatdate(localtime=False))
    (source / "debian/changelog").write_text(entry, encoding="utf-8")
    env = {**pip_environment(chroot), "LC_ALL": "C.UTF-8"}
    _log.info("building %s for %s", version, chroot.release.suite)
    chroot.run("sh", "-ec", f"cd {SOURCE} && dpkg-buildpackage -b -d -us -uc", env=env)
    to.mkdir(exist_ok=True)
    made = []
    for package in sorted(source.parent.glob("*.deb")):
        target = to / package.name.replace(version, f"{version}~{chroot.release.suite}")
        made.append(Path(shutil.copy(package, target)))
    return made


def try_packages(chroot: Chroot) -> None:
    """Install the packages just built, upgrade, remove and purge them.

    Raises:
        RuntimeError: A step failed, or something is not as it should be.
    """
    env = {**pip_environment(chroot), "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}

    def run(command: str) -> str:
        return chroot.run("sh", "-ec", command, env=env)

    debs = sorted(chroot.host("/usr/src").glob("ivr-agi*.deb"))
    inside = " ".join(f"/usr/src/{deb.name}" for deb in debs)
    run(f"apt-get update -q; apt-get install -q -y --no-install-recommends {inside}")
    _log.info("installed: %s", run("ivr-agi --version").strip())
    run("ivr-agi flow check /etc/ivr-agi/flows/main_menu.yaml")
    run("ivr-agi serve --check")
    run("/opt/ivr-agi-speech/bin/ivr-agi speech-server --help")
    run("/opt/ivr-agi-console/bin/ivr-agi ingest --help")
    run("python3 -m py_compile /usr/share/asterisk/agi-bin/ivr-agi")
    conffiles = run("dpkg-query --show --showformat '${Conffiles}' ivr-agi")
    for file in (
        SETTINGS,
        "/etc/ivr-agi/flows/main_menu.yaml",
        "/etc/asterisk/extensions_ivr.conf",
    ):
        _must(file in conffiles, f"{file} is no conffile")
    for package in PACKAGES:
        _must(f"{package}.service" in run(f"dpkg -L {package}"), f"{package} has no unit")
    run(f"echo '# mine' >> {SETTINGS}; touch /var/spool/ivr-agi/prompt.sln")
    for package in PACKAGES:  # the same with a higher version: an upgrade
        run(
            f"cd /tmp; rm -rf next; dpkg-deb -R /usr/src/{package}_*.deb next; "
            "sed -i 's/^Version: .*/&+next/; s/ivr-agi (= \\([^)]*\\))/ivr-agi (= \\1+next)/' "
            f"next/DEBIAN/control; dpkg-deb -Zgzip -z1 -b next /usr/src/next-{package}.deb"
        )
    run("apt-get install -q -y --no-install-recommends /usr/src/next-*.deb")
    _must("+next" in run("dpkg-query --show ivr-agi"), "it was not upgraded")
    _must("# mine" in run(f"cat {SETTINGS}"), "an upgrade changed the settings")
    run("ivr-agi flow check /etc/ivr-agi/flows/main_menu.yaml")
    run(f"apt-get remove -q -y {' '.join(PACKAGES)}")
    _must(chroot.host(SETTINGS).exists(), "removing took the settings")
    _must(not chroot.host("/opt/ivr-agi").exists(), "removing left /opt/ivr-agi")
    run(f"apt-get purge -q -y {' '.join(PACKAGES)}")
    left = [str(path) for name in LEFT for path in chroot.root.glob(f"{name[1:]}*")]
    _must(not left, f"a purge left {left}")
    _log.info("installed, upgraded, removed and purged on %s", chroot.release.suite)


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise RuntimeError(otherwise)


def _host(command: Sequence[str]) -> str:
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}\n{tail}")
    return done.stdout


def main(argv: Sequence[str] | None = None) -> int:
    """Build and try; return the exit code: 3 where this machine cannot."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_deb", description=__doc__)
    parser.add_argument("--suite", choices=SUITES, action="append", help="of Debian (all)")
    parser.add_argument("--to", type=Path, default=CHECKOUT / "dist", help="folder (dist)")
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        for suite in args.suite or SUITES:
            chroot = prepare(suite)
            for package in build(chroot, args.to):
                _log.info("built %s, %d MB", package.name, package.stat().st_size // 1_000_000)
            try_packages(chroot)
    except Unavailable as exc:
        _log.warning("%s", exc)
        return 3
    except RuntimeError as exc:
        _log.error("%s", exc)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
