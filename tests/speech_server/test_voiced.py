"""What both modes that look for voices do with them."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.continuous import ContinuousSession
from ivr_agi.speech_server.sentence import SentenceSession
from ivr_agi.speech_server.sessions import BeginUtterance, FeedUtterance
from ivr_agi.speech_server.states import SessionState
from tests.speech_server.cores import WINDOW_MS, make_session, names, windows

KINDS = pytest.mark.parametrize("kind", [SentenceSession, ContinuousSession])
ROW = [0.0] * 30 + [1.0] * 10 + [0.0] * 10


@KINDS
def test_the_recognizer_gets_the_sentence_whole(
    kind: type[SentenceSession | ContinuousSession],
) -> None:
    """With what was before the voice, and the silence that ends it; then it is asked."""
    session = make_session(kind, ROW)
    outputs = session.receive_audio(windows(50))
    fed = [output.pcm for output in outputs if isinstance(output, FeedUtterance)]
    assert b"".join(fed) == windows(27, first=23)
    assert [output for output in outputs if isinstance(output, BeginUtterance)] == [
        BeginUtterance(windows(12, first=16))
    ]
    assert names(outputs)[-2:] == ["feed", "finish"]


@KINDS
def test_the_sentence_is_where_the_voice_is(
    kind: type[SentenceSession | ContinuousSession],
) -> None:
    """By the listener's times."""
    session = make_session(kind, ROW, interim_results="yes")
    session.receive_audio(windows(45))
    [interim] = session.receive_partial("sa")
    [segment] = interim.segments  # type: ignore[union-attr]
    assert (segment.start_time, segment.end_time) == (30 * WINDOW_MS, 40 * WINDOW_MS)


@KINDS
def test_silence_begins_nothing(kind: type[SentenceSession | ContinuousSession]) -> None:
    """The recognizer is not bothered; what the client is told is the mode's matter."""
    session = make_session(kind, vad_head=320)
    assert {"begin", "feed", "finish"}.isdisjoint(names(session.receive_audio(windows(100))))
    assert session.state is not SessionState.IN_VOICE
