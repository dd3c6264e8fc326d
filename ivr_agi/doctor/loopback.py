"""A call from this machine to itself, through everything: ``Local/100@ivr``. Shell.

One leg runs the dialplan as for any caller. The other leg is the caller: Asterisk runs
:mod:`ivr_agi.doctor.probe` on it, also with ``EAGI()``, which hears what the IVR says. Meanwhile
the console says which application the first leg is in, because a fallback can be heard, too.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi.doctor.console import ConsoleError
from ivr_agi.doctor.findings import Finding, failing, good, warning
from ivr_agi.doctor.probe import LISTEN_S

if TYPE_CHECKING:
    from ivr_agi.doctor.console import Console

__all__ = ("applications", "judge_call", "make_call")

POLL_INTERVAL_S = 0.5
ANSWER_S = 10.0
SLOW_S = 3.0
_MODULE = "ivr_agi.doctor.probe"


def make_call(console: Console, number: str) -> Finding:
    """Call a number of the dialplan and listen.

    Args:
        console: Asterisk.
        number: ``EXTENSION@CONTEXT``.
    """
    with tempfile.TemporaryDirectory(prefix="ivr-agi-doctor-") as folder:
        path = Path(folder) / "heard"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
            heard.bind(str(path))
            heard.settimeout(POLL_INTERVAL_S)
            Path(folder).chmod(0o755)
            path.chmod(0o666)  # Asterisk's user must be able to write to it
            program = f"{sys.executable},-m,{_MODULE},{path}"
            try:
                console.ask(f"channel originate Local/{number}/n application EAGI {program}")
                report, seen = _follow(console, heard, number)
            except ConsoleError as exc:
                return failing("call", f"Asterisk did not make the call: {exc}", "see its log")
    return judge_call(number, report, seen)


def _follow(
    console: Console, heard: socket.socket, number: str
) -> tuple[dict[str, Any] | None, list[str]]:
    """Wait for the probe's report; note which applications the dialplan was in meanwhile."""
    seen: list[str] = []
    until = time.monotonic() + ANSWER_S + LISTEN_S
    while time.monotonic() < until:
        for name in applications(console.ask("core show channels concise"), number):
            if name not in seen[-1:]:
                seen.append(name)
        try:
            report: dict[str, Any] = json.loads(heard.recv(4096))
        except TimeoutError:
            continue
        return report, seen
    return None, seen


def applications(text: str, number: str) -> list[str]:
    """Return the applications of the dialplan's legs: ``core show channels concise``."""
    pattern = rf"^Local/{re.escape(number)}-[0-9a-f]+;2!(?:[^!\n]*!){{4}}([^!\n]*)!"
    return [name for name in re.findall(pattern, text, re.MULTILINE) if name]


def judge_call(number: str, report: dict[str, Any] | None, seen: list[str]) -> Finding:
    """Judge what the probe heard, and where the dialplan was.

    Args:
        number: The number that was called.
        report: From :func:`ivr_agi.doctor.probe.hear_call`; None if the probe never reported.
        seen: Applications of the dialplan's leg, in order.
    """
    log = "see Asterisk's log and ours: use core set verbose 5, and log.file in the settings"
    was_in = f" (the dialplan was in {', '.join(seen)})" if seen else ""
    if report is None:
        return failing("call", f"{number} was not answered, or EAGI() cannot start{was_in}", log)
    if not report["first_sound_s"]:
        return failing("call", f"{number} answered and said nothing{was_in}", log)
    if seen and seen[-1] not in ("EAGI", "AGI"):
        return failing("call", f"{number} used its fallback{was_in}", log)
    text = f"{number} was heard {report['first_sound_s']:.1f} s after the answer"
    if report["first_sound_s"] > SLOW_S:
        return warning("call", text, "the first call synthesises its prompts: call again")
    return good("call", text)
