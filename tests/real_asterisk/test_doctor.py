"""``ivr-agi doctor`` beside a real Asterisk: all is well; and what it says when it is not."""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.asterisk.chroot import CHECKOUT
from benchmarks.asterisk.installation import CHROOT_PROGRAM
from benchmarks.asterisk.instance import HOME

if TYPE_CHECKING:
    from benchmarks.asterisk.ami import Ami
    from benchmarks.asterisk.installation import ChrootInstallation, Install
    from benchmarks.asterisk.instance import AsteriskInstance
    from tests.real_asterisk.speech import SpeechProcess

pytestmark = pytest.mark.asterisk

FLOW = (CHECKOUT / "config/flows/main_menu.yaml").read_text(encoding="utf-8")
TRANSMIT_SILENCE = "transmit_silence"


async def examine(
    asterisk: AsteriskInstance, installation: ChrootInstallation, *options: str
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run the doctor in the chroot: its exit code, and its findings by check."""
    argv = asterisk.chroot.command(
        CHROOT_PROGRAM, "doctor", "--json", "--config", f"{installation.folder}/ivr-agi.toml",
        "--asterisk-config", f"{HOME}/etc/asterisk.conf", *options,
    )  # fmt: skip
    done = await asyncio.to_thread(
        subprocess.run, argv, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    return done.returncode, {each["check"]: each for each in found}


async def test_all_is_well(
    asterisk: AsteriskInstance, install: Install, speech: SpeechProcess, ami: Ami
) -> None:
    """Every check, the call included; the one setting that Asterisk lacks here is told."""
    installation = install(speech.url, {"main_menu": FLOW})
    await installation.sync_vocabularies()
    program = await ami.get_variable("", "IVR_AGI")
    own = installation.variables("main_menu")["IVR_AGI"]
    await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": own})
    try:
        code, found = await examine(asterisk, installation)
    finally:
        await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": program})
    assert found.pop(TRANSMIT_SILENCE)["severity"] == "warning"
    assert code == 4
    assert found.keys() >= {"version", "modules", "codecs", "dialplan", "program", "sounds"}
    assert found.keys() >= {"settings", "flows", "pipes", "disk", "spool", "tls", "start", "call"}
    # On a busy machine the first call may be slow, which the doctor rightly says.
    slow = "was heard"
    assert all(slow in each["text"] for each in found.values() if each["severity"] != "good")
    assert f"Asterisk {asterisk.chroot.release.version}" in found["version"]["text"]
    assert own in found["program"]["text"]


async def test_the_call_falls_back(
    asterisk: AsteriskInstance, install: Install, speech: SpeechProcess, ami: Ami
) -> None:
    """A program that is not there: it is named, and the call is no success."""
    asterisk.expected_log += ["fell back", "Failed to execute", "ivr-agi-none", "Playback"]
    installation = install(speech.url, {"main_menu": FLOW})
    program = await ami.get_variable("", "IVR_AGI")
    await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": "/nowhere/ivr-agi-none"})
    try:
        code, found = await examine(asterisk, installation, "--no-start")
    finally:
        await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": program})
    assert code == 1
    assert found["program"]["severity"] == "error"
    assert found["call"]["severity"] == "error"
