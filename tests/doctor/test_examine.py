"""The whole examination, without an Asterisk and with one of paper."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr_agi.doctor.console import Console
from ivr_agi.doctor.examine import Questions, _resolve, examine, read_globals
from ivr_agi.doctor.findings import Finding, Severity
from tests.doctor.test_console import script
from tests.doctor.test_pbx import MODULES

ROOT = Path(__file__).parents[2]
ANSWERS = f"""\
case "$2" in
  "core show version") echo "Asterisk 22.10.1 built by x";;
  "module show") cat <<END
{MODULES}
END
  ;;
  "core show settings") cat <<END
  Transmit silence during rec: Enabled
  PID file:      $0.pid
  Default language:  en
  Data directory:   $(dirname $0)
  AGI Scripts directory: $(dirname $0)
END
  ;;
  "pjsip show endpoints") echo " Endpoint:  trunk     Unavailable";;
  "pjsip show endpoint trunk") echo " allow   : (alaw)";;
  "dialplan show 100@ivr") echo "3. EAGI(\\${{IVR_AGI}},main_menu)";;
  "dialplan show globals") echo "   IVR_AGI=ivr-agi";;
esac
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings with one flow, and no speech service."""
    (tmp_path / "flows").mkdir()
    flow = (ROOT / "config/flows/main_menu.yaml").read_text(encoding="utf-8")
    (tmp_path / "flows/main_menu.yaml").write_text(flow, encoding="utf-8")
    path = tmp_path / "ivr-agi.toml"
    path.write_text('[speech]\nurl = "ws://127.0.0.1:9"\n[paths]\nflows="flows"\nspool="spool"\n')
    return path


def severities(found: list[Finding]) -> dict[str, Severity]:
    """By check."""
    return {each.check: each.severity for each in found}


async def test_no_asterisk_at_all(config: Path, tmp_path: Path) -> None:
    """That is an error, and everything else is looked at all the same."""
    told: list[Finding] = []
    console = Console(str(tmp_path / "none"))
    questions = Questions(config=str(config), console=console)
    found = await asyncio.to_thread(examine, questions, told.append)
    assert told == found
    by_check = severities(found)
    assert by_check["asterisk"] is by_check["start"] is Severity.ERROR
    assert by_check["settings"] is by_check["flows"] is by_check["spool"] is Severity.GOOD
    assert {"pipes", "open files", "disk", "tls"} <= by_check.keys()


def test_nothing_is_asked_that_was_not_wanted(config: Path) -> None:
    """No Asterisk, no session."""
    questions = Questions(config=str(config), console=Console(""), starts=False)
    assert severities(examine(questions, lambda _: None)).keys() == {
        "settings",
        "flows",
        "pipes",
        "open files",
        "disk",
        "spool",
        "server",
    }


def test_asterisk_of_paper(config: Path, tmp_path: Path) -> None:
    """Every question is asked as the console takes it."""
    (tmp_path / "ivr-agi").write_text("#!/bin/sh\n")
    (tmp_path / "ivr-agi").chmod(0o755)
    (tmp_path / "sounds/en").mkdir(parents=True)
    (tmp_path / "sounds/en/beep.wav").touch()
    console = Console(script(tmp_path, ANSWERS))
    questions = Questions(config=str(config), console=console, calls=False, starts=False)
    found = examine(questions, lambda _: None)
    names = ("version", "modules", "transmit_silence", "codecs", "dialplan", "program", "sounds")
    by_check = severities(found)
    assert [by_check[name] for name in names] == [Severity.GOOD] * len(names), found


def test_wrong_files(config: Path) -> None:
    """A flow, no flow, a setting, credentials; the doctor goes on as far as it can."""
    questions = Questions(config=str(config), console=Console(""))
    flow = config.parent / "flows/main_menu.yaml"
    flow.write_text("start: nowhere\nsteps: {}\n")
    assert severities(examine(questions, lambda _: None))["flows"] is Severity.ERROR
    flow.unlink()
    assert severities(examine(questions, lambda _: None))["flows"] is Severity.WARNING
    config.write_text('[speech]\nurl = "ws://127.0.0.1:9"\nauth = "key"\n[paths]\nspool="spool"\n')
    assert severities(examine(questions, lambda _: None))["credentials"] is Severity.ERROR
    config.write_text("[speech]\nurll = 1\n")
    assert severities(examine(questions, lambda _: None)) == {"settings": Severity.ERROR}


def test_globals() -> None:
    """As the console lists them."""
    text = "\n   IVR_AGI=/opt/x y\n   EMPTY=\n\n    -- 2 variable(s)\n"
    assert read_globals(text) == {"IVR_AGI": "/opt/x y", "EMPTY": ""}


@pytest.mark.parametrize("program", ["", "${NONE}", "${IVR}/${VERSION}"])
def test_a_program_that_only_a_call_knows(program: str, tmp_path: Path) -> None:
    """A variable of the channel names it."""
    assert _resolve(Console(script(tmp_path, "true")), program, {}) is None
