"""Subtitles: when the words and sounds of a synthesis are heard. Core, no I/O.

Source: ``sis-protocol.md`` 9 (``subtitle``): a word is sent when it is over, with its place in the
sentence, from 0, and, at ``phoneme_level``, its sounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.sis.wire.messages import PhonemeInfo, SubtitleInfo
from ivr_agi.speech_server.engines.base import MarkKind

if TYPE_CHECKING:
    from ivr_agi.speech_server.engines.base import Mark

__all__ = ("Subtitles",)


class Subtitles:
    """Turns a voice's marks into words with begin and end.

    Args:
        level: ``word_level`` or ``phoneme_level``.
    """

    def __init__(self, level: str) -> None:
        self._with_phonemes = level == "phoneme_level"
        self._word: str | None = None
        self._index = 0
        self._start_ms = 0
        self._end_ms: int | None = None  # set if a pause follows the word
        self._sounds: list[tuple[str, int]] = []

    def receive(self, mark: Mark, offset_ms: int = 0) -> SubtitleInfo | None:
        """Take the next mark; return the word that it ends, if any.

        Args:
            mark: The next one.
            offset_ms: How much was spoken before the text from which the mark counts.
        """
        at_ms = offset_ms + mark.at_ms
        if mark.kind is MarkKind.PHONEME:
            if mark.text and self._end_ms is None:
                self._sounds.append((mark.text, at_ms))
            elif self._sounds and self._end_ms is None:
                self._end_ms = at_ms
            return None
        over = self.finish(at_ms)
        if mark.kind is MarkKind.SENTENCE:
            self._index = 0
        else:
            self._word, self._start_ms = mark.text, at_ms
        return over

    def finish(self, at_ms: int) -> SubtitleInfo | None:
        """Return the last word, at the end of the speech."""
        if self._word is None:
            return None
        end_ms = at_ms if self._end_ms is None else self._end_ms
        info = SubtitleInfo(
            start_time=self._start_ms,
            end_time=end_ms,
            text=self._word,
            word_index=self._index,
            phonemes=self._phonemes(end_ms) if self._with_phonemes else None,
        )
        self._word, self._end_ms, self._sounds = None, None, []
        self._index += 1
        return info

    def _phonemes(self, end_ms: int) -> list[PhonemeInfo]:
        ends = [*(at_ms for _, at_ms in self._sounds[1:]), end_ms]
        return [
            PhonemeInfo(phoneme=text, start_time=at_ms, end_time=end, phoneme_index=index)
            for index, ((text, at_ms), end) in enumerate(zip(self._sounds, ends, strict=False))
        ]
