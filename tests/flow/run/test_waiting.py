"""Waiting for a service or a function, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from ivr_agi.errors import CallerHungUp
from ivr_agi.flow.run.outside import Filler
from ivr_agi.flow.run.waiting import LoopWaiting
from ivr_agi.rehearsal.virtual import run_virtually


async def work(takes_s: float, said: list[str] | None = None) -> int:
    """Something that takes its time."""
    try:
        await asyncio.sleep(takes_s)
    except asyncio.CancelledError:
        if said is not None:
            said.append("cancelled")
        raise
    return 1


class Company:
    """A filler whose words take three seconds."""

    def __init__(self, *, music_s: float | None = None, begins_with_music: bool = False) -> None:
        self.heard: list[tuple[str, float]] = []
        self.error: Exception | None = None
        self.is_heard = True
        self._music_s = music_s
        self.filler = Filler(
            words=self.words,
            music=None if music_s is None else self.music,
            after_s=1,
            begins_with_music=begins_with_music,
            is_heard=lambda: self.is_heard,
        )

    def note(self, what: str) -> None:
        self.heard.append((what, round(asyncio.get_running_loop().time())))

    async def words(self) -> None:
        if self.error is not None:
            raise self.error
        await asyncio.sleep(3)
        self.note("words")

    async def music(self) -> None:
        assert self._music_s is not None
        try:
            await asyncio.sleep(self._music_s)
        finally:
            self.note("music")


async def wait(takes_s: float, company: Company, timeout_s: float = 99) -> tuple[int, float]:
    """Wait for work; when that was over, too."""
    found = await LoopWaiting().wait(work(takes_s), timeout_s, filler=company.filler)
    return found, round(asyncio.get_running_loop().time())


def test_words_that_are_not_heard_yet_are_left_out() -> None:
    """C4: while they are synthesised, the answer comes; nobody waits for them then."""
    company = Company()
    company.is_heard = False
    assert run_virtually(wait(2, company)) == (1, 2)
    assert company.heard == []
    assert run_virtually(wait(5, company)) == (1, 5)
    assert company.heard == [("words", 4)]


def test_words_are_said_to_their_end() -> None:
    """Only if the work takes longer; the work goes on meanwhile."""
    company = Company()
    assert run_virtually(wait(0.5, company)) == (1, 0)
    assert company.heard == []
    assert run_virtually(wait(2, company)) == (1, 4)
    assert company.heard == [("words", 4)]


def test_words_are_said_again() -> None:
    """W14: never more than four seconds of nothing, until the work is done."""
    company = Company()
    assert run_virtually(wait(16, company)) == (1, 18)
    assert company.heard == [("words", 4), ("words", 11), ("words", 18)]


def test_music_stops_at_once() -> None:
    """Words and music by turns; a long piece is cut for the words."""
    company = Company(music_s=60)
    assert run_virtually(wait(30, company)) == (1, 30)
    assert company.heard == [("words", 4), ("music", 19), ("words", 22), ("music", 30)]


def test_music_first() -> None:
    """Where the step has no words of its own."""
    company = Company(music_s=60, begins_with_music=True)
    assert run_virtually(wait(5, company)) == (1, 5)
    assert company.heard == [("music", 5)]


def test_music_that_cannot_be_played() -> None:
    """It is over at once: words, and silence between them."""
    company = Company(music_s=0)
    assert run_virtually(wait(13, company)) == (1, 14)
    assert [what for what, _ in company.heard] == ["words", "music", "words", "words"]


def test_a_filler_has_the_deadline_of_the_work() -> None:
    """Too slow is no answer, whatever is said meanwhile."""

    async def run() -> float:
        with pytest.raises(TimeoutError):
            await wait(50, Company(music_s=60), 20)
        return asyncio.get_running_loop().time()

    assert run_virtually(run()) == pytest.approx(22, abs=0.1)  # the words were just being said


def test_after_a_hang_up_the_work_may_finish() -> None:
    """W4: what the service was asked for is not cut off in the middle."""
    company = Company()
    company.error = CallerHungUp()

    async def run() -> float:
        with pytest.raises(CallerHungUp):
            await wait(6, company)
        return asyncio.get_running_loop().time()

    assert run_virtually(run()) == pytest.approx(6, abs=0.1)


def test_a_hang_up_during_the_music() -> None:
    """It is noticed there, too."""

    class Gone(Company):
        async def music(self) -> None:
            await asyncio.sleep(2)
            raise CallerHungUp

    async def run() -> float:
        with pytest.raises(CallerHungUp):
            await wait(20, Gone(music_s=1, begins_with_music=True))
        return asyncio.get_running_loop().time()

    assert run_virtually(run()) == pytest.approx(20, abs=0.1)


def test_the_deadline_is_the_works() -> None:
    """It is cancelled then."""
    said: list[str] = []

    async def run() -> None:
        with pytest.raises(TimeoutError):
            await LoopWaiting().wait(work(9, said), 1)

    run_virtually(run())
    assert said == ["cancelled"]


def test_who_waits_may_be_cancelled() -> None:
    """The caller hung up: the work is given up, too."""
    said: list[str] = []

    async def run() -> None:
        waiting = asyncio.ensure_future(LoopWaiting().wait(work(9, said), 99))
        await LoopWaiting().pause(1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await LoopWaiting().pause(1)

    run_virtually(run())
    assert said == ["cancelled"]
