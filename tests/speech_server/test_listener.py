"""Finding sentences: exact in the audio's own time, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.sis.wire.messages import RecognitionConfig
from ivr_agi.speech_server.listener import Detection, Listener, WindowKind
from tests.speech_server.cores import WINDOW_MS, windows

if TYPE_CHECKING:
    from collections.abc import Iterable


def make(
    probabilities: Iterable[float] = (),
    *,
    vad_head: int = 10_000,
    vad_tail: int = 320,
    max_seconds: int = 30,
) -> Listener:
    """A listener whose windows have these probabilities, then silence for ever."""
    row = iter(probabilities)
    return Listener(
        RecognitionConfig(
            audio_format="pcm8k16bit",
            property="english_8k_common",
            vad_head=vad_head,
            vad_tail=vad_tail,
            max_seconds=max_seconds,
        ),
        window_samples=256,
        probability=lambda _pcm: next(row, 0.0),
    )


def moments(listener: Listener, count: int) -> list[tuple[WindowKind, int]]:
    """What is found in so many windows, and when, without what goes on."""
    found: list[tuple[WindowKind, int]] = []
    for _ in range(count):
        found += [
            (heard.found, listener.position_ms)
            for heard in listener.listen(windows(1))
            if heard.found is not WindowKind.VOICE
        ]
    return found


def test_sentence_after_sentence() -> None:
    """Each with its own begin and end; the same pause ends each."""
    row = ([0.0] * 10 + [1.0] * 10) * 2
    assert moments(make(row, vad_tail=320), 60) == [
        (WindowKind.VOICE_START, 12 * WINDOW_MS),
        (WindowKind.VOICE_END, 30 * WINDOW_MS),
        (WindowKind.VOICE_START, 32 * WINDOW_MS),
        (WindowKind.VOICE_END, 50 * WINDOW_MS),
    ]


def test_sentence_gets_no_audio_twice() -> None:
    """What one sentence got is not the next one's lead."""
    listener = make(([1.0] * 10 + [0.0] * 10) * 2, vad_tail=320)
    sentences: list[bytes] = []
    for heard in listener.listen(windows(40)):
        if heard.found is WindowKind.VOICE_START:
            sentences.append(b"")
        sentences[-1] += heard.pcm
    assert sentences == [windows(20), windows(20, first=20)]


def test_long_voice_is_cut_and_goes_on() -> None:
    """``max_seconds``: the next sentence begins where the cut was, with nothing lost."""
    listener = make([1.0] * 100, max_seconds=1)
    sentences: list[bytes] = []
    for heard in listener.listen(windows(90)):
        if heard.found is WindowKind.VOICE_START:
            sentences.append(b"")
        sentences[-1] += heard.pcm
    assert b"".join(sentences) == windows(90)
    assert len(sentences[0]) / 16 == pytest.approx(1000, abs=WINDOW_MS)


def test_head_counts_from_the_last_sentence() -> None:
    """And again from where it was exceeded (continue-stream goes on)."""
    listener = make([1.0] * 10, vad_head=640, vad_tail=320)
    assert moments(listener, 60) == [
        (WindowKind.VOICE_START, 2 * WINDOW_MS),
        (WindowKind.VOICE_END, 20 * WINDOW_MS),
        (WindowKind.SILENCE_EXCEEDED, 40 * WINDOW_MS),
        (WindowKind.SILENCE_EXCEEDED, 60 * WINDOW_MS),
    ]


def test_a_voice_at_the_last_moment_is_one() -> None:
    """It began before ``vad_head`` was over: that it is a voice need not be known by then."""
    row = [0.0] * 31 + [1.0] * 10  # 992 ms
    assert moments(make(row, vad_head=1000, vad_tail=320), 34) == [
        (WindowKind.VOICE_START, 33 * WINDOW_MS)
    ]
    row = [0.0] * 31 + [1.0] + [0.0] * 10  # a click: the silence is over three windows later
    assert moments(make(row, vad_head=1000), 36) == [(WindowKind.SILENCE_EXCEEDED, 35 * WINDOW_MS)]


@pytest.mark.parametrize("tail_ms", [200, 500, 1000, 3000])
@pytest.mark.parametrize("speech_ms", [320, 1600, 4000])
def test_vad_tail_is_within_60_ms(tail_ms: int, speech_ms: int) -> None:
    """Of the audio's own time (issue 3), for any split."""
    listener = make([1.0] * (speech_ms // WINDOW_MS), vad_tail=tail_ms)
    [_, (found, at_ms)] = moments(listener, (speech_ms + tail_ms) // WINDOW_MS + 3)
    assert found is WindowKind.VOICE_END
    assert at_ms - (speech_ms + tail_ms) == pytest.approx(0, abs=60)


@pytest.mark.parametrize("head_ms", [100, 1000, 10_000, 60_000])
def test_vad_head_is_within_60_ms(head_ms: int) -> None:
    """As the tail."""
    [(found, at_ms), *_] = moments(make(vad_head=head_ms), head_ms // WINDOW_MS + 3)
    assert found is WindowKind.SILENCE_EXCEEDED
    assert at_ms == pytest.approx(head_ms, abs=60)


@pytest.mark.parametrize("seconds", [1, 30, 60])
def test_max_seconds_is_within_60_ms(seconds: int) -> None:
    """Counted from the onset of the voice."""
    listener = make([0.0] * 10 + [1.0] * 3000, max_seconds=seconds)
    [_, (found, at_ms), *_] = moments(listener, 20 + seconds * 1000 // WINDOW_MS)
    assert found is WindowKind.VOICE_END
    assert at_ms - 320 == pytest.approx(1000 * seconds, abs=60)


@given(st.lists(st.integers(1, 900), max_size=60))
def test_pieces_do_not_matter(sizes: list[int]) -> None:
    """Any split of the audio into whole samples finds the same."""
    pcm, row = windows(60), ([0.0] * 10 + [1.0] * 10) * 2
    whole, split = make(row), make(row)
    expected = list(whole.listen(pcm))
    found: list[Detection] = []
    at = 0
    for size in [*sizes, len(pcm)]:
        found += split.listen(pcm[at : at + 2 * size])
        at += 2 * size
    assert found == expected
