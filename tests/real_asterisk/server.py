"""``ivr-agi serve`` in the chroot, and its launcher for the sample dialplan. Test harness."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.asterisk.installation import CHROOT_PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.asterisk.chroot import Chroot
    from benchmarks.asterisk.installation import ChrootInstallation

__all__ = ("Serving", "install_launcher", "serving")

START_TIMEOUT_S = 20.0


def install_launcher(chroot: Chroot, program: ChrootInstallation) -> dict[str, str]:
    """Run ``ivr-agi install``; returns channel variables that make the sample dialplan use it."""
    folder = f"{program.folder}/agi-bin"
    chroot.host(folder).mkdir(exist_ok=True)
    config = f"{program.folder}/ivr-agi.toml"
    chroot.run(CHROOT_PROGRAM, "install", "--agi-dir", folder, "--config", config)
    return {"IVR_AGI": f"{folder}/ivr-agi"}


class Serving:
    """A server that runs. Made by :func:`serving`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @property
    def workers(self) -> list[int]:
        """Pids of its workers."""
        pid = self._process.pid
        try:
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        except FileNotFoundError:
            return []
        return [int(word) for word in text.split()]

    def kill_workers(self) -> float:
        """Kill all at once, in the middle of whatever they do; returns when."""
        for worker in self.workers:
            os.kill(worker, signal.SIGKILL)
        return time.monotonic()

    def stop(self) -> None:
        """Ask it to stop when its calls have ended."""
        self._process.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def serving(chroot: Chroot, program: ChrootInstallation) -> Iterator[Serving]:
    """Run the server of an installation, until the end of the body."""
    command = chroot.command(CHROOT_PROGRAM, "serve", "--config", f"{program.folder}/ivr-agi.toml")
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        serving_now = Serving(process)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on "), f"the server did not start: {line!r}"
            yield serving_now
        finally:
            for worker in serving_now.workers:  # a test may have stopped it
                os.kill(worker, signal.SIGCONT)
            for number in (signal.SIGTERM, signal.SIGTERM):  # twice: do not wait for calls
                process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(1)
