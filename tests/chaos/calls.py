"""The plan of a run, and its calls through the launcher on a simulated Asterisk. Asyncio shell."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ivr_agi.bench.signals import tone
from ivr_agi.simulator.asterisk import ChannelState
from ivr_agi.simulator.call import SimulatedCall, simulate_call
from ivr_agi.simulator.caller import (
    CallerPause,
    CallerStep,
    EndCall,
    Moment,
    Mute,
    PlayVoice,
    Press,
    WaitForPrompt,
)
from ivr_agi.simulator.events import CallEvent, CallEventKind
from ivr_agi.simulator.incoming import IncomingCall
from ivr_agi.simulator.sound_folder import SoundFolder
from tests.chaos.asterisk import Asterisk, HostileLine, pick_after_s
from tests.chaos.silence import Span, acting_spans, heard_spans
from tests.chaos.site import DEADLINE_S, Site
from tests.chaos.table import ARGUMENTS, ASTERISK, FLOWS, FUNCTIONS, SCRIPTS, WEB

INTER_DIGIT_S = 1.0
"""Of the flows' questions."""
GOOD = Asterisk()
NAMES: Mapping[str, list[str]] = {
    "web": [row.name for row in WEB],
    "code": [row.name for row in FUNCTIONS],
    "async": [row.name for row in FUNCTIONS],
    "script": [row.name for row in SCRIPTS],
    "file": [row.name for row in FLOWS],
}
"""What the flows and scripts of each kind are called."""


@dataclass(frozen=True)
class PlannedCall:
    """One call of a run."""

    number: str
    """The caller's number, by which requests and functions know the call."""
    label: str
    """What it meets."""
    arguments: tuple[str, ...]
    asterisk: Asterisk = GOOD
    hostile_after_s: float = 0.0
    steps: tuple[CallerStep, ...] = ()
    given_id: str = ""
    """The one that a real Asterisk has given it."""

    @property
    def uniqueid(self) -> str:
        """Asterisk's."""
        return self.given_id or f"{self.number}.1"


@dataclass(frozen=True)
class CallRecord:
    """What became of a call."""

    planned: PlannedCall
    began_at: float
    ended_at: float
    statuses: tuple[str, ...]
    """Values of ``IVR_STATUS`` that were set."""
    error: str
    """``IVR_ERROR``."""
    hung_up_at: float | None
    """When Asterisk told the script that the caller has left, at the latest."""
    heard: tuple[Span, ...] = ()
    acts: tuple[Span, ...] = ()
    failure: str = ""
    """It did not end; or the simulator failed."""
    was_cut: bool = field(default=False)
    """Its Asterisk died."""


def plan_calls(seed: int, n_calls: int, scripts: str) -> list[PlannedCall]:
    """Draw the calls of a run; the same for the same seed.

    Args:
        seed: The seed.
        n_calls: How many.
        scripts: Folder of the scripts.
    """
    dice = random.Random(seed)
    return [_plan_call(dice, f"7{number:07}", scripts) for number in range(n_calls)]


def _plan_call(dice: random.Random, number: str, scripts: str) -> PlannedCall:
    asterisk, after_s, label = GOOD, 0.0, ""
    if dice.random() < 0.12:
        row = dice.choice(ASTERISK)
        asterisk, after_s, label = row.how, pick_after_s(dice), f"asterisk {row.name}, "
    arguments, met = _draw_arguments(dice, scripts)
    steps = tuple(_draw_steps(dice))
    return PlannedCall(number, label + met, arguments, asterisk, after_s, steps)


def _draw_arguments(dice: random.Random, scripts: str) -> tuple[tuple[str, ...], str]:
    kind = dice.choices(
        ("plain", "chain", "web", "code", "async", "script", "file", "arguments"),
        (22, 12, 20, 12, 8, 12, 6, 8),
    )[0]
    if kind in ("plain", "chain"):
        return (kind,), kind
    if kind == "arguments":
        argument = dice.choice(ARGUMENTS)
        return argument.how, f"arguments {argument.name}"
    name = dice.choice(NAMES[kind])
    if kind == "script":
        return ("--script", f"{scripts}/{name}.py"), f"script {name}"
    return (f"{kind}_{name}",), f"{kind} {name}"


def _draw_steps(dice: random.Random) -> list[CallerStep]:
    if dice.random() < 0.15:
        return [CallerPause(dice.uniform(0, 6)), EndCall()]
    steps: list[CallerStep] = []
    for _ in range(dice.randrange(6)):
        match dice.randrange(7):
            case 0 | 1:
                steps.append(CallerPause(dice.uniform(0.1, 3)))
            case 2 | 3:
                keys = "".join(dice.choice("0123456789*#12") for _ in range(dice.randint(1, 7)))
                steps.append(Press(keys))
            case 4 | 5:
                moment = dice.choice((Moment.PROMPT_START, Moment.PROMPT_END))
                steps.append(WaitForPrompt(moment, timeout_s=20))
                steps.append(PlayVoice("voice", tone(dice.uniform(0.05, 1.5))))
            case 6:
                steps += [Mute(True), CallerPause(dice.uniform(0.1, 2)), Mute(False)]
    if dice.random() < 0.25:
        steps += [CallerPause(dice.uniform(0, 5)), EndCall()]
    return steps


async def make_call(site: Site, planned: PlannedCall) -> CallRecord:
    """Make a call; whatever comes of it is in the record."""
    incoming = IncomingCall(
        arguments=planned.arguments,
        caller_id=planned.number,
        uniqueid=planned.uniqueid,
        channel=f"PJSIP/chaos-{planned.number}",
    )
    line = HostileLine(
        planned.asterisk,
        planned.hostile_after_s,
        incoming,
        SoundFolder(site.folder / "sounds"),
        planned.steps,
    )
    loop = asyncio.get_running_loop()
    began_at, events, failure = loop.time(), list[CallEvent](), ""
    work = simulate_call(
        [str(site.launcher)],
        line,
        deadline_s=DEADLINE_S + 60,
        environment=site.environment,
        on_event=events.append,
    )
    was_cut = False
    try:
        if planned.asterisk.dies:
            async with asyncio.timeout(planned.hostile_after_s + 0.1):
                await work
        else:
            failure = _failure(await work)
    except TimeoutError:
        was_cut = True
    except Exception as exc:  # noqa: BLE001  # it is the run's finding
        failure = f"{type(exc).__name__}: {exc}"
    statuses = [
        e.detail for e in events if e.kind is CallEventKind.VARIABLE_SET and e.name == "IVR_STATUS"
    ]
    left = [e.at for e in events if e.kind in (CallEventKind.SIGHUP_SENT, CallEventKind.HUNG_UP)]
    cut = line.session.line >= ChannelState.CUT
    return CallRecord(
        planned,
        began_at,
        loop.time(),
        tuple(statuses),
        line.session.variables.get("IVR_ERROR", ""),
        max(left) if cut and left else None,
        tuple(heard_spans(line.recording.ivr_pcm, line.recording.started_at)),
        tuple(acting_spans(events, INTER_DIGIT_S)),
        failure,
        was_cut,
    )


def _failure(call: SimulatedCall) -> str:
    # A caller who waits for a prompt in vain hangs up: no failure of the call.
    return call.failure if call.failure and "did not end" in call.failure else ""


async def make_calls(
    site: Site,
    planned: Sequence[PlannedCall],
    at_once: int,
    on_call: Callable[[CallRecord], None],
) -> None:
    """Make calls, so many at a time."""
    waiting = list(reversed(planned))

    async def work() -> None:
        while waiting:
            on_call(await make_call(site, waiting.pop()))

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())
            await asyncio.sleep(0.1)
