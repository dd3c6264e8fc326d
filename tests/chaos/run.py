"""One run: calls, trouble, and the verdict. Asyncio shell."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ivr_agi.bench.processes import memory_kb
from ivr_agi.journal import Event, read_events
from tests.chaos.calls import CallRecord, PlannedCall, make_calls, plan_calls
from tests.chaos.silence import Span
from tests.chaos.site import DEADLINE_S, Site, until
from tests.chaos.speech import TOKEN
from tests.chaos.table import TROUBLE
from tests.chaos.verdict import Begun, Rest, Run, judge, silence

WARM_UP = 24
"""Calls before the first look at the workers."""
IDLE_S = 18.0
"""Until sockets that are kept for the next call are closed (15 s), and waiting threads are idle."""
STEP_S = 0.02
STALL_S = 0.06
POOLS = ("ivr-agi ",)
"""How the names of threads begin that stay: those of our pools."""


@dataclass(frozen=True)
class ChaosPlan:
    """How much."""

    seed: int
    calls: int
    at_once: int = 40
    share: float = 0.4
    """Of the speech service's connections that are hostile."""
    trouble_every_s: float = 3.0
    """Mean time between two troubles."""


async def run_chaos(folder: Path, plan: ChaosPlan, say: Callable[[str], None]) -> Run:
    """Make all calls of a run; return what became of them."""
    dice = random.Random(plan.seed)
    calls: list[CallRecord] = []
    stalls: list[Span] = []
    async with Site(folder, plan.seed * 1000, plan.share) as site:
        watch = asyncio.create_task(_watch_stalls(stalls))
        planned = plan_calls(plan.seed, plan.calls, str(folder / "scripts"))
        warm_up = [PlannedCall(f"8{n:07}", "warm-up", ("chain",)) for n in range(WARM_UP)]
        await make_calls(site, warm_up, WARM_UP // 2, calls.append)
        await asyncio.sleep(IDLE_S)
        first = _most([await _look(site, pid) for pid in site.workers])
        last_trouble = int(plan.calls * 0.8)
        making = asyncio.create_task(
            make_calls(site, planned, plan.at_once, _teller(calls, plan.calls + WARM_UP, say))
        )
        while len(calls) < last_trouble + WARM_UP and not making.done():
            await asyncio.sleep(dice.expovariate(1 / plan.trouble_every_s))
            row = dice.choice(TROUBLE)
            say(f"{len(calls)} calls: {row.name}")
            await row.how(site, dice)
        await making
        await asyncio.sleep(IDLE_S)
        last = {pid: await _look(site, pid) for pid in site.workers}
        await _end(site)
        watch.cancel()
        left = [
            pid
            for pid in {*site.pids, *await asyncio.to_thread(site.find_processes)}
            if _is_alive(pid)
        ]
        await asyncio.sleep(0)
        return await asyncio.to_thread(_collect, site, calls, stalls, first, last, left)


def _teller(
    calls: list[CallRecord], n_calls: int, say: Callable[[str], None]
) -> Callable[[CallRecord], None]:
    def note(call: CallRecord) -> None:
        calls.append(call)
        if len(calls) % 100 == 0:
            say(f"{len(calls)} of {n_calls} calls")

    return note


async def _watch_stalls(stalls: list[Span]) -> None:
    """Note when this process, and so the machine, stood still."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + STEP_S
        await asyncio.sleep(STEP_S)
        if loop.time() - due > STALL_S:
            stalls.append((due, loop.time()))


async def _look(site: Site, pid: int) -> Rest:
    """What a worker has."""
    file = Path(f"{site.environment['CHAOS_LOOK']}{pid}")
    await asyncio.to_thread(file.unlink, missing_ok=True)
    os.kill(pid, signal.SIGUSR2)
    await until(file.exists)
    found = json.loads(await asyncio.to_thread(file.read_bytes))
    return Rest(
        Counter(found["fds"]),
        found["tasks"],
        Counter(thread for thread in found["threads"] if not thread.startswith(POOLS)),
        memory_kb(pid),
    )


def _most(rests: list[Rest]) -> Rest:
    """The most that any worker has at the begin."""
    fds, threads = Counter[str](), Counter[str]()
    for rest in rests:
        fds |= rest.fds
        threads |= rest.threads
    return Rest(fds, max(r.tasks for r in rests), threads, max(r.memory_kb for r in rests))


async def _end(site: Site) -> None:
    """Stop the server, and give its workers the time that they may take."""
    await site.stop_server(signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await until(lambda: not any(map(_is_alive, site.pids)), DEADLINE_S + 60)


def _is_alive(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def _collect(
    site: Site,
    calls: list[CallRecord],
    stalls: list[Span],
    first: Rest,
    last: dict[int, Rest],
    left: list[int],
) -> Run:
    journal = [event for file in site.folder.glob("journal.jsonl*") for event in read_events(file)]
    stood_still = [
        (event.at_s - event.data["ms"] / 1000, event.at_s)
        for event in journal
        if event.event == "stalled"
    ]
    begun = [msgspec.json.decode(line, type=Begun) for line in site.begun.read_bytes().splitlines()]
    log = (site.folder / "log").read_text(errors="replace").splitlines()
    log += (site.folder / "console").read_text(errors="replace").splitlines()
    return Run(
        calls,
        sorted(journal, key=_at_s),
        begun,
        [*stalls, *stood_still, *site.stopped],
        first,
        last,
        left,
        list(_files_with_token(site.folder)),
        log,
    )


def _at_s(event: Event) -> float:
    return event.at_s


def _files_with_token(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*"):
        if file.is_file() and TOKEN.encode() in file.read_bytes():
            yield str(file.relative_to(folder))


def report(run: Run, took_s: float) -> tuple[list[str], int]:
    """What a run came to, in lines, and how much was wrong."""
    statuses = Counter(call.statuses[-1] if call.statuses else "none" for call in run.calls)
    silences = sorted(silence(run, call) for call in run.calls)
    stalled_s = sum(end - begin for begin, end in run.merged_stalls)
    lines = [
        f"{len(run.calls)} calls in {took_s:.0f} s; IVR_STATUS: "
        + ", ".join(f"{status} {n}" for status, n in statuses.most_common()),
        f"{sum(run.worker_died(call) for call in run.calls)} calls lost their worker",
        f"longest silence {silences[-1]:.1f} s; stalls taken off: {stalled_s:.0f} s",
    ]
    if run.first is not None:
        lines.append(f"a worker at the begin: {_told(run.first)}")
        lines += [f"worker {pid} at the end: {_told(rest)}" for pid, rest in run.last.items()]
    n_wrong = 0
    for check, found in judge(run).items():
        n_wrong += len(found)
        lines.append(f"{check}: {'ok' if not found else f'{len(found)} wrong'}")
        lines += [f"    {line[:3000]}" for line in found[:20]]
    return lines, n_wrong


def _told(rest: Rest) -> str:
    return (
        f"{sum(rest.fds.values())} fds, {rest.tasks} tasks, {sum(rest.threads.values())} threads, "
        f"{rest.memory_kb / 1024:.0f} MB"
    )
