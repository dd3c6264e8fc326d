"""dialplans/extensions_ivr.conf as it is: what it does after each way the program can end.

``probes/leave.py`` plays the program: it sets the variables that the test wants and exits.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from benchmarks.asterisk.instance import HOME
from ivr_agi.bench.signals import tone
from ivr_agi.flow.run.results import OUR_VARIABLES, RETURN_VARIABLES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from benchmarks.asterisk.ami import Ami, Message
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
    """Contexts the call went through, in order, without the harness's own and the records."""
    seen = dict.fromkeys(context for context, _, _ in call.steps)
    return [context for context in seen if context not in ("caller-id", "ivr-record")]


@contextlib.asynccontextmanager
async def with_globals(ami: Ami, **values: str) -> AsyncIterator[None]:
    """Settings of the sample dialplan, for the time of the block."""
    for name, value in values.items():
        await ami.action("Setvar", {"Variable": name, "Value": value})
    try:
        yield
    finally:
        for name in values:
            await ami.action("Setvar", {"Variable": name, "Value": ""})


@contextlib.asynccontextmanager
async def without_module(asterisk: AsteriskInstance, name: str) -> AsyncIterator[None]:
    """An Asterisk whose administrator did not load a module."""
    asterisk.expected_log += ["fell back", name, "Could not find application"]
    said = await asyncio.to_thread(asterisk.cli, f"module unload {name}.so")
    assert "Unloaded" in said, said
    try:
        yield
    finally:
        await asyncio.to_thread(asterisk.cli, f"module load {name}.so")


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


@pytest.mark.parametrize("target", ["", "no-such-desk", "h", "300@ivr|1", "00881612345678"])
async def test_transfer_to_nowhere_falls_back(
    caller: Caller, asterisk: AsteriskInstance, target: str
) -> None:
    """A target that is empty, not listed or no extension at all ends in the fallback: no Dial()."""
    asterisk.expected_log += ["fell back"]
    call = await finished(caller, f"IVR_STATUS=TRANSFER&IVR_TRANSFER={target}")
    assert contexts(call)[-1] == "ivr-fallback"
    assert not any(step.startswith("Dial(") for _, _, step in call.steps)
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
    assert ("ivr", "h") in {step[:2] for step in call.steps}
    assert call.steps[-1][0] == "ivr-record"


async def test_queue_that_nobody_serves_falls_back(
    caller: Caller, asterisk: AsteriskInstance
) -> None:
    """Queue() gets name and priority; what cannot take the call leads to the fallback."""
    asterisk.expected_log += ["fell back", "Unable to join queue"]
    call = await finished(
        caller,
        "IVR_STATUS=TRANSFER&IVR_TRANSFER=empty&IVR_TRANSFER_KIND=QUEUE&IVR_PRIORITY=5",
    )
    assert contexts(call)[-3:] == ["ivr-queue", "ivr-back", "ivr-fallback"]
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


@pytest.mark.parametrize("has_voicemail", [True, False])
async def test_voicemail_that_is_not_there_is_recorded(
    caller: Caller, asterisk: AsteriskInstance, ami: Ami, has_voicemail: bool
) -> None:
    """Where the administrator names a folder, plain Record() takes the message."""
    asterisk.expected_log += ["No entry in voicemail config", "voicemail"]
    told = {"PROBE_VARIABLES": "IVR_STATUS=VOICEMAIL&IVR_MAILBOX=200@none", "PROBE_EXIT": "0"}
    folder = asterisk.home / f"messages-{has_voicemail}"
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(with_globals(ami, IVR_MESSAGES=f"{HOME}/{folder.name}"))
        if not has_voicemail:
            await stack.enter_async_context(without_module(asterisk, "app_voicemail"))
        async with caller.call("100", variables={"IVR_AGI": LEAVE, **told}) as call:
            await call.reached("TryExec", 20)
            await call.wait_for(lambda: recording(call), "Record()", 20)
            await asyncio.sleep(0.5)  # the beep
            call.say(tone(1.0))
            await call.said()
            await call.press("#")
            await call.ended()
    assert call.variables["RECORD_STATUS"] == "DTMF"
    assert [path.suffix for path in folder.iterdir()] == [".wav"]


def recording(call: Call) -> float | None:
    """Whether the dialplan has come to Record()."""
    found = any(step.startswith("TryExec(Record(") for _, _, step in call.steps)
    return time.monotonic() if found else None


@pytest.mark.parametrize(
    ("module", "variables"),
    [
        ("app_queue", "IVR_STATUS=TRANSFER&IVR_TRANSFER=empty&IVR_TRANSFER_KIND=QUEUE"),
        ("app_voicemail", "IVR_STATUS=VOICEMAIL&IVR_MAILBOX=200"),
        ("app_record", "IVR_STATUS=VOICEMAIL&IVR_MAILBOX=200@none"),
        ("app_read", "IVR_STATUS=SPEECH_DOWN"),
    ],
)
async def test_an_application_that_is_not_loaded_falls_back(
    caller: Caller, asterisk: AsteriskInstance, ami: Ami, module: str, variables: str
) -> None:
    """TryExec: the channel does not end there."""
    asterisk.expected_log += ["No entry in voicemail config", "voicemail"]
    async with (
        with_globals(ami, IVR_MESSAGES=f"{HOME}/none", IVR_FALLBACK_SOUND="beep"),
        without_module(asterisk, module),
    ):
        if module == "app_voicemail":
            await ami.action("Setvar", {"Variable": "IVR_MESSAGES", "Value": ""})
        call = await finished(caller, variables)
    assert contexts(call)[-1] == "ivr-fallback"
    assert call.audible_s > 0.5


@pytest.mark.parametrize(("key", "desk"), [("1", "200"), ("2", "201"), ("7", ""), ("*", "")])
async def test_one_key_reaches_a_desk_while_speech_is_down(
    caller: Caller,
    asterisk: AsteriskInstance,
    ami: Ami,
    tone_file: Callable[[float], str],
    key: str,
    desk: str,
) -> None:
    """The recorded menu is stopped by the key; one that it does not name falls back."""
    asterisk.expected_log += ["fell back"]
    told = {"IVR_AGI": LEAVE, "PROBE_VARIABLES": "IVR_STATUS=SPEECH_DOWN", "PROBE_EXIT": "3"}
    async with with_globals(ami, IVR_FALLBACK_SOUND=tone_file(3)):
        async with caller.call("100", variables=told) as call:
            await call.heard_audio()
            await asyncio.sleep(0.2)
            await call.press(key)
            if key == "*":
                call.hang_up()
            await call.ended(20)
    if desk:
        assert ("ivr-transfer", desk) in {step[:2] for step in call.steps}
        assert contexts(call)[-1] == "ivr-transfer"
    elif key == "7":
        assert contexts(call)[-2:] == ["ivr-keys", "ivr-fallback"]


@pytest.fixture
async def callbacks(ami: Ami) -> AsyncIterator[Ami]:
    """An empty list of calls back."""
    await ami.cli("database deltree ivr-callback")
    yield ami
    await ami.cli("database deltree ivr-callback")


async def test_call_back_is_noted(caller: Caller, callbacks: Ami) -> None:
    """Who, when and for which queue, in Asterisk's database: once, and cleaned."""
    before = int(time.time())
    for queue in ("sales", "ser(vice"):
        call = await finished(
            caller, f"IVR_STATUS=CALLBACK&IVR_CALLBACK=+49555;x&IVR_QUEUE={queue}"
        )
        assert contexts(call)[-1] == "ivr-after"
    found = noted(await callbacks.cli("database show ivr-callback"))
    assert found.keys() == {"/ivr-callback/+49555"}
    at, queue = found["/ivr-callback/+49555"].split()
    assert queue == "service"
    assert before <= int(at) <= time.time()


def noted(shown: str) -> dict[str, str]:
    """Keys and values of ``database show``."""
    pairs = (line.partition(":") for line in shown.splitlines() if line.startswith("/"))
    return {key.strip(): value.strip() for key, _, value in pairs}


async def test_the_list_of_calls_back_is_bounded(
    caller: Caller, asterisk: AsteriskInstance, callbacks: Ami
) -> None:
    """200 numbers; who is on it stays on it, and the others fall back."""
    for number in range(10**14, 10**14 + 200):
        entry = {"Family": "ivr-callback", "Key": f"+{number}", "Val": "1 x"}
        await callbacks.action("DBPut", entry)
    call = await finished(caller, f"IVR_STATUS=CALLBACK&IVR_CALLBACK=+{10**14 + 7}&IVR_QUEUE=y")
    assert contexts(call)[-1] == "ivr-after"
    asterisk.expected_log += ["fell back", "list of calls back is full"]
    call = await finished(caller, "IVR_STATUS=CALLBACK&IVR_CALLBACK=+49555&IVR_QUEUE=y")
    assert contexts(call)[-1] == "ivr-fallback"
    found = noted(await callbacks.cli("database show ivr-callback"))
    assert len(found) == 200
    assert found[f"/ivr-callback/+{10**14 + 7}"].endswith(" y")


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("sip:desk@127.0.0.1:{port}", True),
        ("sip:desk@Example.ORG:{port}", True),  # not a name that can be found
        ("sip:desk@127.0.0.2:{port}", False),
        ("sip:desk@127.0.0.1.example.com", False),
        ("sip:a@127.0.0.1@example.com", False),
        ("sip:127.0.0.1", False),
        ("sip:desk@", False),
    ],
)
async def test_sip_domains_are_a_list(
    caller: Caller, asterisk: AsteriskInstance, ami: Ami, address: str, is_allowed: bool
) -> None:
    """Only domains that it names are called, whatever else the address holds."""
    asterisk.expected_log += ["fell back", "Unable to create channel", "PJSIP", "pjsip", "resolv"]
    where = address.format(port=asterisk.sip_port)
    told = f"IVR_STATUS=TRANSFER&IVR_TRANSFER={where}&IVR_TRANSFER_KIND=SIP"
    domains = "sip.example.com,127.0.0.1,example.org"
    async with with_globals(ami, IVR_SIP_ENDPOINT="200", IVR_SIP_DOMAINS=domains):
        call = await finished(caller, told)
    dialled = [step for _, _, step in call.steps if step.startswith("Dial(")]
    assert dialled == ([f"Dial(PJSIP/200/{where},30,)"] if is_allowed else [])
    reached = is_allowed and "127.0.0.1" in address
    assert contexts(call)[-1] == ("ivr-sip" if reached else "ivr-fallback")


async def test_no_domains_no_call(caller: Caller, asterisk: AsteriskInstance, ami: Ami) -> None:
    """An endpoint alone opens nothing."""
    asterisk.expected_log += ["fell back"]
    told = "IVR_STATUS=TRANSFER&IVR_TRANSFER=sip:desk@127.0.0.1&IVR_TRANSFER_KIND=SIP"
    async with with_globals(ami, IVR_SIP_ENDPOINT="200"):
        call = await finished(caller, told)
    assert contexts(call)[-1] == "ivr-fallback"


async def test_what_can_be_reached_is_listed(ami: Ami) -> None:
    """No pattern and no include: callers choose some of these digits."""
    shown = await ami.cli("dialplan show ivr-transfer")
    assert "'200'" in shown
    assert "'_" not in shown
    assert "Include" not in shown


async def test_nothing_of_a_call_before_is_left(caller: Caller, ami: Ami) -> None:
    """Each variable that a call sets is empty when the next program on the channel begins."""
    told = dict.fromkeys((*OUR_VARIABLES, *RETURN_VARIABLES, "AGISTATUS"), "stale")
    told["IVR_AGI"] = f"{HOME}/probes/wait.py"
    async with caller.call("100", variables=told) as call:
        await call.reached("EAGI")
        for name in (*OUR_VARIABLES, *RETURN_VARIABLES, "AGISTATUS"):
            assert await ami.get_variable(call.channel, name) == "", name


@pytest.mark.parametrize("hangs_up", [False, True])
async def test_the_end_is_in_the_call_detail_record(
    caller: Caller, ami: Ami, hangs_up: bool
) -> None:
    """CDR(userfield) has the status, also of a caller who hangs up."""
    records: dict[str, str] = {}

    def note(event: Message) -> None:
        if event["Event"] == "Cdr":
            records[event["UniqueID"]] = event.get("UserField", "")

    ami.listeners.append(note)
    try:
        if hangs_up:
            async with caller.call("100", variables={"IVR_AGI": f"{HOME}/probes/wait.py"}) as call:
                await call.reached("EAGI")
                call.hang_up()
                await call.ended()
        else:
            call = await finished(caller, "IVR_STATUS=COMPLETED")
        await call.wait_for(lambda: 1.0 if call.uniqueid in records else None, "record")
    finally:
        ami.listeners.remove(note)
    assert records[call.uniqueid] == ("IVR NONE" if hangs_up else "IVR COMPLETED")


async def test_what_the_caller_wanted_is_told(caller: Caller, ami: Ami) -> None:
    """To CDR and AMI; what a result says is no further field of the event."""
    records: dict[str, str] = {}
    told: dict[str, Message] = {}

    def note(event: Message) -> None:
        if event["Event"] == "Cdr":
            records[event["UniqueID"]] = event.get("UserField", "")
        if event["Event"] == "UserEvent":
            told[event["Uniqueid"]] = event

    ami.listeners.append(note)
    try:
        call = await finished(
            caller, "IVR_STATUS=TRANSFER&IVR_TRANSFER=200&IVR_RESULT=a bill: 42 EUR"
        )
        await call.wait_for(lambda: 1.0 if call.uniqueid in records else None, "record")
    finally:
        ami.listeners.remove(note)
    event = told[call.uniqueid]
    assert (event["UserEvent"], event["Status"], event["Target"]) == ("IvrCall", "TRANSFER", "200")
    assert unquote(event["Result"]) == "a bill: 42 EUR"
    assert unquote(records[call.uniqueid]) == "IVR TRANSFER a bill: 42 EUR"


async def test_the_line_is_open_before_the_program_speaks(caller: Caller, ami: Ami) -> None:
    """Answer(), a moment, then EAGI(); Asterisk's own recordings are in the flow's language."""
    async with caller.call("100", variables={"IVR_AGI": f"{HOME}/probes/wait.py"}) as call:
        await call.reached("EAGI")
        assert await ami.get_variable(call.channel, "CHANNEL(language)") == "en"
    names = [step.partition("(")[0] for context, _, step in call.steps if context == "ivr"]
    assert names[:5] == ["Gosub", "Set", "Answer", "Wait", "EAGI"]


async def test_callers_of_the_trunk_cannot_transfer(ami: Ami) -> None:
    """REFER would have Asterisk call whom they like."""
    assert re.search(r"allow_transfer\s+: false", await ami.cli("pjsip show endpoint ivr-trunk"))


def test_the_samples_are_loaded_without_a_warning(asterisk: AsteriskInstance) -> None:
    """The log of the test is looked at after it."""
    asterisk.expected_log.append("Transport 'transport-udp' is not fully reloadable")
    asterisk.cli("dialplan reload")
    asterisk.cli("module reload res_pjsip.so")


async def test_dialplan_step_hangs_up_as_shipped(caller: Caller) -> None:
    """What it means is the administrator's to write."""
    call = await finished(caller, "IVR_STATUS=DIALPLAN&IVR_RESULT=unclear")
    assert contexts(call) == ["ivr", "ivr-clean", "ivr-after"]
