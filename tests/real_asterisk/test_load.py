"""Many SIP calls at a time, with SIPp: ``python -m benchmarks.sip``, small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.sip import behind
from benchmarks.sip_calls import SipPlan, run_sip_calls
from ivr_agi.bench.processes import machine
from ivr_agi.bench.report import as_text

if TYPE_CHECKING:
    from benchmarks.asterisk.instance import AsteriskInstance
    from tests.real_asterisk.tables import Tables

pytestmark = pytest.mark.asterisk

MOST = 6


async def test_sip_calls(asterisk: AsteriskInstance, tables: Tables) -> None:
    """All are answered, interrupt their prompt and hang up; no audio is missing."""
    said: list[str] = []
    async with behind(asterisk, SipPlan(ladder=(3, MOST), seconds=5)) as plan:
        rows = await run_sip_calls(plan, said.append)
    tables.texts.append("\n".join([*said, as_text(machine(), rows)]))
    by_name = {each.name: each for each in rows}
    assert by_name["sip_calls"].p50 == MOST, said
    assert by_name[f"sip_stop_{MOST}"].n > 0
