"""English words and what they mean: lists for a native speaker to review. Data. Core, no I/O.

What callers say is in rules, in the folder ``en``. All words are lower
case, as :func:`ivr_agi.language.text.fold` leaves them, except where prompts say them.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = (
    "EN_CARRIERS",
    "EN_CURRENCIES",
    "EN_HESITATIONS",
    "EN_MONTHS",
    "EN_NEGATIONS",
    "EN_NEGATIONS_AFTER",
    "EN_NOT_NEGATIVE",
    "EN_NOT_QUITE",
    "EN_ONES",
    "EN_OR",
    "EN_ORDINALS",
    "EN_RESTARTS",
    "EN_SCALES",
    "EN_SINGULARS",
    "EN_START_OVER",
    "EN_TAKE_BACK",
    "EN_TENS",
    "EN_TIME_UNITS",
    "EN_WEEKDAYS",
)


def _lines(text: str) -> tuple[str, ...]:
    """Return the phrases of a list in which a comma or a new line separates them."""
    return tuple(filter(None, (phrase.strip() for phrase in text.replace("\n", ",").split(","))))


# Numbers

EN_ONES = tuple(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen".split()
)
"""0 to 19."""
EN_TENS = tuple("_ ten twenty thirty forty fifty sixty seventy eighty ninety".split())
"""0 (not used), 10, 20, ... 90."""
EN_SCALES = MappingProxyType({"billion": 10**9, "million": 10**6, "thousand": 10**3})
"""Largest first."""
EN_ORDINALS = MappingProxyType(
    {
        "one": "first",
        "two": "second",
        "three": "third",
        "five": "fifth",
        "eight": "eighth",
        "nine": "ninth",
        "twelve": "twelfth",
    }
)
"""Ordinals that are not formed with -th."""

# Dates and times

EN_MONTHS = tuple(
    "January February March April May June July August September October November December".split()
)
EN_WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
EN_TIME_UNITS = ("day", "hour", "minute", "second")

# Money

EN_CURRENCIES = MappingProxyType(
    {
        "CNY": ("yuan", "fen"),
        "USD": ("dollars", "cents"),
        "EUR": ("euros", "cents"),
        "GBP": ("pounds", "pence"),
        "HKD": ("Hong Kong dollars", "cents"),
        "JPY": ("yen", ""),
    }
)
"""Unit and hundredth as prompts say them; empty where there is no hundredth."""
EN_SINGULARS = MappingProxyType({"pence": "penny", "yuan": "yuan", "yen": "yen", "fen": "fen"})
"""Singulars that are not formed by dropping the s."""

# Words around an answer

EN_HESITATIONS = frozenset("ah aha eh er erm hm hmm huh m mhm mm mmm oh uh um".split())
"""Sounds of hesitating and of listening. "Uh-huh" may mean yes, but not over a prompt that is still
explaining the question."""
EN_CARRIERS = _lines("""
    i would like to, i'd like to, i want to, i need to, i wanna, could you please, could you
    can you, can i have, can i get, can i, may i, let me, give me, get me, put me through to
    connect me to, thank you, thanks, please, hello, hi, hey, okay, ok, well, so, just, like
    actually, basically, maybe, um+, uh+, er+, erm, hmm+, mm+, ah+, oh, i want, i need, i'd like
    i would like, i'm, it's, that's, my, the, a, an, to, for, with, me, some, speak to, talk to
    option, number
""")
"""Carrier phrases: what people say around the words of a choice; ``+`` repeats the letter before.

The first that fits is taken, so longer ones stand before their own beginnings."""
EN_NEGATIONS = _lines("""
    not, don't, dont, do not, without, never, neither, nor, haven't, hasn't, won't, will not
    wouldn't, would not, isn't, aren't, wasn't, no longer, nobody wants, forget, forget about, skip
    instead of, rather than, except, except for
""")
"""Words that turn a phrase after them round."""
EN_NEGATIONS_AFTER = _lines("""
    is not what i want, isn't what i want, is not what i need, isn't what i need, isn't it
    is not it, is wrong, not, no
""")
"""Words at the end that turn a phrase right before them round."""
EN_NOT_QUITE = _lines("""
    no, not, don't, dont, won't, wouldn't, never, hardly, nobody, nothing, none, without, neither
""")
"""Words that make a phrase somewhere after them doubtful. "I can't ..." still names the subject."""
EN_NOT_NEGATIVE = _lines("""
    no problem, no worries, not sure, don't mind, why not, no thanks, no thank you, not only
    don't know if, not working, no idea, don't know why, don't know how, don't know
""")
"""Idioms that say nothing about the phrase after them."""
EN_RESTARTS = _lines("i, i'd, i'm, i'll, but, just, rather, instead, then, so, please, it's")
"""Words after which a negation no longer counts."""
EN_OR = _lines("or, or else, either")
"""Words beside which another choice stands."""
EN_TAKE_BACK = _lines("no, wrong, sorry, wait, correction, i mean, not that")
"""Take back the last piece of an answer that is given in several."""
EN_START_OVER = _lines("""
    start over, start again, from the start, from the beginning, clear
""")
"""Take back all of it."""
