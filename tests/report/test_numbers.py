"""The numbers of a report against those that a plain script counts in the raw lines."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import random
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
FINAL = "voice_to_final"
N_CALLS = int(os.environ.get("IVR_AGI_REPORT_CALLS", "300"))
"""A million lines are 65,000 calls: ``make test-report``."""


def counted_plainly(lines: list[bytes]) -> dict[str, object]:
    """What a plain script says, without anything of ours."""
    by_call: dict[str, list[dict[str, object]]] = defaultdict(list)
    for line in lines:
        entry = json.loads(line)
        if entry["call"]:
            by_call[entry["call"]].append(entry)
    statuses, paths, steps = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    hours, callers, n_ms = Counter[int](), defaultdict(list), Counter[str]()
    legs, prompts = Counter[tuple[str, str]](), defaultdict[tuple[str, str], list[int]](list)
    for entries in by_call.values():
        begin = entries[0]
        data = begin["data"]
        assert isinstance(data, dict)
        at = float(str(begin["time"]))
        hours[datetime.datetime.fromtimestamp(at, ZONE).hour] += 1
        callers[data["caller"]].append(at)
        step, path, entered, said, asks, endpoint = "", [], 0.0, "", False, ""
        for entry in entries:
            data, name, at_s = entry["data"], str(entry["event"]), float(str(entry["at_s"]))
            assert isinstance(data, dict)
            if name == "step" or entry is entries[-1]:
                n_ms[step] += round((at_s - entered) * 1000)
                entered = at_s
            if name == "recognition_started":
                endpoint = data["endpoint"]
            elif name == "prompt_started":
                said = hashlib.sha256(data["text"].encode()).hexdigest()[:16]
            if name == "step":
                said = ""
                step = data["step"]
                path.append(step)
                steps[step, "visits"] += 1
            elif name == "outcome":
                steps[step, {"Heard": "voice", "Pressed": "keys"}.get(data["outcome"], "-")] += 1
                steps[step, "turns"] += 1
                steps[step, "false_stops"] += data.get("false_barge_ins", 0)
                if said:
                    prompts[said, step].append(data.get("false_barge_ins", 0))
                legs.update((endpoint, leg) for leg in data.get("legs_ms", {}))
            elif name in ("no_match", "no_input", "barge_in", "confirm", "choice"):
                steps[step, name] += 1
                steps[step, "refused"] += asks and name in ("no_match", "no_input")
                asks = name == "confirm"
            elif name == "call_ended":
                n_ms["of all"] += round(data["seconds"] * 1000)
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
        "ms": n_ms,
        "legs": legs,
        "prompts": {key: stops for key, stops in prompts.items() if sum(stops)},
    }


def write_varied_calls(path: Path, n_calls: int) -> list[bytes]:
    """Calls of two steps, and between them some with all else that a report counts."""
    lines = write_calls(path, n_calls)
    rng, more = random.Random(9), []
    for n in range(n_calls // 3):
        call, at_s = f"varied.{n}", n * 11.0

        def line(name: str, call: str = call, **data: object) -> None:
            nonlocal at_s
            at_s += rng.random()
            more.append(event(call, at_s, name, **data))

        line("call_started", flow="main", version="v2", caller=f"1390000{n % 40:04}")
        line("step", step="amount")
        line("prompt_started", text=f"How much, {n % 7}?")
        line("recognition_started", endpoint=f"ws://{n % 3}", trace_id="t")
        n_false = rng.randrange(3)
        line(
            "outcome",
            outcome="Heard",
            text="five",
            false_barge_ins=n_false,
            legs_ms={"voice_to_final": n},
        )
        for answer in rng.choices(["no_input", "no_match", "choice"], k=rng.randrange(3)):
            line("confirm", step="amount")
            line("prompt_started", text="Did you say five?")
            line("outcome", outcome=rng.choice(["NoInput", "Pressed", "Heard"]))
            line(answer, step="amount", count=1)
        status = rng.choice(["HANGUP", "SPEECH_DOWN", "VOICEMAIL", "DIALPLAN"])
        line("call_ended", status=status, seconds=round(rng.random() * 90, 3))
    file = JournalFile(path)
    for start in range(0, len(more), 500):
        file.append(b"".join(more[start : start + 500]))
    file.close()
    return [*lines, *more]


def test_every_number(database: Database, tmp_path: Path) -> None:  # noqa: F811
    """To the call."""
    lines = write_varied_calls(tmp_path / "journal", N_CALLS)
    ingester_of(database, tmp_path / "journal").read_all()
    report, plain = count_report(database, SPAN, ZONE), counted_plainly(lines)
    n_calls = N_CALLS + N_CALLS // 3
    assert report.calls == plain["calls"] == n_calls
    statuses, steps, n_ms = plain["statuses"], plain["steps"], plain["ms"]
    assert isinstance(statuses, dict)
    assert isinstance(steps, Counter)
    assert isinstance(n_ms, Counter)
    assert report.statuses == statuses
    assert report.outcomes == {
        "contained": statuses["COMPLETED"] + statuses["VOICEMAIL"],
        "transferred": statuses["TRANSFER"] + statuses["DIALPLAN"],
        "hung up": statuses["HANGUP"],
        "given up": statuses["SPEECH_DOWN"],
    }
    assert report.mean_s == n_ms["of all"] / 1000 / n_calls
    assert {">".join(path.steps): path.calls for path in report.paths} == plain["paths"]
    assert report.by_hour == plain["hours"]
    assert sum(day.calls for day in report.days) == n_calls
    assert report.rang_again == plain["again"]
    assert {step.step for step in report.steps} == {"menu", "bye", "amount"}
    for step in report.steps:
        for name, found in (
            ("visits", step.visits),
            ("turns", step.turns),
            ("voice", step.voice),
            ("keys", step.keys),
            ("no_match", step.no_match),
            ("no_input", step.no_input),
            ("false_stops", step.false_stops),
            ("barge_in", step.barge_ins),
            ("confirm", step.confirmed),
            ("refused", step.refused),
            ("left", step.left),
        ):
            assert found == steps[step.step, name], (step.step, name)
        assert step.mean_s == n_ms[step.step] / 1000 / step.visits
    assert {(leg.endpoint, leg.leg): leg.n for leg in report.legs} == plain["legs"]
    prompts = plain["prompts"]
    assert isinstance(prompts, dict)
    counted = {(one.prompt, one.step): (one.turns, one.false_stops) for one in report.prompts}
    assert counted == {key: (len(stops), sum(stops)) for key, stops in prompts.items()}
    final = next(leg for leg in report.legs if (leg.endpoint, leg.leg) == ("ws://a", FINAL))
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
