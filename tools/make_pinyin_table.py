"""Writes ``ivr_agi/language/pinyin_table.py`` from pypinyin: ``python -m tools.make_pinyin_table``.

Only someone who changes the table needs pypinyin (130 ms and 56 MB to import). A character gets its
usual reading, and each other reading that occurs in at least five of pypinyin's phrases and in at
least 8 % of those with the character.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from pathlib import Path

__all__ = ("PATH", "make_table")

PATH = Path(__file__).parents[1] / "ivr_agi" / "language" / "pinyin_table.py"

MIN_PHRASES = 5
MIN_SHARE = 0.08
WIDTH = 98
"""Columns of a line; a Chinese character takes two."""

HEAD = '''\
"""Pinyin of the characters of GB 2312, without tones. Generated data. Core, no I/O.

Written by ``python -m tools.make_pinyin_table`` from pypinyin {version}; do not edit. Each entry is
a syllable (``v`` is ü) and the characters that are read so.
"""

# The table is an extract of pypinyin's. Its licence:
#
# The MIT License (MIT). Copyright (c) 2016 mozillazg, 闲耘 <hotoo.cn@gmail.com>
#
# Permission is hereby granted, free of charge, to any person obtaining a copy of this software
# and associated documentation files (the "Software"), to deal in the Software without
# restriction, including without limitation the rights to use, copy, modify, merge, publish,
# distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
# Software is furnished to do so, subject to the following conditions:
#
# The above copyright notice and this permission notice shall be included in all copies or
# substantial portions of the Software.
#
# THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING
# BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
# NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
# DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
# OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

from __future__ import annotations

__all__ = ("PINYIN",)

PINYIN = """
{table}
"""
'''


def make_table() -> str:
    """Return the text of the module."""
    import pypinyin

    return HEAD.format(version=pypinyin.__version__, table="\n".join(_entries()))


def _entries() -> list[str]:
    """Return the entries, syllable by syllable, as lines."""
    characters: dict[str, list[str]] = defaultdict(list)
    for char in [*_gb2312(), "〇"]:
        for syllable in _readings(char):
            characters[syllable].append(char)
    lines = [""]
    for syllable, chars in sorted(characters.items()):
        while chars:
            room = (WIDTH - _columns(lines[-1]) - len(syllable) - 1) // 2
            if room < 1:
                lines.append("")
                continue
            entry, chars = syllable + "".join(chars[:room]), chars[room:]
            lines[-1] = f"{lines[-1]} {entry}".strip()
    return lines


def _columns(text: str) -> int:
    return len(text) + sum(not char.isascii() for char in text)


def _gb2312() -> list[str]:
    codes = (bytes([high, low]) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return [char for code in codes if (char := code.decode("gb2312", "ignore"))]


def _readings(char: str) -> set[str]:
    from pypinyin.pinyin_dict import pinyin_dict

    usual = _without_tone(pinyin_dict[ord(char)].split(",")[0])
    counts = _uses()[char]
    least = max(MIN_PHRASES, MIN_SHARE * counts.total())
    return {usual} | {syllable for syllable, count in counts.items() if count >= least}


@functools.cache
def _uses() -> dict[str, Counter[str]]:
    """Count how often pypinyin's phrases read each character in each way."""
    from pypinyin.phrases_dict import phrases_dict

    uses: dict[str, Counter[str]] = defaultdict(Counter)
    for phrase, syllables in phrases_dict.items():
        if len(phrase) == len(syllables):
            for char, (syllable, *_) in zip(phrase, syllables, strict=True):
                uses[char][_without_tone(syllable)] += 1
    return uses


def _without_tone(syllable: str) -> str:
    from pypinyin.contrib.tone_convert import to_normal

    return to_normal(syllable, v_to_u=False)


if __name__ == "__main__":
    PATH.write_text(make_table(), encoding="utf-8")
