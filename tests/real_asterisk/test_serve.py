"""Calls through the launcher and the warm server; the server dies, stops, refuses."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.real_asterisk.server import install_launcher, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.asterisk.caller import Call, Caller
    from benchmarks.asterisk.installation import ChrootInstallation, Install
    from benchmarks.asterisk.instance import AsteriskInstance
    from tests.patience import StallMeter
    from tests.real_asterisk.tables import Tables

pytestmark = pytest.mark.asterisk

NOTICED_WITHIN_S = 1.0
"""From the end of a worker to the next step of its callers' dialplans."""

KEYS = """
start: main
steps:
  main:
    do: menu
    prompt: {recording: %s}
    choices:
      - {words: [sales], key: "1", go: done}
    no_input: {after: 2, go: done}
    no_match: {after: 2, go: done}
  done: {do: hangup}
"""
NOBODY = "ws://127.0.0.1:9"
"""These calls do without speech."""


@pytest.fixture
def program(install: Install, tone_file: Callable[[float], str]) -> ChrootInstallation:
    """A menu that plays a tone and takes a key, run by the server."""
    serve = {"socket": "run/socket", "workers": 2, "without_server": "refuse"}
    return install(NOBODY, {"main_menu": KEYS % tone_file(8)}, {"serve": serve})


def next_step(call: Call) -> bool:
    """Whether the dialplan has gone on after EAGI()."""
    return any(context == "ivr-after" for context, _, _ in call.steps)


async def gone_on(call: Call) -> float:
    """When the dialplan went on."""
    return await call.wait_for(
        lambda: time.monotonic() if next_step(call) else None, "step after EAGI()"
    )


async def test_a_call(
    caller: Caller, asterisk: AsteriskInstance, program: ChrootInstallation
) -> None:
    """The launcher is gone at once; the call goes on, and its end is seen."""
    variables = install_launcher(asterisk.chroot, program)
    with serving(asterisk.chroot, program):
        async with caller.call("100", variables=variables) as call:
            await call.heard_audio()
            assert not next_step(call)
            await call.press("1")
            await call.ended()
    assert call.variables["IVR_STATUS"] == "COMPLETED"
    assert call.variables["IVR_RESULT"] == "sales"
    assert call.variables["AGISTATUS"] == "SUCCESS"


async def test_the_launcher_on_debians_python(
    caller: Caller, asterisk: AsteriskInstance, program: ChrootInstallation
) -> None:
    """It needs no other (3.9 on bullseye): with a server, with one that stands still, without."""
    asterisk.expected_log.append("fell back")
    variables = install_launcher(asterisk.chroot, program)
    launcher = asterisk.chroot.host(variables["IVR_AGI"])
    first, end, rest = launcher.read_text().partition("\n")
    assert first.endswith(" -IS")
    launcher.write_text(f"#!/usr/bin/python3 -IS{end}{rest}")
    with serving(asterisk.chroot, program) as server:
        async with caller.call("100", variables=variables) as call:
            await call.heard_audio()
            await call.press("1")
            await call.ended()
        assert call.variables["IVR_STATUS"] == "COMPLETED"
        for worker in server.workers:
            os.kill(worker, signal.SIGSTOP)
        async with caller.call("100", variables=variables) as call:
            await call.ended()
        assert call.variables["IVR_STATUS"] == "REFUSED"
    async with caller.call("100", variables=variables) as call:
        await call.ended()
    assert call.variables["IVR_STATUS"] == "REFUSED"
    assert call.variables["IVR_ERROR"] == "no server answers"


async def test_a_hang_up(
    caller: Caller, asterisk: AsteriskInstance, program: ChrootInstallation, stalls: StallMeter
) -> None:
    """SIGHUP goes to the launcher's process, which is no more: the hang-up is seen all the same."""
    variables = install_launcher(asterisk.chroot, program)
    with serving(asterisk.chroot, program):
        async with caller.call("100", variables=variables) as call:
            await call.heard_audio()
            call.hang_up()
            hung_up_at = time.monotonic()
            ended = await program.wait_for(call, "call_ended")
            await call.ended()
    assert ended.data["status"] == "HANGUP"
    stalled_s = stalls.within(hung_up_at, ended.at_s)
    assert ended.at_s - hung_up_at - stalled_s < NOTICED_WITHIN_S
    assert call.variables["IVR_STATUS"] == "HANGUP"


async def test_workers_are_killed(
    caller: Caller,
    asterisk: AsteriskInstance,
    program: ChrootInstallation,
    tables: Tables,
    stalls: StallMeter,
) -> None:
    """Every caller's dialplan goes on within a second, and the next call finds a server."""
    asterisk.expected_log.append("fell back")
    variables = install_launcher(asterisk.chroot, program)
    with serving(asterisk.chroot, program) as server:
        async with (
            caller.call("100", variables=variables) as one,
            caller.call("100", variables=variables) as other,
        ):
            for call in (one, other):
                await call.heard_audio()
            killed_at = server.kill_workers()
            times = [await gone_on(call) - killed_at for call in (one, other)]
            for call in (one, other):
                await call.ended()
                assert call.variables["IVR_STATUS"] == ""
                assert call.steps[-1][0] == "ivr-fallback"
        async with caller.call("100", variables=variables) as call:
            await call.heard_audio()
            await call.press("1")
            await call.ended()
    assert call.variables["IVR_STATUS"] == "COMPLETED"
    stalled_s = stalls.within(killed_at, killed_at + max(times))
    assert max(times) - stalled_s < NOTICED_WITHIN_S
    tables.add_times("kill -9 of a worker to the next step of the dialplan", {"calls": times})


async def test_it_is_stopped(
    caller: Caller, asterisk: AsteriskInstance, program: ChrootInstallation
) -> None:
    """The running call ends as it would; the next one falls back, and knows why."""
    asterisk.expected_log.append("fell back")
    variables = install_launcher(asterisk.chroot, program)
    with serving(asterisk.chroot, program) as server:
        async with caller.call("100", variables=variables) as running:
            await running.heard_audio()
            server.stop()
            async with caller.call("100", variables=variables) as late:
                await late.ended()
            assert late.variables["IVR_STATUS"] == "REFUSED"
            assert late.variables["IVR_ERROR"] == "the server is being stopped"
            assert late.steps[-1][0] == "ivr-fallback"
            await running.press("1")
            await running.ended()
    assert running.variables["IVR_STATUS"] == "COMPLETED"


async def test_no_server(
    caller: Caller, asterisk: AsteriskInstance, program: ChrootInstallation
) -> None:
    """The launcher itself says so: two variables in one write, and its exit."""
    asterisk.expected_log.append("fell back")
    variables = install_launcher(asterisk.chroot, program)
    async with caller.call("100", variables=variables) as call:
        await call.ended()
    assert call.variables["IVR_STATUS"] == "REFUSED"
    assert call.variables["IVR_ERROR"] == "no server answers"
    assert call.steps[-1][0] == "ivr-fallback"


async def test_a_call_without_server(
    caller: Caller, asterisk: AsteriskInstance, install: Install, tone_file: Callable[[float], str]
) -> None:
    """Where the settings say so, the launcher runs the call itself."""
    program = install(NOBODY, {"main_menu": KEYS % tone_file(8)}, {"serve": {"socket": "run/no"}})
    variables = install_launcher(asterisk.chroot, program)
    async with caller.call("100", variables=variables) as call:
        await call.heard_audio()
        await call.press("1")
        await call.ended()
    assert call.variables["IVR_STATUS"] == "COMPLETED"
