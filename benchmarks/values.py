"""Random values of each type of answer, to be said and read back. Core, no I/O."""

from __future__ import annotations

import datetime
import random
import string
from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from ivr_agi.language.saying import CURRENCIES
from ivr_agi.language.slots import (
    Alphanumeric,
    CardNumber,
    Date,
    Digits,
    Duration,
    Email,
    IdCard,
    Money,
    MonthYear,
    Number,
    Patterned,
    PhoneNumber,
    Plate,
    Slot,
    Time,
    YesNo,
)
from ivr_agi.language.slots.card import has_luhn_digit
from ivr_agi.language.slots.identity import check_character

__all__ = ("CHANCES", "TODAY")

TODAY = datetime.date(2026, 11, 21)
_LETTERS = string.ascii_uppercase
_PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_DOMAINS = ("gmail.com", "qq.com", "163.com", "example.co.uk", "sina.com.cn", "my-shop.org", "a.io")
_MOBILE = ("138", "139", "150", "151", "159", "186", "188", "133", "177")


def _digits(some: random.Random, least: int, most: int) -> str:
    return "".join(some.choices(string.digits, k=some.randint(least, most)))


def _number(some: random.Random) -> tuple[Slot[Any], Any]:
    whole = Decimal(some.randrange(-(10**11), 10**11) // 10 ** some.randrange(12))
    return Number(is_whole=False), whole.scaleb(-some.randrange(3))


def _money(some: random.Random) -> tuple[Slot[Any], Any]:
    code = some.choice(sorted(CURRENCIES))
    units = Decimal(1 + some.randrange(10**11) // 10 ** some.randrange(11))
    return Money(currency=code), units.scaleb(0 if code == "JPY" else -2)


def _date(some: random.Random) -> tuple[Slot[Any], Any]:
    first = datetime.date(1900, 1, 1)
    return Date(today=TODAY), first + datetime.timedelta(days=some.randrange(365 * 200))


def _time(some: random.Random) -> tuple[Slot[Any], Any]:
    return Time(), datetime.time(some.randrange(24), some.randrange(60))


def _alphanumeric(some: random.Random) -> tuple[Slot[Any], Any]:
    characters = some.choices(_LETTERS + string.digits, k=some.randint(1, 12))
    return Alphanumeric(), "".join(characters)


def _pattern(some: random.Random) -> tuple[Slot[Any], Any]:
    value = "".join(some.choices(_LETTERS, k=2)) + _digits(some, 6, 6)
    return Patterned(pattern="[A-Z]{2}[0-9]{6}"), value


def _email(some: random.Random) -> tuple[Slot[Any], Any]:
    first = "".join(some.choices(string.ascii_lowercase + string.digits, k=some.randint(2, 8)))
    second = some.choice(["", ".", "_", "-", "+"])
    last = "".join(some.choices(string.ascii_lowercase, k=3)) if second else ""
    return Email(), f"{first}{second}{last}@{some.choice(_DOMAINS)}"


def _card(some: random.Random) -> tuple[Slot[Any], Any]:
    first, length = some.choice([("4", 16), ("51", 16), ("37", 15), ("62", some.randint(16, 19))])
    body = first + _digits(some, length - 1 - len(first), length - 1 - len(first))
    return CardNumber(), next(body + last for last in string.digits if has_luhn_digit(body + last))


def _month_year(some: random.Random) -> tuple[Slot[Any], Any]:
    return MonthYear(today=TODAY), f"{some.randrange(1900, 2100)}-{some.randint(1, 12):02}"


def _duration(some: random.Random) -> tuple[Slot[Any], Any]:
    seconds = some.randrange(10**8) // 10 ** some.randrange(8)
    return Duration(), datetime.timedelta(seconds=seconds)


def _phone(some: random.Random) -> tuple[Slot[Any], Any]:
    return PhoneNumber(), f"+86{some.choice(_MOBILE)}{_digits(some, 8, 8)}"


def _id_card(some: random.Random) -> tuple[Slot[Any], Any]:
    region = some.choice(["110105", "440308", "310101", "500103"])
    born = datetime.date(1921, 1, 1) + datetime.timedelta(days=some.randrange(365 * 79))
    if some.random() < 0.3:
        return IdCard(today=TODAY), f"{region}{born:%y%m%d}{_digits(some, 3, 3)}"
    body = f"{region}{born:%Y%m%d}{_digits(some, 3, 3)}"
    return IdCard(today=TODAY), body + check_character(body)


def _plate(some: random.Random) -> tuple[Slot[Any], Any]:
    rest = "".join(some.choices(_PLATE_LETTERS + string.digits, k=some.choice([5, 5, 6])))
    return Plate(), some.choice(_PROVINCES) + some.choice(_PLATE_LETTERS) + rest


CHANCES = MappingProxyType[str, Callable[[random.Random], tuple[Slot[Any], Any]]](
    {
        "number": _number,
        "money": _money,
        "date": _date,
        "time": _time,
        "digits": lambda some: (Digits(), _digits(some, 1, 32)),
        "phone": _phone,
        "id": _id_card,
        "plate": _plate,
        "yn": lambda some: (YesNo(), some.random() < 0.5),
        "alnum": _alphanumeric,
        "pattern": _pattern,
        "email": _email,
        "card": _card,
        "my": _month_year,
        "duration": _duration,
    }
)
"""A slot and a value that it can have, by the names of :mod:`benchmarks.answers`. Names, addresses
and free text are what was heard, so there is nothing to be read back."""
