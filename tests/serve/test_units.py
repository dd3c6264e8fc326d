"""The systemd units of ``config/systemd``: they agree with the settings, and systemd takes them."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.sip import NICE
from ivr_agi.cli import speech_server
from ivr_agi.settings import Settings

UNITS = Path(__file__).parents[2] / "config" / "systemd"
SETTINGS = Settings()


def value(unit: str, key: str) -> str:
    """The one value of a key."""
    lines = (UNITS / unit).read_text(encoding="utf-8").splitlines()
    (found,) = [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]
    return found


def test_they_agree_with_the_settings() -> None:
    """Socket, spool, and time enough for the calls that run."""
    assert value("ivr-agi.socket", "ListenSequentialPacket") == SETTINGS.serve.socket
    assert value("ivr-agi.service", "ReadWritePaths") == SETTINGS.paths.spool
    assert int(value("ivr-agi.service", "TimeoutStopSec")) >= SETTINGS.serve.drain_s + 5
    assert value("ivr-agi.service", "NonBlocking") == "yes"  # the flag is the older workers', too
    assert value("ivr-agi.service", "KillMode") == "process"
    assert value("ivr-agi.service", "User") == value("ivr-agi.socket", "SocketUser")
    assert int(value("ivr-agi.service", "Nice")) == NICE  # as benchmarks.sip measures


def test_the_speech_server_starts_as_its_unit_says() -> None:
    """The tool takes the options; what it keeps is in the one folder that it may write to."""
    _, *arguments = value("ivr-agi-speech.service", "ExecStart").split()
    parser = argparse.ArgumentParser()
    speech_server.add_parser(parser.add_subparsers())
    options = parser.parse_args(arguments)
    folder = value("ivr-agi-speech.service", "StateDirectory")
    assert str(options.state_dir) == f"/var/lib/{folder}"
    assert f"ws://{options.host}:{options.port}" == SETTINGS.speech.url


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
def test_systemd_takes_them(tmp_path: Path) -> None:
    """No key is unknown and no value wrong; program and user of another machine apart."""
    for unit in UNITS.iterdir():
        text = unit.read_text(encoding="utf-8")
        text = re.sub(r"/opt/ivr-agi/bin/ivr-agi [\w-]+|/bin/kill", "/bin/sh", text)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert not [line for line in done.stderr.splitlines() if "ivr-agi" in line]
    assert done.returncode == 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
@pytest.mark.parametrize("unit", ["ivr-agi.service", "ivr-agi-speech.service"])
def test_they_are_locked_down(unit: str) -> None:
    """By the measure of systemd itself: 0 is nothing to attack, 10 everything."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(UNITS / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-300:]
