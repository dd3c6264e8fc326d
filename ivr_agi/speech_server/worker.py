"""A worker process: decodes sentences, because decoding holds the GIL.

Started by :mod:`ivr_agi.speech_server.pool` as ``python -m ivr_agi.speech_server.worker``: the
first message on standard input is the pickled :class:`Recognizer`, then come requests; replies go
to standard output. A message is a big-endian 4-byte length and that many bytes (msgpack). The
worker ends when its input ends, so it never outlives the server, however that dies.

A worker that is slow is never killed: it says how far it is behind (:class:`Lag`), and the server
sends it no further sessions. One that computes at a single request for :data:`STUCK_CPU_S` of its
own processor time is stuck in a loop, and its timer ends it.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import signal
import struct
import sys
import threading
import time
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import msgspec

from ivr_agi.speech_server.engines.base import RecognitionRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.speech_server.engines.base import Recognizer, Utterance

__all__ = (
    "LENGTH_PREFIX",
    "BeginRequest",
    "CloseRequest",
    "EngineWorker",
    "FeedRequest",
    "Final",
    "FinishRequest",
    "Inbox",
    "Lag",
    "LagMeter",
    "OpenRequest",
    "Partial",
    "PingRequest",
    "Pong",
    "Ready",
    "Refused",
    "WorkerReply",
    "WorkerRequest",
    "main",
    "pack_message",
)

_log = logging.getLogger("ivr_agi.speech_server")

LENGTH_PREFIX = struct.Struct(">I")
MOST_WAITING = 2000
"""Most requests that are read ahead: more than a minute of audio."""
STUCK_CPU_S = 120.0
"""Processor time of one request, after which the worker is stuck and ends; a minute of speech takes
a few seconds, however busy the machine is."""
LEAST_LAG_S = 0.5
LAG_EVERY_S = 0.5
"""A lag of that much is told every so often."""
NICENESS = 5  # decoding can wait; speech detection in the server cannot


class _Request(msgspec.Struct, frozen=True, array_like=True, tag=True):
    utterance: int


class OpenRequest(_Request, frozen=True):
    """Prepare for a sentence, and for others like it after the first."""

    language: str
    phrases: tuple[str, ...] | None
    is_row: bool = False


class BeginRequest(_Request, frozen=True):
    """Speech was found; ``background`` is what came before. After Finish: the next sentence."""

    background: bytes


class FeedRequest(_Request, frozen=True):
    """The next piece of the sentence."""

    pcm: bytes
    sent_s: float = 0.0
    """When (``time.monotonic()``, the same in all processes); 0: nobody wants to know the lag."""


class FinishRequest(_Request, frozen=True):
    """The sentence is over: answer with :class:`Final`."""

    until_s: float
    """When the words are wanted (``time.monotonic()``); see ``Utterance.finish``."""


class CloseRequest(_Request, frozen=True):
    """Nobody wants the sentence any more."""


class PingRequest(_Request, frozen=True):
    """Answer with :class:`Pong`; the number means nothing."""


class Pong(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The worker has worked off everything that came before a :class:`PingRequest`."""


class Ready(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The recognizer is loaded."""


class Lag(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """How far behind the worker is."""

    seconds: float


class Partial(_Request, frozen=True):
    """The words so far, if they have changed."""

    text: str


class Final(_Request, frozen=True):
    """The words; ``text`` is empty if nothing was understood."""

    text: str
    score: float
    words: tuple[tuple[str, int, int], ...] = ()
    """Word, begin and end in milliseconds of the sentence's audio."""


class Refused(_Request, frozen=True):
    """The recognizer cannot do what :class:`OpenRequest` asks."""

    reason: str


WorkerRequest: TypeAlias = (
    OpenRequest | BeginRequest | FeedRequest | FinishRequest | CloseRequest | PingRequest
)
WorkerReply: TypeAlias = Ready | Pong | Lag | Partial | Final | Refused


def pack_message(message: msgspec.Struct) -> bytes:
    """Encode a message, with its length in front."""
    body = msgspec.msgpack.encode(message)
    return LENGTH_PREFIX.pack(len(body)) + body


class EngineWorker:
    """Carries out requests in order.

    Args:
        recognizer: A loaded engine.
    """

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self._requests: dict[int, RecognitionRequest] = {}
        self._utterances: dict[int, Utterance] = {}
        self._partials: dict[int, str] = {}

    def handle(self, request: WorkerRequest) -> WorkerReply | None:
        """Carry out one request; requests for a sentence that is closed or refused do nothing."""
        if isinstance(request, OpenRequest):
            return self._open(request)
        if isinstance(request, PingRequest):
            return Pong()
        number = request.utterance
        if (
            isinstance(request, BeginRequest)
            and number in self._requests.keys() - self._utterances.keys()
        ):
            self._utterances[number] = self._recognizer.open(self._requests[number])
        if isinstance(request, CloseRequest):
            self._close(number)
            return None
        utterance = self._utterances.get(number)
        if utterance is None:
            return None
        match request:
            case BeginRequest(background=background):
                utterance.begin(background)
            case FeedRequest(pcm=pcm):
                text = utterance.feed(pcm)
                if text and self._partials.get(number) != text:
                    self._partials[number] = text
                    return Partial(number, text)
            case FinishRequest(until_s=until_s):
                return self._finish(number, utterance, until_s)
        return None

    def _finish(self, number: int, utterance: Utterance, until_s: float) -> Final:
        hypothesis = utterance.finish(until_s)
        self._utterances.pop(number).close()
        self._partials.pop(number, None)
        if hypothesis is None:
            return Final(number, "", 0.0)
        words = tuple((word.text, word.start_ms, word.end_ms) for word in hypothesis.words)
        return Final(number, hypothesis.text, hypothesis.score, words)

    def _open(self, request: OpenRequest) -> WorkerReply | None:
        wanted = RecognitionRequest(request.language, request.phrases, request.is_row)
        try:
            utterance = self._recognizer.open(wanted)
        except ValueError as error:
            return Refused(request.utterance, str(error))
        self._requests[request.utterance] = wanted
        self._utterances[request.utterance] = utterance
        return None

    def _close(self, number: int) -> None:
        self._requests.pop(number, None)
        self._partials.pop(number, None)
        if (utterance := self._utterances.pop(number, None)) is not None:
            utterance.close()


class LagMeter:
    """Compares when audio was sent with when it is worked off."""

    def __init__(self) -> None:
        self._told_s = self._told_at_s = 0.0

    def measure(self, request: WorkerRequest, now_s: float) -> Lag | None:
        """Return what is to be told: a lag from time to time, and its end."""
        if not isinstance(request, FeedRequest) or not request.sent_s:
            return None
        lag_s = max(0.0, now_s - request.sent_s)
        is_news = (lag_s >= LEAST_LAG_S) != (self._told_s >= LEAST_LAG_S)
        is_due = lag_s >= LEAST_LAG_S and now_s - self._told_at_s >= LAG_EVERY_S
        if not (is_news or is_due):
            return None
        self._told_s, self._told_at_s = lag_s, now_s
        return Lag(lag_s)


class Inbox:
    """Requests, read ahead by a thread; those for a closed sentence are dropped.

    Otherwise a minute of audio that was sent at once and given up would keep all others waiting.

    Args:
        bodies: The bodies of the messages, as they come.
    """

    def __init__(self, bodies: Iterator[bytes]) -> None:
        self._bodies = bodies
        self._waiting: queue.Queue[WorkerRequest | None] = queue.Queue(MOST_WAITING)
        self._closed: set[int] = set()
        self.reader = threading.Thread(target=self._read, name="inbox", daemon=True)
        """Ends with the messages."""
        self.reader.start()

    def __iter__(self) -> Iterator[WorkerRequest]:
        """Yield requests that are still wanted, until the input ends."""
        while (request := self._waiting.get()) is not None:
            if isinstance(request, CloseRequest):
                self._closed.discard(request.utterance)
            elif request.utterance in self._closed:
                continue
            yield request

    def _read(self) -> None:
        decoder: msgspec.msgpack.Decoder[WorkerRequest] = msgspec.msgpack.Decoder(WorkerRequest)
        try:
            for request in map(decoder.decode, self._bodies):
                if isinstance(request, CloseRequest):
                    self._closed.add(request.utterance)
                self._waiting.put(request)
        finally:
            self._waiting.put(None)


def _bodies(source: BinaryIO) -> Iterator[bytes]:
    """Yield the bodies of the messages until the input ends."""
    while len(head := source.read(LENGTH_PREFIX.size)) == LENGTH_PREFIX.size:
        (length,) = LENGTH_PREFIX.unpack(head)
        body = source.read(length)
        if len(body) < length:
            return
        yield body


def main() -> None:
    """Run the process: read, work and reply until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server; our input ends then
    os.nice(NICENESS)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # Whatever a library prints must not get between the replies.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    bodies = _bodies(sys.stdin.buffer)
    recognizer: Recognizer = pickle.loads(next(bodies))
    recognizer.load()
    answers.write(pack_message(Ready()))
    worker, meter = EngineWorker(recognizer), LagMeter()
    try:
        for request in Inbox(bodies):
            lag = meter.measure(request, time.monotonic())
            signal.setitimer(signal.ITIMER_PROF, STUCK_CPU_S)
            answer = worker.handle(request)
            signal.setitimer(signal.ITIMER_PROF, 0)
            for reply in (lag, answer):
                if reply is not None:
                    answers.write(pack_message(reply))
    except BrokenPipeError:
        os._exit(0)  # the server is gone; nobody waits for the thread that still reads


if __name__ == "__main__":
    main()
