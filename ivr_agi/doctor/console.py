"""Runs commands on Asterisk's console: ``asterisk -rx COMMAND``. Shell."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from ivr_agi.errors import IvrError

__all__ = ("Console", "ConsoleError")

TIMEOUT_S = 15.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class ConsoleError(IvrError):
    """Asterisk's console cannot be used; ``str()`` says why, in one line."""


@dataclass(frozen=True)
class Console:
    """How to reach Asterisk."""

    program: str = "asterisk"
    config: str = ""
    """Its asterisk.conf; empty means the default one."""

    def ask(self, command: str) -> str:
        """Run a console command and return what it printed.

        Raises:
            ConsoleError: The program does not exist, does not run, or does not answer.
        """
        argv = [self.program, *(["-C", self.config] if self.config else []), "-rx", command]
        try:
            done = subprocess.run(  # no shell: the command is passed on as it is
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT_S,
            )
        except OSError as exc:
            raise ConsoleError(f"{self.program}: {exc.strerror}") from exc
        except subprocess.TimeoutExpired as exc:
            raise ConsoleError(f"no answer to {command!r} within {TIMEOUT_S:g} s") from exc
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise ConsoleError(said[-1] if said else f"exit code {done.returncode}")
        return _COLOURS.sub("", done.stdout)
