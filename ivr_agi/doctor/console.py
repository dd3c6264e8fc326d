"""Asterisk's console, asked from outside: ``asterisk -rx COMMAND``. Shell."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from ivr_agi.errors import IvrError

__all__ = ("Console", "ConsoleError")

TIMEOUT_S = 15.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class ConsoleError(IvrError):
    """Asterisk cannot be asked; ``str()`` says why, one line."""


@dataclass(frozen=True)
class Console:
    """How Asterisk is reached."""

    program: str = "asterisk"
    config: str = ""
    """Its asterisk.conf; empty: the usual one."""

    def ask(self, command: str) -> str:
        """Run a console command and return what it printed.

        Raises:
            ConsoleError: There is no such program, it does not run, or it does not answer.
        """
        argv = [self.program, *(["-C", self.config] if self.config else []), "-rx", command]
        try:
            done = subprocess.run(  # no shell: what a command holds stays what it is
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
            raise ConsoleError(f"no answer to {command!r} in {TIMEOUT_S:g} s") from exc
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise ConsoleError(said[-1] if said else f"exit code {done.returncode}")
        return _COLOURS.sub("", done.stdout)
