"""Checks what Asterisk says about itself. Core, no I/O: it reads texts of its console.

Source: the output of Asterisk 22.10.1; ``asterisk.md`` 1 (EAGI, silence, headless files).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.doctor.findings import Finding, failing, good, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = (
    "EagiCall",
    "check_codecs",
    "check_dialplan",
    "check_modules",
    "check_silence",
    "check_version",
    "endpoint_names",
    "find_calls",
    "find_program",
    "read_parameters",
)

OLDEST = 13
"""The first Asterisk with everything that we use."""
NEEDED = {
    "res_agi": "EAGI() is part of it",
    "format_sln": "prompts are .sln files",
}
USEFUL = {
    "pbx_config": "it reads the dialplan sample",
    "format_wav": "recorded prompts and Asterisk's own sounds are usually .wav files",
    "res_timing_timerfd": "it paces prompts; other clocks cost more or jitter",
}
TELEPHONE_CODECS = ("alaw", "ulaw")
RELEASE = re.compile(r"Asterisk (?:GIT-|certified[/-])?(\d+)")


def check_version(text: str) -> Finding:
    """Check ``core show version``."""
    found = RELEASE.search(text)
    # The console may print other warnings first.
    first = (text[found.start() :] if found else text).strip().split(" built by")[0] or "nothing"
    if found is None:
        return warning(
            "version", f"its version is unknown: {first}", f"Asterisk {OLDEST} or newer is needed"
        )
    if int(found[1]) < OLDEST:
        return failing("version", first, f"update: Asterisk {OLDEST} or newer is needed")
    return good("version", first)


def check_modules(text: str) -> list[Finding]:
    """Check ``module show``: the modules that must run, and those that should."""
    running = set(re.findall(r"^(\w+)\.so .*(?<!Not )\bRunning\b", text, re.MULTILINE))
    advice = "load it: modules.conf, and the package that holds it"
    found = [
        failing("modules", f"{name} does not run: {why}", advice)
        for name, why in NEEDED.items()
        if name not in running
    ]
    found += [
        warning("modules", f"{name} does not run: {why}", advice)
        for name, why in USEFUL.items()
        if name not in running
    ]
    return found or [good("modules", f"{', '.join([*NEEDED, *USEFUL])} run")]


def read_parameters(text: str) -> dict[str, str]:
    """Read ``core show settings`` and the like: the texts before and after the colon."""
    pairs = re.findall(r"^ *([^:\n]+?) *: *(.*?) *$", text, re.MULTILINE)
    return dict(pairs)


def check_silence(settings: Mapping[str, str]) -> Finding:
    """Check that packets are sent even if nothing plays: else phones and NAT drop the call."""
    value = settings.get("Transmit silence during rec", "unknown")
    if value == "Enabled":
        return good("transmit_silence", "packets are sent even if nothing plays")
    return warning(
        "transmit_silence",
        f"{value.lower()}: no packets are sent while nothing plays",
        "asterisk.conf, [options]: transmit_silence = yes, and restart Asterisk",
    )


def endpoint_names(text: str) -> list[str]:
    """Read ``pjsip show endpoints``."""
    return re.findall(r"^ *Endpoint: +([^\s</]+)", text, re.MULTILINE)


def check_codecs(endpoints: Mapping[str, str]) -> list[Finding]:
    """Check ``pjsip show endpoint NAME`` of each: audio must come with a telephone codec."""
    found = []
    for name, text in endpoints.items():
        allowed = read_parameters(text).get("allow", "").strip("()").split("|")
        if not set(allowed) & set(TELEPHONE_CODECS):
            found.append(
                warning(
                    "codecs",
                    f"endpoint {name} allows {', '.join(filter(None, allowed)) or 'nothing'}",
                    "set allow=alaw,ulaw: others cost processor time and hurt recognition",
                )
            )
    if found or not endpoints:
        return found
    return [good("codecs", f"{_some(endpoints)}: alaw or ulaw")]


def check_dialplan(text: str, number: str) -> Finding:
    """Check ``dialplan show EXTENSION@CONTEXT``."""
    if find_program(text) is not None:
        return good("dialplan", f"{number} runs EAGI()")
    if re.search(r"\bAGI\(", text):
        return failing("dialplan", f"{number} runs AGI()", "use EAGI(): AGI() has no audio")
    return warning(
        "dialplan",
        f"{number} does not lead to the IVR",
        "include dialplans/extensions_ivr.conf, or name your number with --call",
    )


def find_program(text: str) -> str | None:
    """Return the program of the first EAGI() in a dialplan, as written; None if there is none."""
    found = re.search(r"\bEAGI\(([^,)]+)", text)
    return found[1] if found else None


@dataclass(frozen=True)
class EagiCall:
    """One ``EAGI()`` of the dialplan."""

    context: str
    program: str
    """As written: it may be a variable."""
    arguments: tuple[str, ...]


def find_calls(text: str) -> list[EagiCall]:
    """Return every EAGI() of ``dialplan show``."""
    found, context = [], ""
    for line in text.splitlines():
        if begins := re.search(r"\[ Context '([^']+)'", line):
            context = begins[1]
        elif called := re.search(r"\bEAGI\((.*)\)\s*(?:\[[^\]]*\]\s*)?$", line):
            program, *arguments = _split_arguments(called[1])
            found.append(EagiCall(context, program, tuple(arguments)))
    return found


def _split_arguments(text: str) -> list[str]:
    """Split at commas that are not in brackets."""
    found, depth = [""], 0
    for sign in text:
        depth += (sign in "{(") - (sign in "})")
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return [each.strip() for each in found]


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
