"""Transfers that come back, on a real Asterisk: the sample dials, and calls the flow again."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from tests.real_asterisk.server import install_launcher
from tests.real_asterisk.test_dialplan import contexts, with_globals

if TYPE_CHECKING:
    from benchmarks.asterisk.ami import Ami, Message
    from benchmarks.asterisk.caller import Call, Caller
    from benchmarks.asterisk.installation import ChrootInstallation, Install
    from benchmarks.asterisk.instance import AsteriskInstance
    from tests.real_asterisk.speech import SpeechProcess

pytestmark = pytest.mark.asterisk

DESKS = """
start: count
variables: {number: "", tries: 0, at: extension}
steps:
  count: {do: set, values: {tries: "{{ tries + 1 }}"}, go: where}
  where: {do: if, when: at == "queue", go: queue, else: desk}
  desk:
    do: transfer
    extension: "{{ number }}"
    allowed: ["300", "301", "302", "303", "304", "305", "306", "307", "999"]
    timeout_s: 6
    busy: busy
    no_answer: no_answer
    failed: failed
    after: after%s
  queue:
    do: transfer
    queue: "{{ number }}"
    allowed: [empty, slow, quick]
    timeout_s: 4
    no_answer: no_answer
    failed: failed
    after: after
  busy: {do: return, values: {way: "busy {{ tries }}"}}
  no_answer: {do: return, values: {way: "no_answer {{ tries }}"}}
  failed: {do: return, values: {way: "failed {{ tries }}"}}
  after: {do: return, values: {way: "after {{ tries }}"}}
"""
MAIN = """
start: a
variables: {number: "301", at: extension}
steps:
  a: {do: call, flow: desks, arguments: {number: "{{ number }}", at: "{{ at }}"}, save: back, go: b}
  b: {do: say, prompt: {recording: beep}, go: c}
  c: {do: dialplan, result: "{{ back.way }}"}
"""
ANNOUNCED = """
    announce: {recording: beep}
    accept: true"""


async def transferred(
    caller: Caller, program: ChrootInstallation, asterisk: AsteriskInstance, **arguments: str
) -> Call:
    """A call to the end, through the launcher and the sample dialplan."""
    told = install_launcher(asterisk.chroot, program)
    told |= {f"IVR_ARG_{name.upper()}": text for name, text in arguments.items()}
    async with caller.call("100", variables=told) as call:
        await call.ended()
    return call


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("301", "busy 1"),
        ("302", "no_answer 1"),
        ("303", "after 1"),
        ("300", "failed 1"),
        ("999", "failed 1"),
    ],
)
async def test_each_way_back(
    caller: Caller, asterisk: AsteriskInstance, install: Install, number: str, expected: str
) -> None:
    """The flow goes on in the flow that it was in, with its variables, and is heard."""
    asterisk.expected_log += ["Unable to create channel", "PJSIP", "fell back"]
    program = install("ws://127.0.0.1:1", {"main_menu": MAIN, "desks": DESKS % ""})
    call = await transferred(caller, program, asterisk, number=number)
    if number == "300":  # a desk whose line in the dialplan does not come back
        assert contexts(call)[-1] == "ivr-fallback"
        return
    told = (call.variables["IVR_STATUS"], call.variables["IVR_RESULT"])
    assert told == ("DIALPLAN", expected), call.steps
    assert "ivr-back" in contexts(call)
    assert call.audible_s > 0.1
    assert list((program.host / "spool/returns").iterdir()) == []


@pytest.mark.parametrize(
    ("queue", "expected"),
    [("slow", "no_answer 1"), ("empty", "failed 1"), ("quick", "after 1")],
)
async def test_back_from_a_queue(
    caller: Caller, asterisk: AsteriskInstance, install: Install, queue: str, expected: str
) -> None:
    """After its time, because nobody serves it, or when the agent has hung up."""
    asterisk.expected_log += ["Unable to join queue"]
    program = install("ws://127.0.0.1:1", {"main_menu": MAIN, "desks": DESKS % ""})
    call = await transferred(caller, program, asterisk, number=queue, at="queue")
    told = (call.variables["IVR_STATUS"], call.variables["IVR_RESULT"])
    assert told == ("DIALPLAN", expected), call.steps


@pytest.mark.parametrize(
    ("number", "expected"),
    [("304", "after 1"), ("305", "busy 1"), ("306", "no_answer 1"), ("307", "no_answer 1")],
)
async def test_announced_and_accepted(
    caller: Caller,
    asterisk: AsteriskInstance,
    ami: Ami,
    speech: SpeechProcess,
    install: Install,
    number: str,
    expected: str,
) -> None:
    """Who is called hears what it is about: takes it, declines, presses nothing, or hangs up."""
    asterisk.expected_log += ["Abnormal 'Gosub"]  # of 307
    flows = {"main_menu": MAIN, "desks": DESKS % ANNOUNCED}
    program = install(speech.url, flows, {"turn": {"timeout_s": 2}})
    launcher = install_launcher(asterisk.chroot, program)
    connected = asyncio.Event()

    def note(event: Message) -> None:
        if event["Event"] == "BridgeEnter" and event["Uniqueid"] == call.uniqueid:
            connected.set()

    try:
        async with with_globals(ami, AGENT_DONE=""):
            await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": launcher["IVR_AGI"]})
            told = launcher | {"IVR_ARG_NUMBER": number}
            async with caller.call("100", variables=told) as call:
                ami.listeners.append(note)
                if number == "304":
                    async with asyncio.timeout(60):
                        await connected.wait()
                    await ami.action("Setvar", {"Variable": "AGENT_DONE", "Value": "1"})
                await call.ended()
    finally:
        ami.listeners.remove(note)
        await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": "ivr-agi"})
    result = (call.variables["IVR_STATUS"], call.variables["IVR_RESULT"])
    assert result == ("DIALPLAN", expected), call.steps
    assert connected.is_set() == (number == "304")
    assert list((program.host / "spool/returns").iterdir()) == []


async def test_a_caller_who_hangs_up_meanwhile(
    caller: Caller, asterisk: AsteriskInstance, install: Install
) -> None:
    """The dialplan was told TRANSFER; nothing runs any more, and the place waits for nobody."""
    program = install("ws://127.0.0.1:1", {"main_menu": MAIN, "desks": DESKS % ""})
    told = install_launcher(asterisk.chroot, program) | {"IVR_ARG_NUMBER": "302"}
    async with caller.call("100", variables=told) as call:
        await call.reached("Dial")
        await asyncio.sleep(0.5)
        call.hang_up()
        await call.ended()
    assert call.variables["IVR_STATUS"] == "TRANSFER"
    (file,) = (program.host / "spool/returns").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_bytes())["frames"][1]["step"] == "desk"


async def test_a_name_that_is_not_its_own(
    caller: Caller, asterisk: AsteriskInstance, install: Install
) -> None:
    """Another channel's place is no place of this call: the flow begins anew, and is heard."""
    flow = "start: a\nsteps: {a: {do: dialplan, result: anew}}"
    program = install("ws://127.0.0.1:1", {"main_menu": flow})
    variables = program.variables("main_menu", "0" * 32, "BUSY")
    async with caller.call("100", variables=variables) as call:
        await call.ended()
    assert (call.variables["IVR_STATUS"], call.variables["IVR_RESULT"]) == ("DIALPLAN", "anew")
