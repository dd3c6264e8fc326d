"""Events say which session they belong to; words are put together from pieces."""

from __future__ import annotations

import dataclasses

import pytest

from ivr_agi.sis.wire import events
from ivr_agi.sis.wire.events import TimedWord, join_pieces
from ivr_agi.sis.wire.messages import WordInfo


@pytest.mark.parametrize("name", sorted({*events.__all__} - {"TimedWord", "join_pieces"}))
def test_every_event_carries_session_and_trace(name: str) -> None:
    """All derive from RecognitionEvent and are frozen."""
    kind = getattr(events, name)
    assert issubclass(kind, events.RecognitionEvent)
    assert [field.name for field in dataclasses.fields(kind)][:2] == ["session", "trace_id"]
    assert kind.__dataclass_params__.frozen


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([], []),
        (["你", "好"], ["你", "好"]),
        (["▁HE", "LL", "O", "▁YOU"], ["HELLO", "YOU"]),
        (["YES", "▁S", "IR"], ["YES", "SIR"]),
        (["▁"], [""]),
    ],
)
def test_pieces_become_words(pieces: list[str], words: list[str]) -> None:
    """Each mark begins a word; without any, each piece is one. A word lasts as its pieces do."""
    info = [
        WordInfo(start_time=100 * n, end_time=100 * n + 90, word=piece)
        for n, piece in enumerate(pieces)
    ]
    joined = join_pieces(info)
    assert [word.text for word in joined] == words
    if words:
        assert (joined[0].start_ms, joined[-1].end_ms) == (0, 100 * len(pieces) - 10)


def test_the_times_of_a_word_are_its_pieces() -> None:
    """From the first piece's begin to the last one's end."""
    info = [
        WordInfo(start_time=100, end_time=200, word="▁HE"),
        WordInfo(start_time=210, end_time=300, word="LLO"),
        WordInfo(start_time=500, end_time=700, word="▁YOU"),
    ]
    assert join_pieces(info) == (
        TimedWord(text="HELLO", start_ms=100, end_ms=300),
        TimedWord(text="YOU", start_ms=500, end_ms=700),
    )
