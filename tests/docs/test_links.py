"""What the documents point at is there: files, headings, and paths in back-ticks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES as FILES
from tests.house.code import ROOT

OF_OTHERS = {"docs/reference/style.md"}
"""Names files of other projects, and forms of names."""
PAGES = [path.relative_to(ROOT).as_posix() for path in FILES]


def text_of(page: Path) -> str:
    """Without blocks of code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.sub(r"^    .*$", "", text, flags=re.M)


def anchors_of(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links(page: str) -> None:
    """Relative links, with their headings."""
    path = ROOT / page
    text = re.sub(r"`[^`\n]*`", "", text_of(path))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        there = path.parent / file if file else path
        assert there.exists(), target
        assert not anchor or anchor in anchors_of(there), target


@pytest.mark.parametrize("page", [page for page in PAGES if page not in OF_OTHERS])
def test_paths(page: str) -> None:
    """Files of this project that are named without a link."""
    names = re.findall(
        r"`((?:ivr_agi|tests|config|docs|dialplans)/[\w./-]+)`", text_of(ROOT / page)
    )
    assert [name for name in names if not (ROOT / name).exists()] == []
