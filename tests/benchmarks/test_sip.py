"""SIP calls from the command line; on a real Asterisk: tests/real_asterisk/test_load.py."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import sip
from benchmarks.asterisk.chroot import Unavailable
from benchmarks.sip_calls import SipPlan
from ivr_agi.bench.report import Row, row


def test_an_asterisk_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is, what is called, how often, and what is watched."""
    asked: list[SipPlan] = []

    async def run(plan: SipPlan, _: object) -> list[Row]:
        asked.append(plan)
        return [row("sip_calls", "calls", [1.0])]

    monkeypatch.setattr(sip, "run_sip_calls", run)
    options = "--sip pbx:5062 --extension 7 --at 1,2 --rate 5 --watch server=12 --journal j"
    assert sip.main(options.split()) == 0
    assert asked == [SipPlan("pbx", 5062, "7", (1, 2), 15.0, 5.0, {"server": 12}, Path("j"))]


def test_no_asterisk_can_be_had(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says why."""

    @contextlib.contextmanager
    def prepared() -> Iterator[None]:
        raise Unavailable("no root here")
        yield

    monkeypatch.setattr(sip, "prepared", prepared)
    assert sip.main([]) == 1
    assert "no root here" in capsys.readouterr().err
