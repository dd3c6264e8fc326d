"""One sentence: exact in the audio's own time, every state with every input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.sis.wire.messages import ResultResponse
from ivr_agi.speech_server.engines.base import Hypothesis
from ivr_agi.speech_server.sentence import SentenceSession
from ivr_agi.speech_server.sessions import (
    BeginUtterance,
    FeedUtterance,
)
from ivr_agi.speech_server.states import SERVER_TRANSITIONS, SessionInput, SessionState
from tests.speech_server.cores import WINDOW_MS, WORDS, make_session, name, names, windows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.speech_server.sessions import Output

TABLE = SERVER_TRANSITIONS[SentenceSession.MODE]


def make(probabilities: Iterable[float] = (), **config: object) -> SentenceSession:
    """A session whose windows have these probabilities, then silence for ever."""
    return make_session(SentenceSession, probabilities, **config)  # type: ignore[arg-type]


def at(session: SentenceSession, wanted: str, limit: int = 3000) -> int:
    """Milliseconds of audio until an output comes."""
    for count in range(1, limit):
        if wanted in names(session.receive_audio(windows(1))):
            return count * WINDOW_MS
    raise AssertionError(f"no {wanted}")


def in_state(state: SessionState) -> SentenceSession:
    """A session that got there the usual way."""
    session = make([1.0] * 10, interim_results="yes")
    if state in (SessionState.IN_VOICE, SessionState.DRAINING):
        session.receive_audio(windows(5))
    if state is SessionState.DRAINING:
        session.receive_end(cancel=False)
    if state in (SessionState.DECIDING, SessionState.DONE):
        session.receive_audio(windows(30))
    if state is SessionState.DONE:
        session.receive_final(WORDS)
    if state is SessionState.ENDED:
        session.receive_end(cancel=True)
    assert session.state is state
    return session


def test_voice_start_comes_with_the_second_speech_window_and_first_of_all() -> None:
    """64 ms of speech are enough; the message is not behind the recognizer's work."""
    session = make([0.0] * 30 + [1.0] * 9)
    assert session.receive_audio(windows(31)) == []
    assert names(session.receive_audio(windows(1))) == ["VOICE_START", "begin", "feed"]


def test_sentence_is_fed_with_what_was_before_the_start() -> None:
    """Eight windows before the one that says START: soft onsets are in them."""
    session = make([0.0] * 30 + [1.0] * 9)
    outputs = session.receive_audio(windows(32))
    assert outputs[2] == FeedUtterance(windows(9, first=23))


def test_background_is_silence_that_ends_before_the_onset() -> None:
    """At most 12 windows, and not the two right before the onset."""
    session = make([0.0] * 30 + [1.0] * 9)
    outputs = session.receive_audio(windows(32))
    # The onset is window 30; 28 and 29 may hold the breath before it.
    assert outputs[1] == BeginUtterance(windows(12, first=16))


def test_background_has_no_speech_in_it() -> None:
    """A single window of speech is no START, and no background either."""
    session = make([0.0] * 20 + [1.0] + [0.0] * 9 + [1.0] * 9)
    outputs = session.receive_audio(windows(32))
    assert outputs[1] == BeginUtterance(windows(5, first=15) + windows(7, first=21))


def test_voice_at_the_very_start_has_no_background() -> None:
    """A caller who talks already."""
    session = make([1.0] * 9)
    outputs = session.receive_audio(windows(2))
    assert outputs[1:] == [BeginUtterance(b""), FeedUtterance(windows(2))]


@pytest.mark.parametrize(("head_ms", "expected_ms"), [(1000, 1024), (320, 320), (0, 60_000)])
def test_vad_head(head_ms: int, expected_ms: int) -> None:
    """Silence of that much audio; 0 means 60 s (8 row 7)."""
    assert at(make(vad_head=head_ms), "EXCEEDED_SILENCE") == pytest.approx(expected_ms, abs=32)


@pytest.mark.parametrize(
    ("tail_ms", "windows_"), [(0, 1), (32, 1), (200, 7), (500, 16), (3000, 94)]
)
def test_vad_tail(tail_ms: int, windows_: int) -> None:
    """Whole windows of silence that are at least so long end the sentence."""
    session = make([1.0] * 10, vad_tail=tail_ms)
    assert at(session, "finish") == (10 + windows_) * WINDOW_MS


def test_max_seconds() -> None:
    """Speech that does not end is cut, counted from its onset."""
    session = make([0.0] * 10 + [1.0] * 1000, max_seconds=2)
    assert at(session, "finish") == pytest.approx(320 + 2000, abs=32)


def test_short_pauses_do_not_end_the_sentence() -> None:
    """The tail starts anew with every window that is not silent."""
    session = make(([1.0] * 5 + [0.0] * 9) * 4)
    assert at(session, "finish") == (4 * 14 + 1) * WINDOW_MS


def test_audio_after_the_sentence_is_ignored() -> None:
    """Until the recognizer has answered and ever after."""
    session = make([1.0] * 10 + [0.0] * 10 + [1.0] * 10)
    outputs = session.receive_audio(windows(200))
    assert names(outputs)[-2:] == ["feed", "finish"]
    session.receive_final(WORDS)
    assert session.receive_audio(windows(200)) == []


def test_result_comes_before_voice_end() -> None:
    """Clients that close at VOICE_END have their words then (8 row 2)."""
    session = make([0.0] * 10 + [1.0] * 10)
    session.receive_audio(windows(60))
    _, result, end = session.receive_final(WORDS)
    assert isinstance(result, ResultResponse)
    [segment] = result.segments
    assert segment.result is not None
    assert (segment.start_time, segment.end_time, segment.is_final) == (320, 640, True)
    assert (segment.result.text, segment.result.score) == ("sales", 0.8765)
    assert name(end) == "VOICE_END"


@pytest.mark.parametrize("hypothesis", [None, Hypothesis("sales", 0.00009)])
def test_no_words_are_silence(hypothesis: Hypothesis | None) -> None:
    """Also words that cannot be meant; no RESULT goes with it (8 row 5)."""
    session = in_state(SessionState.DECIDING)
    assert names(session.receive_final(hypothesis)) == ["close", "EXCEEDED_SILENCE"]


def test_low_score_is_the_clients_matter() -> None:
    """What does not fit the list well is sent with its score."""
    session = in_state(SessionState.DECIDING)
    outputs = session.receive_final(Hypothesis("sales", 0.0002))
    assert names(outputs) == ["close", "final sales", "VOICE_END"]


def test_end_while_the_words_are_not_known_waits_for_them() -> None:
    """RESULT, VOICE_END, END; in either order of END and silence."""
    for state in (SessionState.IN_VOICE, SessionState.DECIDING):
        session = in_state(state)
        assert names(session.receive_end(cancel=False)) == (
            ["finish"] if state is SessionState.IN_VOICE else []
        )
        assert session.receive_end(cancel=False) == []
        assert names(session.receive_final(WORDS)) == [
            "close",
            "final sales",
            "VOICE_END",
            "END NORMAL",
        ]


def test_end_of_a_sentence_without_words() -> None:
    """END alone: the client did not wait for the silence to be exceeded."""
    session = in_state(SessionState.DRAINING)
    assert names(session.receive_final(None)) == ["close", "END NORMAL"]


def test_failure_is_error_then_end() -> None:
    """In every state before END (4.3)."""
    for state in set(SessionState) - {SessionState.ENDED}:
        outputs = in_state(state).receive_failure("SIS.0305", "engine")
        assert names(outputs) == ["close", "SIS.0305", "END ERROR"]


def test_partials_are_sent_only_where_asked_for_and_news() -> None:
    """Not before the voice, not after the final words."""
    undecided = {SessionState.IN_VOICE, SessionState.DECIDING, SessionState.DRAINING}
    for state in SessionState:
        outputs = in_state(state).receive_partial("sal")
        assert names(outputs) == (["interim sal"] if state in undecided else [])
    quiet = make([1.0] * 9)
    quiet.receive_audio(windows(3))
    assert quiet.receive_partial("sal") == []


def happen(session: SentenceSession, happened: SessionInput) -> list[Output]:
    """Make an input happen through the public methods."""
    match happened:
        case SessionInput.VOICE_STARTED | SessionInput.VOICE_ENDED | SessionInput.SILENCE_EXCEEDED:
            return session.receive_audio(windows(400))
        case SessionInput.ANSWERED:
            return session.receive_final(WORDS)
        case SessionInput.FAILED:
            return session.receive_failure("SIS.0305", "engine")
        case SessionInput.DRAINED:
            raise ValueError("drained cannot happen while there is one sentence")
        case SessionInput.END_ASKED | SessionInput.CANCEL_ASKED:
            return session.receive_end(cancel=happened is SessionInput.CANCEL_ASKED)


@pytest.mark.parametrize("happened", SessionInput)
@pytest.mark.parametrize("state", SessionState)
def test_every_cell_of_the_table(state: SessionState, happened: SessionInput) -> None:
    """Every state with every input: goes where the table says, or refuses, or ignores audio."""
    session = in_state(state)
    from_audio = (
        SessionInput.VOICE_STARTED,
        SessionInput.VOICE_ENDED,
        SessionInput.SILENCE_EXCEEDED,
    )
    if happened in TABLE[state]:
        if happened is SessionInput.SILENCE_EXCEEDED:
            session = make()
        happen(session, happened)
        if happened is SessionInput.VOICE_STARTED:  # the audio goes on to the sentence's end
            assert session.state is SessionState.DECIDING
        else:
            assert session.state is TABLE[state][happened]
    elif happened in from_audio:
        happen(session, happened)  # the session asks itself: nothing that the table forbids
        if state not in (SessionState.LISTENING, SessionState.IN_VOICE):
            assert session.state is state
    else:
        with pytest.raises(ValueError, match="cannot happen while"):
            happen(session, happened)
        assert session.state is state


def test_table_names_every_state() -> None:
    """And END is the end."""
    assert set(TABLE) == set(SessionState)
    assert TABLE[SessionState.ENDED] == {}


@given(st.lists(st.integers(1, 900), max_size=60))
def test_pieces_do_not_matter(sizes: list[int]) -> None:
    """Any split of the audio into whole samples gives the same session."""
    pcm = windows(60)
    whole = make([0.0] * 10 + [1.0] * 20)
    split = make([0.0] * 10 + [1.0] * 20)
    expected = whole.receive_audio(pcm)
    outputs: list[Output] = []
    at_byte = 0
    for size in [*sizes, len(pcm)]:
        outputs += split.receive_audio(pcm[at_byte : at_byte + 2 * size])
        at_byte += 2 * size
    assert outputs == expected
