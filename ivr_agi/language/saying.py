"""Writes values as words for synthesis: numbers, digits, money, dates, times. Core, no I/O.

In Chinese and English, for prompts and slots. A value in words sounds the same with every voice and
service. num2words has no Chinese, and Babel does not write words.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING

from ivr_agi.language.chinese import (
    ZH_CURRENCIES,
    ZH_GROUPS,
    ZH_HALVES_SPOKEN,
    ZH_NUMERALS,
    ZH_TIME_UNITS,
    ZH_WEEKDAYS,
)
from ivr_agi.language.english import (
    EN_CURRENCIES,
    EN_MONTHS,
    EN_ONES,
    EN_ORDINALS,
    EN_SCALES,
    EN_SINGULARS,
    EN_TENS,
    EN_TIME_UNITS,
    EN_WEEKDAYS,
)
from ivr_agi.language.text import Language

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = (
    "CURRENCIES",
    "KINDS",
    "plain_number",
    "render",
    "spell_date",
    "spell_digits",
    "spell_duration",
    "spell_money",
    "spell_month",
    "spell_number",
    "spell_percent",
    "spell_time",
)


KINDS = ("digits", "number", "percent", "money", "date", "time")
"""What :func:`render` can write."""

CURRENCIES = MappingProxyType(
    {code: (*ZH_CURRENCIES[code], *names) for code, names in EN_CURRENCIES.items()}
)
"""Unit and hundredth of each currency, Chinese and English; no hundredth where there is none."""

MOST = Decimal(10**12)
"""Numbers are below this. A listener takes longer ones for digits."""

_ZH_SPOKEN = "".join(chars[0] for chars in ZH_NUMERALS)


def render(kind: str, value: object, language: Language, *, currency: str = "CNY") -> str:
    """Return a value of a flow, a text or a number, in words.

    Args:
        kind: One of :data:`KINDS`.
        value: Digits, a number, ``2026-03-05`` or ``15:30``. A ``date`` or ``time`` will do, too.
        language: The language.
        currency: One of :data:`CURRENCIES`, for ``money``.

    Raises:
        ValueError: The kind or the currency is unknown, or the value is not of that kind. The
            message does not quote the value: it may be a caller's.
    """
    if kind == "money" and currency not in CURRENCIES:
        raise ValueError(f"currency is one of {', '.join(CURRENCIES)}")
    writers: dict[str, Callable[[], str]] = {
        "digits": lambda: spell_digits(str(value), language),
        "number": lambda: spell_number(_decimal(value), language),
        "percent": lambda: spell_percent(_decimal(str(value).rstrip("% ")), language),
        "money": lambda: spell_money(_decimal(value), currency, language),
        "date": lambda: spell_date(
            value if isinstance(value, date) else date.fromisoformat(str(value)), language
        ),
        "time": lambda: spell_time(
            value if isinstance(value, time) else time.fromisoformat(str(value)), language
        ),
    }
    if kind not in writers:
        raise ValueError(f"a value is read back as one of {', '.join(writers)}, not {kind!r}")
    try:
        return writers[kind]()
    except (ValueError, InvalidOperation):
        raise ValueError(f"the value cannot be read back as {kind}") from None


def _decimal(value: object) -> Decimal:
    number = Decimal(str(value))
    if not abs(number) < MOST:  # NaN is not below either
        raise ValueError("too large")
    return number


def spell_digits(digits: str, language: Language) -> str:
    """Return digits one by one in words. A blank in ``digits`` is a pause. Letters are kept.

    In Chinese 1 is 幺, as on the telephone.
    """
    groups = digits.split(" ")
    if language is Language.CHINESE:
        spoken = {str(n): char for n, char in enumerate(_ZH_SPOKEN)} | {"1": "幺"}
        return "，".join("".join(spoken.get(char, char) for char in group) for group in groups)
    return ", ".join(
        " ".join(EN_ONES[int(char)] if char in "0123456789" else char for char in group)
        for group in groups
    )


def spell_number(value: Decimal, language: Language) -> str:
    """Return a number below 10^12 in words."""
    sign = {Language.CHINESE: "负", Language.ENGLISH: "minus "}[language] if value < 0 else ""
    whole, _, fraction = plain_number(abs(value)).partition(".")
    if language is Language.CHINESE:
        words = _spell_zh(int(whole))
        point = "点" + "".join(_ZH_SPOKEN[int(char)] for char in fraction)
    else:
        words = _spell_en(int(whole))
        point = " point " + " ".join(EN_ONES[int(char)] for char in fraction)
    return sign + words + (point if fraction else "")


def spell_percent(value: Decimal, language: Language) -> str:
    """Return a percentage in words: "four point five percent", 百分之四点五."""
    if language is Language.ENGLISH:
        return f"{spell_number(value, language)} percent"
    return ("负" if value < 0 else "") + "百分之" + spell_number(abs(value), language)


def spell_money(amount: Decimal, currency: str, language: Language) -> str:
    """Return an amount in words: 十二元五角, "twelve dollars and fifty cents"."""
    unit_zh, cent_zh, unit_en, cent_en = CURRENCIES[currency]
    if amount < 0:
        minus = "负" if language is Language.CHINESE else "minus "
        return minus + spell_money(-amount, currency, language)
    smallest = Decimal("0.01") if cent_en else Decimal(1)
    amount = amount.quantize(smallest, ROUND_HALF_UP)
    whole, cents = divmod(int(amount * 100), 100)
    spoken, spoken_cents = (spell_number(Decimal(part), language) for part in (whole, cents))
    if language is Language.ENGLISH:
        parts = [f"{spoken} {_one(unit_en, whole)}"] if whole or not cents else []
        return " and ".join(parts + ([f"{spoken_cents} {_one(cent_en, cents)}"] if cents else []))
    words = ("两" if whole == 2 else spoken) + unit_zh if whole or not cents else ""
    if not cents:
        return words
    if currency != "CNY":
        return words + spoken_cents + cent_zh
    tenths, rest = divmod(cents, 10)
    words += f"{_ZH_SPOKEN[tenths]}角" if tenths else "零" * bool(whole)
    return words + (f"{_ZH_SPOKEN[rest]}分" if rest else "")


def spell_date(day: date, language: Language) -> str:
    """Return a date in words, with its weekday: "Thursday, March fifth, twenty twenty-six"."""
    if language is Language.CHINESE:
        year = "".join(_ZH_SPOKEN[int(char)] for char in str(day.year))
        month, number = (spell_number(Decimal(part), language) for part in (day.month, day.day))
        return f"{year}年{month}月{number}日，星期{ZH_WEEKDAYS[day.weekday()]}"
    weekday, month = EN_WEEKDAYS[day.weekday()], EN_MONTHS[day.month - 1]
    return f"{weekday}, {month} {_ordinal(day.day)}, {_spell_year(day.year)}"


def spell_time(moment: time, language: Language) -> str:
    """Return a time in words, with the part of the day: 下午三点三十分, "three thirty p m"."""
    hour, minute = moment.hour % 12 or 12, moment.minute
    spoken, minutes = (spell_number(Decimal(part), language) for part in (hour, minute))
    if language is Language.CHINESE:
        words = _zh_half(moment.hour) + ("两" if hour == 2 else spoken) + "点"
        return words + (f"{'零' if minute < 10 else ''}{minutes}分" if minute else "")
    past = f" {'oh ' if minute < 10 else ''}{minutes}" if minute else ""
    return f"{spoken}{past} {'a' if moment.hour < 12 else 'p'} m"


def spell_month(month: date, language: Language) -> str:
    """Return a month of a year in words: "April twenty twenty nine", 二零二九年四月."""
    if language is Language.CHINESE:
        year = "".join(_ZH_SPOKEN[int(char)] for char in str(month.year))
        return f"{year}年{spell_number(Decimal(month.month), language)}月"
    return f"{EN_MONTHS[month.month - 1]} {_spell_year(month.year)}"


def spell_duration(length: timedelta, language: Language) -> str:
    """Return a length of time in words: "one hour and thirty minutes", 一小时三十分钟."""
    hours, rest = divmod(length.seconds, 3600)
    counts = (length.days, hours, *divmod(rest, 60))
    units = ZH_TIME_UNITS if language is Language.CHINESE else EN_TIME_UNITS
    parts = [
        (spell_number(Decimal(count), language), count, unit)
        for count, unit in zip(counts, units, strict=True)
        if count
    ] or [(spell_number(Decimal(0), language), 0, units[-1])]
    if language is Language.CHINESE:
        return "".join(("两" if count == 2 else words) + unit for words, count, unit in parts)
    return " and ".join(
        f"{words} {unit}{'' if count == 1 else 's'}" for words, count, unit in parts
    )


def _one(name: str, count: int) -> str:
    return name if count != 1 else EN_SINGULARS.get(name, name.removesuffix("s"))


def _zh_half(hour: int) -> str:
    return next(name for end, name in ZH_HALVES_SPOKEN if hour < end)


def _ordinal(number: int) -> str:
    before, blank, last = _spell_en(number).rpartition(" ")
    last = EN_ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return before + blank + last


def _spell_year(year: int) -> str:
    """Say a year: nineteen eighty four, two thousand and five."""
    high, low = divmod(year, 100)
    if not 1100 <= year <= 2099 or 2000 <= year < 2010:
        return _spell_en(year)
    if low == 0:
        return f"{_spell_en(high)} hundred"
    return f"{_spell_en(high)} {'oh ' if low < 10 else ''}{_spell_en(low)}"


def _spell_zh(number: int) -> str:
    if number == 0:
        return "零"
    words, rest, gap = "", number, False
    for name, size in (*ZH_GROUPS.items(), ("", 1)):
        group, rest = divmod(rest, size)
        if group:
            if words and (gap or group < 1000):
                words += "零"
            words += _spell_zh_group(group) + name
            gap = False
        else:
            gap = bool(words)
    words = re.sub(r"^一(?=十)", "", words)
    return re.sub(r"(?<!十)二(?=[千万亿])", "两", words)


def _spell_zh_group(group: int) -> str:
    words, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = group // size % 10
        if digit:
            words += "零" if gap and words else ""
            words += _ZH_SPOKEN[digit] + name
            gap = False
        else:
            gap = True
    return words


def _spell_en(number: int) -> str:
    if number < 20:
        return EN_ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return EN_TENS[tens] + (f" {EN_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{EN_ONES[hundreds]} hundred" + (f" and {_spell_en(rest)}" if rest else "")
    for name, size in EN_SCALES.items():
        if number >= size:
            many, rest = divmod(number, size)
            joint = " and " if 0 < rest < 100 else " "
            return f"{_spell_en(many)} {name}" + (f"{joint}{_spell_en(rest)}" if rest else "")
    return ""  # not reached: 0 is below 20


def plain_number(value: Decimal) -> str:
    """Write a number without an exponent and without trailing zeros."""
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
