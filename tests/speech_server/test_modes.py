"""The three modes: exact in the audio's own time, every state with every input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.sis.wire.messages import ResultResponse
from ivr_agi.speech_server.engines.base import Hypothesis
from ivr_agi.speech_server.modes import ContinuousSession, SentenceSession, ShortSession
from ivr_agi.speech_server.session import (
    SERVER_TRANSITIONS,
    BeginUtterance,
    FeedUtterance,
    SessionInput,
    SessionState,
)
from tests.speech_server.cores import WINDOW_MS, WORDS, make_session, name, names, windows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.speech_server.session import Output

SHORT_TABLE = SERVER_TRANSITIONS[ShortSession.MODE]


def test_all_audio_is_one_utterance() -> None:
    """Silence too; no events (sis-protocol.md 6, short-stream)."""
    session = make_session(ShortSession, [0.0] * 50, vad_head=100)
    assert names(session.receive_audio(windows(50))) == ["begin", "feed"]
    assert names(session.receive_audio(windows(1))) == ["feed"]
    assert names(session.receive_end(cancel=False)) == ["finish"]
    assert session.receive_end(cancel=False) == []
    _, result, end = session.receive_final(WORDS)
    assert names([result, end]) == ["final sales", "END NORMAL"]
    assert result.segments[0].end_time == 51 * 32  # type: ignore[union-attr]


@pytest.mark.parametrize("n_windows", [0, 10])
def test_nothing_understood_is_an_empty_result(n_windows: int) -> None:
    """A final RESULT follows END in any case (7, short-stream)."""
    session = make_session(ShortSession)
    session.receive_audio(windows(n_windows))
    outputs = session.receive_end(cancel=False)
    if n_windows:
        outputs = session.receive_final(None)
    assert names(outputs) == ["close", "final ", "END NORMAL"]


def test_a_minute_is_the_limit() -> None:
    """SIS.0309, then END; exactly a minute is none too long."""
    session = make_session(ShortSession)
    session.receive_audio(windows(60_000 // 32))
    assert session.state is SessionState.LISTENING
    outputs = session.receive_audio(windows(1))
    assert names(outputs)[-3:] == ["close", "SIS.0309", "END ERROR"]


def in_state_short(state: SessionState) -> ShortSession:
    """A session that got there the usual way."""
    session = make_session(ShortSession)
    session.receive_audio(windows(1))
    if state is not SessionState.LISTENING:
        session.receive_end(cancel=state is SessionState.ENDED)
    assert session.state is state
    return session


@pytest.mark.parametrize("happened", SessionInput)
@pytest.mark.parametrize("state", list(SHORT_TABLE))
def test_every_cell_of_the_table_short(state: SessionState, happened: SessionInput) -> None:
    """Goes where the table says, or refuses."""
    session = in_state_short(state)
    if happened in SHORT_TABLE[state]:
        session._advance(happened)
        assert session.state is SHORT_TABLE[state][happened]
    else:
        with pytest.raises(ValueError, match="cannot happen while"):
            session._advance(happened)


def test_cancel() -> None:
    """END with cancel drops what is not decided (4.1)."""
    for state in (SessionState.LISTENING, SessionState.DRAINING):
        assert names(in_state_short(state).receive_end(cancel=True)) == ["close", "END CANCEL"]


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


SENTENCE_TABLE = SERVER_TRANSITIONS[SentenceSession.MODE]


def make(probabilities: Iterable[float] = (), **config: object) -> SentenceSession:
    """A session whose windows have these probabilities, then silence for ever."""
    return make_session(SentenceSession, probabilities, **config)  # type: ignore[arg-type]


def at(session: SentenceSession, wanted: str, limit: int = 3000) -> int:
    """Milliseconds of audio until an output comes."""
    for count in range(1, limit):
        if wanted in names(session.receive_audio(windows(1))):
            return count * WINDOW_MS
    raise AssertionError(f"no {wanted}")


def in_state_sentence(state: SessionState) -> SentenceSession:
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
    session = in_state_sentence(SessionState.DECIDING)
    assert names(session.receive_final(hypothesis)) == ["close", "EXCEEDED_SILENCE"]


def test_low_score_is_the_clients_matter() -> None:
    """What does not fit the list well is sent with its score."""
    session = in_state_sentence(SessionState.DECIDING)
    outputs = session.receive_final(Hypothesis("sales", 0.0002))
    assert names(outputs) == ["close", "final sales", "VOICE_END"]


def test_end_while_the_words_are_not_known_waits_for_them() -> None:
    """RESULT, VOICE_END, END; in either order of END and silence."""
    for state in (SessionState.IN_VOICE, SessionState.DECIDING):
        session = in_state_sentence(state)
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
    session = in_state_sentence(SessionState.DRAINING)
    assert names(session.receive_final(None)) == ["close", "END NORMAL"]


def test_failure_is_error_then_end() -> None:
    """In every state before END (4.3)."""
    for state in set(SessionState) - {SessionState.ENDED}:
        outputs = in_state_sentence(state).receive_failure("SIS.0305", "engine")
        assert names(outputs) == ["close", "SIS.0305", "END ERROR"]


def test_partials_are_sent_only_where_asked_for_and_news() -> None:
    """Not before the voice, not after the final words."""
    undecided = {SessionState.IN_VOICE, SessionState.DECIDING, SessionState.DRAINING}
    for state in SessionState:
        outputs = in_state_sentence(state).receive_partial("sal")
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
def test_every_cell_of_the_table_sentence(state: SessionState, happened: SessionInput) -> None:
    """Every state with every input: goes where the table says, or refuses, or ignores audio."""
    session = in_state_sentence(state)
    from_audio = (
        SessionInput.VOICE_STARTED,
        SessionInput.VOICE_ENDED,
        SessionInput.SILENCE_EXCEEDED,
    )
    if happened in SENTENCE_TABLE[state]:
        if happened is SessionInput.SILENCE_EXCEEDED:
            session = make()
        happen(session, happened)
        if happened is SessionInput.VOICE_STARTED:  # the audio goes on to the sentence's end
            assert session.state is SessionState.DECIDING
        else:
            assert session.state is SENTENCE_TABLE[state][happened]
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
    assert set(SENTENCE_TABLE) == set(SessionState)
    assert SENTENCE_TABLE[SessionState.ENDED] == {}


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


SENTENCE = [1.0] * 10 + [0.0] * 10
CONTINUOUS_TABLE = SERVER_TRANSITIONS[ContinuousSession.MODE]


def test_words_of_the_first_come_while_the_second_is_spoken() -> None:
    """In order, each with its own times (sis-protocol.md 7, continue-stream)."""
    session = make_session(ContinuousSession, SENTENCE + [1.0] * 10, interim_results="yes")
    outputs = names(session.receive_audio(windows(25)))
    assert [output for output in outputs if output != "feed"] == ["begin", "finish", "begin"]
    assert names(session.receive_partial("sa")) == ["interim sa"]
    [first] = session.receive_final(WORDS)
    [interim] = session.receive_partial("bil")
    assert names([first, interim]) == ["final sales", "interim bil"]
    assert first.segments[0].start_time == 0  # type: ignore[union-attr]
    assert interim.segments[0].start_time == 640  # type: ignore[union-attr]
    assert names(session.receive_end(cancel=False)) == ["finish"]
    assert names(session.receive_final(Hypothesis("billing", 0.9))) == [
        "final billing",
        "close",
        "END NORMAL",
    ]


def test_sentence_without_words_is_not_mentioned() -> None:
    """Nor is silence, however long."""
    session = make_session(ContinuousSession, SENTENCE, vad_head=320)
    session.receive_audio(windows(100))
    assert session.receive_final(None) == []
    assert names(session.receive_end(cancel=False)) == ["close", "END NORMAL"]


def test_end_waits_for_all_sentences() -> None:
    """Also asked for twice."""
    session = make_session(ContinuousSession, SENTENCE * 2)
    session.receive_audio(windows(50))
    assert session.receive_end(cancel=False) == []
    assert session.receive_end(cancel=False) == []
    assert names(session.receive_final(WORDS)) == ["final sales"]
    assert names(session.receive_final(WORDS)) == ["final sales", "close", "END NORMAL"]


def test_five_hours_are_the_limit() -> None:
    """SIS.0309, then END (6 and 8 row 6)."""
    session = make_session(ContinuousSession)
    session._n_samples = 5 * 3600 * 8000 - 256
    assert session.receive_audio(windows(1)) == []
    assert names(session.receive_audio(windows(1))) == ["close", "SIS.0309", "END ERROR"]


def in_state_continuous(state: SessionState) -> ContinuousSession:
    """A session that got there the usual way, with one sentence that waits for its words."""
    session = make_session(ContinuousSession, SENTENCE + [1.0] * 10)
    session.receive_audio(windows(22 if state is SessionState.IN_VOICE else 20))
    if state is SessionState.DRAINING:
        session.receive_end(cancel=False)
    if state is SessionState.ENDED:
        session.receive_end(cancel=True)
    assert session.state is state
    return session


@pytest.mark.parametrize("happened", SessionInput)
@pytest.mark.parametrize("state", list(CONTINUOUS_TABLE))
def test_every_cell_of_the_table_continuous(state: SessionState, happened: SessionInput) -> None:
    """Goes where the table says, or refuses."""
    session = in_state_continuous(state)
    if happened in CONTINUOUS_TABLE[state]:
        session._advance(happened)
        assert session.state is CONTINUOUS_TABLE[state][happened]
    else:
        with pytest.raises(ValueError, match="cannot happen while"):
            session._advance(happened)
        assert session.state is state


def test_audio_after_end_is_ignored() -> None:
    """It was sent too late."""
    assert in_state_continuous(SessionState.DRAINING).receive_audio(windows(50)) == []
