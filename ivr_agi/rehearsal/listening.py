"""The process that hears a rehearsed caller's audio: ``python -m ivr_agi.rehearsal.listening``.

The same cores as in the local speech server (voice detection, sentence session, recogniser), in
the audio's own time: what a second of audio costs is computing, not waiting. A process of its own,
as the speech server is one: espeak-ng, which it loads, is under the GPL.

Requests come on standard input, and one answer to each goes to standard output, as messages of
:mod:`ivr_agi.speech_server.worker`; :mod:`.engines` is the other end. The process ends with its
input and with its parent: another child of that one may hold the input open.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.rehearsal.engines import (
    BeginSession,
    EndSession,
    EngineReply,
    FeedSession,
    read_message,
)
from ivr_agi.sis.wire.messages import encode
from ivr_agi.speech_server.engines.base import RecognitionRequest
from ivr_agi.speech_server.engines.pocketsphinx import PocketsphinxRecognizer
from ivr_agi.speech_server.engines.silero import SileroVad
from ivr_agi.speech_server.modes import SentenceSession
from ivr_agi.speech_server.requests import recognition_model
from ivr_agi.speech_server.rows import is_row
from ivr_agi.speech_server.session import (
    BeginUtterance,
    CloseUtterance,
    FeedUtterance,
    FinishUtterance,
    SessionSetup,
)
from ivr_agi.speech_server.wire_audio import SpeechDecoder
from ivr_agi.speech_server.worker import pack_message

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import Utterance
    from ivr_agi.speech_server.session import Output

__all__ = ("SessionHost", "main")

PARENT_CHECK_S = 0.5
"""Seconds between checks whether the parent still lives."""


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
        self._decoder = SpeechDecoder("pcm8k16bit")
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
        return session.receive_audio(self._decoder.decode(pcm))

    def _listen(self, start: BeginSession) -> None:
        if self._utterance is not None:
            self._utterance.close()
        model = recognition_model(start.config.property)
        language = model.language if model else "en-us"
        self._decoder = SpeechDecoder(start.config.audio_format)
        self._partial = self._refusal = ""
        try:
            self._utterance = self._recognizer.open(
                RecognitionRequest(language, start.phrases, is_row(start.phrases or ()))
            )
        except ValueError as exc:  # it cannot do that language, or free speech in it
            self._utterance, self._refusal = None, str(exc)
        self._session = SentenceSession(
            SessionSetup(
                start.config,
                trace_id=start.trace_id,
                window_samples=self._vad.window_samples,
                probability=self._vad.stream().probability,
                onset=self._vad.onset(),
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
                return session.receive_final(utterance.finish(math.inf))
            case CloseUtterance():
                self._utterance = None
                utterance.close()
        return []


def main() -> None:
    """Read, listen and answer until the input ends, or the parent, whose pid is the argument."""
    watch = threading.Thread(target=_end_with_parent, args=[int(sys.argv[1])], daemon=True)
    watch.start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the test; our input ends then
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    listener = SessionHost()
    requests = msgspec.msgpack.Decoder(BeginSession | FeedSession | EndSession)
    while body := read_message(sys.stdin.buffer):
        answers.write(pack_message(listener.answer(requests.decode(body))))


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)


if __name__ == "__main__":
    main()
