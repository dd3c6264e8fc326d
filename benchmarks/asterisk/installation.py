"""An installation of the program in the chroot of a real Asterisk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ivr_agi.bench.installation import BenchInstallation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.asterisk.chroot import Chroot
    from ivr_agi.bench.installation import Sections

__all__ = ("CHROOT_PROGRAM", "ChrootInstallation", "Install")

CHROOT_PROGRAM = "/opt/ivr-agi/bin/ivr-agi"


class ChrootInstallation(BenchInstallation):
    """The program with settings of its own, in a chroot.

    Args:
        chroot: Where.
        folder: Its folder, as the chroot sees it; made anew.
        url: The speech service.
        flows: Text of each flow, by name.
        settings: Further settings, beside service, paths and journal.
    """

    def __init__(
        self,
        chroot: Chroot,
        folder: str,
        url: str,
        flows: Mapping[str, str],
        settings: Sections | None = None,
    ) -> None:
        super().__init__(chroot.host(folder), url, flows, settings)
        self.folder = folder

    def variables(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Channel variables that make the sample dialplan run this installation.

        Args:
            arguments: Of ``ivr-agi call``, e.g. the flow; whatever the dialplan says.
            environment: Variables of the program's environment.
        """
        exports = "".join(f"export {key}='{value}'\n" for key, value in (environment or {}).items())
        program = self.host / f"run-{len(list(self.host.glob('run-*')))}"
        words = " ".join(f"'{word}'" for word in arguments)
        program.write_text(
            f"#!/bin/sh\n{exports}"
            f"exec {CHROOT_PROGRAM} call {words} --config {self.folder}/ivr-agi.toml\n"
        )
        program.chmod(0o755)
        return {"IVR_AGI": f"{self.folder}/{program.name}"}


class Install(Protocol):
    """The fixture ``install``: makes an installation for one test."""

    def __call__(
        self, url: str, flows: Mapping[str, str], settings: Sections | None = None
    ) -> ChrootInstallation:
        """Speech service's URL, flows by name, further settings."""
        ...
