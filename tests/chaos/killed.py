"""What the dialplan gets when a process is killed, and after how long: ``docs/killed.md``.

``python -m tests.chaos.killed`` measures it with the processes of a real installation, on a
simulated Asterisk. Six calls are brought to six states, and then the process gets SIGKILL.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr_agi.cli.common import program_words
from ivr_agi.journal import Event, read_events
from ivr_agi.simulator.call import SimulatedCall, simulate_call
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.line import PhoneLine
from ivr_agi.simulator.sound_folder import SoundFolder
from tests.chaos.site import Site, until
from tests.patience import PATIENCE_S, stall_meter

HOLDS_S = (6, 25, 100)
"""How long a call stays in its state at least; longer where the machine is too slow for that."""
LONG = "This prompt is long enough for somebody to be killed while it is played to the caller, "
CODE = "import time\n\ndef hang():\n    time.sleep(200)\n"
FLOWS: Mapping[str, str] = {
    "connecting": """
  a: {do: say, prompt: "One moment for {{ caller.number }}.", go: b}
""",
    "prompt": """
  a: {do: say, prompt: [PARTS], go: b}
""",
    "listening": """
  a:
    do: menu
    prompt: Yes?
    choices: [{words: [sales], key: "1", go: b}]
    timeout_s: HOLD
    no_input: {after: 1, go: b}
    no_match: {after: 1, go: b}
""",
    "http step": """
  a: {do: http, url: "URL/hang?call=1", timeout_s: HOLD, retries: 0, go: b, error: b}
""",
    "python step": """
  a: {do: python, function: "killed_code:hang", timeout_s: HOLD, go: b, error: b}
""",
    "transfer": """
  a: {do: transfer, extension: "201", prompt: [PARTS]}
""",
}
"""The states of a call: a flow that stays in each for some seconds."""
REACHED: Mapping[str, str] = {
    "connecting": "call_started",
    "prompt": "prompt_started",
    "listening": "prompt_ended",
    "http step": "step",
    "python step": "step",
    "transfer": "prompt_started",
}
"""The event of the journal after which a call is in its state."""
PROCESSES = ("worker", "parent", "speech service", "launcher", "call without a server")


GOES_ON = {
    "connecting": "COMPLETED",
    "prompt": "COMPLETED",
    "listening": "COMPLETED",
    "http step": "COMPLETED",
    "python step": "COMPLETED",
    "transfer": "TRANSFER",
}
EXPECTED: Mapping[str, Mapping[str, str]] = {
    "worker": dict.fromkeys(FLOWS, ""),
    "parent": GOES_ON,
    "speech service": GOES_ON | {"connecting": "SPEECH_DOWN"},
    "launcher": {"connecting": ""},
    "call without a server": dict.fromkeys(FLOWS, ""),
}
"""``IVR_STATUS``; empty: it is not set."""
AT_ONCE_S = 1.0
"""A call that does not go on ends by then."""


@dataclass(frozen=True)
class Killed:
    """What became of a call."""

    status: str
    """``IVR_STATUS``; empty: it was not set."""
    error: str
    agi_status: str
    """``AGISTATUS``."""
    after_s: float
    """From the kill to the end of ``EAGI()``, without what the machine stood still meanwhile."""


class TooSlow(Exception):
    """A call had left its state before the process was killed."""


async def kill(folder: Path, process: str) -> dict[str, Killed]:
    """Bring calls to all states, kill a process, and return what became of each call."""
    for hold_s in HOLDS_S:
        own = folder / str(hold_s)
        await asyncio.to_thread(own.mkdir)
        with contextlib.suppress(TooSlow):
            return await _kill(own, process, hold_s)
    raise TooSlow


async def _kill(folder: Path, process: str, hold_s: int) -> dict[str, Killed]:
    async with _site(folder, hold_s) as site:
        calls = {state: _Call(site, number, state) for number, state in enumerate(FLOWS)}
        if process == "launcher":
            return await _kill_launchers(calls)
        without_server = process == "call without a server"
        running: dict[str, asyncio.Task[SimulatedCall]] = {}
        try:
            for state in sorted(FLOWS, key=lambda state: state == "connecting"):
                call = calls[state]
                running[state] = asyncio.create_task(call.make(without_server=without_server))
                await call.reached(REACHED[state], running[state])
            if any(call.has_left() for call in calls.values()):
                raise TooSlow
            at = asyncio.get_running_loop().time()
            await _kill_process(site, process, calls)
            return {state: _told(await call, at) for state, call in running.items()}
        finally:
            for task in running.values():
                task.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)


async def _kill_process(site: Site, process: str, calls: Mapping[str, _Call]) -> None:
    match process:
        case "worker":
            for pid in site.workers:
                os.kill(pid, signal.SIGKILL)
        case "parent":
            await site.stop_server(signal.SIGKILL)
            await site.start_server()
        case "speech service":
            for pid in site.speech_pids:
                os.kill(pid, signal.SIGKILL)
        case _:
            for call in calls.values():
                call.kill()


async def _kill_launchers(calls: Mapping[str, _Call]) -> dict[str, Killed]:
    """A launcher lives before the call does: kill it at once."""
    call = calls["connecting"]
    running = asyncio.create_task(call.make(without_server=False))
    await asyncio.sleep(0)
    at = asyncio.get_running_loop().time()
    call.kill()
    return {"connecting": _told(await running, at)}


def _told(call: SimulatedCall, at: float) -> Killed:
    ended = next(e.at for e in call.events if e.kind is CallEventKind.SCRIPT_ENDED)
    return Killed(
        call.variables.get("IVR_STATUS", ""),
        call.variables.get("IVR_ERROR", ""),
        call.agi_status.value,
        ended - at - stall_meter().within(at, ended),
    )


class _Call:
    """One call, which can be brought to a state."""

    def __init__(self, site: Site, number: int, state: str) -> None:
        self._site = site
        self._id = f"{number}.{number}"
        self._number = f"10{number}"
        self._flow = state.replace(" ", "_")
        self._pid = 0

    async def make(self, *, without_server: bool) -> SimulatedCall:
        """Make it; return what became of it."""
        incoming = IncomingCall(arguments=(self._flow,), uniqueid=self._id, caller_id=self._number)
        line = PhoneLine(incoming, SoundFolder(self._site.folder))
        program = [str(self._site.launcher)]
        if without_server:
            words = await asyncio.to_thread(program_words)
            program = [*words, "call", "--config", str(self._site.config)]
        return await simulate_call(
            program, line, deadline_s=PATIENCE_S, environment=self._site.environment
        )

    async def reached(self, event: str, call: asyncio.Task[SimulatedCall]) -> None:
        """Wait for an event of it in the journal, and a moment more."""
        await until(lambda: call.done() or any(each.event == event for each in self._events()))
        if event != "call_started":
            await asyncio.sleep(0.3)

    def has_left(self) -> bool:
        """Whether it has gone on from its state."""
        over = {"call_ended", "outcome", "prompt_stopped"}
        if self._flow in ("prompt", "transfer"):
            over.add("prompt_ended")
        n_steps = sum(each.event == "step" for each in self._events())
        return n_steps > 1 or any(each.event in over for each in self._events())

    def kill(self) -> None:
        """Kill its process."""
        for pid in _children_of(os.getpid(), self._flow):
            os.kill(pid, signal.SIGKILL)

    def _events(self) -> list[Event]:
        file = self._site.folder / "journal.jsonl"
        if not file.exists():
            return []
        return [event for event in read_events(file) if event.call == self._id]


def _children_of(parent: int, word: str) -> list[int]:
    found = []
    for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if word.encode() in words:
                found.append(int(pid))
    return found


@contextlib.asynccontextmanager
async def _site(folder: Path, hold_s: int) -> AsyncIterator[Site]:
    """An installation with good services, whose synthesis takes a second."""
    async with Site(folder, 1, 0.0, speech="tests.chaos.slow_speech") as site:
        await asyncio.to_thread(_write_flows, folder / "flows", site.web_url, hold_s)
        await asyncio.sleep(2.5)  # until all workers have read them
        yield site


def _write_flows(folder: Path, url: str, hold_s: int) -> None:
    said = [f'"{LONG * 3}{n} {{{{ caller.number }}}}."' for n in range(1 + hold_s // 6)]
    given = {"URL": url, "HOLD": str(hold_s), "PARTS": ", ".join(said)}
    (folder / "killed_code.py").write_text(CODE)
    for state, steps in FLOWS.items():
        for word, value in given.items():
            steps = steps.replace(word, value)
        text = f"start: a\nsteps:{steps}  b: {{do: hangup}}\n"
        (folder / f"{state.replace(' ', '_')}.yaml").write_text(text)


def page() -> str:
    """The table of ``docs/killed.md``: a row for each process, a column for each state."""
    lines = ["| killed | " + " | ".join(FLOWS) + " |", "|---" * (len(FLOWS) + 1) + "|"]
    for process, statuses in EXPECTED.items():
        cells = [_cell(process, state) if state in statuses else "" for state in FLOWS]
        lines.append(f"| {process} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(process: str, state: str) -> str:
    status = EXPECTED[process][state]
    if status == GOES_ON[state]:
        return f"goes on: `{status}`"
    return f"`{status}` at once" if status else "empty, at once"


async def main() -> None:
    """Measure all, and print the table."""
    found = {}
    for process in PROCESSES:
        with tempfile.TemporaryDirectory() as folder:
            found[process] = await kill(Path(folder), process)
            for state, killed in found[process].items():
                sys.stdout.write(f"{process:22} {state:12} {killed}\n")
                sys.stdout.flush()
    sys.stdout.write(page() + "\n")


if __name__ == "__main__":
    asyncio.run(main())
