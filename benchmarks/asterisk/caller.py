"""A test caller: dials an extension through a Local channel and *is* the phone, over RTP.

::

    async with caller.call("100") as call:
        await call.heard_audio()
        call.say(pcm)
        await call.press("1")
        quiet_since = await call.heard_silence()
        await call.ended()
        assert call.variables["IVR_STATUS"] == "COMPLETED"

Audio is s16le mono 8 kHz in frames of 20 ms (320 bytes), and G.711 on the way (``rtp.py``). All
times are ``time.monotonic()`` of this machine, as the IVR's own times are. The far end
of the Local channel dials ``UnicastRTP`` (``chan_rtp``), which every Asterisk since 13 has; how it
is found is in ``asterisk.md``, section 3. Asyncio shell.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import urllib.parse
import uuid
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.asterisk.ami import AmiError
from benchmarks.asterisk.rtp import rtp_session
from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from benchmarks.asterisk.ami import Ami, Message
    from benchmarks.asterisk.rtp import RtpSession

__all__ = ("Call", "Caller", "HeardFrame")

SILENCE = bytes(FRAME_BYTES)
AUDIBLE_PEAK = 200
"""Samples louder than this (of 32767) are sound; G.711 noise stays below."""
CONNECT_TIMEOUT_S = 60.0
WAITS_FOR_S = 60.0
"""Ends what would never end; it is no limit of what is measured, and the machine may be busy."""

_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True)
class HeardFrame:
    """One frame that reached the caller, or left."""

    at: float
    """When it came or left, monotonic seconds."""
    pcm: bytes
    """s16le mono 8 kHz, mostly 20 ms."""

    @property
    def is_audible(self) -> bool:
        """Whether there is any sound in it."""
        samples = np.frombuffer(self.pcm, "<i2").astype(np.int32)
        return bool(np.abs(samples).max(initial=0) > AUDIBLE_PEAK)


class Call:
    """One call, from the caller's side. Made by :meth:`Caller.call`."""

    def __init__(self, ami: Ami, local_id: str) -> None:
        self.uniqueid = f"{local_id}-ivr"
        """Unique id of the IVR's channel (``agi_uniqueid`` there)."""
        self.channel = ""
        """Name of the IVR's channel."""
        self.variables: dict[str, str] = {}
        """Every channel variable that was set on the IVR's channel; stays after the call."""
        self.steps: list[tuple[str, str, str]] = []
        """Dialplan steps of the IVR's channel: (context, extension, ``Application(data)``)."""
        self.frames: list[HeardFrame] = []
        """All that was heard."""
        self.said_frames: list[HeardFrame] = []
        """All that was said; the silence between is not in it."""
        self.ended_at: float | None = None
        """When the IVR's channel was gone."""
        self.is_muted = False
        """A muted phone sends nothing at all, not even silence."""
        self._ami = ami
        self._outgoing: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._phone = ""
        self._is_up = False

    # Speaking

    def say(self, pcm: bytes) -> None:
        """Speak, from the next frame on or after what is still being said."""
        padded = pcm + bytes(-len(pcm) % FRAME_BYTES)
        self._outgoing.extend(
            padded[start : start + FRAME_BYTES] for start in range(0, len(padded), FRAME_BYTES)
        )

    async def said(self) -> float:
        """Wait until everything was said; returns when the last frame left."""
        return await self.wait_for(
            lambda: None if self._outgoing else time.monotonic(), "end of speech", WAITS_FOR_S
        )

    async def press(self, keys: str, *, gap_s: float = 0.25) -> None:
        """Press keys, one after the other (each lasts about 100 ms)."""
        for position, key in enumerate(keys):
            if position:
                await asyncio.sleep(gap_s)
            key_press = {"Channel": self.channel, "Digit": key, "Duration": "100"}
            await self._ami.action("PlayDTMF", {**key_press, "Receive": "true"})

    def hang_up(self) -> None:
        """Put the phone down."""
        self._ami.tell("Hangup", {"Channel": self._phone})

    # Hearing

    @property
    def last_audible_at(self) -> float | None:
        """When the newest frame with sound in it came, or None."""
        return next((frame.at for frame in reversed(self.frames) if frame.is_audible), None)

    @property
    def audible_s(self) -> float:
        """Seconds of sound heard so far."""
        return sum(len(f.pcm) for f in self.frames if f.is_audible) / FRAME_BYTES * FRAME_S

    async def heard_audio(self, timeout_s: float = WAITS_FOR_S) -> float:
        """Wait for sound that comes from now on; returns when it came.

        Raises:
            TimeoutError: Nothing was heard, or the call ended.
        """
        start = len(self.frames)

        def audible_at() -> float | None:
            return next((f.at for f in self.frames[start:] if f.is_audible), None)

        return await self.wait_for(audible_at, "sound", timeout_s)

    async def heard_silence(self, for_s: float = 0.3, timeout_s: float = WAITS_FOR_S) -> float:
        """Wait until no sound has come for some time; returns when the last of it came."""
        since = time.monotonic()

        def quiet_since() -> float | None:
            last = max(self.last_audible_at or since, since)
            return last if time.monotonic() - last >= for_s else None

        return await self.wait_for(quiet_since, "silence", timeout_s)

    async def ended(self, timeout_s: float = WAITS_FOR_S) -> float:
        """Wait for the end of the IVR's channel, dialplan included; returns when it was."""
        return await self.wait_for(lambda: self.ended_at, "the call's end", timeout_s)

    async def reached(self, application: str, timeout_s: float = WAITS_FOR_S) -> None:
        """Wait until the dialplan runs an application, e.g. ``EAGI``."""

        def running() -> float | None:
            found = any(step.startswith(f"{application}(") for _, _, step in self.steps)
            return time.monotonic() if found else None

        await self.wait_for(running, application, timeout_s)

    async def wait_for(
        self, value: Callable[[], float | None], what: str, timeout_s: float = WAITS_FOR_S
    ) -> float:
        """Wait until a function of this call's state gives something else than None."""
        deadline = time.monotonic() + timeout_s
        while (found := value()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no {what} in {timeout_s} s; dialplan so far: {self.steps}")
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(left, FRAME_S))
        return found

    # Driven by Caller and SipCaller

    async def finish(self) -> None:
        """End the call if it is still there."""
        if self.channel and self.ended_at is None:
            with contextlib.suppress(AmiError):  # ended meanwhile
                await self._ami.action("Hangup", {"Channel": self.channel})
            await self.ended()

    def handle_event(self, event: Message) -> None:
        """Take an AMI event; those of other channels are not ours."""
        if event.get("Uniqueid") != self.uniqueid:
            return
        match event["Event"]:
            case "Newchannel":
                self.channel = event["Channel"]
            case "VarSet":
                self.variables[event["Variable"]] = _unescaped(event.get("Value", ""))
            case "Newexten":
                self._changed.set()
                step = f"{event['Application']}({event.get('AppData', '')})"
                self.steps.append((event["Context"], event["Extension"], step))
            case "Hangup":
                self.ended_at = time.monotonic()
                self._changed.set()

    def hear(self, pcm: bytes) -> None:
        """Take audio that has just reached the phone."""
        self.frames.append(HeardFrame(time.monotonic(), pcm))
        self._changed.set()

    async def speak(self, send: Callable[[bytes], None]) -> None:
        """Give a frame to the phone every 20 ms, until cancelled.

        An absolute grid, as a phone's clock is: a late frame does not delay the ones after it.
        """
        next_at = time.monotonic()
        while True:
            await asyncio.sleep(max(0.0, next_at - time.monotonic()))
            next_at += FRAME_S
            frame = SILENCE
            if self._outgoing:
                frame = self._outgoing.popleft()
                self.said_frames.append(HeardFrame(time.monotonic(), frame))
            if not self.is_muted:
                send(frame)

    @contextlib.asynccontextmanager
    async def speaking(self, send: Callable[[bytes], None]) -> AsyncIterator[None]:
        """Speak for the time of the block."""
        task = asyncio.create_task(self.speak(send))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def handle_phone_event(self, rtp: RtpSession, event: Message) -> None:
        """Take an AMI event; learn from those of the phone's channel its name and its port."""
        name = event.get("Channel", "")
        if not name.startswith(f"UnicastRTP/127.0.0.1:{rtp.port}-"):
            return
        self._phone = name
        if event["Event"] == "VarSet" and event["Variable"] == "UNICASTRTP_LOCAL_PORT":
            rtp.far_end = "127.0.0.1", int(event["Value"])
        elif event["Event"] == "BridgeEnter":
            self._is_up = True
            self._changed.set()

    async def answered(self) -> None:
        """Wait until phone and extension hear each other, or the call is over already.

        Raises:
            TimeoutError: The extension did not answer.
        """

        def is_up() -> float | None:
            return time.monotonic() if self._is_up else self.ended_at

        await self.wait_for(is_up, "answer", CONNECT_TIMEOUT_S)


class Caller:
    """Makes calls; the fixture ``caller``."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami

    @contextlib.asynccontextmanager
    async def call(
        self,
        extension: str,
        *,
        context: str = "ivr",
        name: str = "",
        number: str = "100200300",
        variables: Mapping[str, str] | None = None,
        outbound: bool = False,
    ) -> AsyncIterator[Call]:
        """Dial an extension; inside the block the call is up, after it the call is over.

        Args:
            extension: What is dialled.
            context: Where it is looked up; ``ivr`` is dialplans/extensions_ivr.conf.
            name: Caller's name, any text (line ends, quotes and all).
            number: Caller's number, any text.
            variables: Channel variables of the IVR's channel. ``IVR_AGI`` runs another program.
            outbound: Asterisk calls the phone, and gives whoever answers the extension, as with a
                call file; name and number are not the test's then.

        Raises:
            TimeoutError: The extension did not answer.
        """
        key = str(uuid.uuid4())
        call = Call(self._ami, key)
        async with rtp_session(call.hear) as rtp:

            def handle_event(event: Message) -> None:
                call.handle_event(event)
                call.handle_phone_event(rtp, event)

            self._ami.listeners.append(handle_event)
            try:
                phone = f"127.0.0.1:{rtp.port}"
                told = dict(variables or {})
                if outbound:
                    await self._call_out(key, phone, extension, context, told)
                else:
                    told |= {"CALL_PHONE": phone, "CALL_CONTEXT": context}
                    await self._originate(key, extension, name, number, told)
                await call.answered()
                async with call.speaking(rtp.send_frame):
                    yield call
            finally:
                await call.finish()
                self._ami.listeners.remove(handle_event)

    async def _originate(
        self,
        key: str,
        extension: str,
        name: str,
        number: str,
        variables: dict[str, str],
    ) -> None:
        variables |= {
            "CALL_NAME": urllib.parse.quote(name, safe=""),
            "CALL_NUMBER": urllib.parse.quote(number, safe=""),
        }
        headers = {
            "Channel": f"Local/{extension}@caller-id/n",
            "ChannelId": f"{key}-phone",
            "OtherChannelId": f"{key}-ivr",
            "Context": "caller",
            "Exten": "t",
            "Priority": "1",
            "Timeout": str(int(CONNECT_TIMEOUT_S * 1000)),
            "Codecs": "slin",
            "Async": "true",
        }
        await self._ami.action("Originate", headers, variables=variables)

    async def _call_out(
        self, key: str, phone: str, extension: str, context: str, variables: dict[str, str]
    ) -> None:
        """Have Asterisk call the phone: the channel that answers is the IVR's."""
        headers = {
            "Channel": "Local/o@caller/n",
            "ChannelId": f"{key}-ivr",
            "OtherChannelId": f"{key}-phone",
            "Context": context,
            "Exten": extension,
            "Priority": "1",
            "Timeout": str(int(CONNECT_TIMEOUT_S * 1000)),
            "Codecs": "slin",
            "Async": "true",
        }
        told = variables | {"__CALL_PHONE": phone}
        await self._ami.action("Originate", headers, variables=told)


def _unescaped(value: str) -> str:
    """A value as it is: VarSet, of all events, writes it as C would (ast_escape_c in utils.c)."""
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), value)
