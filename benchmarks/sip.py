"""``python -m benchmarks.sip``: SIP calls to a real Asterisk, with the IVR behind it. Shell."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.asterisk.ami import Ami
from benchmarks.asterisk.chroot import prepared
from benchmarks.asterisk.installation import CHROOT_PROGRAM, ChrootInstallation
from benchmarks.asterisk.instance import HOME, AsteriskInstance
from benchmarks.command import benchmark_parser, run_benchmark
from benchmarks.sip_calls import SipPlan, run_sip_calls
from ivr_agi.bench.calls import CALLS_FLOW
from ivr_agi.bench.processes import children, cores, peer
from ivr_agi.cli.bench.common import check_positive, numbers, say
from ivr_agi.errors import ConfigError, IvrError

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Sequence

    from ivr_agi.bench.installation import Sections
    from ivr_agi.bench.report import Row

__all__ = ("NICE", "behind", "main", "run_sip_calls_on_asterisk")

FOLDER = f"{HOME}/installations/bench"
_SETTINGS: Sections = {
    "serve": {"socket": "run/socket", "max_calls": 0, "drain_s": 0, "without_server": "refuse"},
    "log": {"level": "info"},
}
NICE = -10
"""As in our systemd unit: hundreds of Asterisk's threads want the same cores."""


def run_sip_calls_on_asterisk(plan: SipPlan, say: Callable[[str], None]) -> list[Row]:
    """Fetch and start an Asterisk (Debian, as root), and climb on it.

    Raises:
        Unavailable: An Asterisk cannot be had here.
        IvrError: Something did not start.
    """

    async def climb(asterisk: AsteriskInstance) -> list[Row]:
        async with behind(asterisk, plan) as here:
            return await run_sip_calls(here, say)

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
        flows = {"main_menu": CALLS_FLOW}
        program = ChrootInstallation(asterisk.chroot, FOLDER, url, flows, _SETTINGS)
        config = f"{FOLDER}/ivr-agi.toml"
        agi_bin = f"{FOLDER}/agi-bin"
        program.host.joinpath("agi-bin").mkdir()
        chroot = asterisk.chroot
        await asyncio.to_thread(
            chroot.run, CHROOT_PROGRAM, "install", "--agi-dir", agi_bin, "--config", config
        )
        before = await ami.get_variable("", "IVR_AGI")
        await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": f"{agi_bin}/ivr-agi"})
        argv = [
            "nice",
            "-n",
            str(NICE),
            *chroot.command(CHROOT_PROGRAM, "serve", "--config", config),
        ]
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return the exit code."""
    parser = benchmark_parser(
        "sip",
        "Without --sip on an Asterisk of its own, fetched once (Debian, root). Needs SIPp.",
    )
    parser.add_argument(
        "--sip", metavar="HOST:PORT", help="an Asterisk that runs, with the IVR behind it"
    )
    parser.add_argument(
        "--extension", default="100", metavar="NUMBER", help="number that is called (%(default)s)"
    )
    parser.add_argument(
        "--at", type=numbers, metavar="N,N,...", help="numbers of calls (default: up to 500)"
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=20.0,
        metavar="N",
        help="new calls a second (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=15.0,
        metavar="S",
        help="seconds of each step (%(default)s)",
    )
    parser.add_argument(
        "--watch",
        action="append",
        default=[],
        metavar="NAME=PID",
        help="a process whose processor time is shown; may be given again",
    )
    parser.add_argument("--journal", type=Path, metavar="FILE", help="the server's journal")
    return run_benchmark(parser, _measure, argv)


def _measure(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "rate", "seconds")
    host, _, port = (args.sip or "127.0.0.1:5060").rpartition(":")
    try:
        watched = {name: int(pid) for name, _, pid in (each.partition("=") for each in args.watch)}
        plan = SipPlan(
            host,
            int(port),
            args.extension,
            SipPlan.ladder if args.at is None else args.at,
            args.seconds,
            args.rate,
            watched,
            args.journal,
        )
    except ValueError as exc:
        raise ConfigError("expected HOST:PORT and NAME=PID, with numbers") from exc
    if args.sip:
        return asyncio.run(run_sip_calls(plan, say))
    return run_sip_calls_on_asterisk(plan, say)


if __name__ == "__main__":
    sys.exit(main())
