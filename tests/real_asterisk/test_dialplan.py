"""dialplans/extensions_ivr.conf as it is: what it does after each way the program can end.

``probes/leave.py`` plays the program: it sets the variables that the test wants and exits.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from benchmarks.asterisk.instance import HOME
from ivr_agi.bench.signals import tone

if TYPE_CHECKING:
    from benchmarks.asterisk.ami import Ami
    from benchmarks.asterisk.caller import Call, Caller
    from benchmarks.asterisk.instance import AsteriskInstance

pytestmark = pytest.mark.asterisk

LEAVE = f"{HOME}/probes/leave.py"


async def finished(caller: Caller, variables: str, *, leave: str = "0", agi: str = LEAVE) -> Call:
    """Dial 100, let the program end as told, and give the call after its end."""
    told = {"IVR_AGI": agi, "PROBE_VARIABLES": variables, "PROBE_EXIT": leave}
    async with caller.call("100", variables=told) as call:
        await call.ended()
    return call


def contexts(call: Call) -> list[str]:
    """Contexts the call went through, in order, without the harness's own."""
    seen = dict.fromkeys(context for context, _, _ in call.steps)
    return [context for context in seen if context != "caller-id"]


async def test_completed_hangs_up(caller: Caller) -> None:
    """COMPLETED ends the call in order, with the result in the variables."""
    call = await finished(caller, "IVR_STATUS=COMPLETED&IVR_RESULT=sales")
    assert contexts(call) == ["ivr", "ivr-clean", "ivr-after"]
    assert call.variables["AGISTATUS"] == "SUCCESS"
    assert call.variables["IVR_RESULT"] == "sales"
    assert call.audible_s == 0


async def test_transfer_reaches_the_desk(caller: Caller) -> None:
    """TRANSFER goes to the extension, and only in context ivr-transfer."""
    call = await finished(caller, "IVR_STATUS=TRANSFER&IVR_TRANSFER=200")
    assert contexts(call) == ["ivr", "ivr-clean", "ivr-after", "ivr-transfer"]
    assert call.audible_s > 0.1


@pytest.mark.parametrize("target", ["", "no-such-desk", "h", "300@ivr|1"])
async def test_transfer_to_nowhere_falls_back(
    caller: Caller, asterisk: AsteriskInstance, target: str
) -> None:
    """A target that is empty, unknown or no extension at all ends in the fallback."""
    asterisk.expected_log += ["fell back", "Unable to create channel", "PJSIP"]
    call = await finished(caller, f"IVR_STATUS=TRANSFER&IVR_TRANSFER={target}")
    assert contexts(call)[-1] == "ivr-fallback"
    assert call.audible_s > 0.5


async def test_transfer_that_nobody_answers_falls_back(
    caller: Caller, asterisk: AsteriskInstance
) -> None:
    """A desk that cannot be reached ends in the fallback."""
    asterisk.expected_log += ["fell back", "Unable to create channel", "PJSIP"]
    call = await finished(caller, "IVR_STATUS=TRANSFER&IVR_TRANSFER=300")
    assert contexts(call)[-2:] == ["ivr-transfer", "ivr-fallback"]
    assert call.audible_s > 0.5


@pytest.mark.parametrize(
    ("variables", "leave", "agi_status"),
    [
        ("IVR_STATUS=FAILED", "1", "FAILURE"),
        ("IVR_STATUS=SPEECH_DOWN", "3", "FAILURE"),
        ("IVR_STATUS=SOMETHING_NEW", "0", "SUCCESS"),
        ("", "0", "SUCCESS"),
        ("", "1", "FAILURE"),
        ("", "kill", "FAILURE"),
    ],
)
async def test_failure_falls_back(
    caller: Caller, asterisk: AsteriskInstance, variables: str, leave: str, agi_status: str
) -> None:
    """Whatever goes wrong, the caller hears so, and the log says what it was."""
    asterisk.expected_log.append("fell back")
    call = await finished(caller, variables, leave=leave)
    assert contexts(call) == ["ivr", "ivr-clean", "ivr-after", "ivr-fallback"]
    assert call.variables["AGISTATUS"] == agi_status
    assert call.audible_s > 0.5


async def test_missing_program_falls_back(caller: Caller, asterisk: AsteriskInstance) -> None:
    """A wrong IVR_AGI is a fallback, not a dead line."""
    asterisk.expected_log += ["fell back", "Failed to execute"]
    call = await finished(caller, "", agi="/no/such/program")
    assert contexts(call)[-1] == "ivr-fallback"
    assert call.variables["AGISTATUS"] == "NOTFOUND"


async def test_line_ends_are_taken_out_of_caller_id(caller: Caller, ami: Ami) -> None:
    """What a caller sends cannot forge lines of the AGI environment; the rest stays as it was."""
    waiting = {"IVR_AGI": f"{HOME}/probes/wait.py"}
    name = 'rn "Zoë"\r\n\r\nagi_arg_1: x, (\\n) 你好'
    async with caller.call("100", name=name, number="1\n2", variables=waiting) as call:
        await call.reached("EAGI")
        cleaned = await ami.get_variable(call.channel, "CALLERID(name)")
        assert cleaned == name.replace("\r", "").replace("\n", "")
        assert await ami.get_variable(call.channel, "CALLERID(num)") == "12"


async def test_hang_up_runs_h(caller: Caller) -> None:
    """A caller who hangs up ends in extension h of the context."""
    async with caller.call("100", variables={"IVR_AGI": f"{HOME}/probes/wait.py"}) as call:
        await call.reached("EAGI")
        call.hang_up()
        await call.ended()
    assert call.steps[-1][:2] == ("ivr", "h")


async def test_queue_that_nobody_serves_falls_back(
    caller: Caller, asterisk: AsteriskInstance
) -> None:
    """Queue() gets name and priority; what cannot take the call leads to the fallback."""
    asterisk.expected_log += ["fell back", "Unable to join queue"]
    call = await finished(
        caller,
        "IVR_STATUS=TRANSFER&IVR_TRANSFER=empty&IVR_TRANSFER_KIND=QUEUE&IVR_PRIORITY=5",
    )
    assert contexts(call)[-2:] == ["ivr-queue", "ivr-fallback"]
    assert (call.variables["QUEUE_PRIO"], call.variables["QUEUESTATUS"]) == ("5", "JOINEMPTY")


async def test_sip_address_is_closed_as_shipped(caller: Caller, asterisk: AsteriskInstance) -> None:
    """Without an endpoint of the administrator's nobody is called outside."""
    asterisk.expected_log.append("fell back")
    call = await finished(
        caller, "IVR_STATUS=TRANSFER&IVR_TRANSFER=sip:a@example.com&IVR_TRANSFER_KIND=SIP"
    )
    assert contexts(call)[-2:] == ["ivr-sip", "ivr-fallback"]


async def test_voicemail_that_is_not_there_falls_back(
    caller: Caller, asterisk: AsteriskInstance
) -> None:
    """VoiceMail() gets the mailbox; an unknown one leads to the fallback."""
    asterisk.expected_log += ["fell back", "No entry in voicemail config", "voicemail"]
    call = await finished(caller, "IVR_STATUS=VOICEMAIL&IVR_MAILBOX=200@none")
    assert contexts(call)[-1] == "ivr-fallback"
    assert call.variables["VMSTATUS"] == "FAILED"


async def test_voicemail_that_is_not_there_is_recorded(
    caller: Caller, asterisk: AsteriskInstance, ami: Ami
) -> None:
    """Where the administrator names a folder, plain Record() takes the message."""
    asterisk.expected_log += ["No entry in voicemail config", "voicemail"]
    told = {"PROBE_VARIABLES": "IVR_STATUS=VOICEMAIL&IVR_MAILBOX=200@none", "PROBE_EXIT": "0"}
    folder = asterisk.home / "messages"
    await ami.action("Setvar", {"Variable": "IVR_MESSAGES", "Value": f"{HOME}/messages"})
    try:
        async with caller.call("100", variables={"IVR_AGI": LEAVE, **told}) as call:
            await call.reached("Record", 20)
            await asyncio.sleep(0.5)  # the beep
            call.say(tone(1.0))
            await call.said()
            await call.press("#")
            await call.ended()
    finally:
        await ami.action("Setvar", {"Variable": "IVR_MESSAGES", "Value": ""})
    assert call.variables["RECORD_STATUS"] == "DTMF"
    assert [path.suffix for path in folder.iterdir()] == [".wav"]


async def test_call_back_is_noted(caller: Caller, ami: Ami) -> None:
    """Who and for which queue, in Asterisk's database; only what a number can be."""
    call = await finished(caller, "IVR_STATUS=CALLBACK&IVR_CALLBACK=+49555;x&IVR_QUEUE=sales")
    assert contexts(call)[-1] == "ivr-after"
    assert ": +49555 sales" in await ami.cli("database show ivr-callback")


async def test_dialplan_step_hangs_up_as_shipped(caller: Caller) -> None:
    """What it means is the administrator's to write."""
    call = await finished(caller, "IVR_STATUS=DIALPLAN&IVR_RESULT=unclear")
    assert contexts(call) == ["ivr", "ivr-clean", "ivr-after"]
