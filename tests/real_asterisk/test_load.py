"""Many SIP calls at a time, with SIPp: ``ivr-agi bench asterisk`` on the whole of it.

A few calls as a test; ``IVR_AGI_BENCH_CALLS=10,50,100`` climbs so far (docs/performance.md).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ivr_agi.bench.calls import FLOW
from ivr_agi.bench.processes import cores, machine, peer
from ivr_agi.bench.report import as_text
from ivr_agi.bench.sip import SipPlan, run
from tests.real_asterisk.server import install_launcher, serving

if TYPE_CHECKING:
    from tests.real_asterisk.ami import Ami
    from tests.real_asterisk.installation import Install, Settings
    from tests.real_asterisk.instance import AsteriskInstance
    from tests.real_asterisk.tables import Tables

pytestmark = pytest.mark.asterisk

LADDER = tuple(int(word) for word in os.environ.get("IVR_AGI_BENCH_CALLS", "3,6").split(","))
SECONDS = float(os.environ.get("IVR_AGI_BENCH_SECONDS", "5"))


@pytest.mark.timeout(3600)
async def test_sip_calls(
    asterisk: AsteriskInstance, install: Install, ami: Ami, tables: Tables
) -> None:
    """All are answered, heard, interrupt their prompt and hang up; no audio is missing."""
    program = await ami.get_variable("", "IVR_AGI")
    async with peer(cores()[1], "ivr_agi.bench.service") as service:
        url = service.greeting.split()[-1]
        settings: Settings = {"serve": {"socket": "run/socket", "max_calls": 0}, "log": {"level": "info"}}
        installation = install(url, {"main_menu": FLOW}, settings)
        launcher = install_launcher(asterisk.chroot, installation)["IVR_AGI"]
        await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": launcher})
        try:
            with serving(asterisk.chroot, installation) as server:
                plan = SipPlan(
                    port=asterisk.sip_port,
                    ladder=LADDER,
                    seconds=SECONDS,
                    watched={
                        "asterisk": asterisk.pid,
                        "server": server.workers[0],
                        "speech": service.pid,
                    },
                    journal=installation.host / "journal.jsonl",
                )
                said: list[str] = []
                rows = {each.name: each for each in await run(plan, said.append)}
        finally:
            await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": program})
    tables.texts.append("\n".join([*said, as_text(machine(), list(rows.values()))]))
    carried = rows["sip_calls"].p50
    assert carried is not None
    assert carried >= LADDER[0], said
    if "IVR_AGI_BENCH_CALLS" not in os.environ:
        assert carried == LADDER[-1], said
    assert rows[f"sip_stop_{LADDER[0]}"].n > 0
