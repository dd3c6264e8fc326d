"""A call through PJSIP with SIPp, to the endpoint sample: audio both ways, keys, hang-up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.asterisk.instance import HOME

if TYPE_CHECKING:
    from benchmarks.asterisk.ami import Ami
    from tests.patience import StallMeter
    from tests.real_asterisk.sip_caller import SipCaller

pytestmark = pytest.mark.asterisk


async def test_hears_and_is_hung_up_on(sip_caller: SipCaller) -> None:
    """What Asterisk plays is heard in RTP packets; its BYE ends the call."""
    async with sip_caller.call("203") as call:
        await call.heard_audio()
        await call.ended()
    assert call.audible_s > 0.1


async def test_says(sip_caller: SipCaller, stalls: StallMeter) -> None:
    """What the caller says arrives: the echo comes back within 100 ms, and it is the same sound."""
    said = (np.sin(np.arange(4000) * (np.pi / 4)) * 8000).astype("<i2").tobytes()
    async with sip_caller.call("201") as call:
        await asyncio.sleep(0.2)
        call.say(said)
        said_at = await call.said()
        heard_at = await call.heard_silence()
        assert heard_at - said_at - stalls.within(said_at, heard_at) < 0.1
        assert call.audible_s == pytest.approx(0.5, abs=0.03)


async def test_presses_keys(sip_caller: SipCaller) -> None:
    """RFC 4733 events arrive as keys, once each."""
    async with sip_caller.call("202") as call:
        await call.press("12*0")
        await call.ended()
    assert call.variables["PROBE_KEYS"] == "12*0"


async def test_hangs_up(sip_caller: SipCaller) -> None:
    """The caller's own BYE ends the call at the time that was asked for."""
    async with sip_caller.call("201", hang_up_after_s=0.5) as call:
        await call.ended(timeout_s=2)


async def test_line_ends_in_the_number_are_taken_out(sip_caller: SipCaller, ami: Ami) -> None:
    """``%0A`` in a From address reaches CALLERID as a line end; the sample dialplan removes it."""
    program = await ami.get_variable("", "IVR_AGI")
    await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": f"{HOME}/probes/wait.py"})
    try:
        async with sip_caller.call("100", number_tail="%0Ax") as call:
            await call.reached("EAGI")
            assert await ami.get_variable(call.channel, "CALLERID(num)") == f"{call.number}x"
    finally:
        await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": program})
