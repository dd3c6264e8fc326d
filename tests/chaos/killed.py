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

LONG = 3 * "This prompt is long enough for somebody to be killed while it is played to the caller, "
FLOWS: Mapping[str, str] = {
    "connecting": """
  a: {do: say, prompt: "One moment for {{ caller.number }}.", go: b}
""",
    "prompt": f"""
  a: {{do: say, prompt: "{LONG}{{{{ caller.number }}}}.", go: b}}
""",
    "listening": """
  a:
    do: menu
    prompt: Yes?
    choices: [{words: [sales], key: "1", go: b}]
    timeout_s: 6
    no_input: {after: 1, go: b}
    no_match: {after: 1, go: b}
""",
    "http step": """
  a: {do: http, url: "%s/hang?call=1", timeout_s: 6, retries: 0, go: b, error: b}
""",
    "python step": """
  a:
    do: python
    function: "chaos_code:hang"
    arguments: {number: "1"}
    timeout_s: 6
    go: b
    error: b
""",
    "transfer": f"""
  a: {{do: transfer, extension: "201", prompt: "{LONG}{{{{ caller.number }}}} is connected."}}
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


async def kill(folder: Path, process: str) -> dict[str, Killed]:
    """Bring calls to all states, kill a process, and return what became of each call."""
    async with _site(folder) as site:
        calls = {state: _Call(site, number, state) for number, state in enumerate(FLOWS)}
        without_server = process == "call without a server"
        running = {}
        for state in sorted(FLOWS, key=lambda state: state == "connecting"):
            if state == "connecting" or process == "launcher":
                continue
            running[state] = asyncio.create_task(calls[state].make(without_server=without_server))
            await calls[state].reached(REACHED[state])
        if process in ("launcher",):
            return await _kill_launchers(calls)
        running["connecting"] = asyncio.create_task(
            calls["connecting"].make(without_server=without_server)
        )
        await calls["connecting"].reached("call_started")
        at = asyncio.get_running_loop().time()
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
        return {state: _told(await call, at) for state, call in running.items()}


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
            program = [*program_words(), "call", "--config", str(self._site.config)]
        return await simulate_call(
            program, line, deadline_s=PATIENCE_S, environment=self._site.environment
        )

    async def reached(self, event: str) -> None:
        """Wait for an event of it in the journal, and a moment more."""
        await until(lambda: any(found.event == event for found in self._events()))
        if event != "call_started":
            await asyncio.sleep(0.3)

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
async def _site(folder: Path) -> AsyncIterator[Site]:
    """An installation with good services, whose synthesis takes a second."""
    async with Site(folder, 1, 0.0, speech="tests.chaos.slow_speech") as site:
        for state, text in FLOWS.items():
            file = folder / f"flows/{state.replace(' ', '_')}.yaml"
            steps = text.replace("%s", site.web_url)
            await asyncio.to_thread(
                file.write_text, f"start: a\nsteps:{steps}  b: {{do: hangup}}\n"
            )
        await asyncio.sleep(2.5)  # until all workers have read them
        yield site


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
