"""A speech server that answers exactly as a script says, for tests and demos. Asyncio shell.

It has no engines and understands nothing: :mod:`ivr_agi.speech_server.script` says what to send and
when. So it can drive every path of a client, including those that no real service shows.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import weakref
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Self

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from ivr_agi.audio.wav import read_wav
from ivr_agi.sis.wire.messages import (
    EndResponse,
    ErrorResponse,
    EventResponse,
    FatalErrorResponse,
    ResultResponse,
    Segment,
    SegmentText,
    StartResponse,
    encode,
)
from ivr_agi.speech_server.rest import error_response
from ivr_agi.speech_server.script import (
    Awaited,
    CloseConnection,
    Plain,
    PlainKind,
    SayEnd,
    SayError,
    SayEvent,
    SayFatalError,
    SayResult,
    SendAudio,
    SendJson,
    SendText,
    ServerPause,
    WaitBytes,
    WaitForMessage,
    parse_script,
)
from ivr_agi.speech_server.site import CLOSE_TIMEOUT_S, MAX_AUDIO_MESSAGE_BYTES, open_site
from ivr_agi.textfile import read_text_file

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from ivr_agi.speech_server.script import ConnectionScript, ScriptLine

__all__ = ("ScriptedServer", "load_server_script")

_log = logging.getLogger("ivr_agi.speech_server")

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 seconds


def load_server_script(path: Path) -> list[ConnectionScript]:
    """Read a server's script and the recordings it names.

    Raises:
        ConfigError: With the line: the file is missing or is not YAML, an entry or a step is
            unknown or has a wrong or unknown key, or a recording cannot be read.
    """
    return parse_script(read_text_file(path, "the script"), path, read_wav)


class ScriptedServer:
    """An async context manager; inside it the server answers.

    Each connection takes the first entry for its path that has turns left.

    Args:
        entries: The script.
        host: Address to listen on.
        port: Port; 0 picks a free one, see :attr:`port`.
        tls: Certificate and key for ``wss``; None: plain ``ws``.
    """

    def __init__(
        self,
        entries: Sequence[ConnectionScript],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.port = port
        """The port it listens on, once inside the context."""
        self.problems: list[str] = []
        """What clients did not do although the script waited for it; also logged."""
        self._entries = entries
        self._turns = [entry.times for entry in entries]
        self._tls = tls
        self._sockets: weakref.WeakSet[web.WebSocketResponse] = weakref.WeakSet()
        self._stack = AsyncExitStack()
        self._connections = 0

    @property
    def carries(self) -> str:
        """Nothing is computed here."""
        return ""

    @property
    def url(self) -> str:
        """``ws://host:port``, or ``wss``."""
        return f"{'wss' if self._tls else 'ws'}://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            ConfigError: The address cannot be used.
        """
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        site = open_site(app, self.host, self.port, tls=self._tls, sockets=self._sockets)
        self.port = await self._stack.enter_async_context(site)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all sockets."""
        await self._stack.aclose()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        entry = self._take(request.path.rpartition("/")[2])
        if entry is None:
            return error_response(404, "APIG.0101", "the script has no entry for this path")
        await asyncio.sleep(entry.delay_s)
        if entry.answer is not None:
            body = msgspec.json.encode(entry.answer.body)
            return web.Response(
                status=entry.answer.status, body=body, content_type="application/json"
            )
        ws = web.WebSocketResponse(timeout=CLOSE_TIMEOUT_S, compress=False)
        await ws.prepare(request)
        self._sockets.add(ws)
        self._connections += 1
        assert request.transport is not None  # the upgrade was just answered
        name = f"script-{self._connections}"
        await _Play(ws, request.transport, name, self._report).run(entry.steps)
        return ws

    def _report(self, problem: str) -> None:
        _log.warning("%s", problem)
        self.problems.append(problem)

    def _take(self, name: str) -> ConnectionScript | None:
        for index, entry in enumerate(self._entries):
            turns = self._turns[index]
            if entry.path in (None, name) and turns != 0:
                self._turns[index] = None if turns is None else turns - 1
                return entry
        return None


class _Gone(Exception):
    """The client did not do what a step waited for."""


class _Play:
    """One connection and its steps.

    Args:
        ws: Already upgraded.
        transport: Its transport.
        name: What the trace ids begin with.
        report: Takes a line about what the client did not do.
    """

    def __init__(
        self,
        ws: web.WebSocketResponse,
        transport: asyncio.Transport,
        name: str,
        report: Callable[[str], None],
    ) -> None:
        self._report = report
        self._ws = ws
        self._transport = transport
        self._name = name
        self._sessions = 0
        self._trace_id = f"{name}-0"

    async def run(self, steps: Sequence[ScriptLine]) -> None:
        """Perform the steps, then wait for the client to close."""
        for step in steps:
            try:
                await self._do(step)
            except (_Gone, ConnectionError) as error:
                self._report(f"line {step.line} of the script: {error}")
                await self._ws.close(code=WSCloseCode.INTERNAL_ERROR)
                return
        while not self._ws.closed and (await self._ws.receive()).type in (
            WSMsgType.TEXT,
            WSMsgType.BINARY,
        ):
            pass

    async def _do(self, step: ScriptLine) -> None:
        match step.action:
            case WaitForMessage(wait_for=awaited, timeout_s=timeout_s):
                await self._read(awaited, 0, timeout_s)
            case WaitBytes(wait_bytes=n_bytes, timeout_s=timeout_s):
                await self._read(None, n_bytes, timeout_s)
            case ServerPause(wait_s=seconds):
                await asyncio.sleep(seconds)
            case SendJson(send=fields):
                await self._ws.send_str(msgspec.json.encode(fields).decode())
            case SendText(send_text=text):
                await self._ws.send_str(text)
            case SendAudio(data=data):
                for at in range(0, len(data), MAX_AUDIO_MESSAGE_BYTES):
                    await self._ws.send_bytes(data[at : at + MAX_AUDIO_MESSAGE_BYTES])
            case CloseConnection(close=code):
                await self._ws.close(code=code)
            case Plain(kind=PlainKind.CUT):
                self._transport.close()
            case Plain(kind=PlainKind.RESET):
                sock: Any = self._transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                self._transport.abort()
            case action:
                await self._ws.send_str(encode(self._message(action)))

    def _message(self, action: object) -> msgspec.Struct:
        match action:
            case SayEvent(event=event):
                return EventResponse(trace_id=self._trace_id, event=event)
            case SayEnd(end=reason):
                return EndResponse(trace_id=self._trace_id, reason=reason)
            case SayError(error=code, text=text):
                return ErrorResponse(trace_id=self._trace_id, error_code=code, error_msg=text)
            case SayFatalError(fatal_error=code, text=text):
                return FatalErrorResponse(trace_id=self._trace_id, error_code=code, error_msg=text)
            case SayResult() as said:
                segment = Segment(
                    start_time=said.start_ms,
                    end_time=said.end_ms,
                    is_final=said.final,
                    result=SegmentText(text=said.result, score=said.score),
                )
                return ResultResponse(trace_id=self._trace_id, segments=[segment])
        self._sessions += 1  # only START is left
        self._trace_id = f"{self._name}-{self._sessions}"
        return StartResponse(trace_id=self._trace_id)

    async def _read(self, awaited: Awaited | None, n_bytes: int, timeout_s: float) -> None:
        """Read until the client has sent that."""
        wanted = awaited or f"{n_bytes} bytes of audio"
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    message = await self._ws.receive()
                    if message.type is WSMsgType.BINARY:
                        n_bytes -= len(message.data)
                        if awaited is None and n_bytes <= 0:
                            return
                    elif message.type is WSMsgType.TEXT:
                        if awaited is not None and _command(message.data) == awaited:
                            return
                    elif awaited is Awaited.CLOSE:
                        return
                    else:
                        raise _Gone(f"the client left instead of sending {wanted}")
        except TimeoutError as error:
            raise _Gone(f"no {wanted} within {timeout_s:g} s") from error


def _command(text: str) -> object:
    try:
        fields = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return fields.get("command") if isinstance(fields, dict) else None
