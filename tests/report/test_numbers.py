"""The numbers of a report against those that a plain script counts in the raw lines."""

from __future__ import annotations

import datetime
import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr_agi.journal import JournalFile
from ivr_agi.report.definitions import DEFINITIONS, OUTCOMES
from ivr_agi.report.numbers import Report, ReportSpan, compare, count_report
from ivr_agi.store.database import Database
from ivr_agi.store.hours import hour_of
from tests.store.conftest import database, postgresql  # noqa: F401
from tests.store.journals import BEGIN, ZONE, event, ingester_of, write_calls

SPAN = ReportSpan(since=hour_of(BEGIN, ZONE), until=hour_of(BEGIN, ZONE) + 7 * 86_400)
N_CALLS = int(os.environ.get("IVR_AGI_REPORT_CALLS", "300"))
"""A million lines are 75,000 calls."""


def counted_plainly(lines: list[bytes]) -> dict[str, object]:
    """What a plain script says, without anything of ours."""
    by_call: dict[str, list[dict[str, object]]] = defaultdict(list)
    for line in lines:
        entry = json.loads(line)
        if entry["call"]:
            by_call[entry["call"]].append(entry)
    statuses, paths, steps = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    hours, callers = Counter[int](), defaultdict(list)
    for entries in by_call.values():
        begin = entries[0]
        data = begin["data"]
        assert isinstance(data, dict)
        at = float(str(begin["time"]))
        hours[datetime.datetime.fromtimestamp(at, ZONE).hour] += 1
        callers[data["caller"]].append(at)
        step, path = "", []
        for entry in entries:
            data, name = entry["data"], str(entry["event"])
            assert isinstance(data, dict)
            if name == "step":
                step = data["step"]
                path.append(step)
                steps[step, "visits"] += 1
            elif name == "outcome":
                steps[step, {"Heard": "voice", "Pressed": "keys"}.get(data["outcome"], "-")] += 1
            elif name in ("no_match", "no_input", "barge_in"):
                steps[step, name] += 1
            elif name == "call_ended":
                statuses[data["status"]] += 1
                steps[step, "left"] += data["status"] == "HANGUP"
        paths[">".join(path)] += 1
    again = sum(
        later - earlier <= 86_400
        for times in callers.values()
        for earlier, later in zip(sorted(times), sorted(times)[1:], strict=False)
    )
    return {
        "calls": len(by_call),
        "statuses": dict(statuses),
        "paths": dict(paths),
        "steps": steps,
        "hours": [hours[hour] for hour in range(24)],
        "again": again,
    }


def test_every_number(database: Database, tmp_path: Path) -> None:  # noqa: F811
    """To the call."""
    lines = write_calls(tmp_path / "journal", N_CALLS)
    ingester_of(database, tmp_path / "journal").read_all()
    report, plain = count_report(database, SPAN, ZONE), counted_plainly(lines)
    assert report.calls == plain["calls"] == N_CALLS
    assert report.statuses == plain["statuses"]
    assert sum(report.outcomes.values()) == N_CALLS
    assert {">".join(path.steps): path.calls for path in report.paths} == plain["paths"]
    assert report.by_hour == plain["hours"]
    assert sum(day.calls for day in report.days) == N_CALLS
    assert report.rang_again == plain["again"]
    steps = plain["steps"]
    assert isinstance(steps, Counter)
    for step in report.steps:
        for name, found in (
            ("visits", step.visits),
            ("voice", step.voice),
            ("keys", step.keys),
            ("no_match", step.no_match),
            ("no_input", step.no_input),
            ("barge_in", step.barge_ins),
            ("left", step.left),
        ):
            assert found == steps[step.step, name], (step.step, name)
    assert {leg.leg for leg in report.legs} == {"voice_to_stop", "voice_to_final", "final_to_end"}
    final = next(leg for leg in report.legs if leg.leg == "voice_to_final")
    assert final.p50 == pytest.approx(800, rel=0.06)


def test_flow_and_version(database: Database, tmp_path: Path) -> None:  # noqa: F811
    """Only theirs; another flow has none."""
    write_calls(tmp_path / "journal", 20)
    ingester_of(database, tmp_path / "journal").read_all()
    for flow, version, n in (("main", "v1", 20), ("main", "v2", 0), ("other", "", 0)):
        span = ReportSpan(since=SPAN.since, until=SPAN.until, flow=flow, version=version)
        report = count_report(database, span, ZONE)
        assert (report.calls, sum(path.calls for path in report.paths)) == (n, n)
    assert report.mean_s == 0.0


def test_days_of_23_and_25_hours(database: Database, tmp_path: Path) -> None:  # noqa: F811
    """A call an hour: as many as the day has hours."""
    zone = ZoneInfo("Europe/Berlin")
    begin = datetime.datetime(2026, 10, 24, tzinfo=zone).timestamp()
    file = JournalFile(tmp_path / "journal")
    for n in range(73):
        at_s = begin - BEGIN + n * 3600 + 1800
        file.append(event(f"1.{n}", at_s, "call_started", flow="main", caller="1"))
        file.append(event(f"1.{n}", at_s + 1, "call_ended", status="COMPLETED", seconds=1.0))
    ingester = ingester_of(database, tmp_path / "journal")
    object.__setattr__(ingester._options, "zone", zone)
    ingester.read_all()
    end = datetime.datetime(2026, 10, 27, tzinfo=zone).timestamp()
    report = count_report(database, ReportSpan(since=begin, until=end), zone)
    assert [(day.hours, day.calls) for day in report.days] == [(24, 24), (25, 25), (24, 24)]
    assert report.by_hour == [3, 3, 4, *[3] * 21]
    assert report.rang_again == 72


def test_prompts_that_were_stopped_for_nothing(
    database: Database,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Only those, the worst first."""
    file = JournalFile(tmp_path / "journal")
    for n, (said, n_false) in enumerate([("a", 1), ("b", 3), ("b", 0), ("c", 0)]):
        file.append(
            event(f"1.{n}", n, "call_started", flow="main")
            + event(f"1.{n}", n, "step", step="menu")
            + event(f"1.{n}", n, "prompt_started", text=said)
            + event(f"1.{n}", n, "outcome", outcome="NoInput", false_barge_ins=n_false)
            + event(f"1.{n}", n, "call_ended", status="HANGUP")
        )
    ingester_of(database, tmp_path / "journal").read_all()
    prompts = count_report(database, SPAN, ZONE).prompts
    assert [(one.turns, one.false_stops) for one in prompts] == [(2, 3), (1, 1)]


def report_of(calls: int, contained: int) -> Report:
    """A report of these numbers only."""
    return Report(
        span=SPAN,
        zone="UTC",
        calls=calls,
        statuses={},
        outcomes={name: contained if name == "contained" else 0 for name in OUTCOMES},
        rang_again=0,
        mean_s=0.0,
        by_hour=[],
        days=[],
        steps=[],
        paths=[],
        prompts=[],
        legs=[],
    )


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        ((1000, 500), (1000, 500), False),
        ((1000, 500), (1000, 520), False),
        ((1000, 500), (1000, 560), True),
        ((10, 0), (10, 10), False),
        ((0, 0), (100, 50), False),
        ((100, 100), (100, 100), False),
    ],
)
def test_more_than_chance(before: tuple[int, int], after: tuple[int, int], differs: bool) -> None:
    """A two-sided test of two proportions; few calls say nothing."""
    (contained, *_) = compare(report_of(*before), report_of(*after))
    assert contained.is_more_than_chance is differs
    assert 0 <= contained.p <= 1


def test_every_number_has_a_definition() -> None:
    """The page says them."""
    assert set(OUTCOMES) < set(DEFINITIONS)
    members = [status for statuses in OUTCOMES.values() for status in statuses]
    from ivr_agi.flow.run.results import Status

    assert sorted(members) == sorted([*Status, "LOST"])
