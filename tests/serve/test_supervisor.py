"""The server as processes: calls by the launcher, over real pipes; death and stopping."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from ivr_agi.simulator.call import SimulatedCall
from ivr_agi.simulator.script import Hangup, WaitSeconds
from tests.serve.running import Server, running_server, write_installation


def status(call: SimulatedCall) -> tuple[str | None, str | None]:
    """What the dialplan finds."""
    return call.variables.get("IVR_STATUS"), call.variables.get("IVR_ERROR") or None


async def test_a_call(tmp_path: Path) -> None:
    """Launcher, server, dialplan; the launcher's process ends well, and long before the call."""
    async with running_server(tmp_path, {"workers": 2}) as server:
        calls = await asyncio.gather(*(server.call("now") for _ in range(6)))
        assert [status(call) for call in calls] == [("COMPLETED", None)] * 6
        assert {call.exit_code for call in calls} == {0}
        assert calls[0].variables["IVR_RESULT"] == "now"
        assert {call.agi_status.value for call in calls} == {"SUCCESS"}


async def test_a_hang_up(tmp_path: Path) -> None:
    """It is seen without SIGHUP, which goes to a launcher that is no more."""
    async with running_server(tmp_path) as server:
        began = time.monotonic()
        call = await server.call("long", WaitSeconds(0.3), Hangup())
        assert status(call) == ("HANGUP", None)
        assert time.monotonic() - began < 3


async def test_wrong_calls(tmp_path: Path) -> None:
    """A flow that is not there is that call's failure only."""
    async with running_server(tmp_path) as server:
        assert status(await server.call("nowhere"))[0] == "FAILED"
        assert status(await server.call("--config")) == (
            "FAILED",
            "EAGI() takes the name of a flow here, or --script and a file",
        )
        assert status(await server.call("now")) == ("COMPLETED", None)


async def test_a_worker_is_killed(tmp_path: Path) -> None:
    """Its callers' dialplans go on within a second, other workers' calls go on, it is replaced."""
    async with (
        running_server(tmp_path, {"workers": 2}) as server,
        server.calling("long") as one,
        server.calling("long") as other,
    ):
        before = server.workers
        killed_at = time.monotonic()
        os.kill(before[0], signal.SIGKILL)
        done, left = await asyncio.wait({one, other}, return_when=asyncio.FIRST_COMPLETED)
        assert time.monotonic() - killed_at < 1
        assert [status(call.result()) for call in done] == [(None, None)]
        await server.wait_for_workers(lambda now: len(now) == 2 and before[0] not in now)
        assert status(await server.call("now")) == ("COMPLETED", None)
        assert len(left) == 1
        assert not any(call.done() for call in left)


async def test_it_is_stopped_with_a_call_running(tmp_path: Path) -> None:
    """The call ends as it would; new ones are refused meanwhile; then the socket is gone."""
    async with running_server(tmp_path) as server, server.calling("long") as running:
        server.signal(signal.SIGTERM)
        await refused(server)
        assert status(await server.call("now")) == ("REFUSED", "the server is being stopped")
        assert not running.done()
        server.signal(signal.SIGTERM)  # in a hurry now
        assert status(await running) == ("FAILED", "the server was stopped")
        assert await server.ended() == 0
        assert not (tmp_path / "run/socket").exists()


async def test_the_drain_has_an_end(tmp_path: Path) -> None:
    """What still runs then is handed back, with a status."""
    async with running_server(tmp_path, {"drain_s": 0.3}) as server:
        async with server.calling("long") as running:
            signalled_at = server.signal(signal.SIGTERM)
            assert status(await running) == ("FAILED", "the server was stopped")
            assert 0.3 < time.monotonic() - signalled_at < 3
        assert await server.ended() == 0


async def test_reload(tmp_path: Path) -> None:
    """SIGHUP: new calls have the new settings; wrong ones change nothing."""
    async with running_server(tmp_path) as server:
        assert status(await server.call("now"))[0] == "COMPLETED"
        config = write_installation(tmp_path, {"max_calls": "many"})
        server.signal(signal.SIGHUP)
        await asyncio.sleep(0.2)
        assert status(await server.call("now"))[0] == "COMPLETED"
        write_installation(tmp_path, {"max_new_calls": 0.001})
        config.touch()
        server.signal(signal.SIGHUP)
        error = await refused(server)
        assert error == "more than 0.001 new calls a second (serve.max_new_calls)"


async def test_its_parent_is_killed(tmp_path: Path) -> None:
    """Workers without one take no calls any more, and end."""
    async with running_server(tmp_path) as server:
        await server.wait_for_workers(lambda now: len(now) == 1)
        worker = server.workers[0]
        server.process.kill()
        await server.ended()
        await server.wait_for_workers(lambda _: not is_alive(worker))


def is_alive(pid: int) -> bool:
    """Whether there is such a process."""
    return Path(f"/proc/{pid}").exists()


async def refused(server: Server) -> str | None:
    """Call until a call is refused; returns why."""
    async with asyncio.timeout(5):
        while True:
            call = await server.call("now")
            if status(call)[0] == "REFUSED":
                return status(call)[1]
