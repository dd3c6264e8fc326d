"""A call as a user's code sees it, in whole conversations."""

from __future__ import annotations

import asyncio
import datetime
from pathlib import Path
from typing import Any

import pytest

import ivr_agi
from ivr_agi.testing import cough, hang_up, hear, press, rehearse, say, silence

SALES = ivr_agi.Choice("sales", ("sales", "buy something"), "1")
FLOW = """\
start: size
variables: {what: things}
steps:
  size: {do: ask, prompt: "How many {{ what }}?", slot: {type: number}, save: n, go: done,
         no_input: {go: away}, no_match: {go: away}}
  done: {do: return, values: {n: "{{ n }}"}}
  away: {do: transfer, extension: "300"}
"""


async def ask(call: ivr_agi.Call) -> ivr_agi.Result:
    """Ask for a number."""
    got = await call.ask(
        "How many {{ 6 * 7 }}?",
        ivr_agi.Number(maximum=9),
        no_input="Please speak.",
        no_match="Up to nine.",
        save="size",
    )
    assert isinstance(got, ivr_agi.Answer)
    return call.hang_up(str(got.value))


def test_ask() -> None:
    """Silence and words without a meaning have prompts of their own; braces are no templates."""
    call = rehearse(
        ask,
        hear("6 * 7"),
        silence(),
        hear("Please speak."),
        say("elephant"),
        hear("Up to nine."),
        say("seven"),
    )
    assert call.result.result == "7"
    assert call.variables["IVR_SLOT_SIZE"] == "7"
    assert rehearse(ask, press("4#")).result.result == "4"


@pytest.mark.parametrize(
    ("does", "expected"), [(silence(), ivr_agi.NoInput), (say("elephant"), ivr_agi.NoMatch)]
)
def test_no_answer(does: Any, expected: type) -> None:
    """After all tries."""
    got: list[object] = []

    async def main(call: ivr_agi.Call) -> None:
        got.append(await call.ask("Yes?", ivr_agi.YesNo(), tries=2))
        got.append(await call.menu("Which?", ["sales"], tries=1))

    call = rehearse(main, does, does, does)
    assert [type(each) for each in got] == [expected, expected]
    assert call.result.status is ivr_agi.Status.COMPLETED


def test_read_back() -> None:
    """A wrong answer is asked again."""

    async def main(call: ivr_agi.Call) -> ivr_agi.Result:
        got = await call.ask("When?", ivr_agi.Digits(min_length=4, max_length=4), read_back=True)
        assert isinstance(got, ivr_agi.Answer)
        return call.dialplan(got.value, CITY="{{ Bonn }}")

    call = rehearse(main, press("1234#"), say("no"), press("4321#"), say("yes"))
    assert call.result.result == "4321"
    assert call.variables["IVR_CITY"] == "{{ Bonn }}"


def test_secure_answers_are_nowhere() -> None:
    """Nor are they told to the dialplan."""

    async def main(call: ivr_agi.Call) -> ivr_agi.Result:
        got = await call.ask("PIN?", ivr_agi.Digits(), save="pin", secure=True, keys_only=True)
        return call.hang_up("right" if got == ivr_agi.Answer("1234") else "wrong")

    call = rehearse(main, press("1234#"))
    assert call.result.result == "right"
    assert "IVR_SLOT_PIN" not in call.variables


def test_menu() -> None:
    """By voice or key; IVR_RESULT is the choice."""

    async def main(call: ivr_agi.Call) -> ivr_agi.Result:
        got = await call.menu("Sales or support?", [SALES, "support"])
        assert isinstance(got, ivr_agi.Answer)
        return call.transfer(queue=got.value, priority=5)

    call = rehearse(main, cough(), say("support"))
    assert (call.result.transfer, call.result.result) == ("support", "support")
    assert call.variables["IVR_TRANSFER_KIND"] == "QUEUE"
    assert rehearse(main, press("1", over_s=0.2)).result.transfer == "sales"


def test_record() -> None:
    """A message, or none."""
    got: list[object] = []

    async def main(call: ivr_agi.Call) -> ivr_agi.Result:
        got.append(await call.record("Your message, please.", tries=1))
        return call.voicemail("200@sales")

    call = rehearse(main, say("please call me back as soon as you can"))
    assert got == [ivr_agi.Message("message-1")]
    assert call.variables["IVR_MAILBOX"] == "200@sales"
    assert call.variables["IVR_SLOT_MESSAGE"] == "message-1"
    rehearse(main, silence())
    assert got[1:] == [ivr_agi.NoInput()]


def test_a_flow(tmp_path: Path) -> None:
    """It gives values back, or says how the call ends."""
    (tmp_path / "orders.yaml").write_text(FLOW)

    async def main(call: ivr_agi.Call) -> ivr_agi.Result:
        went = await call.run_flow("orders", what="books")
        again = await call.run_flow("orders") if isinstance(went, dict) else went
        return again if isinstance(again, ivr_agi.Result) else call.hang_up(str(went))

    talk = (hear("How many books?"), say("five"), hear("How many things?"))
    call = rehearse(main, *talk, silence(), silence(), silence(), flows=tmp_path)
    assert call.result.transfer == "300"
    call = rehearse(main, *talk, say("six"), flows=tmp_path)
    assert "5" in call.result.result


def test_what_is_known() -> None:
    """The caller, the language, the dialplan's variables."""
    got: list[object] = []

    async def main(call: ivr_agi.Call) -> ivr_agi.Result:
        await call.set_language("zh")
        got.extend([call.caller, call.caller_name, call.called, call.language])
        got.append(await call.get_variable("IVR_ARG_SHOP"))
        got.append(await call.get_variable("NONE"))
        await call.set_variable("COLOUR", "red")
        await call.say(["a", ivr_agi.Recording("beep", text="b")])
        await call.say({"en": "one", "zh": "一"})
        return call.callback()

    caller = {"number": "12345", "name": "Ann", "called": "100"}
    call = rehearse(main, caller=caller, arguments={"shop": "7"})
    assert got == ["12345", "Ann", "100", "zh", "7", None]
    assert call.variables["COLOUR"] == "red"
    assert call.variables["IVR_CALLBACK"] == "12345"
    assert call.heard == ["a b", "一"]


def test_a_caller_who_leaves() -> None:
    """The script need not know."""
    call = rehearse(ask, hang_up())
    assert call.result.status is ivr_agi.Status.HANGUP


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda call: call.transfer(), "exactly one of extension, queue, sip"),
        (lambda call: call.transfer("200", sip="sip:a@b"), "exactly one of"),
        (lambda call: call.transfer("a b"), "transfer: "),
        (lambda call: call.dialplan(STATUS="x"), "IVR_STATUS is set by the program itself"),
        (lambda call: call.dialplan(city="x"), "dialplan: "),
        (lambda call: call.say(" "), "expected something to say, got an empty text"),
        (lambda call: call.menu("Which?", []), "a menu needs one choice or more"),
        (lambda call: call.ask("x", ivr_agi.YesNo(), tries=0), "got tries=0"),
    ],
)
def test_mistakes_are_told(wrong: Any, reason: str) -> None:
    """One line."""
    got: list[str] = []

    async def main(call: ivr_agi.Call) -> None:
        try:
            await wrong(call)
        except ValueError as exc:
            got.append(str(exc))

    rehearse(main)
    assert len(got) == 1
    assert reason in got[0]


def test_the_time_of_the_test() -> None:
    """Not that of the machine."""
    calls: list[ivr_agi.Call] = []

    async def main(call: ivr_agi.Call) -> None:
        calls.append(call)

    rehearse(main, now=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    with pytest.raises(ivr_agi.IvrError, match="the script was still running"):
        asyncio.run(calls[0].say("x"))
