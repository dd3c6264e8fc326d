"""More and more SIP calls to a real Asterisk, and what they cost. Shell.

SIPp (Debian's ``sip-tester``) makes the calls and sends G.711 of a quiet line. What leads to the
IVR, the speech service and the server are there already; the processes named are watched, and our
journal says what came of the callers' audio and how fast prompts stopped.
"""

from __future__ import annotations

import asyncio
import csv
import re
import shutil
import tempfile
import time
from asyncio.subprocess import DEVNULL
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.audio.g711 import pcm_to_ulaw
from ivr_agi.bench.load_steps import FULL
from ivr_agi.bench.processes import cpu_seconds
from ivr_agi.bench.report import Row, row
from ivr_agi.bench.signals import line_noise
from ivr_agi.errors import ConfigError, MissingDependency
from ivr_agi.journal import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = (
    "SipPlan",
    "SipStep",
    "complaint",
    "journal_since",
    "run_sip_calls",
    "sip_rows",
    "statistics",
)

_SETTLE_S = 5.0
END_S = 60.0
"""Seconds for SIPp to exit once its calls are over."""
RTP_PORT = 10_000
"""The first of SIPp's."""
LOOK_S = 1.0
"""Seconds between looks at how busy the machine is."""
MAX_FILLED = 0.01
"""Share of the callers' audio that may be missing in Asterisk before it counts as lost."""


@dataclass(frozen=True)
class SipPlan:
    """Which number to call, and how often."""

    host: str = "127.0.0.1"
    port: int = 5060
    extension: str = "100"
    ladder: tuple[int, ...] = (10, 25, 50, 100, 150, 200, 300, 400, 500)
    """Numbers of calls; the climb ends at the first one that breaks."""
    seconds: float = 15.0
    """How long each is held."""
    rate_per_s: float = 20.0
    """New calls a second, until there are so many."""
    watched: Mapping[str, int] = field(default_factory=dict)
    """Processes by name: ``asterisk``, ``server``, ..."""
    journal: Path | None = None
    """Of the server: says what came of the audio."""


@dataclass(frozen=True, kw_only=True)
class SipStep:
    """One number of simultaneous SIP calls."""

    calls: int
    failed: int
    """Failed calls, as counted by SIPp."""
    shares: Mapping[str, float]
    """Of a core, by process, while the calls were held; ``machine``: of all cores."""
    busiest: float = 0.0
    """Share of all cores in the busiest second, new calls coming in included."""
    received: int = 0
    """Frames of callers that Asterisk gave us."""
    filled: int = 0
    """Frames that did not come."""
    why: str = ""
    """What SIPp and the journal say of calls that failed."""
    stop_ms: list[float] = field(default_factory=list)
    """VOICE_START until Asterisk has confirmed that the prompt is stopped."""

    @property
    def broke(self) -> str:
        """What went wrong first, and what ran out; empty: these calls are carried."""
        missing = self.filled / max(1, self.filled + self.received)
        if self.failed:
            what = f"{self.failed} calls failed" + (f" ({self.why})" if self.why else "")
        elif missing > MAX_FILLED:
            what = f"{100 * missing:.1f} % of the callers' audio did not come"
        else:
            return ""
        busiest = max(
            (name for name in self.shares if name != "machine"), key=self.shares.__getitem__
        )
        if self.shares["machine"] >= FULL:
            return f"{what}; all cores are full, most of it {busiest}"
        if self.shares[busiest] >= FULL:
            return f"{what}; {busiest} has used up its core"
        if self.busiest >= FULL:
            return f"{what}; all cores were full while new calls came in"
        return what


async def run_sip_calls(plan: SipPlan, say: Callable[[str], None]) -> list[Row]:
    """Climb, and give the rows.

    Raises:
        MissingDependency: SIPp is not installed.
        ConfigError: SIPp cannot call there at all.
    """
    if shutil.which("sipp") is None:
        raise MissingDependency("SIPp", hint="apt-get install sip-tester")
    steps: list[SipStep] = []
    for n_calls in plan.ladder:
        step = await _hold(plan, n_calls)
        steps.append(step)
        shares = ", ".join(f"{name} {100 * share:.0f} %" for name, share in step.shares.items())
        say(f"{n_calls} SIP calls: {shares}; {step.broke or 'carried'}")
        if step.broke:
            break
    return sip_rows(steps)


def sip_rows(steps: list[SipStep]) -> list[Row]:
    """The rows: how many, at what cost, what ran out first."""
    carried = [step for step in steps if not step.broke]
    broken = next((step for step in steps if step.broke), None)
    limit = f"at {broken.calls}: {broken.broke}" if broken else "no limit was reached"
    rows = [
        row("sip_calls", "calls", [max((step.calls for step in carried), default=0)],
            meaning=f"simultaneous SIP calls on a real Asterisk; {limit}"),
    ]  # fmt: skip
    for step in steps:
        if step.stop_ms:
            rows.append(
                row(f"sip_stop_{step.calls}", "ms", step.stop_ms,
                    meaning="VOICE_START until Asterisk has confirmed the stop of the prompt")
            )  # fmt: skip
        rows += [
            row(f"sip_cpu_{step.calls}_{name}", "% of a core", [100 * share])
            for name, share in step.shares.items()
            if name != "machine"
        ]
    return rows


async def _hold(plan: SipPlan, n_calls: int) -> SipStep:
    ramp_s = n_calls / plan.rate_per_s + _SETTLE_S
    with tempfile.TemporaryDirectory(prefix="ivr-agi-bench-") as name:
        folder = Path(name)
        argv = _prepare(folder, plan, n_calls, ramp_s + plan.seconds)
        size = plan.journal.stat().st_size if plan.journal and plan.journal.exists() else 0
        process = await asyncio.create_subprocess_exec(
            *argv, cwd=folder, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
        )
        try:
            watched = {**plan.watched, "sipp": process.pid}
            ramp = await _watch(watched, ramp_s)
            held = await _watch(watched, plan.seconds)
            await asyncio.wait_for(process.wait(), END_S + ramp_s)
        except TimeoutError:
            pass  # what has not ended by now has failed, and is counted so
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        succeeded, why = statistics(folder / "statistics.csv")
        why = complaint(folder / "errors") or why
        await asyncio.sleep(1)  # for the journal's last lines
        events = journal_since(plan.journal, size) if plan.journal else []
    audio = [event.data for event in events if event.event == "audio"]
    stops = [event.data for event in events if event.event == "prompt_stopped"]
    ended = Counter(event.data["status"] for event in events if event.event == "call_ended")
    refused = Counter(event.data["reason"] for event in events if event.event == "call_refused")
    reasons = [
        why,
        *(f"{n} refused: {reason}" for reason, n in refused.items()),
        *(f"{n} {status}" for status, n in ended.items() if status != "HANGUP"),
    ]
    return SipStep(
        calls=n_calls,
        failed=n_calls - succeeded,
        why=", ".join(filter(None, reasons)),
        shares=held[0],
        busiest=max(ramp[1], held[1]),
        received=sum(data.get("received", 0) for data in audio),
        filled=sum(data.get("filled", 0) for data in audio),
        stop_ms=[data["barge_in_ms"] for data in stops if "barge_in_ms" in data],
    )


def _prepare(folder: Path, plan: SipPlan, n_calls: int, hold_s: float) -> list[str]:
    """SIPp's files, and its command line."""
    (folder / "line.ulaw").write_bytes(pcm_to_ulaw(line_noise(4000)))
    scenario = Path(__file__).with_name("sip_caller.xml")
    text = scenario.read_text(encoding="utf-8")
    text = text.replace("{sound}", "line.ulaw").replace("{hold_ms}", str(round(1000 * hold_s)))
    (folder / "caller.xml").write_text(text, encoding="utf-8")
    return [
        "sipp", "-sf", "caller.xml", "-s", plan.extension, "-i", "127.0.0.1", "-mp", str(RTP_PORT),
        "-m", str(n_calls), "-l", str(n_calls), "-r", f"{plan.rate_per_s:g}", "-nostdin",
        "-trace_err", "-error_file", "errors", "-trace_stat", "-stf", "statistics.csv",
        "-fd", "1", f"{plan.host}:{plan.port}",
    ]  # fmt: skip


def statistics(path: Path) -> tuple[int, str]:
    """Calls that succeeded, as SIPp's last line has it, and why others did not.

    Raises:
        ConfigError: It wrote none.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        failures = [
            f"{last[key]} {key.removesuffix('(C)')}"
            for key in last
            if key and re.fullmatch(r"Failed(?!Call)\w+\(C\)", key) and last[key] != "0"
        ]
        return int(last["SuccessfulCall(C)"]), ", ".join(failures)
    except (OSError, IndexError, KeyError, ValueError) as exc:
        raise ConfigError("SIPp made no call: is the address right?") from exc


_UNEXPECTED = re.compile(
    r"unexpected (BYE|CANCEL)|received '(?:SIP/2\.0 )?(\w+)|((?:retransmission|receive) timeout)"
)


def complaint(path: Path) -> str:
    """What SIPp did not expect, by name and number, the most frequent first; empty: nothing."""
    if not path.exists():
        return ""
    text = path.read_text(encoding="utf-8", errors="replace")
    came = Counter("".join(found) for found in _UNEXPECTED.findall(text))
    names = ", ".join(f"{n} {what}" for what, n in came.most_common())
    return names and f"SIPp did not expect {names}"


def journal_since(path: Path, offset: int) -> list[Event]:
    """Events of a journal from a byte on; a line that is still being written is left."""
    with path.open("rb") as file:
        file.seek(offset)
        lines = file.read().rpartition(b"\n")[0].splitlines()
    return [msgspec.json.decode(line, type=Event) for line in lines]


async def _watch(watched: Mapping[str, int], seconds: float) -> tuple[dict[str, float], float]:
    """Shares of a core by process over so long, and the machine's in its busiest second."""
    looks = [(time.monotonic(), _used(watched))]
    until = looks[0][0] + seconds
    while (left := until - time.monotonic()) > 0:
        await asyncio.sleep(min(LOOK_S, left))
        looks.append((time.monotonic(), _used(watched)))
    whole = _shares(looks[0], looks[-1])
    # The last look may be too close to the one before it for a share.
    pairs = zip(looks, looks[1:], strict=False)
    each = [_shares(*pair)["machine"] for pair in pairs if pair[1][0] - pair[0][0] > LOOK_S / 2]
    return whole, max(each, default=whole["machine"])


def _shares(
    before: tuple[float, dict[str, float]], after: tuple[float, dict[str, float]]
) -> dict[str, float]:
    took = after[0] - before[0]
    return {name: (used - before[1][name]) / took for name, used in after[1].items()}


def _used(watched: Mapping[str, int]) -> dict[str, float]:
    """Processor seconds, by name; ``machine`` is all that ran on all cores, per core."""
    used = {name: cpu_seconds(pid) for name, pid in watched.items()}
    total = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    cores = sum(line.startswith("cpu") for line in total) - 1
    fields: Iterable[int] = map(int, total[0].split()[1:])
    user, nice, system, _, _, irq, softirq, *_ = fields
    used["machine"] = (user + nice + system + irq + softirq) / 100 / cores
    return used
