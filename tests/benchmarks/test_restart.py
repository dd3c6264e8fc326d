"""Calls while the server is replaced, small: none is lost. The real one: ``make test-restart``."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks import restart, restart_sites
from benchmarks.restart import RestartPlan, restart_rows, run_restarts
from benchmarks.restart_sites import simulator_site
from benchmarks.service_manager import ServiceFailed


@pytest.mark.slow
async def test_restarts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reload and a restart with calls on: all end as their flows say."""
    monkeypatch.setattr(restart_sites, "DURATIONS_S", {"short": 0.2, "long": 3.0})
    monkeypatch.setattr(restart_sites, "LAUNCHER_WAIT_S", 60.0)  # the machine may be busy
    async with simulator_site(tmp_path) as site:
        rows = {
            each.name: each
            for each in await run_restarts(site, RestartPlan(6.0, 5.0, 1.0), lambda _: None)
        }
    assert (rows["restart_calls"].p50 or 0) >= 30
    assert rows["restart_refused"].is_met, rows
    assert rows["restart_cut_off"].is_met, rows
    assert {"restart_reload", "restart_restart"} <= rows.keys()


def test_what_counts_as_lost() -> None:
    """A status other than COMPLETED, or none at all."""
    ends = Counter({"COMPLETED": 5, "REFUSED (no server answers)": 2, "FAILED (x)": 3, "NONE": 1})
    rows = {each.name: each for each in restart_rows(ends, {"reload": [0.5]})}
    assert [rows[f"restart_{name}"].p50 for name in ("calls", "refused", "cut_off")] == [11, 2, 4]
    assert "REFUSED (no server answers) 2" in rows["restart_calls"].meaning


class Site:
    """No server and no calls."""

    versions = ("old", "new")

    def __init__(self, end: str) -> None:
        self.manager = self
        self.did: list[str] = []
        self.status = ""
        self._end = end

    async def call(self, flow: str) -> str:
        return self._end

    def link(self, version: str) -> None:
        self.did.append(f"link {version}")

    async def reload(self) -> None:
        self.did.append("reload")

    async def restart(self) -> None:
        self.did.append("restart")


@pytest.mark.parametrize(("end", "code"), [("COMPLETED", 0), ("NONE", 1)])
def test_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], end: str, code: int
) -> None:
    """Exit code 1 for a lost call; upgrades and the way back take turns with the others."""
    site = Site(end)

    @contextlib.asynccontextmanager
    async def a_site(folder: Path, older: str | None) -> AsyncIterator[Site]:
        assert older == "HEAD~3"
        yield site

    monkeypatch.setattr(restart, "asterisk_site", a_site)
    options = "--asterisk --older HEAD~3 --seconds 0.5 --rate 10 --every 0.01"
    assert restart.main(options.split()) == code
    assert site.did[:8] == [
        "reload", "restart", "link new", "reload", "reload", "restart", "link old", "reload"
    ]  # fmt: skip
    assert "restart_cut_off" in capsys.readouterr().out


async def test_a_server_that_does_not_come_back() -> None:
    """It is an error, and not a wait."""

    class Broken(Site):
        async def reload(self) -> None:
            raise ServiceFailed("gone")

    with pytest.raises(ServiceFailed, match="gone"):
        await run_restarts(Broken("COMPLETED"), RestartPlan(0.2, 10, 0.01), lambda _: None)
