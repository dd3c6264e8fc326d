"""The worker processes of the speech server. Asyncio shell.

A sentence is opened on the worker that has the fewest. It and the following sentences of the same
session stay there, so that they are answered in order. If a worker dies, its sentences fail and it
is replaced. Processes are started afresh, never forked: the server has threads.

A worker that does not keep up is not killed, and no answer waits for it: what it has understood so
far is given at the deadline, and it gets no new sessions until it has caught up. With all workers
behind, new sessions are refused. Only a worker that sleeps although it is asked is killed (one that
is stuck in a loop ends itself, see :mod:`.worker`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import deque
from typing import TYPE_CHECKING, Protocol, Self

import msgspec

from ivr_agi.errors import SpeechUnavailable
from ivr_agi.speech_server.engines.base import LATE_SCORE, Hypothesis, Word
from ivr_agi.speech_server.processor import is_asleep, processor_ticks
from ivr_agi.speech_server.worker import (
    LENGTH_PREFIX,
    BeginRequest,
    CloseRequest,
    FeedRequest,
    Final,
    FinishRequest,
    Lag,
    OpenRequest,
    Partial,
    PingRequest,
    Pong,
    Ready,
    Refused,
    WorkerReply,
    pack_message,
)

if TYPE_CHECKING:
    from types import TracebackType

    from ivr_agi.speech_server.engines.base import RecognitionRequest, Recognizer

__all__ = (
    "FINISH_TIMEOUT_S",
    "NoWorker",
    "Overloaded",
    "RemoteUtterance",
    "UtteranceOwner",
    "WorkerPool",
)

_log = logging.getLogger("ivr_agi.speech_server")

WORKER_START_TIMEOUT_S = 60.0
"""Time for a worker to load its models."""
WORDS_WITHIN_S = 2.0
"""Time for the words after the end of a sentence; an engine leaves out what would take longer."""
FINISH_TIMEOUT_S = 15.0
"""Longest time between the end of a sentence and its words: then the client gets the words so far.
The vendor's client waits 18 s for END (``sis-protocol.md`` 14.1 row 6)."""
BEHIND_SHARE = 0.5
"""Of the time for the words: a worker that is further behind gets no new sessions."""
LAG_HOLDS_S = 2.0
"""A worker that has told no lag for so long has none."""
BACKLOG_BYTES = 4 * 2**20
"""Most audio that waits for a worker (4 minutes of one caller); what comes then is dropped."""
ASLEEP_S = 60.0
"""A worker that sleeps so long after a deadline hangs, and is killed."""
EXIT_TIMEOUT_S = 1.0
"""Between the end of a worker's output and its exit; after that it is killed."""
RESTART_PAUSE_S = 1.0
"""Pause before replacing a worker that died at once."""


class NoWorker(SpeechUnavailable):
    """No worker runs at the moment; the next one is being started."""


class Overloaded(SpeechUnavailable):
    """All workers are behind; a new session would make it worse."""


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
        self,
        worker: _WorkerProcess,
        number: int,
        owner: UtteranceOwner,
        *,
        interim: bool,
        words_within_s: float,
        finish_timeout_s: float,
    ) -> None:
        self._worker = worker
        self._words_within_s = words_within_s
        self._finish_timeout_s = finish_timeout_s
        self._number = number
        self.owner = owner
        self._interim = interim
        self._deadlines: deque[asyncio.TimerHandle] = deque()
        self._partial = ""
        self._overdue = 0
        """Sentences whose words were given at the deadline; the worker's come later."""

    def begin(self, background: bytes) -> None:
        """Speech was found; ``background`` is what came before (see ``engines.base.Utterance``)."""
        self._worker.send(BeginRequest(self._number, background))

    def feed(self, pcm: bytes) -> None:
        """Pass on the next piece, s16le mono 8 kHz."""
        if self._worker.has_room:
            self._worker.send(FeedRequest(self._number, pcm, time.monotonic()))

    def finish(self) -> None:
        """End the sentence; the owner gets ``receive_final``."""
        if not self._worker.holds(self._number):
            return
        self._worker.send(FinishRequest(self._number, time.monotonic() + self._words_within_s))
        loop = asyncio.get_running_loop()
        self._deadlines.append(loop.call_later(self._finish_timeout_s, self._give_what_there_is))
        self._worker.note_asked(self._number)

    def close(self) -> None:
        """Drop the sentence; the owner is not called any more."""
        if self._worker.forget(self._number):
            self._worker.send(CloseRequest(self._number))

    def _give_what_there_is(self) -> None:
        """Give the words so far, unconfirmed; those of the worker come too late."""
        self._deadlines.popleft()
        self._overdue += 1
        self._worker.note_late(self._number)
        text, self._partial = self._partial, ""
        self.owner.receive_final(Hypothesis(text, LATE_SCORE) if text else None)

    def take_partial(self, text: str) -> None:
        """Called by the worker's reader with the words so far."""
        if self._overdue:
            return  # of a sentence that is answered
        self._partial = text
        if self._interim:
            self.owner.receive_partial(text)

    def take_final(self, hypothesis: Hypothesis | None) -> None:
        """Called by the worker's reader with the answer to the oldest ``finish``."""
        self._partial = ""
        if self._overdue:
            self._overdue -= 1
            return
        if self._deadlines:
            self._deadlines.popleft().cancel()
        self.owner.receive_final(hypothesis)

    def stop_waiting(self) -> None:
        """Called when no more answers will come."""
        while self._deadlines:
            self._deadlines.popleft().cancel()


class _WorkerProcess:
    """One running process and the sentences on it."""

    def __init__(
        self,
        process: Process,
        words_within_s: float = WORDS_WITHIN_S,
        finish_timeout_s: float = FINISH_TIMEOUT_S,
    ) -> None:
        self._process = process
        self._words_within_s = words_within_s
        self._finish_timeout_s = finish_timeout_s
        self._utterances: dict[int, RemoteUtterance] = {}
        self._asked_at: deque[tuple[int, float]] = deque()
        """Sentences that wait for words: their numbers, and since when."""
        self._lag_s = self._lag_told_at_s = 0.0
        self._is_late = False
        """It has missed a deadline, and not answered a ping since."""
        self._last_number = 0
        self._watch: asyncio.Task[None] | None = None
        self._answers: msgspec.msgpack.Decoder[WorkerReply] = msgspec.msgpack.Decoder(WorkerReply)

    @property
    def load(self) -> int:
        return len(self._utterances)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_behind(self) -> bool:
        """Whether it works on what came long ago."""
        now_s = time.monotonic()
        waited_s = now_s - self._asked_at[0][1] if self._asked_at else 0.0
        lag_s = self._lag_s if now_s - self._lag_told_at_s < LAG_HOLDS_S else 0.0
        return self._is_late or max(lag_s, waited_s) > BEHIND_SHARE * self._words_within_s

    @property
    def has_room(self) -> bool:
        """Whether more audio may wait for it."""
        stdin = self._process.stdin
        assert stdin is not None  # started with a pipe
        return stdin.transport.get_write_buffer_size() <= BACKLOG_BYTES

    def open(
        self, request: RecognitionRequest, owner: UtteranceOwner, *, interim: bool
    ) -> RemoteUtterance:
        self._last_number += 1
        utterance = RemoteUtterance(
            self,
            self._last_number,
            owner,
            interim=interim,
            words_within_s=self._words_within_s,
            finish_timeout_s=self._finish_timeout_s,
        )
        self._utterances[self._last_number] = utterance
        self.send(OpenRequest(self._last_number, request.language, request.phrases, request.is_row))
        return utterance

    def send(self, message: msgspec.Struct) -> None:
        self.write(pack_message(message))

    def write(self, data: bytes) -> None:
        stdin = self._process.stdin
        assert stdin is not None  # started with a pipe
        if not stdin.is_closing():  # else the reader is about to find out
            stdin.write(data)

    def holds(self, number: int) -> bool:
        return number in self._utterances

    def forget(self, number: int) -> bool:
        """Take a sentence off the list; False if it was not on it."""
        utterance = self._utterances.pop(number, None)
        if utterance is None:
            return False
        self._asked_at = deque(asked for asked in self._asked_at if asked[0] != number)
        utterance.stop_waiting()
        return True

    def note_asked(self, number: int) -> None:
        self._asked_at.append((number, time.monotonic()))

    def note_late(self, number: int) -> None:
        """A sentence has waited too long: find out whether the worker is slow, or asleep."""
        if self._is_late:
            return
        self._is_late = True
        _log.warning("a recognition worker is late: pid %d, sentence %d", self.pid, number)
        self.send(PingRequest(0))
        self._watch = asyncio.create_task(self._kill_if_asleep())

    async def _kill_if_asleep(self) -> None:
        """Kill it if it does not compute, and does not want to."""
        while self._is_late:
            before = await asyncio.to_thread(processor_ticks, self.pid)
            await asyncio.sleep(ASLEEP_S)
            after = await asyncio.to_thread(processor_ticks, self.pid)
            if self._is_late and after == before and await asyncio.to_thread(is_asleep, self.pid):
                _log.error("a recognition worker sleeps although it is asked: pid %d", self.pid)
                self.kill()
                return

    def kill(self) -> None:  # the reader of its answers notices
        if self._process.returncode is None:
            self._process.kill()

    async def receive(self) -> WorkerReply | None:  # None if the process has ended
        stdout = self._process.stdout
        assert stdout is not None  # started with a pipe
        try:
            (length,) = LENGTH_PREFIX.unpack(await stdout.readexactly(LENGTH_PREFIX.size))
            body = await stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return self._answers.decode(body)

    def hand_out(self, answer: WorkerReply) -> None:
        if isinstance(answer, Ready):
            return
        if isinstance(answer, Lag):
            self._lag_s, self._lag_told_at_s = answer.seconds, time.monotonic()
            return
        if isinstance(answer, Pong):
            self._is_late = False
            return
        utterance = self._utterances.get(answer.utterance)
        if utterance is None:
            return  # closed meanwhile
        match answer:
            case Partial(text=text):
                utterance.take_partial(text)
            case Refused(reason=reason):
                self.forget(answer.utterance)
                utterance.owner.receive_refusal(reason)
            case Final(utterance=number, text=text, score=score, words=words):
                oldest = next((asked for asked in self._asked_at if asked[0] == number), None)
                if oldest is not None:
                    self._asked_at.remove(oldest)
                heard = Hypothesis(text, score, tuple(Word(*word) for word in words))
                utterance.take_final(heard if text else None)

    async def end(self) -> None:
        """Reap the process after its output has ended, and tell the owners of its sentences."""
        if self._watch is not None:
            self._watch.cancel()
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
        words_within_s: Time for the words after the end of a sentence; an engine leaves out what
            would take longer.
        finish_timeout_s: Longest time between the end of a sentence and its words; then the client
            gets the words so far.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        *,
        workers: int,
        words_within_s: float = WORDS_WITHIN_S,
        finish_timeout_s: float = FINISH_TIMEOUT_S,
    ) -> None:
        self._words_within_s = words_within_s
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

    async def processor_s(self) -> float:
        """Return the processor time of the workers that are ready."""
        pids = [worker.pid for worker in self._ready]
        ticks = await asyncio.to_thread(lambda: sum(map(processor_ticks, pids)))
        return ticks / os.sysconf("SC_CLK_TCK")

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
            Overloaded: All of them are behind.
        """
        if not self._ready:
            raise NoWorker("no recognition worker is running")
        able = [each for each in self._ready if not each.is_behind]
        if not able:
            raise Overloaded("all recognition workers are behind")
        worker = min(able, key=lambda each: each.load)
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
        worker = _WorkerProcess(process, self._words_within_s, self._finish_timeout_s)
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
