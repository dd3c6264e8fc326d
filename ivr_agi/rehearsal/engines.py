"""The local speech engines for rehearsed calls: the near end of :mod:`.listening`.

Every request is waited for: in virtual time no time passes meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Self

import msgspec

from ivr_agi.errors import MissingDependency, SpeechUnavailable
from ivr_agi.rehearsal.service import Listening
from ivr_agi.sis.wire.messages import RecognitionConfig
from ivr_agi.speech_server.worker import LENGTH_PREFIX, pack_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import IO


__all__ = ("BeginSession", "EndSession", "EngineReply", "Engines", "FeedSession", "read_message")


class _Request(msgspec.Struct, frozen=True, array_like=True, tag=True):
    pass


class BeginSession(_Request, frozen=True):
    """START: the session before, if any, is over."""

    config: RecognitionConfig
    trace_id: str
    phrases: tuple[str, ...] | None


class FeedSession(_Request, frozen=True):
    """Audio, s16le mono 8 kHz."""

    pcm: bytes


class EndSession(_Request, frozen=True):
    """END."""

    cancel: bool


class EngineReply(msgspec.Struct, frozen=True, array_like=True):
    """What the service says to it: text messages."""

    messages: list[str]


def read_message(source: IO[bytes]) -> bytes:
    """Return the body of the next message; empty at the end."""
    head = source.read(LENGTH_PREFIX.size)
    return source.read(*LENGTH_PREFIX.unpack(head)) if len(head) == LENGTH_PREFIX.size else b""


class Engines:
    """The engines' process. Use it in ``with``.

    Raises:
        MissingDependency: They are not installed.
    """

    def __init__(self) -> None:
        try:
            from ivr_agi.speech_server.engines.pocketsphinx import PocketsphinxRecognizer
            from ivr_agi.speech_server.engines.silero import SileroVad
        except ModuleNotFoundError as exc:
            raise MissingDependency(exc.name or "a package", "local") from exc
        SileroVad(), PocketsphinxRecognizer()  # say what is not installed; they load nothing yet
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ivr_agi.rehearsal.listening", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.communicate()  # closes its input, which ends it

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._running().pid

    def listen(
        self, tables: Mapping[str, Sequence[str]], config: RecognitionConfig, trace_id: str
    ) -> Listening:
        """Open a session.

        Args:
            tables: Words that may be said, by the id of their hot-word table.
            config: What START asks for.
            trace_id: Of the session.
        """
        words = tables.get(config.vocabulary_id or "")
        phrases = None if words is None else tuple(words)
        self._ask(BeginSession(config, trace_id, phrases))
        return _Remote(self)

    def hear(self, pcm: bytes) -> list[str]:
        """Give audio to the session; return what the service says to it."""
        return self._ask(FeedSession(pcm))

    def end(self, *, cancel: bool) -> list[str]:
        """End the session; return what the service says to it."""
        return self._ask(EndSession(cancel))

    def _ask(self, request: msgspec.Struct) -> list[str]:
        process = self._running()
        assert process.stdin is not None  # started with pipes
        assert process.stdout is not None
        try:
            process.stdin.write(pack_message(request))
            process.stdin.flush()
            body = read_message(process.stdout)
        except BrokenPipeError:
            body = b""
        if not body:
            raise SpeechUnavailable("the engines' process ended; it says why on standard error")
        answer: EngineReply = msgspec.msgpack.decode(body, type=EngineReply)
        return answer.messages

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("Engines are used in `with`")
        return self._process


class _Remote(Listening):
    """One session."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def hear(self, pcm: bytes) -> list[str]:
        return self._engines.hear(pcm)

    def end(self, *, cancel: bool) -> list[str]:
        return self._engines.end(cancel=cancel)
