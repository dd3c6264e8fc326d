"""``ivr-agi bench calls``: how many calls one core of the warm server carries, and at what cost.

Asyncio shell. The server has one core to itself; the simulated Asterisk and the speech service
(:mod:`.callers`, :mod:`.service`) share the other one. Every call asks the same question again and
again: a prompt of 4 s, which the caller interrupts after 2.5 s, words a second later, next turn.
That is a turn every 3.6 s for as long as the step lasts, about three times as busy as people are.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ivr_agi.bench.instruments import summary
from ivr_agi.bench.load_steps import LoadStep, as_points, command_latencies, stall_rows, step_rows
from ivr_agi.bench.processes import (
    Peer,
    children,
    cores,
    cpu_seconds,
    memory_kb,
    peer,
    pinned,
    private_kb,
    started,
)
from ivr_agi.bench.service import PROMPT_MS, WORDS
from ivr_agi.errors import IvrError
from ivr_agi.serve.launcher import GREETING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ivr_agi.bench.report import Row

__all__ = ("CallsPlan", "Found", "Site", "a_site", "climb", "profile", "run_calls", "stall")

CALLS_FLOW = f"""\
start: ask
steps:
  ask:
    do: menu
    prompt: Say again to hear this once more. This is all that I have to say.
    choices:
      - {{words: [{WORDS}], key: "1", go: ask}}
    no_input: {{after: 3, go: over}}
    no_match: {{after: 3, go: over}}
  over:
    do: hangup
"""
_SETTINGS = """\
[speech]
url = "{url}"
project_id = "bench"
auth = "none"
[recognition]
property = "{model}"
[paths]
flows = "flows"
spool = "spool"
[serve]
socket = "serve.sock"
max_calls = 0
drain_s = 0
[journal]
file = "journal.jsonl"
[log]
file = "log"
"""
NARROW_MODEL = "english_8k_common"
"""The line's own rate: nothing is converted."""
_RAMP_PER_S = 25
WORKER_S = 30.0
"""Longest wait for the worker: the server loads its code before it has one."""
START_S = 1.0
"""Seconds until the worker is ready."""
SETTLE_S = 5.0
"""Seconds after the last new call: longer than a turn."""
STALL_SETTLE_S = 6.0
"""Seconds for the audio kept during a stall to be sent."""
ENDLESS = 1_000_000


@dataclass(frozen=True)
class CallsPlan:
    """How many calls, and for how long."""

    ladder: tuple[int, ...] = (10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000)
    """Numbers of calls; the climb ends at the first one that breaks."""
    baseline: tuple[int, ...] = (10, 25, 50, 100, 200)
    """The same for the plain script; empty: without."""
    seconds: float = 15.0
    """How long each step is held."""
    stall_calls: int = 0
    """Calls through a stall of the service; 0: as many as are carried, at most 500."""
    stall_s: float = 2.0
    """Its length; 0: without."""


@dataclass(frozen=True)
class Site:
    """The processes around the calls: speech service, server, simulated Asterisk."""

    folder: Path
    service: Peer
    callers: Peer
    server_pid: int
    """The worker's."""
    how: dict[str, Any]
    """Command that makes the simulated Asterisk call the measured program."""
    is_plain: bool = False
    """Whether each call is a process of its own."""


@dataclass
class Found:
    """What a run found."""

    steps: list[LoadStep] = field(default_factory=list)
    baseline: list[LoadStep] = field(default_factory=list)
    stalled: list[LoadStep] = field(default_factory=list)
    stall_s: float = 0.0

    @property
    def rows(self) -> list[Row]:
        """The numbers of ``design.md`` 6."""
        rows = step_rows(self.steps, self.baseline) if self.steps else []
        for step in self.stalled:
            rows += stall_rows(step, self.stall_s)
        return rows

    @property
    def points(self) -> dict[str, Any]:
        """Every step, for pictures."""
        return {"steps": as_points(self.steps), "baseline_steps": as_points(self.baseline)}


async def run_calls(plan: CallsPlan, say: Callable[[str], None]) -> Found:
    """Climb; then stall; then climb with the plain script. Some ten minutes.

    Raises:
        IvrError: A process did not start.
    """
    found = Found(stall_s=plan.stall_s)
    async with a_site() as site:
        found.steps = await climb(site, plan.ladder, plan.seconds, say)
    if plan.stall_s:
        carried = max((step.calls for step in found.steps if not step.broke), default=10)
        n_calls = plan.stall_calls or min(500, carried)
        async with a_site() as site:
            found.stalled = [await stall(site, n_calls, plan.stall_s, say)]
    if plan.baseline:
        async with a_site(plain=True) as site:
            found.baseline = await climb(site, plan.baseline, plan.seconds, say)
    return found


@asynccontextmanager
async def a_site(
    *, plain: bool = False, observe: str = "", model: str = NARROW_MODEL
) -> AsyncIterator[Site]:
    """Start all processes; at the end of the block they, and the site's folder, are gone.

    Args:
        plain: Without a server; each call is the plain script's, in a process of its own.
        observe: ``profile`` or ``tasks``: what the server leaves in the file of that name
            (:mod:`ivr_agi.bench.instruments`).
        model: The recognition model; its rate is what counts.
    """
    measured, driving = cores()
    with tempfile.TemporaryDirectory(prefix="ivr-agi-bench-") as name, pinned(driving):
        folder = Path(name)
        async with (
            peer(driving, "ivr_agi.bench.service") as service,
            peer(driving, "ivr_agi.bench.callers") as callers,
        ):
            url = service.greeting.split()[-1]
            if plain:
                yield Site(folder, service, callers, 0, _plain(folder, url, measured), True)
                return
            config = _write_installation(folder, url, model)
            module = ["ivr_agi"]
            if observe:
                module = ["ivr_agi.bench.instruments", observe, str(folder / observe)]
            async with started(measured, *module, "serve", "--config", str(config)) as server:
                assert server.stdout is not None  # started with a pipe
                if not (await server.stdout.readline()).startswith(b"listening"):
                    raise IvrError("the server did not start; its words are on standard error")
                worker = await _find_worker(server.pid)
                await asyncio.sleep(START_S)
                how = {
                    "arguments": ["bench"],
                    "socket": str(folder / "serve.sock"),
                    "greeting": GREETING.decode(),
                    "ramp_per_s": _RAMP_PER_S,
                }
                yield Site(folder, service, callers, worker, how)


async def _find_worker(server_pid: int) -> int:
    """Return the pid of a server's only worker, as soon as there is one.

    Raises:
        IvrError: There is none.
    """
    for _ in range(int(WORKER_S / 0.05)):
        if workers := children(server_pid):
            return workers[0]
        await asyncio.sleep(0.05)
    raise IvrError(f"the server has started no worker in {WORKER_S:g} s; its log says why")


def _write_installation(folder: Path, url: str, model: str) -> Path:
    (folder / "flows").mkdir()
    (folder / "flows/bench.yaml").write_text(CALLS_FLOW, encoding="utf-8")
    config = folder / "ivr-agi.toml"
    config.write_text(_SETTINGS.format(url=url, model=model), encoding="utf-8")
    return config


def _plain(folder: Path, url: str, core: int) -> dict[str, Any]:
    """The plain script has its prompt recorded."""
    (folder / "prompt.sln").write_bytes(bytes(16 * PROMPT_MS))
    return {
        "program": [sys.executable, "-m", "ivr_agi.bench.baseline"],
        "arguments": [url, str(folder / "prompt"), str(ENDLESS)],
        "core": core,
        "ramp_per_s": 5,
    }


async def profile(n_calls: int, seconds: float, say: Callable[[str], None]) -> list[str]:
    """Where the server's time goes with so many calls: lines for people, the most first.

    Raises:
        IvrError: A process did not start.
    """
    async with a_site(observe="profile") as site:
        await climb(site, (n_calls,), seconds, say)
        return await _stop_and_read(site)


async def _stop_and_read(site: Site) -> list[str]:
    path = site.folder / "profile"
    await site.callers.ask(hang_up=ENDLESS)
    os.kill(site.server_pid, signal.SIGTERM)
    for _ in range(100):
        await asyncio.sleep(0.1)
        if path.exists():
            await asyncio.sleep(0.5)
            return summary(path)
    raise IvrError("the server left no profile")


async def climb(
    site: Site, ladder: tuple[int, ...], seconds: float, say: Callable[[str], None]
) -> list[LoadStep]:
    """Hold one number of calls after the other, up to the first one that breaks."""
    steps: list[LoadStep] = []
    have = 0
    for n_calls in ladder:
        await site.callers.ask(calls=n_calls, **site.how)
        await asyncio.sleep((n_calls - have) / site.how["ramp_per_s"] + SETTLE_S)
        have = n_calls
        step = await _hold(site, n_calls, lambda: asyncio.sleep(seconds))
        steps.append(step)
        say(_line(site, step))
        if step.broke:
            break
    return steps


async def stall(site: Site, n_calls: int, stall_s: float, say: Callable[[str], None]) -> LoadStep:
    """Stop the speech service (SIGSTOP) in the middle of so many calls, and let it go on."""

    async def pause() -> None:
        os.kill(site.service.pid, signal.SIGSTOP)
        await asyncio.sleep(stall_s)
        os.kill(site.service.pid, signal.SIGCONT)
        await asyncio.sleep(STALL_SETTLE_S)

    await site.callers.ask(calls=n_calls, **site.how)
    await asyncio.sleep(n_calls / site.how["ramp_per_s"] + SETTLE_S)
    step = await _hold(site, n_calls, pause)
    say(f"stall of {stall_s:g} s: {_line(site, step)}")
    return step


async def _hold(site: Site, n_calls: int, wait: Callable[[], Any]) -> LoadStep:
    before = await site.callers.ask()
    await site.service.ask()
    own = [site.callers.pid, site.service.pid]
    began, cpu, load = time.monotonic(), _cpu(site, before), sum(map(_own_cpu, own))
    await wait()
    took, load = time.monotonic() - began, sum(map(_own_cpu, own)) - load
    cpu = _cpu(site, before) - cpu
    memory = sum(map(private_kb, before["pids"])) if site.is_plain else memory_kb(site.server_pid)
    calls, service = await site.callers.ask(), await site.service.ask()
    return LoadStep(
        calls=n_calls,
        seconds=took,
        cpu_s=cpu,
        memory_kb=memory,
        load_share=load / took,
        frames=calls["frames"],
        lost=calls["lost"],
        missing=service["missing"],
        filled=service["filled"],
        refused=before["refused"] + calls["refused"],
        ended=n_calls - calls["calls"],
        small_pipes=calls["small_pipes"],
        least_pipe=calls["least_pipe"],
        frame_ms=service["frame_ms"],
        command_ms=command_latencies(service["voice_starts"], calls["stops"]),
    )


def _cpu(site: Site, report: dict[str, Any]) -> float:
    return sum(map(cpu_seconds, report["pids"] if site.is_plain else [site.server_pid]))


def _own_cpu(pid: int) -> float:
    """Without its children's: those of the simulated Asterisk are what is measured."""
    return cpu_seconds(pid) - sum(map(cpu_seconds, children(pid)))


def _line(site: Site, step: LoadStep) -> str:
    what = "plain script" if site.is_plain else "warm server"
    return (
        f"{what}, {step.calls} calls: {step.cpu_ms:.2f} ms CPU per call and second, "
        f"{100 * step.core_share:.0f} % of its core (the load took {100 * step.load_share:.0f} % "
        f"of the other), {step.lost + step.missing} of {step.frames} frames lost"
        + step.pipes
        + (f"; {step.broke}" if step.broke else "")
    )
