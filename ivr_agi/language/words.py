"""How many words were said, hums and hesitations not counted. Core, no I/O."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ("FILLERS", "count_words")

FILLERS = frozenset(
    # Hesitation and listening, not answers: "uh-huh" and "嗯嗯" may mean yes, but not over a prompt
    # that is still explaining the question.
    "ah aha eh er erm hm hmm huh m mhm mm mmm oh uh um 啊 呃 哦 噢 唔 嗯 额 诶".split()
)
"""What callers say without meaning anything, English and Chinese."""

_WORD = re.compile(r"[㐀-䶿一-鿿豈-﫿]|[\w']+")


def count_words(text: str, fillers: Collection[str] = FILLERS) -> int:
    """Count the words of a text that are no fillers; in Chinese every character is one."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return sum(word not in fillers for word in words)
