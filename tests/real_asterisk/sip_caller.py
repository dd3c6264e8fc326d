"""A test caller on SIP: SIPp does the signalling (``sipp_uac.xml``), ``rtp.py`` the audio.

The same call as that of ``benchmarks/asterisk/caller.py``, but through PJSIP: keys are RTP events.
Layer: test harness, asyncio.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.asterisk.caller import CONNECT_TIMEOUT_S, Call
from benchmarks.asterisk.rtp import rtp_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from benchmarks.asterisk.ami import Ami, Message
    from benchmarks.asterisk.rtp import RtpSession

__all__ = ("SipCall", "SipCaller")

SCENARIO = Path(__file__).with_name("sipp_uac.xml")


class SipCall(Call):
    """One call over SIP. Made by :meth:`SipCaller.call`."""

    def __init__(self, ami: Ami, number: str) -> None:
        super().__init__(ami, "unknown")
        self.rtp: RtpSession
        self.number = number
        """The caller's number, another one for each call."""

    async def press(self, keys: str, *, gap_s: float = 0.25) -> None:
        """Press keys, one after the other, as RTP events."""
        for position, key in enumerate(keys):
            if position:
                await asyncio.sleep(gap_s)
            await asyncio.sleep(self.rtp.press(key))

    def handle_event(self, event: Message) -> None:
        """Find the call by its caller's number, then follow its channel."""
        if event["Event"] == "Newchannel" and not self.channel:
            is_ours = event["Channel"].startswith("PJSIP/ivr-trunk-")
            if is_ours and event.get("CallerIDNum", "").startswith(self.number):
                self.uniqueid = event["Uniqueid"]
        super().handle_event(event)


class SipCaller:
    """Makes calls to the endpoint of dialplans/pjsip_ivr.conf; the fixture ``sip_caller``."""

    def __init__(self, ami: Ami, sip_port: int) -> None:
        self._ami = ami
        self._sip_port = sip_port

    @contextlib.asynccontextmanager
    async def call(
        self,
        extension: str,
        *,
        name: str = "",
        number_tail: str = "",
        hang_up_after_s: float = 120.0,
    ) -> AsyncIterator[SipCall]:
        """Dial an extension; inside the block the call is up, after it the call is over.

        Args:
            extension: What is dialled, in the endpoint's context.
            name: Caller's name; goes into a quoted string of the From header as it is.
            number_tail: Goes after the caller's number as it is (``%0A`` is a line end).
            hang_up_after_s: When the caller sends BYE, from the answer on.

        Raises:
            TimeoutError: The extension did not answer.
            RuntimeError: SIPp saw something that it did not expect.
        """
        number = str(10**9 + secrets.randbelow(10**9))
        call = SipCall(self._ami, number)
        self._ami.listeners.append(call.handle_event)
        try:
            async with rtp_session(call.hear) as call.rtp:
                keys = {
                    "caller": f'"{name}" <sip:{number}{number_tail}@127.0.0.1>',
                    "rtp_port": str(call.rtp.port),
                    "hang_up_ms": str(round(hang_up_after_s * 1000)),
                }
                async with _sipp(self._sip_port, extension, keys) as answered:
                    far_port = await call.wait_for(answered, "answer", CONNECT_TIMEOUT_S)
                    call.rtp.far_end = "127.0.0.1", int(far_port)
                    try:
                        async with call.speaking(call.rtp.send_frame):
                            yield call
                    finally:
                        await call.finish()
        finally:
            self._ami.listeners.remove(call.handle_event)


@contextlib.asynccontextmanager
async def _sipp(
    sip_port: int, extension: str, keys: dict[str, str]
) -> AsyncIterator[Callable[[], float | None]]:
    """SIPp with one call, for the time of the block; it must end by itself after that.

    Gives a function: the far end's RTP port once the call was answered.
    """
    with tempfile.TemporaryDirectory() as folder:  # it writes log files where it stands
        scenario = Path(folder) / SCENARIO.name
        text = SCENARIO.read_text()
        for key, value in keys.items():
            text = text.replace(f"[{key}]", value)
        scenario.write_text(text)
        argv = ["sipp", "-sf", str(scenario), "-s", extension, "-m", "1", "-nostdin"]
        argv += ["-i", "127.0.0.1", "-trace_err", "-error_file", f"{folder}/errors"]
        log = Path(folder) / "log"
        argv += ["-trace_logs", "-log_file", str(log)]

        def answered() -> float | None:
            logged = log.read_text().strip() if log.exists() else ""
            return float(logged) if logged else None

        process = await asyncio.create_subprocess_exec(
            *argv,
            f"127.0.0.1:{sip_port}",
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield answered
            _, said = await asyncio.wait_for(process.communicate(), CONNECT_TIMEOUT_S)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            errors = Path(folder) / "errors"
            seen = errors.read_text() if errors.exists() else said.decode(errors="replace")
            raise RuntimeError(f"SIPp exited with {process.returncode}:\n{seen[-2000:]}")
