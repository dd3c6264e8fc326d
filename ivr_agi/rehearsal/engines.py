"""The local speech engines for rehearsed calls: the near end of :mod:`.listening`.

Every request is waited for: in virtual time no time passes meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Self

import msgspec

from ivr_agi.errors import MissingDependency, SpeechUnavailable
from ivr_agi.rehearsal.service import Listening

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from ivr_agi.rehearsal.listening import EngineReply
    from ivr_agi.sis.wire.messages import RecognitionConfig

__all__ = ("Engines",)


class Engines:
    """The engines' process. Use it in ``with``.

    Raises:
        MissingDependency: They are not installed.
    """

    def __init__(self) -> None:
        try:
            from ivr_agi.rehearsal import listening
        except ModuleNotFoundError as exc:
            raise MissingDependency(exc.name or "a package", "local") from exc
        listening.check_engines()
        self._protocol = listening
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ivr_agi.rehearsal.listening"],
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
        self._ask(self._protocol.BeginSession(config, trace_id, phrases))
        return _Remote(self)

    def hear(self, pcm: bytes) -> list[str]:
        """Give audio to the session; return what the service says to it."""
        return self._ask(self._protocol.FeedSession(pcm))

    def end(self, *, cancel: bool) -> list[str]:
        """End the session; return what the service says to it."""
        return self._ask(self._protocol.EndSession(cancel))

    def _ask(self, request: msgspec.Struct) -> list[str]:
        process, protocol = self._process, self._protocol
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("Engines are used in `with`")
        try:
            process.stdin.write(protocol.frame(request))
            process.stdin.flush()
            body = protocol.read_frame(process.stdout)
        except BrokenPipeError:
            body = b""
        if not body:
            raise SpeechUnavailable("the engines' process ended; it says why on standard error")
        answer: EngineReply = msgspec.msgpack.decode(body, type=protocol.EngineReply)
        return answer.messages


class _Remote(Listening):
    """One session."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def hear(self, pcm: bytes) -> list[str]:
        return self._engines.hear(pcm)

    def end(self, *, cancel: bool) -> list[str]:
        return self._engines.end(cancel=cancel)
