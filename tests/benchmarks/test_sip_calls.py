"""SIP calls by the number: what was counted. The calls: tests/real_asterisk/test_load.py."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

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
