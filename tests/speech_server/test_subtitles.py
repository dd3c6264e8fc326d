"""Words and sounds with begin and end."""

from __future__ import annotations

from ivr_agi.sis.wire.messages import PhonemeInfo, SubtitleInfo
from ivr_agi.speech_server.engines.base import Mark, MarkKind
from ivr_agi.speech_server.subtitles import Subtitles

MARKS = [
    Mark(MarkKind.SENTENCE, 0),
    Mark(MarkKind.WORD, 0, "Hi,"),
    Mark(MarkKind.PHONEME, 10, "h"),
    Mark(MarkKind.PHONEME, 60, "aɪ"),
    Mark(MarkKind.PHONEME, 200),
    Mark(MarkKind.PHONEME, 250),
    Mark(MarkKind.WORD, 300, "you."),
    Mark(MarkKind.PHONEME, 300, "j"),
    Mark(MarkKind.SENTENCE, 700),
    Mark(MarkKind.WORD, 700, "Bye."),
]


def run(level: str, offset_ms: int = 0) -> list[SubtitleInfo]:
    """All that comes of the marks."""
    subtitles = Subtitles(level)
    found = [subtitles.receive(mark, offset_ms) for mark in MARKS]
    return [info for info in [*found, subtitles.finish(offset_ms + 900)] if info]


def test_words() -> None:
    """A pause ends a word, or the next one does; places count from the sentence (9)."""
    assert run("word_level") == [
        SubtitleInfo(start_time=0, end_time=200, text="Hi,", word_index=0),
        SubtitleInfo(start_time=300, end_time=700, text="you.", word_index=1),
        SubtitleInfo(start_time=700, end_time=900, text="Bye.", word_index=0),
    ]


def test_sounds() -> None:
    """Each ends where the next begins, the last with its word."""
    assert run("phoneme_level", 1000)[0].phonemes == [
        PhonemeInfo(phoneme="h", start_time=1010, end_time=1060, phoneme_index=0),
        PhonemeInfo(phoneme="aɪ", start_time=1060, end_time=1200, phoneme_index=1),
    ]


def test_nothing_spoken() -> None:
    """No words, no entry."""
    assert Subtitles("word_level").finish(100) is None
