"""A share of the chaos (tests/chaos) on the real Asterisk: ``make test-chaos ASTERISK=1``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ivr_agi.bench.processes import started
from ivr_agi.bench.signals import tone
from tests.chaos.calls import CallRecord, PlannedCall
from tests.chaos.files import write_files
from tests.chaos.table import ARGUMENTS, FLOWS, FUNCTIONS, SCRIPTS, WEB
from tests.chaos.verdict import Run, judge
from tests.real_asterisk.server import Serving, install_launcher, serving

if TYPE_CHECKING:
    from benchmarks.asterisk.ami import Ami, Message
    from benchmarks.asterisk.caller import Caller
    from benchmarks.asterisk.installation import ChrootInstallation, Install
    from benchmarks.asterisk.instance import AsteriskInstance
    from ivr_agi.bench.installation import Sections
    from tests.real_asterisk.tables import Tables

pytestmark = [pytest.mark.asterisk, pytest.mark.slow]

SEEDS = [int(word) for word in os.environ.get("CHAOS_SEED", "1").split()]
CALLS = min(int(os.environ.get("CHAOS_CALLS", "40")), 400)
AT_ONCE = 6
LONGEST_S = 150.0
"""``call.deadline_s``, and what a call needs beside it."""


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_run(
    caller: Caller,
    ami: Ami,
    asterisk: AsteriskInstance,
    install: Install,
    tables: Tables,
    seed: int,
) -> None:
    """Each call has one status and one end, and the next call finds a server."""
    asterisk.expected_log.append(".")  # callers and files are hostile
    dice = random.Random(seed)
    core = min(os.sched_getaffinity(0))
    async with contextlib.AsyncExitStack() as processes:
        speech = await processes.enter_async_context(
            started(core, "tests.chaos.speech", "0", str(seed), "0.4")
        )
        url = await _url(speech)
        settings: Sections = {
            "serve": {"socket": "run/socket", "workers": 2},
            "speech": {"answer_timeout_s": 3, "connect_timeout_s": 2},
            "call": {"deadline_s": 60},
        }
        program = install(url, {}, settings)
        web = await processes.enter_async_context(
            started(core, "tests.chaos.web", "0", str(program.host / "begun.jsonl"))
        )
        write_files(
            program.host,
            await _url(web),
            answers=[row.name for row in WEB],
            functions={row.name: row.how for row in FUNCTIONS},
            scripts={row.name: row.how for row in SCRIPTS},
            flows={f"file_{row.name}": row.how for row in FLOWS},
        )
        install_launcher(asterisk.chroot, program)
        with serving(asterisk.chroot, program) as server:
            killing = asyncio.create_task(_kill(server, dice))
            records = await _make_calls(caller, ami, program, dice)
            killing.cancel()
            last = await _call(
                caller, ami, program, PlannedCall("79999999", "last", ("plain",)), ()
            )
            await asyncio.sleep(1)
    journal = [event for found in [*records, last] for event in program.events(_Journalled(found))]
    run = Run([*records, last], journal)
    wrong = {
        check: found
        for check, found in judge(run).items()
        if found and check in ("every_call_ends", "one_status", "one_end", "nothing_after_hang_up")
    }
    statuses = Counter(record.statuses[-1] if record.statuses else "" for record in records)
    tables.texts.append(f"chaos, seed {seed}: {len(records)} calls, {dict(statuses)}")
    assert not wrong
    assert last.statuses


class _Journalled:
    """A call whose events are in the journal, by Asterisk's own id."""

    def __init__(self, record: CallRecord) -> None:
        self.uniqueid = record.planned.uniqueid


async def _url(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    assert line.startswith(b"listening on ")
    return line.split()[-1].decode()


async def _kill(server: Serving, dice: random.Random) -> None:
    """Kill a worker now and then."""
    while True:
        await asyncio.sleep(dice.uniform(4, 12))
        with contextlib.suppress(OSError, IndexError):
            os.kill(dice.choice(server.workers), signal.SIGKILL)


async def _make_calls(
    caller: Caller, ami: Ami, program: ChrootInstallation, dice: random.Random
) -> list[CallRecord]:
    waiting = [_plan(dice, number) for number in range(CALLS)]
    records: list[CallRecord] = []

    async def work() -> None:
        while waiting:
            planned, acts = waiting.pop()
            records.append(await _call(caller, ami, program, planned, acts))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    return records


Acts = tuple[tuple[float, str], ...]
"""Seconds to wait, and then: keys, ``say`` or ``hang up``."""


def _plan(dice: random.Random, number: int) -> tuple[PlannedCall, Acts]:
    kind = dice.choice(("plain", "chain", "web", "code", "async", "script", "arguments"))
    arguments: tuple[str, ...] = (kind,)
    if kind == "web":
        arguments = (f"web_{dice.choice(WEB).name}",)
    elif kind in ("code", "async"):
        arguments = (f"{kind}_{dice.choice(FUNCTIONS).name}",)
    elif kind == "script":
        arguments = ("--script", f"scripts/{dice.choice(SCRIPTS).name}.py")
    elif kind == "arguments":
        # What a shell can pass on.
        arguments = dice.choice([row.how for row in ARGUMENTS if _is_plain(row.how)])
    acts = tuple(
        (dice.uniform(0.3, 3), dice.choice(("say", "1", "2", "12#", "99", "hang up")))
        for _ in range(dice.randrange(5))
    )
    return PlannedCall(f"7{number:07}", " ".join(arguments)[:60], arguments), acts


def _is_plain(arguments: tuple[str, ...]) -> bool:
    return all(word.isprintable() and word.isascii() for word in arguments)


async def _call(
    caller: Caller, ami: Ami, program: ChrootInstallation, planned: PlannedCall, acts: Acts
) -> CallRecord:
    """Make a call; whatever comes of it is in the record."""
    words = [word.replace("scripts/", f"{program.folder}/scripts/") for word in planned.arguments]
    script = program.host / f"start-{planned.number}"
    quoted = " ".join(f"'{word}'" for word in words)
    environment = f"export CHAOS_BEGUN={program.folder}/begun.jsonl"
    text = f"#!/bin/sh\n{environment}\nexec {program.folder}/agi-bin/ivr-agi {quoted}\n"
    await asyncio.to_thread(script.write_text, text)
    script.chmod(0o755)
    statuses: list[str] = []
    began_at, hung_up_at, failure = time.monotonic(), None, ""
    uniqueid = ""

    def note(event: Message) -> None:
        is_ours = event.get("Uniqueid") == uniqueid and event["Event"] == "VarSet"
        if is_ours and event.get("Variable") == "IVR_STATUS" and event.get("Value"):
            statuses.append(event["Value"])

    ami.listeners.append(note)
    try:
        variables = {"IVR_AGI": f"{program.folder}/{script.name}"}
        async with caller.call("100", number=planned.number, variables=variables) as call:
            uniqueid = call.uniqueid
            for wait_s, act in acts:
                await asyncio.sleep(wait_s)
                if call.ended_at is not None:
                    break
                if act == "say":
                    call.say(tone(0.7))
                elif act == "hang up":
                    call.hang_up()
                    hung_up_at = time.monotonic()
                    break
                else:
                    with contextlib.suppress(Exception):  # the channel may be gone
                        await call.press(act)
            await call.ended(LONGEST_S)
            error = call.variables.get("IVR_ERROR", "")
    except TimeoutError as exc:
        failure, error = str(exc)[:300], ""
    finally:
        ami.listeners.remove(note)
    return CallRecord(
        replace(planned, given_id=uniqueid),
        began_at,
        time.monotonic(),
        tuple(statuses),
        error,
        hung_up_at,
        failure=failure,
    )
