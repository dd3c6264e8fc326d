"""An Asterisk of our own for SIP calls, with launcher, server and a speech service. Shell."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.asterisk.ami import Ami
from benchmarks.asterisk.chroot import prepared
from benchmarks.asterisk.installation import PROGRAM, Installation, Settings
from benchmarks.asterisk.instance import HOME, AsteriskInstance
from benchmarks.sip import run
from ivr_agi.bench.calls import FLOW
from ivr_agi.bench.processes import children, cores, peer
from ivr_agi.errors import IvrError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from benchmarks.sip import SipPlan
    from ivr_agi.bench.report import Row

__all__ = ("NICE", "behind", "run_on_asterisk")

FOLDER = f"{HOME}/installations/bench"
SETTINGS: Settings = {
    "serve": {"socket": "run/socket", "max_calls": 0, "drain_s": 0, "without_server": "refuse"},
    "log": {"level": "info"},
}
NICE = -10
"""As in our systemd unit: hundreds of Asterisk's threads want the same cores."""


def run_on_asterisk(plan: SipPlan, say: Callable[[str], None]) -> list[Row]:
    """Fetch and start an Asterisk (Debian, as root), and climb on it.

    Raises:
        Unavailable: An Asterisk cannot be had here.
        IvrError: Something did not start.
    """

    async def climb(asterisk: AsteriskInstance) -> list[Row]:
        async with behind(asterisk, plan) as here:
            return await run(here, say)

    say("Asterisk is started (at the first time it is fetched, 600 MB)")
    with prepared() as chroot:
        asterisk = AsteriskInstance(chroot)
        asterisk.start()
        try:
            return asyncio.run(climb(asterisk))
        finally:
            asterisk.stop()


@contextlib.asynccontextmanager
async def behind(asterisk: AsteriskInstance, plan: SipPlan) -> AsyncIterator[SipPlan]:
    """Put the IVR behind an Asterisk; gives the plan with its port, processes and journal."""
    async with (
        peer(cores()[1], "ivr_agi.bench.service") as service,
        await Ami.connect(asterisk.ami_port, asterisk.ami_secret) as ami,
    ):
        url = service.greeting.split()[-1]
        flows = {"main_menu": FLOW}
        program = Installation(asterisk.chroot, FOLDER, url, flows, SETTINGS)
        config = f"{FOLDER}/ivr-agi.toml"
        agi_bin = f"{FOLDER}/agi-bin"
        program.host.joinpath("agi-bin").mkdir()
        chroot = asterisk.chroot
        await asyncio.to_thread(
            chroot.run, PROGRAM, "install", "--agi-dir", agi_bin, "--config", config
        )
        before = await ami.get_variable("", "IVR_AGI")
        await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": f"{agi_bin}/ivr-agi"})
        argv = ["nice", "-n", str(NICE), *chroot.command(PROGRAM, "serve", "--config", config)]
        server = await asyncio.create_subprocess_exec(*argv, stdin=DEVNULL, stdout=PIPE)
        try:
            assert server.stdout is not None  # started with a pipe
            if not (await server.stdout.readline()).startswith(b"listening"):
                raise IvrError("the server did not start; its words are on standard error")
            await asyncio.sleep(1)  # until it has its worker
            watched = {
                "asterisk": asterisk.pid,
                "server": children(server.pid)[0],
                "speech": service.pid,
            }
            journal = program.host / "journal.jsonl"
            yield replace(plan, port=asterisk.sip_port, watched=watched, journal=journal)
        finally:
            with contextlib.suppress(ProcessLookupError):
                server.terminate()
            await server.wait()
            await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": before})
