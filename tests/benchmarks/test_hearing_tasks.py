"""What people say, and what is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.hearing_tasks import HEARING_TASKS, Saying, make_sentences
from benchmarks.recordings import read_recordings
from tests.benchmarks.speech import a_folder

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.recordings import SpokenRecording


@pytest.fixture
def recordings(tmp_path: Path) -> list[SpokenRecording]:
    """A few of each kind."""
    return read_recordings(a_folder(tmp_path))


def test_every_task(recordings: list[SpokenRecording]) -> None:
    """Each has sentences, of its language, and the same ones every time."""
    for task in HEARING_TASKS:
        sentences = make_sentences(task, recordings, 400)
        assert [each.name for each in sentences] == [
            each.name for each in make_sentences(task, recordings, 400)
        ]
        assert all(each.task == task for each in sentences)
        assert all(each.language == ("zh" if "zh" in task else "en") for each in sentences)
        assert sentences or task == "zh_yes_no"


def test_a_digit_is_one_of_ten(recordings: list[SpokenRecording]) -> None:
    """Right only if it is that one, however it is written."""
    one = make_sentences("digit", recordings, 400)[1]
    assert len(one.words) == 10
    assert one.is_right("One.")
    assert not one.is_right("two")


def test_a_menu_has_the_word_and_others(recordings: list[SpokenRecording]) -> None:
    """As many as its name says."""
    for sentence in make_sentences("menu3", recordings, 400):
        assert len(set(sentence.words)) == 3
        assert sentence.text in sentence.words


def test_a_foreign_word_is_not_on_the_menu(recordings: list[SpokenRecording]) -> None:
    """Nothing is right."""
    for sentence in make_sentences("foreign", recordings, 400):
        said = next(each.text for each in recordings if each.file == sentence.name)
        assert said not in sentence.words
        assert not sentence.is_right(said)
    assert [each.name for each in make_sentences("zh_foreign", recordings, 9)] == ["r30.wav"]


def test_strings(recordings: list[SpokenRecording]) -> None:
    """Of one speaker's digits; the table is that of the digits."""
    [first, *_] = make_sentences("string6", recordings, 400)
    assert first.text is not None
    assert len(first.text.split()) == 6
    assert first.samples.size > 6 * 3200
    assert first.is_right(first.text)
    assert not first.counts_for_onset


@pytest.mark.parametrize(
    ("said", "heard", "right"),
    [
        ("one two three", "123", True),
        ("one two three", "1-2-3", True),
        ("one two three", "one two", False),
        ("one two three", "one two tree", False),
        ("一 幺 三", "一一三", True),
        ("一 幺 三", "113", True),
        ("一 幺 三", "一三", False),
    ],
)
def test_a_string_however_it_is_written(said: str, heard: str, right: bool) -> None:
    """Digits count."""
    sentence = Saying("string3", "en", "x", np.zeros(1), (), said, is_string=True)
    assert sentence.is_right(heard) is right


def test_no_more_than_asked_for(recordings: list[SpokenRecording]) -> None:
    """Drawn, in order."""
    names = [each.name for each in make_sentences("digit", recordings, 4)]
    assert len(names) == 4
    every = [each.name for each in make_sentences("digit", recordings, 400)]
    assert names == [name for name in every if name in names]
