"""English words and what they mean: lists for a native speaker to review. Data. Core, no I/O.

Grammar (which words may follow which) is in the modules that use the lists. All words are lower
case, as :func:`ivr_agi.language.text.fold` leaves them, except where prompts say them.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = (
    "EN_BETWEEN_DIGITS",
    "EN_CARRIERS",
    "EN_CURRENCIES",
    "EN_CURRENCY_NAMES",
    "EN_DATE_UNITS",
    "EN_DIGIT_HOMOPHONES",
    "EN_HALVES",
    "EN_HESITATIONS",
    "EN_HUNDREDTH_NAMES",
    "EN_MONTHS",
    "EN_NEAR_DAYS",
    "EN_NEGATIONS",
    "EN_NO",
    "EN_ONES",
    "EN_ORDINALS",
    "EN_REPEATS",
    "EN_SCALES",
    "EN_SINGULARS",
    "EN_START_OVER",
    "EN_TAKE_BACK",
    "EN_TENS",
    "EN_UNSURE",
    "EN_VAGUE",
    "EN_WEEKDAYS",
    "EN_YES",
    "EN_ZEROS",
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
EN_ZEROS = frozenset({"oh", "o", "nought", "naught", "nil"})
"""Other words for zero."""
EN_REPEATS = MappingProxyType({"double": 2, "triple": 3, "treble": 3})
EN_DIGIT_HOMOPHONES = MappingProxyType(
    {
        "to": "2", "too": "2", "tu": "2", "for": "4", "fore": "4", "won": "1", "ate": "8",
        "tree": "3", "free": "3", "sex": "6", "nein": "9",
    }
)  # fmt: skip
"""What recognition writes for a digit; counted as one only between other digits."""
EN_BETWEEN_DIGITS = frozenset({"um", "uh", "er", "and"})
"""Words between digits that mean nothing."""
EN_VAGUE = _lines("about, around, roughly, almost, nearly")
"""Words that make a number an approximate one."""

# Dates and times

EN_MONTHS = tuple(
    "January February March April May June July August September October November December".split()
)
EN_WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
EN_NEAR_DAYS = MappingProxyType(
    {
        "day before yesterday": -2,
        "yesterday": -1,
        "today": 0,
        "tonight": 0,
        "tomorrow": 1,
        "day after tomorrow": 2,
    }
)
"""Days from today."""
EN_DATE_UNITS = MappingProxyType({"day": "1", "week": "7", "month": "month", "year": "year"})
"""Days in each unit, or its name where their number differs."""
EN_HALVES = MappingProxyType(
    {
        "am": "am",
        "a m": "am",
        "pm": "pm",
        "p m": "pm",
        "in the morning": "am",
        "in the afternoon": "pm",
        "in the evening": "pm",
        "at night": "night",
        "this morning": "am",
        "this afternoon": "pm",
        "this evening": "pm",
        "tonight": "night",
    }
)
"""Which part of the day is meant."""

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
EN_CURRENCY_NAMES = MappingProxyType(
    {
        "HKD": "hk dollars?|hong kong dollars?|hk$|hkd",
        "JPY": "yen|jpy",
        "USD": "dollars?|bucks?|$|usd",
        "EUR": "euros?|€|eur",
        "GBP": "pounds?|quid|£|gbp",
        "CNY": "rmb|yuan|kuai|¥|renminbi",
    }
)
"""What callers call the unit, as patterns (``$`` is a dollar sign)."""
EN_HUNDREDTH_NAMES = MappingProxyType(
    {
        "CNY": "fens?",
        "USD": "cents?",
        "EUR": "cents?",
        "GBP": "pence|penny|pennies|p",
        "HKD": "cents?",
        "JPY": "sen",
    }
)
"""What callers call the hundredth, as patterns."""

# Yes, no, and neither

EN_YES = _lines("""
    yes, yeah, yep, yup, yah, yea, aye, sure, correct, right, exactly, absolutely, definitely
    certainly, affirmative, indeed, ok, okay, alright, fine, that's right, that is right
    that's correct, that is correct, no problem, of course, go ahead, uh huh, please do
    you got it, sounds good, i do, it is, i am, not wrong
""")
EN_NO = _lines("""
    no, nope, nah, negative, never, wrong, incorrect, not right, not correct, isn't right
    is not right, isn't correct, is not correct, not really, not now, no way, no thanks
    no thank you, don't, do not, i do not, it is not, it isn't, i'm not, i am not, not that
    not ok, not okay, not fine, not exactly
""")
EN_UNSURE = _lines("""
    not sure, i'm not sure, i am not sure, no idea, i don't know, don't know, i do not know
""")
"""Neither yes nor no, though one of them is in it."""

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
EN_NEGATIONS = _lines("not, don't, dont, do not, without, never")
"""Words that turn a phrase after them round."""
EN_TAKE_BACK = _lines("no, wrong, sorry, wait, correction, i mean, not that")
"""Take back the last piece of an answer that is given in several."""
EN_START_OVER = _lines("""
    start over, start again, from the start, from the beginning, clear
""")
"""Take back all of it."""
