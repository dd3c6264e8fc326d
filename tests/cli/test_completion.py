"""Completion: real shells ask the program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ivr_agi.cli import main


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_code_of_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What it reads names the program."""
    assert main(["completion", shell]) == 0
    assert "ivr-agi" in capsys.readouterr().out


def complete(line: str) -> list[str]:
    """What the program answers a shell, by argcomplete's protocol: on fd 8."""
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m ivr_agi 8>&1 9>/dev/null >/dev/null 2>&1"],
        env=os.environ
        | {
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_SHELL": "bash",
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
            "_ARGCOMPLETE_COMP_WORDBREAKS": " ",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return [word.strip() for word in done.stdout.split("\n") if word.strip()]


def test_commands_options_and_names(tmp_path: Path) -> None:
    """Of all there is; names of flows are those of the settings."""
    (tmp_path / "flows").mkdir()
    for name in ("main_menu", "bank", "_defaults"):
        (tmp_path / f"flows/{name}.yaml").touch()
    config = tmp_path / "ivr-agi.toml"
    config.write_text('[paths]\nflows = "flows"\n')
    assert complete("ivr-agi do") == ["doctor"]
    assert complete("ivr-agi flow ch") == ["check"]
    assert "--strict" in complete("ivr-agi flow check --s")
    assert complete(f"ivr-agi vocabulary sync --config {config} m") == ["main_menu"]
    config.write_text("x")
    assert complete(f"ivr-agi vocabulary sync --config {config} m") == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_takes_the_code() -> None:
    """No error of its syntax."""
    code = subprocess.run(
        [sys.executable, "-m", "ivr_agi", "completion", "bash"], capture_output=True, check=True
    ).stdout
    assert (
        subprocess.run(["bash", "-n"], input=code, capture_output=True, check=False).returncode == 0
    )
