"""SIP calls by the number: what was counted. The calls: tests/real_asterisk/test_load.py."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from benchmarks import sip_calls
from benchmarks.sip_calls import (
    SipPlan,
    SipStep,
    _watch,
    complaint,
    journal_since,
    run_sip_calls,
    sip_rows,
    statistics,
)
from ivr_agi.errors import ConfigError, MissingDependency


@pytest.mark.parametrize(
    ("failed", "filled", "shares", "words"),
    [
        (0, 5, {"asterisk": 0.5, "machine": 0.5}, ""),
        (2, 0, {"asterisk": 0.5, "machine": 0.5}, "2 calls failed"),
        (0, 50, {"asterisk": 0.9, "machine": 0.5}, "4.8 % of the callers' audio did not come"),
        (2, 0, {"asterisk": 1.2, "server": 0.7, "machine": 0.98}, "all cores are full, most of it"),
        (2, 0, {"asterisk": 0.3, "server": 0.99, "machine": 0.7}, "server has used up its core"),
    ],
)
def test_what_ran_out(failed: int, filled: int, shares: dict[str, float], words: str) -> None:
    """Calls, audio, processors."""
    step = SipStep(calls=10, failed=failed, shares=shares, received=1000, filled=filled)
    assert (words in step.broke) if words else not step.broke


def test_a_busy_second() -> None:
    """While calls come in, cores may be full that are not later."""
    shares = {"asterisk": 0.5, "machine": 0.4}
    step = SipStep(calls=10, failed=1, shares=shares, busiest=0.99)
    assert step.broke == "1 calls failed; all cores were full while new calls came in"


async def test_watching() -> None:
    """This process did something, the machine no less in its busiest second."""
    shares, busiest = await _watch({"self": os.getpid()}, 0.02)
    assert set(shares) == {"self", "machine"}
    assert 0 <= busiest


def test_rows() -> None:
    """The most that were carried, and each step."""
    shares = {"asterisk": 0.5, "machine": 0.5}
    steps = [
        SipStep(calls=10, failed=0, shares=shares, stop_ms=[1.0, 2.0]),
        SipStep(calls=20, failed=1, shares=shares),
    ]
    rows = {each.name: each for each in sip_rows(steps)}
    assert rows["sip_calls"].p50 == 10
    assert "at 20: 1 calls failed" in rows["sip_calls"].meaning
    assert rows["sip_stop_10"].p50 == 1.0
    assert rows["sip_cpu_20_asterisk"].p50 == 50
    assert sip_rows([])[0].p50 == 0


def test_statistics(tmp_path: Path) -> None:
    """The last line counts; none is an error."""
    path = tmp_path / "statistics.csv"
    with pytest.raises(ConfigError):
        statistics(path)
    head = "StartTime;SuccessfulCall(C);FailedCall(C);FailedTimeout(P);FailedTimeout(C);\n"
    path.write_text(f"{head}a;1;0;0;0;\nb;7;2;1;2;\n")
    assert statistics(path) == (7, "2 FailedTimeout")
    path.write_text(f"{head}b;7;0;0;0;\n")
    assert statistics(path) == (7, "")


def test_complaint(tmp_path: Path) -> None:
    """What came most often; nothing is nothing."""
    path = tmp_path / "errors"
    assert complaint(path) == ""
    path.write_text(
        "x: Aborting call on an unexpected BYE for call: 1-2@3x: Aborting call on an unexpected BYE"
        "\nwhile expecting '200' (index 3), received 'SIP/2.0 503 Service'\n"
        "Aborting call on UDP retransmission timeout for Call-ID '7'"
    )
    assert complaint(path) == "SIPp did not expect 2 BYE, 1 503, 1 retransmission timeout"
    path.write_text("Dead call")
    assert complaint(path) == ""


def test_journal(tmp_path: Path) -> None:
    """From a byte on, whole lines."""
    path = tmp_path / "journal"
    old = '{"at_s":1.0,"event":"old"}\n'
    path.write_text(old + '{"at_s":2.0,"event":"audio","data":{"received":9}}\n{"at_s":')
    (found,) = journal_since(path, len(old))
    assert (found.event, found.data) == ("audio", {"received": 9})


async def test_no_sipp(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(
        MissingDependency, match="SIPp is not installed: apt-get install sip-tester"
    ):
        await run_sip_calls(SipPlan(), lambda _: None)


SIPP = """\
#!/bin/sh
echo '{"at_s":1.0,"event":"audio","data":{"received":100,"filled":0}}' >> JOURNAL
echo '{"at_s":1.0,"event":"prompt_stopped","data":{"barge_in_ms":2.5}}' >> JOURNAL
echo '{"at_s":1.0,"event":"call_ended","data":{"status":"STATUS"}}' >> JOURNAL
test -f caller.xml && test -f line.ulaw || exit 1
printf 'SuccessfulCall(C);FailedCall(C);\\nGOOD;0;\\n' > statistics.csv
"""


@pytest.mark.parametrize(
    ("good", "status", "carried", "words"),
    [("2", "HANGUP", 2, "carried"), ("1", "REFUSED", 0, "1 calls failed (1 REFUSED)")],
)
async def test_a_step(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    good: str,
    status: str,
    carried: int,
    words: str,
) -> None:
    """What SIPp and the journal say of it; the first step that breaks is the last."""
    monkeypatch.setattr(sip_calls, "_SETTLE_S", 0.0)
    journal = tmp_path / "journal"
    script = SIPP.replace("JOURNAL", str(journal)).replace("STATUS", status)
    (tmp_path / "sipp").write_text(script.replace("GOOD", good))
    (tmp_path / "sipp").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    told: list[str] = []
    plan = SipPlan(ladder=(2,), seconds=0.05, rate_per_s=100, journal=journal)
    rows = {each.name: each for each in await run_sip_calls(plan, told.append)}
    assert rows["sip_calls"].p50 == carried
    assert rows["sip_stop_2"].p50 == 2.5
    assert words in told[0]


async def test_a_sipp_that_does_not_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is killed."""
    monkeypatch.setattr(sip_calls, "_SETTLE_S", 0.0)
    monkeypatch.setattr(sip_calls, "END_S", 0.0)
    (tmp_path / "sipp").write_text("#!/bin/sh\nexec sleep 1000\n")
    (tmp_path / "sipp").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(ConfigError, match="SIPp made no call"):
        await run_sip_calls(SipPlan(ladder=(1,), seconds=0.05, rate_per_s=100), lambda _: None)
