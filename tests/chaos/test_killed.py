"""A process is killed: what the dialplan gets, at each state of a call."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.killed import AT_ONCE_S, EXPECTED, GOES_ON, kill, page

PAGE = Path(__file__).parents[2] / "docs/killed.md"


def test_the_page_has_the_table() -> None:
    """As it is expected here."""
    assert page() in PAGE.read_text()


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("CHAOS_KILL"), reason="CHAOS_KILL=1, on a quiet machine")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("process", EXPECTED)
async def test_a_process_is_killed(tmp_path: Path, process: str) -> None:
    """The status; and who does not go on ends at once."""
    found = await kill(tmp_path, process)
    assert {state: killed.status for state, killed in found.items()} == EXPECTED[process]
    for state, killed in found.items():
        if killed.status != GOES_ON[state]:
            assert killed.after_s < AT_ONCE_S, (state, killed)
