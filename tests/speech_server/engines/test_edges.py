"""Begin and end of a voice by its level, on made-up frames of 10 ms."""

from __future__ import annotations

import pytest

from ivr_agi.speech_server.engines.edges import LevelFrame, VoiceEdges, frames_of

LOUD, S, HISS, HUM = 20_000, 800, 300, 40
"""Peaks: a vowel, a consonant, something above 1 % of a vowel but not above 3 %, a line."""


def row(*parts: tuple[int, int], start_ms: int = 0) -> list[LevelFrame]:
    """Frames of parts: milliseconds and peak of each."""
    peaks = [peak for duration_ms, peak in parts for _ in range(duration_ms // 10)]
    return [
        LevelFrame(start_ms + 10 * at, start_ms + 10 * at + 10, peak)
        for at, peak in enumerate(peaks)
    ]


def voice(*parts: tuple[int, int], heard_from_ms: int, noise_peak: int = HUM) -> VoiceEdges:
    """A voice whose first speech the detector has heard there."""
    return VoiceEdges(row(*parts), speech_start_ms=heard_from_ms, noise_peak=noise_peak)


@pytest.mark.parametrize(
    ("before", "start_ms"),
    [
        pytest.param([(500, HUM)], 500, id="where it is heard"),
        pytest.param([(420, HUM), (80, LOUD)], 420, id="a vowel before"),
        pytest.param([(300, HUM), (200, S)], 300, id="an s before"),
        pytest.param([(300, HUM), (100, S), (100, HUM)], 300, id="a closed mouth"),
        pytest.param([(200, HUM), (60, S), (240, HISS)], 200, id="a soft part of an s"),
        pytest.param([(200, HUM), (100, HISS), (200, HISS)], 500, id="breath only"),
        pytest.param([(300, S), (170, HUM), (30, S)], 470, id="another word"),
        pytest.param([(500, S)], 500, id="a noise that goes on and on"),
    ],
)
def test_the_beginning(before: list[tuple[int, int]], start_ms: int) -> None:
    """Back from the detector's first speech, over what one word may have in it."""
    assert voice(*before, (60, LOUD), heard_from_ms=500).start_ms == start_ms


def test_speech_that_begins_with_silence() -> None:
    """A window of the detector is long: the voice begins where it is loud in it."""
    assert voice((500, HUM), (20, HUM), (40, LOUD), heard_from_ms=500).start_ms == 520


def test_the_beginning_is_known_better_when_the_peak_is() -> None:
    """Breath is loud as long as nothing louder has come."""
    edges = voice((400, HUM), (100, HISS), (60, S), heard_from_ms=500)
    assert edges.start_ms == 400
    edges.hear_speech(row((30, LOUD), start_ms=560))
    assert edges.start_ms == 500
    edges.hear_speech(row((1000, 30_000), start_ms=590))
    assert edges.start_ms == 560  # an s is below 3 % of that
    edges.hear_speech(row((30, 32_000), start_ms=1590))
    assert edges.start_ms == 560


@pytest.mark.parametrize(
    ("after", "end_ms"),
    [
        pytest.param([(400, HUM)], 600, id="silence"),
        pytest.param([(80, S), (400, HUM)], 680, id="an s"),
        pytest.param([(150, HUM), (30, S), (400, HUM)], 780, id="a t after a closed mouth"),
        pytest.param([(170, HUM), (30, S), (400, HUM)], 600, id="another sound"),
        pytest.param([(200, HISS), (30, S), (400, HUM)], 830, id="a soft part of an s"),
        pytest.param([(400, HISS)], 600, id="breath"),
        pytest.param([(380, S), (100, HUM)], 980, id="a long s"),
        pytest.param([(800, S)], 600, id="a noise that goes on and on"),
        pytest.param([(390, S), (100, HUM), (50, S)], 600, id="and what comes after it"),
    ],
)
@pytest.mark.parametrize("frames_at_once", [1, 3])
def test_the_end(after: list[tuple[int, int]], end_ms: int, frames_at_once: int) -> None:
    """What the detector does not take for speech may still be a word's end."""
    edges = voice((500, HUM), (100, LOUD), heard_from_ms=500)
    frames = row(*after, start_ms=600)
    for at in range(0, len(frames), frames_at_once):
        edges.hear_other(frames[at : at + frames_at_once])
    assert edges.end_ms == end_ms


@pytest.mark.parametrize(
    ("after", "end_ms"),
    [
        pytest.param([(30, LOUD), (30, HUM)], 630, id="it stops in a window"),
        pytest.param([(180, HUM)], 600, id="the detector lags"),
        pytest.param([(300, HISS)], 900, id="soft speech"),
        pytest.param([(300, HISS), (30, LOUD)], 930, id="and loud again"),
    ],
)
def test_the_end_while_speech_is_heard(after: list[tuple[int, int]], end_ms: int) -> None:
    """The detector goes on for a while; for longer, it is right."""
    edges = voice((500, HUM), (100, LOUD), heard_from_ms=500)
    frames = row(*after, start_ms=600)
    for at in range(0, len(frames), 3):
        edges.hear_speech(frames[at : at + 3])
    assert edges.end_ms == end_ms


def test_a_noise_is_forgotten_when_speech_is_heard_again() -> None:
    """The voice's next pause is looked at anew."""
    edges = voice((500, HUM), (100, LOUD), heard_from_ms=500)
    edges.hear_other(row((600, S), start_ms=600))
    edges.hear_speech(row((60, LOUD), start_ms=1200))
    edges.hear_other(row((60, S), (100, HUM), start_ms=1260))
    assert (edges.start_ms, edges.end_ms) == (500, 1320)


def test_the_loudest_may_be_what_the_detector_does_not_hear() -> None:
    """At the beginning and at the end."""
    edges = voice((400, HUM), (60, HISS), (40, LOUD), (100, S), heard_from_ms=500)
    assert edges.start_ms == 460
    edges = voice((440, HUM), (60, HISS), (60, S), heard_from_ms=500)
    edges.hear_other(row((60, LOUD), start_ms=560))
    assert (edges.start_ms, edges.end_ms) == (500, 620)


def test_a_voice_no_louder_than_the_line_is_where_it_is_heard() -> None:
    """The level says nothing then."""
    edges = voice((500, S), (60, S), heard_from_ms=500, noise_peak=S)
    assert (edges.start_ms, edges.end_ms) == (500, 560)
    edges.hear_speech(row((30, S), start_ms=560))
    edges.hear_other(row((300, S), start_ms=590))
    assert (edges.start_ms, edges.end_ms) == (500, 590)


@pytest.mark.parametrize(
    ("n_samples", "lengths"), [(256, [8] * 4), (160, [6, 7, 7]), (64, [8]), (240, [7, 8, 7, 8])]
)
def test_frames_of_a_window(n_samples: int, lengths: list[int]) -> None:
    """Any window is cut evenly, into 8 ms at most; the peak has no sign."""
    pcm = (-32768).to_bytes(2, "little", signed=True) + bytes(2 * n_samples - 2)
    frames = frames_of(pcm, 1000)
    assert [frame.end_ms - frame.start_ms for frame in frames] == lengths
    assert [frame.peak for frame in frames] == [32768] + [0] * (len(lengths) - 1)
    assert frames[0].start_ms == 1000
    assert frames[-1].end_ms == 1000 + n_samples // 8
