"""A test caller on SIP: SIPp does the signalling (``sipp_uac.xml``), this module the RTP.

The same :class:`Call` as over AudioSocket, but through PJSIP, G.711 and the network stack: what is
heard is what came in RTP packets, keys are RFC 4733 events. Layer: test harness, asyncio.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

from benchmarks.asterisk.caller import CONNECT_TIMEOUT_S, Call
from ivr_agi.audio.frames import FRAME_S
from ivr_agi.audio.g711 import pcm_to_ulaw, ulaw_to_pcm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from benchmarks.asterisk.ami import Ami, Message

__all__ = ("SipCall", "SipCaller")

SCENARIO = Path(__file__).with_name("sipp_uac.xml")
FRAME_SAMPLES = 160
PCMU, TELEPHONE_EVENT = 0, 101
KEYS = "0123456789*#"
_HEADER = struct.Struct("!BBHII")
"""Version, marker and payload type, sequence, timestamp, source (RFC 3550, 5.1)."""


class Rtp(asyncio.DatagramProtocol):
    """One RTP session: sends and receives G.711 u-law, sends keys."""

    def __init__(self, call: Call) -> None:
        self.far_end: tuple[str, int] | None = None
        """Asterisk's RTP address; nothing is sent before it is known."""
        self._call = call
        self._transport: asyncio.DatagramTransport | None = None
        self._source = secrets.randbits(32)
        self._sequence = 0
        self._timestamp = 0
        self._keys: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, _address: object) -> None:
        if len(data) > _HEADER.size and data[1] & 0x7F == PCMU:
            self._call.hear(ulaw_to_pcm(data[_HEADER.size :]))

    def send_frame(self, pcm: bytes) -> None:
        """Send 20 ms: the next part of a key that is pressed, or else this audio."""
        self._timestamp += FRAME_SAMPLES
        if not self._keys:
            self._send(PCMU, self._timestamp, pcm_to_ulaw(pcm))
            return
        # All packets of a key carry the time of its start (RFC 4733, 2.5.1.2).
        event = self._keys.pop(0)
        duration = int.from_bytes(event[2:], "big")
        self._send(TELEPHONE_EVENT, self._timestamp - duration + FRAME_SAMPLES, event)
        if event[1] & 0x80:  # its end is sent three times, packets get lost
            for _ in range(2):
                self._send(TELEPHONE_EVENT, self._timestamp - duration + FRAME_SAMPLES, event)

    def press(self, key: str) -> float:
        """Press a key for 100 ms; returns for how many seconds it will be down."""
        code, n_frames = KEYS.index(key), 5
        for frame in range(1, n_frames + 1):
            end_and_volume = (0x80 if frame == n_frames else 0) | 10
            self._keys.append(struct.pack("!BBH", code, end_and_volume, frame * FRAME_SAMPLES))
        return n_frames * FRAME_S

    def _send(self, payload_type: int, timestamp: int, payload: bytes) -> None:
        if self.far_end is None or self._transport is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = _HEADER.pack(0x80, payload_type, self._sequence, timestamp, self._source)
        self._transport.sendto(head + payload, self.far_end)


class SipCall(Call):
    """One call over SIP. Made by :meth:`SipCaller.call`."""

    def __init__(self, ami: Ami, number: str) -> None:
        super().__init__(ami, "unknown")
        self.rtp = Rtp(self)
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
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: call.rtp, local_addr=("127.0.0.1", 0)
        )
        keys = {
            "caller": f'"{name}" <sip:{number}{number_tail}@127.0.0.1>',
            "rtp_port": str(transport.get_extra_info("sockname")[1]),
            "hang_up_ms": str(round(hang_up_after_s * 1000)),
        }
        try:
            async with _sipp(self._sip_port, extension, keys) as answered:
                far_port = await call.wait_for(answered, "answer", CONNECT_TIMEOUT_S)
                call.rtp.far_end = "127.0.0.1", int(far_port)
                speaking = asyncio.create_task(call.speak(call.rtp.send_frame))
                try:
                    yield call
                finally:
                    speaking.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await speaking
                    await call.finish()
        finally:
            transport.close()
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
