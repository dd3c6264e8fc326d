"""The process that hears a rehearsed caller's audio: ``python -m ivr_agi.rehearsal.listening``.

The same cores as in the local speech server (voice detection, sentence session, recogniser), in
the audio's own time: what a second of audio costs is computing, not waiting. A process of its own,
as the speech server is one: espeak-ng, which it loads, is under the GPL.

On standard input come requests, on standard output goes one answer to each: frames of
:mod:`ivr_agi.speech_server.worker`. Driven by :mod:`.engines`.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.sis.wire.messages import RecognitionConfig, encode
from ivr_agi.speech_server.engines.base import RecognitionRequest
from ivr_agi.speech_server.engines.pocketsphinx import PocketsphinxRecognizer
from ivr_agi.speech_server.engines.silero import SileroVad
from ivr_agi.speech_server.properties import recognition_model
from ivr_agi.speech_server.sentence import SentenceSession
from ivr_agi.speech_server.sessions import (
    BeginUtterance,
    CloseUtterance,
    FeedUtterance,
    FinishUtterance,
    SessionSetup,
)
from ivr_agi.speech_server.worker import FRAME_HEAD, pack_frame

if TYPE_CHECKING:
    from typing import BinaryIO

    from ivr_agi.speech_server.engines.base import Utterance
    from ivr_agi.speech_server.sessions import Output

__all__ = (
    "BeginSession",
    "EndSession",
    "EngineReply",
    "FeedSession",
    "SessionHost",
    "check_engines",
    "main",
    "read_frame",
)


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
    """What the service says to it: text frames."""

    messages: list[str]


UtteranceCommand = BeginUtterance | FeedUtterance | FinishUtterance | CloseUtterance
_COMMANDS = (BeginUtterance, FeedUtterance, FinishUtterance, CloseUtterance)


class SessionHost:
    """One session after the other."""

    def __init__(self) -> None:
        self._vad = SileroVad()
        self._recognizer = PocketsphinxRecognizer()
        self._recognizer.load()
        self._session: SentenceSession | None = None
        self._utterance: Utterance | None = None
        self._partial = ""
        self._refusal = ""

    def answer(self, request: BeginSession | FeedSession | EndSession) -> EngineReply:
        """Do what is asked for."""
        match request:
            case BeginSession():
                self._listen(request)
                return EngineReply([])
            case FeedSession(pcm=pcm):
                outputs = self._hear(pcm)
            case EndSession(cancel=cancel):
                outputs = self._session.receive_end(cancel=cancel) if self._session else []
                self._session = None
        return EngineReply([encode(message) for message in self._carry_out(outputs)])

    def _hear(self, pcm: bytes) -> list[Output]:
        session, refusal = self._session, self._refusal
        if session is None:
            return []
        if refusal:
            self._session = None
            return session.receive_failure("SIS.0031", refusal)
        return session.receive_audio(pcm)

    def _listen(self, start: BeginSession) -> None:
        if self._utterance is not None:
            self._utterance.close()
        model = recognition_model(start.config.property)
        language = model.language if model else "en-us"
        self._partial = self._refusal = ""
        try:
            self._utterance = self._recognizer.open(RecognitionRequest(language, start.phrases))
        except ValueError as exc:  # it cannot do that language, or free speech in it
            self._utterance, self._refusal = None, str(exc)
        self._session = SentenceSession(
            SessionSetup(
                start.config,
                trace_id=start.trace_id,
                window_samples=self._vad.window_samples,
                probability=self._vad.stream().probability,
                language=language,
                is_free=start.phrases is None,
            )
        )

    def _carry_out(self, outputs: list[Output]) -> list[msgspec.Struct]:
        """Tell the recogniser what it is to do, and the session what that came to."""
        messages: list[msgspec.Struct] = []
        for output in outputs:
            if isinstance(output, _COMMANDS):
                messages += self._carry_out(self._command(output))
            else:
                messages.append(output)
        return messages

    def _command(self, command: UtteranceCommand) -> list[Output]:
        utterance, session = self._utterance, self._session
        if utterance is None:
            return []
        match command:
            case BeginUtterance(background=background):
                utterance.begin(background)
            case FeedUtterance(pcm=pcm):
                text = utterance.feed(pcm)
                if session is not None and text and text != self._partial:
                    self._partial = text
                    return session.receive_partial(text)
            case FinishUtterance() if session is not None:
                return session.receive_final(utterance.finish())
            case CloseUtterance():
                self._utterance = None
                utterance.close()
        return []


def check_engines() -> None:
    """Look whether the engines are installed; nothing is loaded.

    Raises:
        MissingDependency: They are not.
    """
    SileroVad()
    PocketsphinxRecognizer()


def read_frame(source: BinaryIO) -> bytes:
    """Return the body of the next frame; empty at the end."""
    head = source.read(FRAME_HEAD.size)
    return source.read(*FRAME_HEAD.unpack(head)) if len(head) == FRAME_HEAD.size else b""


def main() -> None:
    """The process: read, listen, answer, until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the test; our input ends then
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    listener = SessionHost()
    requests = msgspec.msgpack.Decoder(BeginSession | FeedSession | EndSession)
    while body := read_frame(sys.stdin.buffer):
        answers.write(pack_frame(listener.answer(requests.decode(body))))


if __name__ == "__main__":
    main()
