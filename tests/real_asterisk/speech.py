"""Speech services as processes of their own, which a test may kill: the local one, a slow one.

Layer: test harness, synchronous. They run outside the chroot; loopback is the same.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.asterisk.chroot import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("COUNTING", "LOCAL", "SLOW", "SpeechProcess", "speech_service")

LOCAL = ("ivr_agi", "speech-server", "--port", "0")
SLOW = ("tests.real_asterisk.slow_speech",)
COUNTING = ("tests.real_asterisk.counting_speech",)
"""Takes the seconds between two pieces of 110 ms."""


class SpeechProcess:
    """A running service. Made by :func:`speech_service`."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.url = url
        """``ws://127.0.0.1:PORT``."""
        self._process = process

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGKILL ends it in the middle of whatever it does, SIGSTOP freezes it."""
        os.kill(self._process.pid, number)
        if number is signal.SIGKILL:
            self._process.wait()


@contextlib.contextmanager
def speech_service(*module_and_options: str) -> Iterator[SpeechProcess]:
    """Run ``python -m MODULE OPTIONS``, which says ``listening on URL`` when it does."""
    with subprocess.Popen(
        [sys.executable, "-m", *module_and_options],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on "), f"the service did not start: {line!r}"
            yield SpeechProcess(process, line.split()[-1])
        finally:
            process.send_signal(signal.SIGCONT)  # a frozen one does not hear SIGTERM
            process.terminate()
