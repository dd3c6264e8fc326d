"""The worker processes: shared out, killed, replaced, never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from ivr_agi.errors import SpeechUnavailable
from ivr_agi.speech_server import pool as pool_module
from ivr_agi.speech_server.engines.base import (
    LATE_SCORE,
    Hypothesis,
    RecognitionRequest,
    Word,
)
from ivr_agi.speech_server.pool import NoWorker, Overloaded, WorkerPool, _WorkerProcess
from ivr_agi.speech_server.worker import Final, Lag, Partial, Ready
from tests.speech_server.fakes import ListRecognizer, loud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr_agi.speech_server.pool import RemoteUtterance


class Owner:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.last = asyncio.Event()

    def receive_partial(self, text: str) -> None:
        """Not the last."""
        self.told.append(text)

    def receive_final(self, hypothesis: Hypothesis | None) -> None:
        """One for each end of a sentence."""
        self.tell(hypothesis)

    def receive_refusal(self, reason: str) -> None:
        """The last."""
        self.tell(reason)

    def receive_loss(self) -> None:
        """The last."""
        self.tell("lost")

    def tell(self, what: object) -> None:
        """Note the last call."""
        self.told.append(what)
        self.last.set()


def children() -> set[int]:
    """Pids of this process's children, zombies included."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return {int(pid) for pid in file.read().split()}


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    """Whatever happens in a test."""
    before = children()
    yield
    assert children() <= before


def open_(pool: WorkerPool, phrase: str) -> tuple[RemoteUtterance, Owner]:
    """A sentence on the pool."""
    owner = Owner()
    return pool.open(RecognitionRequest("en-us", (phrase,)), owner, interim=False), owner


async def test_a_sentence_in_a_worker() -> None:
    """There and back."""
    async with WorkerPool(ListRecognizer(), workers=1) as pool:
        utterance, owner = open_(pool, "yes")
        utterance.begin(b"")
        utterance.feed(loud(20))
        utterance.finish()
        await owner.last.wait()
        assert owner.told == [Hypothesis("yes", 0.9, (Word("yes", 0, 20),))]


async def test_sentences_go_to_the_worker_with_the_fewest() -> None:
    """A hanging worker does not hold up the other."""
    async with WorkerPool(ListRecognizer(), workers=2) as pool:
        assert pool.size == 2
        hanging, _ = open_(pool, "HANG")
        hanging.finish()
        for _ in range(3):
            utterance, owner = open_(pool, "yes")
            utterance.finish()
            await owner.last.wait()
            utterance.close()
            assert owner.told == [Hypothesis("yes", 0.9, (Word("yes", 0, 0),))]


async def test_sentences_of_one_session_are_answered_in_order() -> None:
    """The next one begins before the words of the first are known."""
    async with WorkerPool(ListRecognizer(), workers=2) as pool:
        utterance, owner = open_(pool, "yes")
        for size_ms in (20, 40, 60):
            utterance.begin(b"")
            utterance.feed(loud(size_ms))
            utterance.finish()
        while len(owner.told) < 3:
            owner.last.clear()
            await owner.last.wait()
        ends = [hypothesis.words[-1].end_ms for hypothesis in owner.told]  # type: ignore[attr-defined]
        assert ends == [20, 40, 60]
        utterance.close()
        utterance.finish()  # nobody waits for that: no deadline kills the worker
        assert pool.size == 2


async def test_what_there_is_at_the_deadline() -> None:
    """The words so far, unconfirmed, or none; what the worker says later belongs to nobody."""
    async with WorkerPool(ListRecognizer(), workers=1, finish_timeout_s=0.05) as pool:
        owner = Owner()
        slow = pool.open(RecognitionRequest("en-us", ("SLOW",)), owner, interim=True)
        slow.begin(b"")
        slow.feed(loud(500))
        while owner.told != ["SLOW"]:  # noqa: ASYNC110  # it has no event for partial words
            await asyncio.sleep(0.01)
        slow.finish()
        await owner.last.wait()
        owner.last.clear()
        slow.begin(b"")
        slow.finish()
        await owner.last.wait()
        assert owner.told == ["SLOW", Hypothesis("SLOW", LATE_SCORE), None]
        slow.close()
        assert pool.size == 1


async def test_no_new_sessions_while_all_workers_are_behind() -> None:
    """A late worker is not killed: it gets sessions again once it has caught up."""
    pids = children()
    async with WorkerPool(ListRecognizer(), workers=1, finish_timeout_s=0.05) as pool:
        [pid] = children() - pids
        slow, owner = open_(pool, "SLOW")
        slow.finish()
        await owner.last.wait()
        with pytest.raises(Overloaded):
            open_(pool, "yes")
        slow.close()
        while True:
            try:
                utterance, owner = open_(pool, "yes")
                break
            except Overloaded:
                await asyncio.sleep(0.01)
        assert children() - pids == {pid}
        utterance.close()


async def test_a_worker_that_sleeps_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was asked, does not compute and does not want to: its sentences are lost with it."""
    monkeypatch.setattr(pool_module, "ASLEEP_S", 0.2)
    async with WorkerPool(ListRecognizer(), workers=1, finish_timeout_s=0.05) as pool:
        hanging, owner = open_(pool, "HANG")
        _, other = open_(pool, "yes")
        hanging.finish()
        await other.last.wait()
        assert owner.told == [None, "lost"]
        assert other.told == ["lost"]


async def test_a_worker_that_computes_is_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes."""
    monkeypatch.setattr(pool_module, "ASLEEP_S", 0.01)
    ticks = iter(range(1_000_000))
    monkeypatch.setattr(pool_module, "processor_ticks", lambda _: next(ticks))
    async with WorkerPool(ListRecognizer(), workers=1, finish_timeout_s=0.05) as pool:
        slow, owner = open_(pool, "SLOW")
        slow.finish()
        await owner.last.wait()
        await asyncio.sleep(0.3)
        assert owner.told == [None]
        assert pool.size == 1


async def test_audio_that_a_worker_has_no_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is dropped: the server's memory is not its queue."""
    worker, process = a_worker()
    utterance = worker.open(RecognitionRequest("en-us", None), Owner(), interim=True)
    monkeypatch.setattr(process, "get_write_buffer_size", lambda: 1 << 30)
    before = len(process.written)
    utterance.feed(loud(20))
    assert len(process.written) == before


async def test_a_worker_that_is_behind_is_not_chosen() -> None:
    """By what it tells, or by how long a sentence waits; what it told long ago does not count."""
    worker, _ = a_worker()
    assert not worker.is_behind
    worker.hand_out(Lag(5.0))
    assert worker.is_behind
    worker._lag_told_at_s -= 10
    assert not worker.is_behind
    worker.note_asked(1)
    assert not worker.is_behind
    worker._asked_at[0] = (1, worker._asked_at[0][1] - 10)
    assert worker.is_behind


async def test_killed_worker_is_replaced() -> None:
    """Meanwhile there is none, then there is one again."""
    others = children()
    async with WorkerPool(ListRecognizer(), workers=1) as pool:
        _, owner = open_(pool, "yes")
        [pid] = children() - others
        os.kill(pid, signal.SIGKILL)
        await owner.last.wait()
        assert owner.told == ["lost"]
        with pytest.raises(NoWorker):
            open_(pool, "yes")
        while pool.size == 0:  # noqa: ASYNC110  # it has no event for tests only
            await asyncio.sleep(0.01)
        utterance, owner = open_(pool, "no")
        utterance.finish()
        await owner.last.wait()
        assert owner.told == [Hypothesis("no", 0.9, (Word("no", 0, 0),))]


async def test_closed_sentence_says_nothing_more() -> None:
    """Though the worker had its answer ready."""
    async with WorkerPool(ListRecognizer(), workers=1) as pool:
        utterance, owner = open_(pool, "yes")
        utterance.finish()
        utterance.close()
        utterance.close()
        second, second_owner = open_(pool, "REFUSE")
        await second_owner.last.wait()
        second.close()
        assert owner.told == []
        assert second_owner.told == ["told to refuse"]


async def test_pool_that_cannot_start_says_so() -> None:
    """And leaves no process behind."""
    with pytest.raises(SpeechUnavailable, match="ended at its start with status 1"):
        async with WorkerPool(ListRecognizer(fail_at_load=True), workers=2):
            pass


async def test_an_answer_that_nothing_waits_for() -> None:
    """It has no deadline to cancel, and does no harm."""
    worker, _ = a_worker()
    owner = Owner()
    worker.open(RecognitionRequest("en-us", ("yes",)), owner, interim=False)
    worker.hand_out(Final(1, "yes", 0.9))
    assert owner.told == [Hypothesis("yes", 0.9)]


class Process:
    """A worker's process that reads nothing and ends when it is killed."""

    def __init__(self) -> None:
        self.pid = 1 << 30
        self.returncode: int | None = None
        self.stdin = self.transport = self
        self.closing = False
        self.written = b""
        self.killed = asyncio.Event()

    def is_closing(self) -> bool:
        """Whether its input is closed."""
        return self.closing

    def write(self, data: bytes) -> None:
        """Note what it is sent."""
        self.written += data

    def get_write_buffer_size(self) -> int:
        """It keeps up."""
        return 0

    def kill(self) -> None:
        """End it."""
        self.returncode = -9
        self.killed.set()

    async def wait(self) -> None:
        """Until it has ended."""
        await self.killed.wait()


def a_worker() -> tuple[Any, Process]:
    """A worker without a process."""
    process: Any = Process()
    return _WorkerProcess(process), process


async def test_answers_go_to_the_sentence_they_belong_to() -> None:
    """Partial words too; those of a closed sentence go nowhere, nor does a second greeting."""
    worker, _ = a_worker()
    owner = Owner()
    utterance = worker.open(RecognitionRequest("en-us", ("yes",)), owner, interim=True)
    worker.hand_out(Ready())
    worker.hand_out(Partial(1, "ye"))
    worker.hand_out(Final(1, "", 0.0))
    utterance.close()
    worker.hand_out(Partial(1, "yes"))
    assert owner.told == ["ye", None]


async def test_nothing_is_written_to_a_worker_that_is_gone() -> None:
    """The reader finds out; a process that has ended is not killed."""
    worker, process = a_worker()
    process.closing = True
    worker.write(b"x")
    process.returncode = 1
    worker.kill()
    assert (process.written, process.returncode) == (b"", 1)


async def test_a_process_that_stays_after_its_output_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its sentences are lost."""
    monkeypatch.setattr(pool_module, "EXIT_TIMEOUT_S", 0.0)
    worker, process = a_worker()
    owner = Owner()
    worker.open(RecognitionRequest("en-us", ("yes",)), owner, interim=True)
    await worker.end()
    assert process.killed.is_set()
    assert owner.told == ["lost"]


async def test_a_replacement_that_does_not_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told, and tried again."""
    monkeypatch.setattr(pool_module, "RESTART_PAUSE_S", 0.0)
    start, others = WorkerPool._start, children()
    async with WorkerPool(ListRecognizer(), workers=1) as pool:

        async def fail(_: WorkerPool) -> None:
            monkeypatch.setattr(WorkerPool, "_start", start)
            raise SpeechUnavailable("it did not start")

        monkeypatch.setattr(WorkerPool, "_start", fail)
        [pid] = children() - others
        os.kill(pid, signal.SIGKILL)
        while WorkerPool._start is not start or not pool.size:  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.01)
    assert "it did not start" in caplog.text
