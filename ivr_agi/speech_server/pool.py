"""The worker processes of the speech server. Asyncio shell.

A sentence is opened on the worker that has the fewest. It and the following sentences of the same
session stay there, so that they are answered in order. If a worker dies, its sentences fail and it
is replaced. A worker that does not answer in time is killed, with the same effect. Processes are
started afresh, never forked: the server has threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from typing import TYPE_CHECKING, Protocol, Self

import msgspec

from ivr_agi.errors import SpeechUnavailable
from ivr_agi.speech_server.engines.base import Hypothesis, Word
from ivr_agi.speech_server.worker import (
    LENGTH_PREFIX,
    BeginRequest,
    CloseRequest,
    FeedRequest,
    Final,
    FinishRequest,
    OpenRequest,
    Partial,
    Ready,
    Refused,
    WorkerReply,
    pack_message,
)

if TYPE_CHECKING:
    from types import TracebackType

    from ivr_agi.speech_server.engines.base import RecognitionRequest, Recognizer

__all__ = ("FINISH_TIMEOUT_S", "NoWorker", "RemoteUtterance", "UtteranceOwner", "WorkerPool")

_log = logging.getLogger("ivr_agi.speech_server")

WORKER_START_TIMEOUT_S = 60.0
"""Time for a worker to load its models."""
FINISH_TIMEOUT_S = 15.0
"""Longest time between the end of a sentence and its words; a slower worker counts as hung. The
vendor's client waits 18 s for END (``sis-protocol.md`` 14.1 row 6)."""
BACKLOG_BYTES = 4 * 2**20
"""Most audio that a worker may be behind (4 minutes of one caller); with more it counts as hung."""
EXIT_TIMEOUT_S = 1.0
"""Between the end of a worker's output and its exit; after that it is killed."""
RESTART_PAUSE_S = 1.0
"""Pause before replacing a worker that died at once."""


class NoWorker(SpeechUnavailable):
    """No worker runs at the moment; the next one is being started."""


class UtteranceOwner(Protocol):
    """Receives the results of a sentence. Called from the pool's reader."""

    def receive_partial(self, text: str) -> None:
        """Take the words so far."""
        ...

    def receive_final(self, hypothesis: Hypothesis | None) -> None:
        """Take the words, or None if nothing was understood; once per ``finish``, in order."""
        ...

    def receive_refusal(self, reason: str) -> None:
        """The engine cannot do what was asked. This is the last call."""
        ...

    def receive_loss(self) -> None:
        """The worker died. This is the last call."""
        ...


class RemoteUtterance:
    """A sentence in a worker, or several in turn: ``begin`` again after ``finish``.

    All calls return at once. After ``close``, a refusal or the loss of the worker they do nothing.
    """

    def __init__(
        self, worker: _WorkerProcess, number: int, owner: UtteranceOwner, finish_timeout_s: float
    ) -> None:
        self._worker = worker
        self._finish_timeout_s = finish_timeout_s
        self._number = number
        self._deadlines: deque[asyncio.TimerHandle] = deque()
        self.owner = owner

    def begin(self, background: bytes) -> None:
        """Speech was found; ``background`` is what came before (see ``engines.base.Utterance``)."""
        self._worker.send(BeginRequest(self._number, background))

    def feed(self, pcm: bytes) -> None:
        """Pass on the next piece, s16le mono 8 kHz."""
        self._worker.send(FeedRequest(self._number, pcm))

    def finish(self) -> None:
        """End the sentence; the owner gets ``receive_final``."""
        if not self._worker.holds(self._number):
            return
        self._worker.send(FinishRequest(self._number))
        loop = asyncio.get_running_loop()
        self._deadlines.append(loop.call_later(self._finish_timeout_s, self._worker.kill))

    def close(self) -> None:
        """Drop the sentence; the owner is not called any more."""
        if self._worker.forget(self._number):
            self._worker.send(CloseRequest(self._number))

    def settle(self) -> None:
        """Called by the worker's reader with the answer to the oldest ``finish``."""
        if self._deadlines:
            self._deadlines.popleft().cancel()

    def settle_all(self) -> None:
        """Called by the worker's reader when no more answers will come."""
        while self._deadlines:
            self.settle()


class _WorkerProcess:
    """One running process and the sentences on it."""

    def __init__(self, process: Process, finish_timeout_s: float = FINISH_TIMEOUT_S) -> None:
        self._process = process
        self._finish_timeout_s = finish_timeout_s
        self._utterances: dict[int, RemoteUtterance] = {}
        self._last_number = 0
        self._answers: msgspec.msgpack.Decoder[WorkerReply] = msgspec.msgpack.Decoder(WorkerReply)

    @property
    def load(self) -> int:
        return len(self._utterances)

    def open(
        self, request: RecognitionRequest, owner: UtteranceOwner, *, interim: bool
    ) -> RemoteUtterance:
        self._last_number += 1
        utterance = RemoteUtterance(self, self._last_number, owner, self._finish_timeout_s)
        self._utterances[self._last_number] = utterance
        self.send(OpenRequest(self._last_number, request.language, request.phrases, interim))
        return utterance

    def send(self, message: msgspec.Struct) -> None:
        self.write(pack_message(message))

    def write(self, data: bytes) -> None:
        stdin = self._process.stdin
        assert stdin is not None  # started with a pipe
        if stdin.is_closing():
            return  # the reader is about to find out
        stdin.write(data)
        if stdin.transport.get_write_buffer_size() > BACKLOG_BYTES:
            self.kill()

    def holds(self, number: int) -> bool:
        """Whether that sentence still waits for answers."""
        return number in self._utterances

    def forget(self, number: int) -> bool:
        """Take a sentence off the list; False if it was not on it."""
        utterance = self._utterances.pop(number, None)
        if utterance is None:
            return False
        utterance.settle_all()
        return True

    def kill(self) -> None:
        """Kill it at once; the reader of its answers notices."""
        if self._process.returncode is None:
            self._process.kill()

    async def receive(self) -> WorkerReply | None:
        """Read the next answer; None if the process has ended."""
        stdout = self._process.stdout
        assert stdout is not None  # started with a pipe
        try:
            (length,) = LENGTH_PREFIX.unpack(await stdout.readexactly(LENGTH_PREFIX.size))
            body = await stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return self._answers.decode(body)

    def hand_out(self, answer: WorkerReply) -> None:
        """Pass an answer to the sentence's owner."""
        if isinstance(answer, Ready):
            return
        utterance = self._utterances.get(answer.utterance)
        if utterance is None:
            return  # closed meanwhile
        owner = utterance.owner
        match answer:
            case Partial(text=text):
                owner.receive_partial(text)
            case Refused(reason=reason):
                self.forget(answer.utterance)
                owner.receive_refusal(reason)
            case Final(text=text, score=score, words=words):
                utterance.settle()
                heard = Hypothesis(text, score, tuple(Word(*word) for word in words))
                owner.receive_final(heard if text else None)

    async def end(self) -> None:
        """Reap the process after its output has ended, and tell the owners of its sentences."""
        for number, utterance in list(self._utterances.items()):
            self.forget(number)
            utterance.owner.receive_loss()
        try:
            async with asyncio.timeout(EXIT_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()


class WorkerPool:
    """An async context manager; inside it ``workers`` processes run.

    Args:
        recognizer: The engine, not yet loaded; it is pickled.
        workers: How many processes.
        finish_timeout_s: Longest time between the end of a sentence and its words.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        *,
        workers: int,
        finish_timeout_s: float = FINISH_TIMEOUT_S,
    ) -> None:
        self._recognizer = pickle.dumps(recognizer)
        self._count = workers
        self._finish_timeout_s = finish_timeout_s
        self._alive: set[_WorkerProcess] = set()
        self._ready: list[_WorkerProcess] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Start the workers and wait until all are loaded.

        Raises:
            SpeechUnavailable: A worker died while loading. Standard error says why.
        """
        loop = asyncio.get_running_loop()
        loaded: list[asyncio.Future[None]] = [loop.create_future() for _ in range(self._count)]
        self._tasks = [asyncio.create_task(self._keep(each)) for each in loaded]
        try:
            await asyncio.gather(*loaded)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Kill the workers and wait until they are gone."""
        await self._stop()

    @property
    def size(self) -> int:
        """Workers that are ready."""
        return len(self._ready)

    def open(
        self, request: RecognitionRequest, owner: UtteranceOwner, *, interim: bool
    ) -> RemoteUtterance:
        """Make ready for a sentence on the worker that has the fewest.

        Args:
            request: Language and list.
            owner: Receives the results.
            interim: Whether partial words are wanted.

        Raises:
            NoWorker: No worker runs at the moment.
        """
        if not self._ready:
            raise NoWorker("no recognition worker is running")
        worker = min(self._ready, key=lambda each: each.load)
        return worker.open(request, owner, interim=interim)

    async def _keep(self, loaded: asyncio.Future[None]) -> None:
        """Keep one worker running and replace it. Ends by ``_stopping``, never by cancelling.

        Args:
            loaded: Set when the first worker is loaded, or to why it is not: then there is no
                second one.
        """
        while not self._stopping.is_set():
            try:
                worker = await self._start()
            except (SpeechUnavailable, OSError) as error:
                if not loaded.done():
                    loaded.set_exception(error)
                    return
                _log.error("%s", error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), RESTART_PAUSE_S)
                continue
            if not loaded.done():
                loaded.set_result(None)
            self._ready.append(worker)
            try:
                while (answer := await worker.receive()) is not None:
                    worker.hand_out(answer)
            finally:
                self._ready.remove(worker)
                await self._end(worker)
            if not self._stopping.is_set():
                _log.error("a recognition worker died: starting another")

    async def _start(self) -> _WorkerProcess:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ivr_agi.speech_server.worker",
            stdin=PIPE, stdout=PIPE, env=environment,
        )  # fmt: skip
        worker = _WorkerProcess(process, self._finish_timeout_s)
        self._alive.add(worker)
        if self._stopping.is_set():  # while the process came up: _stop has not seen it
            worker.kill()
        worker.write(LENGTH_PREFIX.pack(len(self._recognizer)) + self._recognizer)
        deadline = asyncio.get_running_loop().call_later(WORKER_START_TIMEOUT_S, worker.kill)
        answer = await worker.receive()
        deadline.cancel()
        if not isinstance(answer, Ready):
            await self._end(worker)
            reason = f"a recognition worker ended at its start with status {process.returncode}"
            raise SpeechUnavailable(reason)
        return worker

    async def _end(self, worker: _WorkerProcess) -> None:
        await worker.end()
        self._alive.remove(worker)

    async def _stop(self) -> None:
        self._stopping.set()
        for worker in self._alive:
            worker.kill()
        await asyncio.wait(self._tasks)
