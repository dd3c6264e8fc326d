"""How many sessions a machine carries."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server import capacity
from ivr_agi.speech_server.capacity import Capacity, measure_capacity
from ivr_agi.speech_server.engines.base import RecognitionRequest
from ivr_agi.speech_server.pool import Overloaded, WorkerPool
from tests.speech_server.fakes import LevelVad, ListRecognizer, ToneVoice


def test_sessions_follow_from_costs() -> None:
    """Processors are shared out; the event loop has one of them; there is room for one at least."""
    found = Capacity(cores=4, detection_share=0.002, sentence_s=0.3)
    assert found.sessions == int(0.6 * 4 / (0.004 + 0.3 / 6))
    assert found.talking == 13
    assert Capacity(cores=64, detection_share=0.01, sentence_s=0.0).sessions == 30
    assert Capacity(cores=1, detection_share=0.5, sentence_s=9.0).sessions == 1


async def test_it_is_measured_on_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when they are behind at first."""
    async with WorkerPool(ListRecognizer(), workers=2) as pool:
        opens = pool.open
        refusals = iter([True, False, False, False, False, False, False])

        def open_(*args: object, **options: object) -> object:
            if next(refusals):
                raise Overloaded("told to be")
            return opens(*args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(pool, "open", open_)
        found = await measure_capacity(pool, LevelVad(), ToneVoice(), cores=2)
    assert found is not None
    assert found.cores == 2
    assert found.sessions >= 1


async def test_an_engine_without_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is measured, and that is no error; a worker that dies is one more reason."""
    for word in ("REFUSE", "CRASH"):
        monkeypatch.setattr(capacity, "_PHRASES", (word,))
        async with WorkerPool(ListRecognizer(), workers=1) as pool:
            found = await measure_capacity(pool, LevelVad(), ToneVoice(), cores=2)
            assert found is None


async def test_nobody_reads_partial_words() -> None:
    """The listener takes them, and a second answer, without an effect."""
    listener = capacity._Listener()
    listener.receive_partial("x")
    listener.receive_final(None)
    listener.receive_refusal("too late")
    assert await listener.answered
    assert RecognitionRequest("en-us", None).is_row is False
