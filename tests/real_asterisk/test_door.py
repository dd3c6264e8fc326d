"""The door for Python on a real Asterisk: a script; a flow runs Python; Python runs a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.asterisk.chroot import CHECKOUT

if TYPE_CHECKING:
    from benchmarks.asterisk.caller import Call, Caller
    from benchmarks.asterisk.installation import ChrootInstallation, Install
    from tests.real_asterisk.speech import SpeechProcess

pytestmark = pytest.mark.asterisk

TICKETS = (CHECKOUT / "docs/samples/tickets.py").read_text(encoding="utf-8")
SHOP = """\
import ivr_agi

async def sell(call, what):
    match await call.ask(f"How many {what}?", ivr_agi.Number(minimum=1, maximum=9)):
        case ivr_agi.Answer(value=n):
            return n
    return call.transfer("operator")
"""
FLOW = """\
start: which
steps:
  which:
    do: menu
    prompt: For books, press one. For maps, press two.
    choices: [{key: "1", value: books, go: sell}, {key: "2", value: maps, go: sell}]
    no_input: {go: sell}
    no_match: {go: sell}
  sell:
    do: python
    function: "shop:sell"
    takes_call: true
    arguments: {what: "{{ choice }}"}
    save: order
    go: done
    error: done
  done: {do: transfer, extension: "200", variables: {ORDER: "{{ order }}"}}
variables: {order: ""}
"""
OUTER = """\
import ivr_agi

async def main(call):
    found = await call.run_flow("choose")
    if isinstance(found, ivr_agi.Result):
        return found
    await call.say(f"You chose {found['what']}.")
    await call.set_variable("CHOSEN", found["what"])
    return call.transfer("201")
"""
INNER = """\
start: which
steps:
  which:
    do: menu
    prompt: For books, press one. For maps, press two.
    choices: [{key: "1", value: books, go: back}, {key: "2", value: maps, go: back}]
    no_input: {go: back}
    no_match: {go: back}
  back: {do: return, values: {what: "{{ choice }}"}}
"""


def said(program: ChrootInstallation, call: Call) -> list[str]:
    """The texts that the caller has heard begin."""
    started = program.events(call, "prompt_started")
    return [event.data["text"] for event in started if "text" in event.data]


async def test_a_script(caller: Caller, speech: SpeechProcess, install: Install) -> None:
    """docs/samples/tickets.py asks, understands a key, says it back and transfers."""
    program = install(speech.url, {})
    (program.host / "tickets.py").write_text(TICKETS, encoding="utf-8")
    told = program.variables("--script", f"{program.folder}/tickets.py")
    async with caller.call("100", variables=told) as call:
        await program.wait_for(call, "prompt_started")
        await call.press("3")
        await call.ended(20)
    assert said(program, call) == ["How many tickets?", "3 tickets."]
    assert (call.variables["IVR_STATUS"], call.variables["IVR_TRANSFER"]) == ("TRANSFER", "200")
    assert call.variables["IVR_SLOT_TICKETS"] == "3"


async def test_a_flow_that_runs_python(
    caller: Caller, speech: SpeechProcess, install: Install
) -> None:
    """A ``python`` step gives the call to a function; the flow goes on with its answer."""
    program = install(speech.url, {"shop": FLOW})
    (program.host / "flows/shop.py").write_text(SHOP, encoding="utf-8")
    async with caller.call("100", variables=program.variables("shop")) as call:
        await program.wait_for(call, "prompt_started")
        await call.press("2")
        await program.wait_for(call, "prompt_started", 2)
        await call.press("4")
        await call.ended(20)
    assert said(program, call)[1] == "How many maps?"
    assert (call.variables["IVR_STATUS"], call.variables["IVR_ORDER"]) == ("TRANSFER", "4")


async def test_a_script_that_runs_a_flow(
    caller: Caller, speech: SpeechProcess, install: Install
) -> None:
    """``call.run_flow``: what the flow gives back is the script's."""
    program = install(speech.url, {"choose": INNER})
    (program.host / "outer.py").write_text(OUTER, encoding="utf-8")
    told = program.variables("--script", f"{program.folder}/outer.py")
    async with caller.call("100", variables=told) as call:
        await program.wait_for(call, "prompt_started")
        await call.press("1")
        await call.ended(20)
    assert (call.variables["IVR_STATUS"], call.variables["IVR_TRANSFER"]) == ("TRANSFER", "201")
    assert call.variables["CHOSEN"] == "books"
