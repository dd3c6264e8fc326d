"""Words that carry no meaning in an answer, and words that turn it round. Core, no I/O.

Data only. Fillers count for nothing when it is measured how much of what was said a choice covers;
longer ones come first.
"""

from __future__ import annotations

import re

__all__ = ("is_negated", "split_fillers")

_ENGLISH = """
    i would like to|i'd like to|i want to|i need to|i wanna|could you please|could you|can you
    |can i have|can i get|can i|may i|let me|give me|get me|put me through to|connect me to
    |thank you|thanks|please|hello|hi|hey|okay|ok|well|so|just|like|actually|basically|maybe
    |um+|uh+|er+|erm|hmm+|mm+|ah+|oh|i want|i need|i'd like|i would like|i'm|it's|that's
    |my|the|a|an|to|for|with|me|some|speak to|talk to|option|number
"""
_CHINESE = """
    麻烦你|麻烦您|麻烦|请帮我|帮我|给我|请问一下|请问|请|我想要|我想|我要|我需要|需要|想要|想|那个
    |这个|就是说|就是|那就|然后|一下子|一下|谢谢你|谢谢您|谢谢|你好|您好|喂|嗯+|啊+|呃+|哦+|噢+|哎+|唉
    |吧|呢|呀|嘛|哈|我|要|的|选择|我选|选
"""


_FILLERS = re.compile(
    r"(?<![\w'])(?:" + re.sub(r"\s*\|\s*", "|", _ENGLISH.strip()) + r")(?![\w'])"
    r"|" + re.sub(r"\s*\|\s*", "|", _CHINESE.strip()),
    re.ASCII,
)

_NEGATION = re.compile(
    r"(?:^|[^是要能会可对])(?:不|别|没)(?:要|想|用|是|需要|有)?(?:给我|帮我|转|接|找|查|再)?$"
    r"|(?<![\w'])(?:not|don't|dont|do not|without|never)"
    r"(?: (?:i|want|need|to|like|the|an?|my|be|speak|talk|go|ask|for|about|any))*$"
)


def split_fillers(text: str) -> list[tuple[str, bool]]:
    """Cut a normalised text into pieces, each with whether it is a filler."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for match in _FILLERS.finditer(text):
        pieces.append((text[at : match.start()], False))
        pieces.append((match[0], True))
        at = match.end()
    pieces.append((text[at:], False))
    return [piece for piece in pieces if piece[0].strip()]


def is_negated(before: str) -> bool:
    """Tell whether what stands before a phrase turns it round: 不要, "I don't want an"."""
    return bool(_NEGATION.search(before.rstrip()))
