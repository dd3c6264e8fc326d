"""The loopback call's verdict. The call itself: tests/real_asterisk/test_doctor.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivr_agi.doctor import loopback
from ivr_agi.doctor.console import Console
from ivr_agi.doctor.findings import Severity
from ivr_agi.doctor.loopback import applications, judge_call, make_call
from tests.doctor.test_console import script

GOOD, WARNING, ERROR = Severity.GOOD, Severity.WARNING, Severity.ERROR
CHANNELS = (
    "Local/100@ivr-00000001;1!ivr!!1!Up!EAGI!/x/python,-m,probe!!!!3!2!!1.2\n"
    "Local/100@ivr-00000001;2!ivr!100!3!Up!EAGI!/opt/ivr-agi/bin/ivr-agi!!!!3!2!!1.3\n"
    "Local/200@ivr-00000002;2!ivr!200!1!Up!Playback!x!!!!3!2!!1.5\n"
)


def heard(first_s: float | None) -> dict[str, Any]:
    """What the probe reports."""
    return {"frames": 100, "first_sound_s": first_s, "heard_s": 3.0}


@pytest.mark.parametrize(
    ("report", "seen", "severity"),
    [
        (heard(0.4), ["Answer", "EAGI"], GOOD),
        (heard(0.4), [], GOOD),
        (heard(5.0), ["EAGI"], WARNING),
        (heard(None), ["EAGI"], ERROR),
        (heard(1.0), ["EAGI", "Playback"], ERROR),
        (None, ["Dial"], ERROR),
        (None, [], ERROR),
    ],
)
def test_verdict(report: dict[str, Any] | None, seen: list[str], severity: Severity) -> None:
    """Heard, and by us."""
    found = judge_call("100@ivr", report, seen)
    assert found.severity is severity
    assert all(name in found.text for name in seen) or severity is not ERROR


def test_applications() -> None:
    """Of the dialplan's own leg, of this number."""
    assert applications(CHANNELS, "100@ivr") == ["EAGI"]
    assert applications(CHANNELS, "200@ivr") == ["Playback"]
    assert applications("", "100@ivr") == []


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor does not wait for ever; an Asterisk that will not call is said so."""
    monkeypatch.setattr(loopback, "ANSWER_S", 0.05)
    monkeypatch.setattr(loopback, "LISTEN_S", 0.05)
    monkeypatch.setattr(loopback, "POLL_INTERVAL_S", 0.02)
    found = make_call(Console(script(tmp_path, "true")), "100@ivr")
    assert (found.severity, "not answered" in found.text) == (ERROR, True)
    found = make_call(Console(script(tmp_path, "echo no >&2; exit 1")), "100@ivr")
    assert (found.severity, "did not make the call: no" in found.text) == (ERROR, True)


def test_where_the_dialplan_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each application is named once, however often it is seen."""
    monkeypatch.setattr(loopback, "ANSWER_S", 0.05)
    monkeypatch.setattr(loopback, "LISTEN_S", 0.05)
    monkeypatch.setattr(loopback, "POLL_INTERVAL_S", 0.02)
    found = make_call(Console(script(tmp_path, f"cat <<'END'\n{CHANNELS}\nEND")), "200@ivr")
    assert (found.severity, found.text.count("Playback")) == (ERROR, 1)
