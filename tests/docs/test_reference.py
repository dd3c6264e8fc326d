"""The pages of the reference, the site's tree and the pictures follow from the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr_agi.flow.run.results import OUR_VARIABLES, RETURN_VARIABLES, Status
from tests.docs.blocks import PAGES
from tests.house.code import ROOT
from tools.make_pictures import flow_picture
from tools.make_reference import leaves, pages

DOCS = ROOT / "docs"
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_a_page_is_fresh(path: Path) -> None:
    """``make docs`` writes it."""
    assert path.read_text(encoding="utf-8") == pages()[path], "run: python -m tools.make_reference"


def test_every_command_is_on_its_page() -> None:
    """Those that have a help text; what is hidden is not."""
    page = pages()[DOCS / "reference/commands.md"]
    assert [words for words, _ in leaves() if f"## `{' '.join(words)}`\n" not in page] == []
    assert "bench asterisk" not in page


def test_variables_of_the_dialplan() -> None:
    """``docs/dialplan.md`` has each that every call sets, and each status."""
    page = (DOCS / "dialplan.md").read_text(encoding="utf-8")
    got = page.partition("## What the dialplan gets")[2].partition("## What the dialplan sets")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", got, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert set(OUR_VARIABLES) <= named
    assert {status.value for status in Status} <= named
    assert named - set(OUR_VARIABLES) - {status.value for status in Status} == {
        *("IVR_SLOT_NAME", "IVR_NAME"),
        *RETURN_VARIABLES,
    }


def test_every_page_has_a_place_in_the_site() -> None:
    """The tree in ``docs/index.md`` has each page once, and no other."""
    tree = re.findall(r"^([\w./-]+)$", (DOCS / "index.md").read_text(encoding="utf-8"), re.M)
    placed = [(DOCS / f"{name}.md").resolve() for name in tree]
    assert len(placed) == len(set(placed))
    missing = {str(page.relative_to(ROOT)) for page in {*PAGES} - {*placed, DOCS / "index.md"}}
    assert missing == set(), "put these pages into docs/index.md"
    assert {*placed} - {*PAGES} == set(), "docs/index.md names pages that there are not"


def test_pictures_are_there_and_used() -> None:
    """Each has a text for those who do not see it."""
    used = set()
    for page in PAGES:
        for text, target in PICTURE.findall(page.read_text(encoding="utf-8")):
            assert len(text) > 10, target
            used.add((page.parent / target).resolve())
    assert used == set((DOCS / "pictures").iterdir())


def test_the_picture_of_the_flow_is_fresh() -> None:
    """Run ``make pictures`` after a change of the drawing or of the tutorial's flow."""
    assert (DOCS / "pictures/flow.svg").read_text(encoding="utf-8") == flow_picture()


def test_the_picture_of_the_call_is_one() -> None:
    """The demo made it: a PNG."""
    assert (DOCS / "pictures/call.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
