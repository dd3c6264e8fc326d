"""``slot`` of an ``ask`` step: the type of the answer and its limits. Core, no I/O."""

from __future__ import annotations

import datetime
import enum
import functools
import re
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import Meta

from ivr_agi.flow.file.spec import Spec
from ivr_agi.language.slots import (
    Date,
    Digits,
    FreeText,
    IdCard,
    ListOption,
    Money,
    Number,
    OneOf,
    PhoneNumber,
    Plate,
    Prefer,
    Slot,
    Time,
    YesNo,
)

__all__ = ("Kind", "ListedOption", "SlotSpec", "value_as_text", "is_complete", "make_slot")

_Length = Annotated[int, Meta(ge=1, le=40)]
_Limit = Annotated[
    str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2}|today([+-]\d{1,4}d)?|([01]\d|2[0-3]):[0-5]\d)$")
]


class Kind(enum.StrEnum):
    """Types of answers."""

    YES_NO = "yes_no"
    DIGITS = "digits"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    PHONE = "phone"
    ID_CARD = "id_card"
    PLATE = "plate"
    ONE_OF = "one_of"
    TEXT = "text"


class ListedOption(Spec, frozen=True, kw_only=True):
    """One entry of ``one_of``."""

    value: Annotated[str, Meta(min_length=1)]
    """The variable's value."""
    words: Annotated[list[str], Meta(min_length=1)]
    """Words that mean it."""
    key: Annotated[str, Meta(pattern=r"^[0-9]$")] | None = None
    """Key that means it."""

    def all_words(self) -> list[str]:
        """Return the words."""
        return self.words


class SlotSpec(Spec, frozen=True, kw_only=True):
    """A typed answer."""

    type: Kind
    """The type."""
    length: _Length | None = None
    """Digits: exact number."""
    min_length: _Length | None = None
    """Digits and text: minimum."""
    max_length: _Length | None = None
    """Digits and text: maximum."""
    minimum: float | None = None
    """Number and money: minimum."""
    maximum: float | None = None
    """Number and money: maximum."""
    whole: bool = True
    """Number: no fractions."""
    currency: str = "CNY"
    """Money: CNY, USD, EUR, GBP, HKD or JPY."""
    earliest: _Limit | None = None
    """Date (``2026-10-01``, ``today``, ``today+1d``) and time (``09:00``): not before."""
    latest: _Limit | None = None
    """Date and time: not after."""
    prefer: Prefer = Prefer.FUTURE
    """Date: the year assumed if the caller names none."""
    timezone: str | None = None
    """Date: the place whose "today" counts (``Asia/Shanghai``); else that of the machine."""
    region: str = "CN"
    """Phone: country of a number without country code."""
    mobile: bool = False
    """Phone: mobile numbers only."""
    options: list[ListedOption] = []
    """One of: the options."""

    @property
    def in_breaths(self) -> bool:
        """The answer may be spoken in several breaths."""
        return self.type in {Kind.DIGITS, Kind.PHONE, Kind.ID_CARD, Kind.PLATE}

    def problem(self) -> str | None:
        """Return a description of inconsistent limits, or None."""
        given = {name for name in self.__struct_fields__ if getattr(self, name) != _DEFAULTS[name]}
        if extra := given - {"type"} - _KEYS[self.type]:
            return f"{self.type.value} has no key {min(extra)!r}"
        if self.type is Kind.ONE_OF and not self.options:
            return "one_of needs options"
        form = _DAY if self.type is Kind.DATE else _CLOCK
        for limit in (self.earliest, self.latest):
            if limit is not None and not form.fullmatch(limit):
                return f"{self.type.value} cannot begin or end at {limit!r}"
        try:
            make_slot(self, datetime.datetime.now(datetime.UTC))
        except ValueError as exc:
            return str(exc)
        return None


_KEYS: dict[Kind, set[str]] = {
    Kind.YES_NO: set(),
    Kind.DIGITS: {"length", "min_length", "max_length"},
    Kind.NUMBER: {"minimum", "maximum", "whole"},
    Kind.MONEY: {"minimum", "maximum", "currency"},
    Kind.DATE: {"earliest", "latest", "prefer", "timezone"},
    Kind.TIME: {"earliest", "latest"},
    Kind.PHONE: {"region", "mobile"},
    Kind.ID_CARD: set(),
    Kind.PLATE: set(),
    Kind.ONE_OF: {"options"},
    Kind.TEXT: {"min_length", "max_length"},
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|today([+-]\d+d)?")
_CLOCK = re.compile(r"\d{2}:\d{2}")
_DEFAULTS: dict[str, Any] = {
    name: getattr(SlotSpec(type=Kind.TEXT), name) for name in SlotSpec.__struct_fields__
}


def make_slot(spec: SlotSpec, now: datetime.datetime) -> Slot[Any]:
    """Return the slot.

    Args:
        spec: The slot in the flow file.
        now: The current time, for relative dates, in the place of the call.

    Raises:
        ValueError: The limits are impossible.
    """
    if spec.timezone is not None:
        now = now.astimezone(_zone(spec.timezone))
    match spec.type:
        case Kind.DIGITS:
            return _make_digits(spec)
        case Kind.NUMBER:
            low, high = _decimal(spec.minimum), _decimal(spec.maximum)
            return Number(minimum=low, maximum=high, is_whole=spec.whole)
        case Kind.MONEY:
            low = Decimal("0.01") if spec.minimum is None else _decimal(spec.minimum)
            return Money(currency=spec.currency, minimum=low, maximum=_decimal(spec.maximum))
        case Kind.DATE:
            day = functools.partial(_day, today=now.date())
            return Date(
                today=now.date(),
                prefer=spec.prefer,
                earliest=day(spec.earliest),
                latest=day(spec.latest),
            )
        case Kind.TIME:
            return Time(earliest=_clock(spec.earliest), latest=_clock(spec.latest))
        case Kind.PHONE:
            return PhoneNumber(region=spec.region, is_mobile=spec.mobile)
        case Kind.ONE_OF:
            return OneOf(
                options=tuple(ListOption(o.value, tuple(o.words), o.key) for o in spec.options)
            )
        case Kind.ID_CARD:
            return IdCard(today=now.date())
        case Kind.TEXT:
            return FreeText(min_length=spec.min_length or 1, max_length=spec.max_length or 500)
    simple: dict[Kind, type[Slot[Any]]] = {
        Kind.YES_NO: YesNo,
        Kind.PLATE: Plate,
    }
    return simple[spec.type]()


def is_complete(spec: SlotSpec, keys: str) -> bool:
    """Return whether these keys cannot be continued."""
    match spec.type:
        case Kind.DIGITS:
            longest = spec.length or spec.max_length
            return longest is not None and len(keys) >= longest
        case Kind.YES_NO:
            return True
        case Kind.ONE_OF:
            return True
        case Kind.DATE:
            return len(keys) >= 8
        case Kind.TIME:
            return len(keys) >= 4
        case Kind.ID_CARD:
            return len(keys) >= 18
    return False


def value_as_text(value: Any) -> Any:
    """Return a value as the text that variables hold."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M")
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


def _make_digits(spec: SlotSpec) -> Digits:
    low, high = spec.length or spec.min_length or 1, spec.length or spec.max_length or 32
    if low > high:
        raise ValueError(f"min_length {low} is more than max_length {high}")
    return Digits(min_length=low, max_length=high)


@functools.cache
def _zone(name: str) -> ZoneInfo:
    """Return a time zone. It is read from disk when a flow is loaded, and never during a call."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"there is no time zone {name!r}") from None


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _day(text: str | None, today: datetime.date) -> datetime.date | None:
    if text is None:
        return None
    if text.startswith("today"):
        return today + datetime.timedelta(days=int(text[5:-1] or "0"))
    return datetime.date.fromisoformat(text)


def _clock(text: str | None) -> datetime.time | None:
    return None if text is None else datetime.time.fromisoformat(text)
