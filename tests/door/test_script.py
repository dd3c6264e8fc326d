"""Scripts in threads of their own, on a real pipe, and from ``python`` steps."""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
from pathlib import Path

import pytest

import ivr_agi
from ivr_agi.door.script import Main, script_program
from ivr_agi.flow.run.results import FlowResult
from ivr_agi.journal import Journal
from ivr_agi.serve.call import run_flow, take_call
from ivr_agi.serve.resources import Resources
from ivr_agi.simulator.caller import EndCall, Moment, Press, WaitForPrompt
from tests.serve.test_call import Converse, Office, open_office, wait_silently
from tests.sis.fake import fake_service

pytestmark = pytest.mark.virtual_time

SCRIPT = """\
import ivr_agi

async def main(call: ivr_agi.Call) -> ivr_agi.Result:
    got = await call.menu("Sales?", [ivr_agi.Choice("sales", key="4")], timeout_s=0.2, tries=2)
    if got == ivr_agi.Answer("sales"):
        return await call.run_flow("shop")
    return call.hang_up(type(got).__name__)
"""
FLOW = """\
start: a
steps:
  a: {do: python, function: "door_of_test:work", takes_call: true, save: x, go: b, error: c}
  b: {do: transfer, extension: "20{{ x }}"}
  c: {do: hangup, result: failed}
"""
FLOW = FLOW.replace('extension: "20{{ x }}"', 'extension: "201", result: "{{ x }}"')
WORK = """\
async def work(call):
    await call.set_variable("COLOUR", "red")
    return {"n": await call.get_variable("COLOUR")}
"""


async def take(office: Office, script: Path) -> FlowResult:
    """Take the call as the server does."""
    resources = Resources(office.settings)
    audio_fd = office.asterisk.script_audio_fd
    arguments = ("--script", str(script))
    return await take_call(office.channel, arguments, resources, Journal(), audio_fd=audio_fd)


def run(office: Office, main: Main) -> Converse:
    """A script as a conversation."""
    return functools.partial(run_flow, "x", script_program("x", main), office.settings)


@pytest.mark.real_time  # the script has a thread of its own
async def test_a_script_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks, and calls a flow whose step takes the call."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "tickets.py").write_text(SCRIPT)
    (tmp_path / "shop.yaml").write_text(FLOW)
    (tmp_path / "door_of_test.py").write_text(WORK)
    steps = (WaitForPrompt(Moment.PROMPT_END), Press("4"))
    async with (
        fake_service(wait_silently) as service,
        open_office(tmp_path, *steps, url=service.url) as office,
    ):
        result = await take(office, tmp_path / "tickets.py")
        assert (result.status, result.transfer) == (ivr_agi.Status.TRANSFER, "201")
        assert "red" in result.result
        assert (await office.variables())["IVR_TRANSFER"] == "201"
    async with fake_service(wait_silently) as service, open_office(tmp_path, url=service.url) as o:
        assert (await take(o, tmp_path / "tickets.py")).result == "NoInput"


@pytest.mark.real_time
async def test_one_that_blocks_holds_up_nobody(tmp_path: Path) -> None:
    """The event loop of the calls goes on: else this would never end."""
    goes_on = threading.Event()

    async def main(call: ivr_agi.Call) -> ivr_agi.Result:
        assert goes_on.wait(30)  # as a slow query would
        return call.hang_up(await call.get_variable("IVR_NAME") or "none")

    async with open_office(tmp_path) as office:
        running = asyncio.create_task(office.run(run(office, main)))
        await asyncio.sleep(0.05)
        goes_on.set()
        assert (await running).result == "none"


@pytest.mark.real_time
async def test_how_it_may_end(tmp_path: Path) -> None:
    """A hang-up, an error, sys.exit(), a wrong value: each is a status."""

    async def hangs_up(call: ivr_agi.Call) -> None:
        await call.record("x", beep=False)

    async def fails(call: ivr_agi.Call) -> None:
        raise ZeroDivisionError("by hand")

    async def leaves(call: ivr_agi.Call) -> None:
        sys.exit(3)

    async def is_wrong(call: ivr_agi.Call) -> str:
        return "200"

    steps = (WaitForPrompt(Moment.PROMPT_START), EndCall())
    async with (
        fake_service(wait_silently) as service,
        open_office(tmp_path, *steps, url=service.url) as office,
    ):
        ended = await office.run(run(office, hangs_up))
        assert ended.status is ivr_agi.Status.HANGUP
    for main, expected in (
        (fails, "ZeroDivisionError: by hand"),
        (leaves, "user code raised SystemExit"),
        (is_wrong, "main() returned str: return a Result"),
    ):
        async with open_office(tmp_path) as office:
            ended = await office.run(run(office, main))
            assert ended.status is ivr_agi.Status.FAILED
            assert expected in ended.error


@pytest.mark.real_time
async def test_the_calls_deadline_ends_it(tmp_path: Path) -> None:
    """It is cancelled where it waits, and can do nothing with the call any more."""
    told: list[str] = []
    begun, over = threading.Event(), threading.Event()

    async def main(call: ivr_agi.Call) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            try:
                await call.say("x")
            except ivr_agi.IvrError as exc:
                told.append(str(exc))
            over.set()

    for number, deadline_s in enumerate((0.2, 2, 20)):  # until the machine lets it begin
        (tmp_path / str(number)).mkdir()
        async with open_office(tmp_path / str(number), deadline_s=deadline_s) as office:
            ended = await office.run(run(office, main))
        assert ended.status is ivr_agi.Status.FAILED
        if begun.is_set():
            break
    assert await asyncio.to_thread(over.wait, 30)
    assert "the script was still running" in told[0]
