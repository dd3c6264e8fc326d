"""The page of a report: one file, readable, and nothing of others runs in it."""

from __future__ import annotations

import datetime
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.report.definitions import DEFINITIONS
from ivr_agi.report.drawing import draw_traffic
from ivr_agi.report.numbers import (
    Comparison,
    DayNumbers,
    LegNumbers,
    PathNumbers,
    PromptNumbers,
    Report,
    ReportSpan,
    StepNumbers,
)
from ivr_agi.report.page import bar_chart, render_page

ZONE = ZoneInfo("Europe/Berlin")
EVIL = "<script>alert('x')</script>\"&"
ROOT = Path(__file__).parents[2]


def report(name: str = "menu", calls: int = 10) -> Report:
    """A report with one of each; names are the flow's and may be anything."""
    return Report(
        span=ReportSpan(since=1_793_000_000, until=1_793_100_000, flow=name, version=name),
        zone="Europe/Berlin",
        calls=calls,
        statuses={"HANGUP": 4, "COMPLETED": 6},
        outcomes={"contained": 6, "transferred": 0, "hung up": 4, "given up": 0},
        rang_again=1,
        mean_s=12.34,
        by_hour=list(range(24)),
        days=[DayNumbers(day=datetime.date(2026, 10, 25), hours=25, calls=10)],
        steps=[StepNumbers(step=name, visits=10, voice=5, left=4, mean_s=3.0)],
        paths=[PathNumbers(steps=[name, "bye"], calls=10, share=1.0)],
        prompts=[PromptNumbers(prompt="ab12", step=name, turns=3, false_stops=2)],
        legs=[LegNumbers(endpoint=name, leg="voice_to_stop", n=5, p50=10, p95=20, p99=30)],
    )


class Tags(HTMLParser):
    """Tags and their nesting."""

    VOID = frozenset({"meta", "br", "line", "rect", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def tags_of(page: str) -> Tags:
    """What a page has; every tag is closed."""
    found = Tags()
    found.feed(page)
    assert found.open == []
    return found


def test_one_file_that_runs_nothing() -> None:
    """No script, no other file; what others have named is text."""
    before = report()
    shares = [Comparison(name="contained", before=0.5, after=0.6, p=0.01, is_more_than_chance=True)]
    page = render_page(report(EVIL), ZONE, comparison=shares, before=before, drawing="<svg></svg>")
    tags = tags_of(page)
    assert "script" not in tags.seen
    assert tags.links == []
    assert "&lt;script&gt;" in page
    assert '<td class="left differs">yes</td>' in page
    assert "<svg></svg>" in page


def test_what_it_says() -> None:
    """Numbers, their definitions, the time and its zone, odd days."""
    page = render_page(report(), ZONE)
    tags_of(page)
    for text in (
        "60.0 %",
        "contained (6)",
        "12.3 s",
        "2026-10-25 has 25 hours",
        "Europe/Berlin",
        "menu › bye",
        "Calls that ended without a person",
        "What these numbers mean",
        "2026-10-26",
    ):
        assert text in page, text
    assert "Compared with" not in page


def test_paper_and_phones() -> None:
    """Definitions are on paper, too, where nothing opens; a phone shows a third of the labels."""
    page = render_page(report(), ZONE)
    paper = page.partition('<section class="paper">')[2]
    for name in DEFINITIONS:
        assert f"<dt>{name}</dt>" in paper
    chart = bar_chart([1] * 24, [str(n) for n in range(24)], "calls")
    major = [bar["label"] for bar in chart["bars"] if not bar["is_minor"]]
    assert major == ["0", "3", "6", "9", "12", "15", "18", "21"]


def test_a_page_of_no_calls() -> None:
    """It says so."""
    empty = report(calls=0)
    empty.steps, empty.paths, empty.prompts, empty.legs, empty.days = [], [], [], [], []
    page = render_page(empty, ZONE)
    tags_of(page)
    assert "No call began in this time." in page


def test_bars() -> None:
    """As high as they are many; not every one has its label."""
    chart = bar_chart([0, 5, 10], ["a", "b", "c"], "x")
    assert [bar["height"] for bar in chart["bars"]] == [0, 57, 114]
    many = bar_chart([1] * 90, [str(n) for n in range(90)], "x")
    assert sum(bool(bar["label"]) for bar in many["bars"]) <= 24
    assert bar_chart([], [], "x")["bars"] == []


def test_the_flow_with_its_traffic(tmp_path: Path) -> None:
    """Each step says how many came, and how many left."""
    made = report("main")
    svg = draw_traffic(ROOT / "config/flows/main_menu.yaml", made)
    assert "10 visits, 40 % left" in svg
    made.steps[0].left = 0
    assert "10 visits<" in draw_traffic(ROOT / "config/flows/main_menu.yaml", made)
    with pytest.raises(FlowError):
        draw_traffic(tmp_path / "none.yaml", made)
