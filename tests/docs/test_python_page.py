"""docs/python.md: its code runs, and its names are those that there are."""

from __future__ import annotations

import re
from pathlib import Path

import ivr_agi

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text()


def test_the_code_runs() -> None:
    """One block after the other, and the tests in them."""
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/python.md", "exec"), names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        assert callable(test)
        test()


def test_the_names() -> None:
    """All that are at the root, and no others."""
    table = PAGE.partition("## The names")[2].partition("## What stays")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(ivr_agi.__all__)


def test_what_a_call_can_do() -> None:
    """All of its methods and properties."""
    table = PAGE.partition("## What a call can do")[2].partition("A prompt is a text")[0]
    public = {name for name in vars(ivr_agi.Call) if not name.startswith("_")} - {"abandon"}
    assert {name for name in public if not re.search(rf"\b{name}\b", table)} == set()
