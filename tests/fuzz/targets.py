"""What is fuzzed. A target takes bytes, and raises only where the product is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ivr_agi.agi.connection import AgiConnection, Lost
from ivr_agi.catalogue import vendor_voice
from ivr_agi.dialogue.prompt.markup import sayable
from ivr_agi.errors import ConfigError, FlowError, IvrError, RequestFailed, SpeechError
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.run.fetch import fetch
from ivr_agi.flow.run.outside import FlowRequest
from ivr_agi.flow.run.values import check_depth
from ivr_agi.flow.tools.lint import lint
from ivr_agi.language.slots import (
    Date,
    Digits,
    IdCard,
    Money,
    Number,
    Parsed,
    PhoneNumber,
    Plate,
    Slot,
    Time,
    YesNo,
)
from ivr_agi.language.text import Language
from ivr_agi.serve.handover import HandoverError, accept
from ivr_agi.settings import load_settings
from ivr_agi.sis.session.modes import Mode
from ivr_agi.sis.session.socket_protocol import RecognitionProtocol
from ivr_agi.sis.session.synthesis import SynthesisSession
from ivr_agi.sis.wire.events import RecognitionEnded, RecognitionFailed
from ivr_agi.sis.wire.messages import (
    RecognitionConfig,
    RecognitionStartRequest,
    SynthesisConfig,
    decode_recognition_response,
    decode_synthesis_response,
)
from ivr_agi.sis.wire.ssml import check_ssml, is_ssml
from ivr_agi.sis.wire.texts import speakable_pieces
from ivr_agi.speech_server.engines.base import Hypothesis
from ivr_agi.speech_server.rasr import MODES
from ivr_agi.speech_server.requests import (
    BadRequest,
    read_recognition_request,
    read_synthesis_request,
    recognition_model,
    speaker,
)
from ivr_agi.speech_server.session import Session, SessionSetup, SessionState
from ivr_agi.speech_server.wire_audio import SpeechDecoder

CONFIG = RecognitionConfig(audio_format="pcm8k16bit", property="english_8k_common")
VOICES = ("english_cameal_common", "chinese_xiaoyan_common", "chinese_huaxiaomei_common")
HOUR_S = 3600.0


@dataclass(frozen=True)
class Target:
    """One thing that is fuzzed."""

    name: str
    run: Callable[[bytes], None]
    share: float
    """Of all inputs: the fast ones get most."""
    max_bytes: int = 4096


# Asterisk's side.


def agi_replies(data: bytes) -> None:
    """Whatever Asterisk sends, split anywhere: each command has exactly one result."""
    now, n_sent, n_results = 0.0, 0, 0
    connection = AgiConnection(nonce="n")
    for piece in _pieces(data):
        connection.receive_data(piece, now)
        for action in range(3):
            _ = connection.data_to_send()
            while (event := connection.next_event()) is not None:
                if type(event).__name__ in ("Replied", "Stopped", "Lost"):
                    n_results += int(bool(n_sent)) if isinstance(event, Lost) else 1
            if connection.is_ready:
                n_sent += 1
                connection.send(COMMANDS[n_sent % len(COMMANDS)], "x", now=now)
            elif action == 1:
                connection.interrupt(now)
        now += 0.03
        connection.handle_timeout(now)
    assert n_results <= n_sent + 1, (n_results, n_sent)


COMMANDS = ("STREAM FILE", "GET VARIABLE", "SET VARIABLE", "EXEC")


def agi_environment(data: bytes) -> None:
    """Whatever stands in the environment block."""
    connection = AgiConnection(nonce="n")
    connection.receive_data(data + b"\n\n", 0.0)
    for number in range(1, 40):
        connection.receive_data(connection.data_to_send(), 0.0)
        connection.receive_data(f"200 result=1 (ivr-agi-n-{number})\n".encode(), 0.0)
        connection.handle_timeout(number * 1.0)
        while connection.next_event() is not None:
            pass


def handover(data: bytes) -> None:
    """Whatever somebody sends to the server's socket: it is a call, or is refused."""
    client, server = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with client:
        message = data[1:] or b"\0"
        fds = [_pipe()[0]] * (data[0] % 5) if data else []
        try:
            socket.send_fds(client, [message], fds)
        except OSError:
            server.close()
            return
        try:
            offered = accept(server, _owner())
        except HandoverError:
            return
        offered.refuse("a fuzzer")


@functools.cache
def _pipe() -> tuple[int, int]:
    return os.pipe()


@functools.cache
def _owner() -> os.stat_result:
    return os.stat("/")


# The speech service's side.


def sis_recognition(data: bytes) -> None:
    """Whatever a recogniser sends, in whatever order: each session ends exactly once."""
    modes = list(Mode)
    protocol = RecognitionProtocol(mode=modes[data[0] % len(modes)] if data else Mode.SENTENCE)
    now, n_started = 0.0, 1
    protocol.start(CONFIG, now)
    ends: dict[int, int] = {}

    def collect() -> None:
        protocol.messages_to_send()
        while (event := protocol.next_event()) is not None:
            if isinstance(event, RecognitionEnded | RecognitionFailed):
                ends[event.session] = ends.get(event.session, 0) + 1

    for line in data[1:].split(b"\n"):
        match line[:1]:
            case b"!" if not protocol.is_closed:
                protocol.end(now)
                n_started = protocol.start(CONFIG, now)
            case b"~":
                protocol.end(now, cancel=True)
            case b"^":
                now += 3.0
                protocol.handle_timeout(now)
            case b"=":
                protocol.receive(line[1:], now)
            case _:
                protocol.receive(line.decode(errors="replace"), now)
        collect()
    protocol.close()
    collect()
    assert ends == dict.fromkeys(range(1, n_started + 1), 1), ends


def sis_synthesis(data: bytes) -> None:
    """Whatever a synthesis sends: only our errors, and after one nothing more."""
    session = SynthesisSession()
    session.start("hi", SynthesisConfig(), 0.0)
    for line in data.split(b"\n"):
        was_over = session.is_over
        frame = line[1:] if line[:1] == b"=" else line.decode(errors="replace")
        try:
            found = session.receive(frame)
        except SpeechError:
            assert session.is_over
        else:
            assert not (was_over and found)


def sis_messages(data: bytes) -> None:
    """Whatever is in one message of a service, text or binary."""
    for message in (data, data.decode(errors="replace")):
        for decode in (decode_recognition_response, decode_synthesis_response):
            with contextlib.suppress(SpeechError):
                decode(message)


def sis_requests(data: bytes) -> None:
    """Whatever a client sends to our speech server: what is wrong has a code."""
    text = data.decode(errors="replace")
    with contextlib.suppress(BadRequest):
        start = read_recognition_request(text)
        if isinstance(start, RecognitionStartRequest):
            recognition_model(start.config.property)
    with contextlib.suppress(BadRequest):
        speaker(read_synthesis_request(text).config.property)


def sis_server_session(data: bytes) -> None:
    """Whatever order audio, words and END come in at our speech server."""
    kinds: list[type[Session]] = list(MODES.values())
    if not data:
        return
    levels = iter(data)
    setup = SessionSetup(
        CONFIG,
        trace_id="t",
        window_samples=256,
        probability=lambda _: next(levels, 0) / 255,
        is_free=bool(data[0] & 1),
    )
    session = kinds[data[0] % len(kinds)](setup)
    asked = 0
    decoder = SpeechDecoder("pcm8k16bit")
    for byte in data[1:]:
        if session.state is SessionState.ENDED:
            break
        match byte % 8:
            case 0 | 1 | 2 | 3:
                outputs = session.receive_audio(decoder.decode(bytes(2 * byte + byte % 2) * 8))
            case 4:
                outputs = session.receive_partial("sales")
            case 5 if asked:
                asked -= 1
                outputs = session.receive_final(Hypothesis("sales", byte / 255))
            case 6 if session.state is not SessionState.DRAINING:
                outputs = session.receive_end(cancel=bool(byte & 8))
            case 7 if byte > 200:
                outputs = session.receive_failure("SIS.0032", "no")
            case _:
                continue
        asked += sum(type(output).__name__ == "FinishUtterance" for output in outputs)


def ssml(data: bytes) -> None:
    """Whatever is the text of a prompt: it is said, or refused with its place."""
    text = data.decode(errors="replace")
    for name in VOICES:
        sayable(text, name)
        with contextlib.suppress(ConfigError):
            pieces = speakable_pieces(text, name)
            assert all(len(piece) <= vendor_voice(name).max_characters for piece in pieces)
        if is_ssml(text):
            with contextlib.suppress(ConfigError):
                check_ssml(text, vendor_voice(name))


# The caller.


def answers(data: bytes) -> None:
    """Whatever words the service understood: a value that can be read back, or a reason."""
    text = data.decode(errors="replace")
    for slot in SLOTS:
        found = slot.parse(text)
        if isinstance(found, Parsed):
            for language in Language:
                slot.read_back(found.value, language)


TODAY = date(2026, 3, 2)
SLOTS: tuple[Slot[Any], ...] = (
    Digits(),
    Number(is_whole=False),
    YesNo(),
    Money(),
    Date(today=TODAY),
    Time(),
    PhoneNumber(),
    IdCard(today=TODAY),
    Plate(),
)


# Files.


def flow_file(data: bytes) -> None:
    """Whatever is in a flow file: a flow, or one mistake with its place."""
    with _one_line(FlowError):
        lint(parse_flow(data.decode(errors="replace")))


def settings_file(data: bytes) -> None:
    """Whatever is in the settings: settings, or one mistake with its place."""
    path = _memory_file()
    path.write_bytes(data)
    with _one_line(ConfigError):
        load_settings(path)


@contextlib.contextmanager
def _one_line(kind: type[IvrError]) -> Iterator[None]:
    """Take an error of ours, which is one line."""
    found = ""
    try:
        yield
    except kind as error:
        found = str(error)
    assert found.isprintable(), found


@functools.cache
def _memory_file() -> Path:
    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
    return folder / f"ivr-agi-fuzz-{os.getpid()}.toml"


# HTTP.


def http_answer(data: bytes) -> None:
    """Whatever a service answers: data, or an error of ours."""
    loop, url, answers = _http_service()
    answers[0] = data

    async def ask() -> None:
        async with asyncio.timeout(5):
            with contextlib.suppress(RequestFailed, ValueError):
                check_depth(await fetch(FlowRequest(url=url, method="GET", headers={}, body=None)))

    loop.run_until_complete(ask())


@functools.cache
def _http_service() -> tuple[asyncio.AbstractEventLoop, str, list[bytes]]:
    loop = asyncio.new_event_loop()
    answers = [b""]

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answers[0])
            await writer.drain()
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(handle, "127.0.0.1", 0))
    _to_close.append(server.close)
    return loop, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", answers


_to_close: list[Callable[[], object]] = []


def close() -> None:
    """Give back what the targets keep open."""
    if _http_service.cache_info().currsize:
        loop, *_ = _http_service()
        _to_close.pop()()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        _http_service.cache_clear()
    if _pipe.cache_info().currsize:
        for fd in _pipe():
            os.close(fd)
        _pipe.cache_clear()
    _memory_file().unlink(missing_ok=True)


def http_body(data: bytes) -> None:
    """Whatever is the body of a good answer."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data)
    http_answer(head + data)


TARGETS = (
    Target("agi_replies", agi_replies, 0.3),
    Target("sis_requests", sis_requests, 0.25),
    Target("handover", handover, 0.1),
    Target("sis_synthesis", sis_synthesis, 0.1),
    Target("sis_messages", sis_messages, 0.07),
    Target("sis_recognition", sis_recognition, 0.06),
    Target("ssml", ssml, 0.06),
    Target("agi_environment", agi_environment, 0.03),
    Target("settings_file", settings_file, 0.01, 2000),
    Target("sis_server_session", sis_server_session, 0.01, 300),
    Target("http_answer", http_answer, 0.003),
    Target("http_body", http_body, 0.003),
    Target("flow_file", flow_file, 0.002, 2000),
    Target("answers", answers, 0.002, 200),
)
BY_NAME = {target.name: target for target in TARGETS}


def seeds_of(name: str) -> list[bytes]:
    """What a target begins with: its seeds, and what was found once."""
    here = Path(__file__).parent
    folders = (here / "seeds" / name, here / "findings" / name)
    return [file.read_bytes() for folder in folders for file in sorted(folder.glob("*"))]


def _pieces(data: bytes) -> Iterator[bytes]:
    """Split at bytes of 0xff, which are no text."""
    yield from data.split(b"\xff")


def be_quiet() -> None:
    """Log nothing: it would cost more than what is fuzzed."""
    logging.disable(logging.CRITICAL)


__all__ = ("BY_NAME", "TARGETS", "Target", "be_quiet", "close", "seeds_of")
