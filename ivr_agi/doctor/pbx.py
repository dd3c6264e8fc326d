"""What Asterisk says of itself, and what that means for us. Core, no I/O: texts of its console.

Source: the output of Asterisk 22.10.1; ``asterisk.md`` 1 (EAGI, silence, headless files).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ivr_agi.doctor.findings import Finding, failing, good, warning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = (
    "check_codecs",
    "check_dialplan",
    "check_modules",
    "check_silence",
    "check_version",
    "endpoint_names",
    "find_program",
    "read_parameters",
)

OLDEST = 13
"""The first Asterisk with all that we use."""
NEEDED = {
    "res_agi": "there is no EAGI() without it",
    "format_sln": "prompts are .sln files",
}
USEFUL = {
    "pbx_config": "the dialplan sample is read by it",
    "format_wav": "recorded prompts and Asterisk's own sounds are .wav files as a rule",
    "res_timing_timerfd": "prompts are paced by it; other clocks cost more or jitter",
}
TELEPHONE_CODECS = ("alaw", "ulaw")
RELEASE = re.compile(r"Asterisk (?:GIT-|certified[/-])?(\d+)")


def check_version(text: str) -> Finding:
    """``core show version``."""
    found = RELEASE.search(text)
    # The console may warn of other things first.
    first = (text[found.start() :] if found else text).strip().split(" built by")[0] or "nothing"
    if found is None:
        return warning(
            "version", f"cannot be told: {first}", f"Asterisk {OLDEST} or newer is needed"
        )
    if int(found[1]) < OLDEST:
        return failing("version", first, f"update: Asterisk {OLDEST} or newer is needed")
    return good("version", first)


def check_modules(text: str) -> list[Finding]:
    """``module show``: what must run and what should."""
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
    """``core show settings`` and the like: what stands before and behind the colon."""
    pairs = re.findall(r"^ *([^:\n]+?) *: *(.*?) *$", text, re.MULTILINE)
    return dict(pairs)


def check_silence(settings: Mapping[str, str]) -> Finding:
    """Packets go out also when nothing plays: else phones and NAT think that the call is dead."""
    value = settings.get("Transmit silence during rec", "unknown")
    if value == "Enabled":
        return good("transmit_silence", "packets go out when nothing plays, too")
    return warning(
        "transmit_silence",
        f"{value.lower()}: no packet goes out while we do not play",
        "asterisk.conf, [options]: transmit_silence = yes, and restart Asterisk",
    )


def endpoint_names(text: str) -> list[str]:
    """``pjsip show endpoints``."""
    return re.findall(r"^ *Endpoint: +([^\s</]+)", text, re.MULTILINE)


def check_codecs(endpoints: Mapping[str, str]) -> list[Finding]:
    """``pjsip show endpoint NAME`` of each: telephone speech must come as telephone speech."""
    found = []
    for name, text in endpoints.items():
        allowed = read_parameters(text).get("allow", "").strip("()").split("|")
        if not set(allowed) & set(TELEPHONE_CODECS):
            found.append(
                warning(
                    "codecs",
                    f"endpoint {name} takes {', '.join(filter(None, allowed)) or 'nothing'}",
                    "allow=alaw,ulaw: others cost processor time and hurt recognition",
                )
            )
    if found or not endpoints:
        return found
    return [good("codecs", f"{_some(endpoints)}: alaw or ulaw")]


def check_dialplan(text: str, number: str) -> Finding:
    """``dialplan show EXTENSION@CONTEXT``."""
    if find_program(text) is not None:
        return good("dialplan", f"{number} runs EAGI()")
    if re.search(r"\bAGI\(", text):
        return failing("dialplan", f"{number} runs AGI()", "EAGI() it must be: AGI() has no audio")
    return warning(
        "dialplan",
        f"{number} does not lead to us",
        "include dialplans/extensions_ivr.conf, or name your number with --call",
    )


def find_program(text: str) -> str | None:
    """The program of the first EAGI() in a dialplan, as it stands there; None: there is none."""
    found = re.search(r"\bEAGI\(([^,)]+)", text)
    return found[1] if found else None


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
