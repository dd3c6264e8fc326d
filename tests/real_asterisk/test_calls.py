"""Whole calls of the real program: dialplan sample, EAGI, speech server, a caller on the phone."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.asterisk.chroot import CHECKOUT
from benchmarks.asterisk.installation import ChrootInstallation
from ivr_agi.bench.signals import ACCOUNT_BALANCE, TECHNICAL_SUPPORT
from ivr_agi.demo.run import EXPECTED
from ivr_agi.demo.timeline import find_difference, merge
from tests.real_asterisk.server import serving
from tests.real_asterisk.slow_speech import SYLLABLE_S
from tests.real_asterisk.speech import SLOW, speech_service

if TYPE_CHECKING:
    from benchmarks.asterisk.caller import Call, Caller
    from benchmarks.asterisk.installation import Install
    from benchmarks.asterisk.instance import AsteriskInstance
    from tests.patience import StallMeter
    from tests.real_asterisk.sip_caller import SipCaller
    from tests.real_asterisk.speech import SpeechProcess

pytestmark = pytest.mark.asterisk

STOPS_WITHIN_S = 0.1
"""VOICE_START at the plugin to the prompt's last packet at the caller."""
ENDS_WITHIN_S = 1.0
"""A hang-up to the end of the call."""

MENU = """
start: main
steps:
  main:
    do: menu
    prompt: {prompt}
    timeout_s: 2
    choices:
      - {{words: [account balance], key: "1", go: done}}
      - {{words: [technical support], go: main}}
    no_input: {{after: 1, go: desk}}
    no_match: {{after: 1, go: desk}}
  done: {{do: hangup}}
  desk: {{do: transfer, extension: "200"}}
"""
SPOKEN = MENU.format(prompt="Please say account balance or technical support, or press one.")


async def follow_the_script(call: Call, program: ChrootInstallation) -> None:
    """Do what demo/caller.yaml says."""
    for prompt, words in ((1, ACCOUNT_BALANCE), (3, TECHNICAL_SUPPORT)):
        await program.wait_for(call, "prompt_started", prompt, 40)
        await asyncio.sleep(2)
        call.say(words)
        voice_start = await program.wait_for(call, "voice_start", (prompt + 1) // 2)
        await program.wait_for(call, "prompt_started", prompt + 1)
        answer = program.events(call, "prompt_started")[prompt]
        assert last_heard(call, voice_start.at_s, answer.at_s) - voice_start.at_s < STOPS_WITHIN_S
    await program.wait_for(call, "no_input", 1, 40)
    await program.wait_for(call, "prompt_ended", 3, 40)
    await asyncio.sleep(1)
    await call.press("0")
    await call.ended(30)


def last_heard(call: Call, since: float, until: float) -> float:
    """When the caller heard the last sound between two times."""
    heard = [frame.at for frame in call.frames if since <= frame.at <= until and frame.is_audible]
    return max(heard, default=since)


@pytest.mark.parametrize("line", ["local", "sip"])
async def test_demo(
    caller: Caller,
    sip_caller: SipCaller,
    asterisk: AsteriskInstance,
    speech: SpeechProcess,
    line: str,
) -> None:
    """The demo's call, with dialplan and flow as they are: voice, silence, a key, hand-over."""
    flow = (CHECKOUT / "config/flows/main_menu.yaml").read_text(encoding="utf-8")
    program = ChrootInstallation(asterisk.chroot, "/etc/ivr-agi", speech.url, {"main_menu": flow})
    await program.sync_vocabularies()
    phone = caller if line == "local" else sip_caller
    with contextlib.ExitStack() as stack:
        if line == "sip":  # else the launcher runs the call itself
            stack.enter_context(serving(asterisk.chroot, program))
        async with phone.call("100") as call:
            await follow_the_script(call, program)
    expected = [entry for entry in EXPECTED if entry["event"] != "caller_voice_onset"]
    assert find_difference(merge(program.events(call), [], 0), expected) is None
    assert call.variables["IVR_STATUS"] == "TRANSFER"
    assert call.variables["IVR_RESULT"] == "engineer"
    assert ("ivr-transfer", "201") in {step[:2] for step in call.steps}


@pytest.mark.parametrize("when", ["prompt", "silence"])
async def test_key(
    caller: Caller, speech: SpeechProcess, install: Install, stalls: StallMeter, when: str
) -> None:
    """A key is taken while the prompt plays, which it stops, and after it."""
    program = install(speech.url, {"menu": SPOKEN})
    async with caller.call("100", variables=program.variables("menu")) as call:
        await program.wait_for(call, "prompt_started" if when == "prompt" else "prompt_ended")
        await asyncio.sleep(0.5)
        await call.press("1")
        await call.ended()
    (prompt_ended,) = program.events(call, "prompt_ended")
    assert prompt_ended.data["cause"] == ("key" if when == "prompt" else "ended")
    heard_until = last_heard(call, prompt_ended.at_s, call.frames[-1].at)
    stalled_s = stalls.within(prompt_ended.at_s, heard_until)
    assert heard_until - prompt_ended.at_s - stalled_s < 0.1
    assert call.variables["IVR_STATUS"] == "COMPLETED"
    assert call.variables["IVR_RESULT"] == "account balance"


@pytest.mark.parametrize("is_muted", [False, True])
async def test_no_input(
    caller: Caller, speech: SpeechProcess, install: Install, is_muted: bool
) -> None:
    """Silence is no-input on time, also of a phone that sends no audio at all."""
    program = install(speech.url, {"menu": SPOKEN})
    async with caller.call("100", variables=program.variables("menu")) as call:
        call.is_muted = is_muted
        prompt_ended = await program.wait_for(call, "prompt_ended")
        no_input = await program.wait_for(call, "no_input")
        await call.ended()
    assert no_input.at_s - prompt_ended.at_s == pytest.approx(2, abs=0.3)
    assert call.variables["IVR_STATUS"] == "TRANSFER"
    assert call.variables["IVR_TRANSFER"] == "200"
    (audio,) = program.events(call, "audio")
    assert (audio.data["filled"] > audio.data["received"]) == is_muted


@pytest.mark.parametrize("after", ["prompt_started", "prompt_ended", "voice_start"])
async def test_hang_up(
    caller: Caller, speech: SpeechProcess, install: Install, stalls: StallMeter, after: str
) -> None:
    """A hang-up during the prompt, while listening, while speaking: the call ends in order."""
    program = install(speech.url, {"menu": SPOKEN})
    async with caller.call("100", variables=program.variables("menu")) as call:
        if after == "voice_start":
            await program.wait_for(call, "prompt_started")  # before it nobody listens
            call.say(ACCOUNT_BALANCE)
        await program.wait_for(call, after)
        await asyncio.sleep(0.3)
        await hangs_up(call, stalls)
    hung_up_in_order(call, program)


async def test_hang_up_while_the_prompt_is_synthesised(
    caller: Caller, install: Install, stalls: StallMeter
) -> None:
    """A hang-up while the service is still making the prompt ends the call as well."""
    with speech_service(*SLOW) as slow:
        program = install(slow.url, {"menu": SPOKEN})
        async with caller.call("100", variables=program.variables("menu")) as call:
            await program.wait_for(call, "synthesis_first_audio")
            await asyncio.sleep(0.3)
            await hangs_up(call, stalls)
    hung_up_in_order(call, program)


async def hangs_up(call: Call, stalls: StallMeter) -> None:
    """Hang up; the call is soon over."""
    hung_up_at = time.monotonic()
    call.hang_up()
    ended_at = await call.ended()
    assert ended_at - hung_up_at - stalls.within(hung_up_at, ended_at) < ENDS_WITHIN_S


def hung_up_in_order(call: Call, program: ChrootInstallation) -> None:
    """The dialplan has its status, and the program is through."""
    assert call.variables["IVR_STATUS"] == "HANGUP"
    assert call.variables["AGISTATUS"] == "HANGUP"
    assert ("ivr", "h") in {step[:2] for step in call.steps}
    (ended,) = program.events(call, "call_ended")
    assert ended.data["status"] == "HANGUP"
    assert ended.data["seconds"] > 0


async def test_slow_synthesis_is_heard_whole(caller: Caller, install: Install) -> None:
    """A synthesis slower than speech: what came is played as it comes, and keys are taken."""
    with speech_service(*SLOW) as slow:
        program = install(slow.url, {"menu": SPOKEN})
        async with caller.call("100", variables=program.variables("menu")) as call:
            started = await program.wait_for(call, "synthesis_first_audio")
            await asyncio.sleep(2.3)
            assert call.audible_s == pytest.approx(5 * SYLLABLE_S, abs=SYLLABLE_S)
            await call.press("1")
            await call.ended()
    assert last_heard(call, 0, call.frames[-1].at) - started.at_s < 3
    assert call.variables["IVR_STATUS"] == "COMPLETED"


async def test_missing_recording(
    caller: Caller, asterisk: AsteriskInstance, speech: SpeechProcess, install: Install
) -> None:
    """A prompt that is not there is told to the operator, and the caller is still served."""
    asterisk.expected_log.append("no/such/prompt")
    program = install(speech.url, {"menu": MENU.format(prompt="{recording: no/such/prompt}")})
    async with caller.call("100", variables=program.variables("menu")) as call:
        await program.wait_for(call, "prompt_missing")
        await call.press("1")
        await call.ended()
    assert call.variables["IVR_STATUS"] == "COMPLETED"
    assert "recording 'no/such/prompt' cannot be played" in (program.host / "log").read_text()


SCRIPT = """
def main(agi):
    name = agi.env["agi_calleridname"]
    agi.set_variable("SEEN_NAME", name)
    agi.set_variable("SEEN_NUMBER", agi.env["agi_callerid"])
    agi.verbose(name)
    return agi.env["agi_uniqueid"]
"""


async def test_what_a_caller_sends(caller: Caller, speech: SpeechProcess, install: Install) -> None:
    """Quotes, line ends, UTF-8, dialplan words in the caller's name: text, and nothing else."""
    program = install(speech.url, {})
    (program.host / "script.py").write_text(SCRIPT)
    variables = program.variables("--script", f"{program.folder}/script.py")
    name = '"Zoë"\r\n\r\n200 result=1 (\\n) 你好 ${HANGUPCAUSE}'
    number = "1\nagi_uniqueid: forged'2"
    async with caller.call("100", name=name, number=number, variables=variables) as call:
        await call.ended()
    assert call.variables["SEEN_NAME"] == name.replace("\r", "").replace("\n", "")
    assert call.variables["SEEN_NUMBER"] == number.replace("\n", "")
    assert call.variables["IVR_RESULT"] == call.uniqueid
    assert call.variables["IVR_STATUS"] == "COMPLETED"


@pytest.mark.parametrize(
    "name",
    [
        "Eve\n\n200 result=1 (forged)",
        "Eve\nagi_arg_1: forged\n\n200 result=-1 endpos=0\n511 dead\n520-x",
        "Eve\nHANGUP\nHANGUP",
    ],
)
async def test_what_a_caller_forges(
    caller: Caller, speech: SpeechProcess, install: Install, name: str
) -> None:
    """A dialplan that lets line ends through: the call goes on in step all the same."""
    program = install(speech.url, {"menu": SPOKEN})
    variables = program.variables("menu")
    async with caller.call("100", context="unclean", name=name, variables=variables) as call:
        await call.heard_audio()
        await asyncio.sleep(0.5)
        await call.press("1")
        await call.ended()
    assert call.variables["IVR_STATUS"] == "COMPLETED"
    assert call.variables["IVR_RESULT"] == "account balance"
    assert call.audible_s > 0.4


async def test_one_socket_for_all_turns(
    caller: Caller, speech: SpeechProcess, install: Install
) -> None:
    """The second turn listens on the socket of the first."""
    program = install(speech.url, {"menu": SPOKEN})
    await program.sync_vocabularies()
    sockets = []
    async with caller.call("100", variables=program.variables("menu")) as call:
        for turn, words in ((1, TECHNICAL_SUPPORT), (2, ACCOUNT_BALANCE)):
            await program.wait_for(call, "prompt_ended", turn)
            sockets.append(connections(speech.url))
            call.say(words)
            await program.wait_for(call, "choice", turn)
        await call.ended()
    assert len(sockets[0]) == 1
    assert sockets[0] == sockets[1]
    assert call.variables["IVR_STATUS"] == "COMPLETED"


def connections(url: str) -> set[str]:
    """Addresses of those who are connected to a service (proc(5): net/tcp; 01 is established)."""
    server = f"0100007F:{int(url.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[2] for row in rows if row[1] == server and row[3] == "01"}
