"""Metrics: what they count, and their form, checked by Prometheus' own tool where it is there."""

from __future__ import annotations

import random
import shutil
import subprocess

import pytest

from ivr_agi.metrics import exposition
from ivr_agi.metrics.counting import CallMetrics
from ivr_agi.metrics.exposition import Registry
from ivr_agi.store.batch import Batch, LineSorter
from ivr_agi.store.live import CallNow
from ivr_agi.store.summary import summarise
from ivr_agi.store.writing import StoredCall
from tests.store.journals import BEGIN, call_lines, event


def stored(n: int) -> list[StoredCall]:
    """Calls as they come from the ingester."""
    lines = [line.rstrip() for k in range(n) for line in call_lines(k, random.Random(k))]
    batch = LineSorter(lambda _: False).take(lines)
    return [
        StoredCall(k, call.unique_id, call.started, call.events[-1].time, made, call.events)
        for k, call in enumerate(batch.ended)
        for made in [summarise(call.events)]
    ]


def machine(*events: tuple[str, dict[str, object]]) -> Batch:
    """A batch of events of no call."""
    return Batch(
        n_bad=1,
        machine=[(BEGIN, name, event("", 0, name, **data).rstrip()) for name, data in events],
    )


def value(text: str, series: str) -> float:
    """A value of the page."""
    return float(next(line for line in text.splitlines() if line.startswith(series)).split()[-1])


def test_counts() -> None:
    """Calls, turns, misses, legs, and what belongs to no call."""
    metrics, calls = CallMetrics(BEGIN), stored(20)
    metrics.count(
        calls,
        machine(
            ("call_refused", {"reason": "full"}),
            ("stalled", {"ms": 130}),
            ("journal_gap", {"lines": 7}),
            ("other", {}),
        ),
    )
    text = metrics.registry.text()
    n_hung_up = sum(call.summary.status == "HANGUP" for call in calls)
    ended = 'ivr_agi_calls_ended_total{flow="main",status="HANGUP"}'
    assert value(text, ended) == n_hung_up
    n_heard = sum(turn.outcome == "Heard" for call in calls for turn in call.summary.turns)
    turns = 'ivr_agi_turns_total{flow="main",step="menu",outcome="Heard"}'
    assert value(text, turns) == n_heard
    n_stops = sum(turn.is_barge_in for call in calls for turn in call.summary.turns)
    assert value(text, 'ivr_agi_barge_in_stop_seconds_count{endpoint="ws://a"}') == n_stops
    assert (
        value(text, 'ivr_agi_barge_in_stop_seconds_bucket{endpoint="ws://a",le="0.02"}') == n_stops
    )
    assert value(text, "ivr_agi_calls_refused_total ") == 1
    assert value(text, 'ivr_agi_loop_lag_seconds_bucket{le="0.2"}') == 1
    assert value(text, "ivr_agi_journal_lost_lines_total ") == 7
    assert value(text, "ivr_agi_journal_bad_lines_total ") == 1
    assert "1380000" not in text
    assert "sales please" not in text


def test_a_backlog_is_no_spike() -> None:
    """Calls of before this process began are not counted."""
    metrics = CallMetrics(BEGIN + 1000)
    metrics.count(stored(5), machine(("call_refused", {})))
    text = metrics.registry.text()
    assert "ivr_agi_calls_ended_total{" not in text
    assert value(text, "ivr_agi_calls_refused_total ") == 0


def test_what_is_now() -> None:
    """Gauges change with what is there."""
    metrics = CallMetrics(BEGIN)
    now = CallNow("1.1", "100", "main", "menu", 3.0, "keys", "")
    metrics.show_calls([now, now])
    metrics.show_store(is_up=True, behind_bytes=100, behind_s=1.5)
    text = metrics.registry.text()
    assert value(text, 'ivr_agi_calls{flow="main"}') == 2
    assert value(text, "ivr_agi_journal_behind_seconds ") == 1.5
    metrics.show_calls([])
    assert 'ivr_agi_calls{flow="main"}' not in metrics.registry.text()


def test_labels_are_quoted_and_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a step is called; a new name with each call fills no memory."""
    monkeypatch.setattr(exposition, "MOST_SERIES", 2)
    family = (registry := Registry()).family("a_total", "counter", "About.", "step")
    for name in ('a"b\\c\nd', "two", "three", "four", "two"):
        family.add(1, name)
    assert registry.text().splitlines()[2:] == [
        'a_total{step="a\\"b\\\\c\\nd"} 1',
        'a_total{step="other"} 2',
        'a_total{step="two"} 2',
    ]
    with pytest.raises(ValueError, match="has 1 labels, got 0"):
        family.add(1)
    histogram = registry.family("b_seconds", "histogram", "About.")
    histogram.observe(100.0)
    assert 'b_seconds_bucket{le="+Inf"} 1' in registry.text()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="apt-get install prometheus")
def test_prometheus_can_read_it() -> None:
    """Without a complaint."""
    metrics = CallMetrics(BEGIN)
    metrics.count(stored(20), machine(("stalled", {"ms": 3})))
    metrics.show_calls([CallNow("1.1", "100", "main", "menu", 3.0, "keys", "")])
    metrics.show_store(is_up=True, behind_bytes=0, behind_s=0)
    command = ["promtool", "check", "metrics"]
    page = metrics.registry.text()
    done = subprocess.run(command, input=page, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
