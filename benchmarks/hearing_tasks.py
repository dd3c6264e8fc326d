"""What ``benchmarks.hearing`` has people say, and which words are expected.

A digit is one of ten, a letter one of 26, a word one of a menu whose other words are drawn. Strings
are single digits of one speaker, one after the other; their table is that of the digits and the
word for two of one, which makes it one of rows. A foreign word is not on its menu.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.recordings import draw, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.recordings import SpokenRecording
    from ivr_agi.audio.levels import Samples

__all__ = ("HEARING_TASKS", "Saying", "make_sentences")

MENU_SIZES = (3, 5, 10, 30)
STRING_LENGTHS = (4, 6, 11)
STRINGS = 40
TASK_LANGUAGES = {"": "en", "zh_": "zh"}
"""Prefix of a task, and its language."""
_MENU_KINDS = ("word", "number", "yesno")
TWICE = {"en": "double", "zh": "双"}
"""The word for two of the same digit."""
_DIGITS = {
    word: str(value)
    for words in (
        "zero one two three four five six seven eight nine".split(),
        "零一二三四五六七八九",
    )
    for value, word in enumerate(words)
} | {"oh": "0", "〇": "0", "幺": "1"}


@dataclass(frozen=True)
class Saying:
    """What is said, and what may be."""

    task: str
    language: str
    name: str
    """Unlike every other one; what is drawn for it depends on it."""
    samples: Samples
    words: tuple[str, ...]
    """The hot-word table."""
    text: str | None
    """What is right; None: nothing of the list."""
    is_string: bool = False
    """Whether digits count, however they are written."""

    @property
    def counts_for_onset(self) -> bool:
        """Whether its beginning is that of one recorded word."""
        return not self.is_string and self.task.removeprefix("zh_") in ("digit", "letter", "menu10")

    def is_right(self, words: str) -> bool:
        """Whether these are the words."""
        if self.text is None:
            return False
        if self.is_string:
            return _digits(words) == _digits(self.text)
        return _plain(words) == _plain(self.text)


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace(".", " ").split())


def _digits(text: str) -> str:
    """The digits of a row of words or digits; everything else stays and makes it wrong."""
    pieces = []
    for token in text.casefold().replace("-", " ").split():
        letters = [token] if token in _DIGITS or token.isascii() else list(token)
        pieces += [_DIGITS.get(letter, letter) for letter in letters]
    return "".join(pieces)


def _of(recordings: Sequence[SpokenRecording], language: str, *kinds: str) -> list[SpokenRecording]:
    return [each for each in recordings if each.language == language and each.kind in kinds]


def _texts(recordings: Sequence[SpokenRecording]) -> list[str]:
    return sorted({each.text for each in recordings})


def _digit(task: str, language: str, recordings: Sequence[SpokenRecording]) -> Iterator[Saying]:
    digits = _of(recordings, language, "digit")
    words = tuple(_texts(digits))
    for each in digits:
        yield Saying(task, language, each.file, each.samples, words, each.text)


def _letter(task: str, language: str, recordings: Sequence[SpokenRecording]) -> Iterator[Saying]:
    for each in _of(recordings, language, "letter"):
        words = tuple(string.ascii_lowercase)
        yield Saying(task, language, each.file, each.samples, words, each.text)


def _yes_no(task: str, language: str, recordings: Sequence[SpokenRecording]) -> Iterator[Saying]:
    spoken = _of(recordings, language, "yesno")
    words = tuple(sorted({*_texts(spoken), *(["no"] if language == "en" else [])}))
    for each in spoken:
        yield Saying(task, language, each.file, each.samples, words, each.text)


def _menu(
    task: str, language: str, recordings: Sequence[SpokenRecording], size: int
) -> Iterator[Saying]:
    known = _texts(_of(recordings, language, *_MENU_KINDS))
    for each in _of(recordings, language, "word"):
        others = [text for text in known if text != each.text]
        words = (*_drawn(others, size - 1, task, each.file), each.text)
        yield Saying(task, language, each.file, each.samples, tuple(sorted(words)), each.text)


def _foreign(task: str, language: str, recordings: Sequence[SpokenRecording]) -> Iterator[Saying]:
    known = _texts(_of(recordings, language, *_MENU_KINDS))
    spoken = _of(recordings, language, "oog") or _of(recordings, language, "word")
    for each in spoken:
        others = [text for text in known if not set(text.split()) & set(each.text.split())]
        words = tuple(sorted(_drawn(others, 10, task, each.file)))
        yield Saying(task, language, each.file, each.samples, words, None)


def _string(
    task: str, language: str, recordings: Sequence[SpokenRecording], length: int
) -> Iterator[Saying]:
    digits = _of(recordings, language, "digit")
    words = (*_texts(digits), TWICE[language])
    speakers = sorted({each.speaker for each in digits})
    able = [
        speaker
        for speaker in speakers
        if len({each.text for each in digits if each.speaker == speaker}) >= 8
    ]
    for number in range(STRINGS if able else 0):
        name = f"{task} {number}"
        chance = draw("string", language, name)
        speaker = able[number % len(able)]
        own = [each for each in digits if each.speaker == speaker]
        said = [own[int(at)] for at in chance.integers(len(own), size=length)]
        text = " ".join(each.text for each in said)
        yield Saying(task, language, name, join(said, name), words, text, is_string=True)


def _drawn(texts: list[str], count: int, *names: object) -> list[str]:
    order = draw("menu", *names).permutation(len(texts))
    return [texts[int(at)] for at in order[:count]]


_MAKERS: Mapping[str, Callable[[str, str, Sequence[SpokenRecording]], Iterator[Saying]]] = {
    "digit": _digit,
    **{f"menu{size}": partial(_menu, size=size) for size in MENU_SIZES},
    "foreign": _foreign,
    "letter": _letter,
    **{f"string{length}": partial(_string, length=length) for length in STRING_LENGTHS},
    "yes_no": _yes_no,
}
HEARING_TASKS = tuple(
    f"{prefix}{name}"
    for prefix in TASK_LANGUAGES
    for name in _MAKERS
    if not (prefix and name == "letter")
)
"""Every task, by the name of its row."""


def make_sentences(task: str, recordings: Sequence[SpokenRecording], most: int) -> list[Saying]:
    """Return what is said in a task, at most so many, drawn by name.

    Args:
        task: One of :data:`HEARING_TASKS`.
        recordings: All of the folder.
        most: Longest list.
    """
    prefix = "zh_" if task.startswith("zh_") else ""
    sentences = list(_MAKERS[task.removeprefix("zh_")](task, TASK_LANGUAGES[prefix], recordings))
    if len(sentences) <= most:
        return sentences
    order = draw("most", task).permutation(len(sentences))
    return [sentences[int(at)] for at in sorted(order[:most])]
