"""``python -m benchmarks.turn --asterisk``: turns on a real Asterisk. Asyncio shell.

The same measurement as ``ivr-agi bench turn``, with callers on RTP in place of the simulator.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING

from benchmarks.asterisk.ami import Ami
from benchmarks.asterisk.caller import Caller
from benchmarks.asterisk.chroot import Unavailable, prepared
from benchmarks.asterisk.installation import ChrootInstallation
from benchmarks.asterisk.instance import HOME, AsteriskInstance
from benchmarks.command import benchmark_parser, run_benchmark
from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S
from ivr_agi.bench.signals import onset_s, tone
from ivr_agi.bench.turn import (
    PROMPT_S,
    VOICES,
    ObservedCall,
    TurnsPlan,
    measure,
    run_turns,
    talk,
    turn_flows,
    turn_rows,
)
from ivr_agi.cli.bench.common import check_positive, say
from ivr_agi.demo.run import check_demo_packages, local_speech_server

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.asterisk.caller import Call
    from ivr_agi.bench.report import Row

__all__ = ("main", "onsets_of", "run_turns_on_asterisk")

HANG_UP_S = 30.0


def run_turns_on_asterisk(plan: TurnsPlan, say: Callable[[str], None]) -> list[Row]:
    """Measure on a real Asterisk, which is fetched at the first time; the callers' side of it.

    Raises:
        Unavailable: This machine cannot run it, or it did not start.
        IvrError: Something else is missing, or went wrong.
        TimeoutError: A call went wrong.
    """
    check_demo_packages()
    say("Asterisk is started (at the first time it is fetched, 600 MB)")
    try:
        with _asterisk() as instance:
            return asyncio.run(_call_asterisk(instance, plan, say))
    except RuntimeError as exc:
        raise Unavailable(str(exc)) from exc


@contextlib.contextmanager
def _asterisk() -> Iterator[AsteriskInstance]:
    with prepared() as chroot:
        instance = AsteriskInstance(chroot)
        instance.start()
        try:
            yield instance
        finally:
            instance.stop()


async def _call_asterisk(
    instance: AsteriskInstance, plan: TurnsPlan, say: Callable[[str], None]
) -> list[Row]:
    (instance.home / "sounds/tone.sln").write_bytes(tone(PROMPT_S))
    flows = turn_flows(plan, f"{HOME}/sounds/tone")
    turns: list[dict[str, float]] = []
    async with (
        local_speech_server() as url,
        await Ami.connect(instance.ami_port, instance.ami_secret) as ami,
    ):
        caller = Caller(ami)
        program = ChrootInstallation(instance.chroot, f"{HOME}/bench", url, flows)
        await program.sync_vocabularies()
        for batch in plan.batches():
            say(f"{len(turns)} of {plan.turns} turns")
            called = [_call(caller, program, number, n, plan.seed) for number, n in batch]
            for observed in await asyncio.gather(*called):
                turns += measure(observed)
    return turn_rows(turns)


async def _call(
    caller: Caller, program: ChrootInstallation, number: int, n_turns: int, seed: int
) -> ObservedCall:
    async with caller.call("100", variables=program.variables(f"turns{number}")) as call:
        await talk(call, program, n_turns, seed + number)
        await call.ended(HANG_UP_S)
    return ObservedCall(
        events=program.events(call),
        heard=[frame.at for frame in call.frames if frame.is_audible],
        onsets=onsets_of(call, n_turns),
    )


def onsets_of(call: Call, n_turns: int) -> list[float]:
    """When each of the caller's sentences began: frames are spoken in the 20 ms before they leave.

    Args:
        call: A call on which :func:`ivr_agi.bench.turn.talk` has talked.
        n_turns: How often.
    """
    onsets, before = [], 0
    for turn in range(n_turns):
        voice = VOICES[turn % len(VOICES)]
        frame, within_s = divmod(onset_s(voice), FRAME_S)
        onsets.append(call.said_frames[before + int(frame)].at - FRAME_S + within_s)
        before += -(-len(voice) // FRAME_BYTES)
    return onsets


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("turn")
    parser.add_argument(
        "--turns", type=int, default=200, metavar="N", help="questions with an answer (%(default)s)"
    )
    parser.add_argument(
        "--calls", type=int, default=2, metavar="N", help="calls at the same time (%(default)s)"
    )
    parser.add_argument(
        "--asterisk",
        action="store_true",
        help="on a real Asterisk, in place of the simulator (Debian, root)",
    )
    return run_benchmark(parser, _measure_asked, argv)


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "turns", "calls")
    plan = TurnsPlan(args.turns, args.calls)
    return run_turns_on_asterisk(plan, say) if args.asterisk else asyncio.run(run_turns(plan, say))


if __name__ == "__main__":
    sys.exit(main())
