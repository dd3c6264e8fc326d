"""``slot`` of an ``ask`` step: the type of the answer and its limits. Core, no I/O.

What a type has, is in one row of :data:`_TYPES`: its keys in a flow file, and how the slot is made.
What an answer is (whether it may come in several breaths, when keys are complete, whether it is
secret), the slot itself knows (:class:`ivr_agi.language.slots.Slot`).
"""

from __future__ import annotations

import datetime
import enum
import functools
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.custom import custom_fault, find_slot, make_custom
from ivr_agi.flow.file.listed import OptionsFrom
from ivr_agi.flow.file.spec import Spec, Template
from ivr_agi.language.slots import (
    Alphanumeric,
    CardNumber,
    Date,
    Digits,
    Duration,
    Email,
    FreeText,
    IdCard,
    ListOption,
    Money,
    MonthYear,
    Number,
    OneOf,
    Patterned,
    PersonName,
    PhoneNumber,
    Plate,
    PostalAddress,
    Prefer,
    Reason,
    Slot,
    Time,
    YesNo,
)
from ivr_agi.language.slots.duration import read_duration, write_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ivr_agi.language.sentence import SentenceReader

__all__ = ("Kind", "ListedOption", "SlotSpec", "local_time", "make_slot", "value_as_text")

_MOST_CHARACTERS = 500
_Length = int | str
_Limit = float | str


class Kind(enum.StrEnum):
    """Types of answers."""

    YES_NO = "yes_no"
    DIGITS = "digits"
    ALPHANUMERIC = "alphanumeric"
    PATTERN = "pattern"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    MONTH_YEAR = "month_year"
    DURATION = "duration"
    PHONE = "phone"
    EMAIL = "email"
    CARD = "card"
    ID_CARD = "id_card"
    PLATE = "plate"
    NAME = "name"
    ADDRESS = "address"
    ONE_OF = "one_of"
    TEXT = "text"
    CUSTOM = "custom"


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
    """A typed answer. Limits may be templates: ``maximum: "{{ balance }}"``."""

    type: Kind
    """The type."""
    length: _Length | None = None
    """Digits and letters: exact number."""
    min_length: _Length | None = None
    """Digits, letters and text: minimum."""
    max_length: _Length | None = None
    """Digits, letters and text: maximum."""
    pattern: str | None = None
    """Pattern: the form, such as ``[A-Z]{2}[0-9]{6}``."""
    keys: str | None = None
    """Pattern: the form of keys, if it is another one."""
    minimum: _Limit | None = None
    """Number and money: minimum. Duration: ``PT30M``."""
    maximum: _Limit | None = None
    """Number and money: maximum. Duration: ``P2D``."""
    whole: bool = True
    """Number: no fractions."""
    currency: str = "CNY"
    """Money: CNY, USD, EUR, GBP, HKD or JPY."""
    earliest: str | None = None
    """Date (``2026-10-01``, ``today``, ``today+1d``), time (``09:00``) and month (``2026-10``,
    ``today``): not before."""
    latest: str | None = None
    """Date, time and month: not after."""
    prefer: Prefer = Prefer.FUTURE
    """Date: the year assumed if the caller names none."""
    timezone: str | None = None
    """Date and month: the place whose "today" counts (``Asia/Shanghai``); else that of the flow."""
    region: str = "CN"
    """Phone: country of a number without country code."""
    mobile: bool = False
    """Phone: mobile numbers only."""
    options: list[ListedOption] | OptionsFrom = []
    """One of: the options, or where they come from."""
    name: str | None = None
    """Custom: the name of a type that another package adds."""
    limits: dict[str, Any] | None = None
    """Custom: arguments of that type."""

    def __post_init__(self) -> None:
        """Tell templates from plain limits, so that they are found and checked like others."""
        for name in _LIMITS:
            value = getattr(self, name)
            if isinstance(value, str) and "{{" in value and not isinstance(value, Template):
                msgspec.structs.force_setattr(self, name, Template(value))

    @property
    def is_secret(self) -> bool:
        """Nobody but the caller and a service may see the answer, whatever the flow says."""
        return _type_of(self).slot.is_secret

    @property
    def can_be_keyed(self) -> bool:
        """Whether keys can answer it. ``problem()`` has to be None."""
        return Reason.NOT_KEYED not in self.sample().reasons

    @property
    def reader(self) -> SentenceReader | None:
        """What reads the sentences of this type, if its answers are sentences."""
        return _type_of(self).slot.reader

    @property
    def is_open(self) -> bool:
        """Any words are an answer."""
        return _type_of(self).slot.is_open

    @property
    def listed(self) -> list[ListedOption]:
        """The options that the file names."""
        return self.options if isinstance(self.options, list) else []

    def sample(self) -> Slot[Any]:
        """Make the slot without what only a call knows: limits from variables, options from data.

        Raises:
            ValueError: The limits are impossible.
        """
        known = {
            name: _DEFAULTS[name] for name in _LIMITS if isinstance(getattr(self, name), Template)
        }
        now = datetime.datetime.now(datetime.UTC)
        return make_slot(msgspec.structs.replace(self, **known), now)

    def problem(self) -> str | None:
        """Return a description of inconsistent limits, or None."""
        given = {name for name, default in _DEFAULTS.items() if getattr(self, name) != default}
        if extra := given - _TYPES[self.type].keys:
            return f"{self.type.value} has no key {min(extra)!r}"
        if self.type is Kind.ONE_OF and not self.options:
            return "one_of needs options"
        if self.type is Kind.CUSTOM and (missing := custom_fault(self.name)):
            return missing
        try:
            self.sample()
        except ValueError as exc:
            return str(exc)
        return None

    def filled(self, fill: Callable[[Any], Any]) -> SlotSpec:
        """Return the slot with its templates filled in.

        Args:
            fill: Fills in a template.

        Raises:
            FlowError: A limit has no value, or one that is no limit.
        """
        templates = {
            name: value for name in _LIMITS if isinstance(value := getattr(self, name), Template)
        }
        if not templates:
            return self
        values = {name: _as_limit(fill(template)) for name, template in templates.items()}
        spec = msgspec.structs.replace(self, **values)
        if problem := spec.problem():
            raise FlowError(f"slot: {problem}, after {', '.join(templates)} was filled in")
        return spec


_LIMITS = ("length", "min_length", "max_length", "minimum", "maximum", "earliest", "latest")
_DEFAULTS: dict[str, Any] = {
    name: field.default if field.default is not msgspec.NODEFAULT else []
    for field in msgspec.structs.fields(SlotSpec)
    if (name := field.name) != "type"
}


def make_slot(spec: SlotSpec, now: datetime.datetime) -> Slot[Any]:
    """Return the slot.

    Args:
        spec: The slot in the flow file, filled in.
        now: The current time, for relative dates, in the place of the call.

    Raises:
        ValueError: The limits are impossible.
    """
    if spec.timezone is not None:
        now = local_time(now, spec.timezone)
    return _type_of(spec).make(spec, now)


def local_time(now: datetime.datetime, timezone: str) -> datetime.datetime:
    """Return the time at a place (``Asia/Shanghai``).

    Raises:
        ValueError: There is no such time zone.
    """
    return now.astimezone(_zone(timezone))


def value_as_text(value: Any) -> Any:
    """Return a value as the text that variables hold."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M")
    if isinstance(value, datetime.timedelta):
        return write_duration(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


def _make_digits(spec: SlotSpec, _now: datetime.datetime) -> Slot[Any]:
    low, high = _lengths(spec, 32)
    return Digits(min_length=low, max_length=high)


def _make_alphanumeric(spec: SlotSpec, _now: datetime.datetime) -> Slot[Any]:
    low, high = _lengths(spec, 32)
    return Alphanumeric(min_length=low, max_length=high)


def _make_text(spec: SlotSpec, _now: datetime.datetime) -> Slot[Any]:
    low, high = _lengths(spec, _MOST_CHARACTERS)
    return FreeText(min_length=low, max_length=high)


def _make_pattern(spec: SlotSpec, _now: datetime.datetime) -> Slot[Any]:
    if spec.pattern is None:
        raise ValueError("pattern needs a pattern: [A-Z]{2}[0-9]{6}")
    return Patterned(pattern=spec.pattern, keys=spec.keys)


def _make_number(spec: SlotSpec, _now: datetime.datetime) -> Slot[Any]:
    low, high = _ordered(_decimal(spec.minimum), _decimal(spec.maximum))
    return Number(minimum=low, maximum=high, is_whole=spec.whole)


def _make_money(spec: SlotSpec, _now: datetime.datetime) -> Slot[Any]:
    least = Decimal("0.01") if spec.minimum is None else _decimal(spec.minimum)
    low, high = _ordered(least, _decimal(spec.maximum))
    return Money(currency=spec.currency, minimum=low, maximum=high)


def _make_date(spec: SlotSpec, now: datetime.datetime) -> Slot[Any]:
    day = functools.partial(_day, today=now.date())
    low, high = _ordered(day(spec.earliest), day(spec.latest))
    return Date(today=now.date(), prefer=spec.prefer, earliest=low, latest=high)


def _make_time(spec: SlotSpec, _now: datetime.datetime) -> Slot[Any]:
    low, high = _ordered(_clock(spec.earliest), _clock(spec.latest))
    return Time(earliest=low, latest=high)


def _make_month_year(spec: SlotSpec, now: datetime.datetime) -> Slot[Any]:
    month = functools.partial(_month, today=now.date())
    low, high = _ordered(month(spec.earliest), month(spec.latest))
    return MonthYear(today=now.date(), earliest=low, latest=high)


def _make_duration(spec: SlotSpec, _now: datetime.datetime) -> Slot[Any]:
    low, high = _ordered(_time_span(spec.minimum), _time_span(spec.maximum))
    return Duration(minimum=low, maximum=high)


def _make_phone(spec: SlotSpec, _now: datetime.datetime) -> Slot[Any]:
    return PhoneNumber(region=spec.region, is_mobile=spec.mobile)


def _make_id_card(_spec: SlotSpec, now: datetime.datetime) -> Slot[Any]:
    return IdCard(today=now.date())


def _make_one_of(spec: SlotSpec, _now: datetime.datetime) -> Slot[Any]:
    return OneOf(options=tuple(ListOption(o.value, tuple(o.words), o.key) for o in spec.listed))


@dataclass(frozen=True)
class _Type:
    """What a type of answer has."""

    slot: type[Slot[Any]]
    keys: frozenset[str]
    """Its keys in a flow file, beside ``type``."""
    make: Callable[[SlotSpec, datetime.datetime], Slot[Any]]


def _type(
    slot: type[Slot[Any]],
    keys: str = "",
    make: Callable[[SlotSpec, datetime.datetime], Slot[Any]] | None = None,
) -> _Type:
    return _Type(slot, frozenset(keys.split()), make or (lambda _spec, _now: slot()))


_LENGTHS = "length min_length max_length"
_TYPES: Mapping[Kind, _Type] = MappingProxyType(
    {
        Kind.YES_NO: _type(YesNo),
        Kind.DIGITS: _type(Digits, _LENGTHS, _make_digits),
        Kind.ALPHANUMERIC: _type(Alphanumeric, _LENGTHS, _make_alphanumeric),
        Kind.PATTERN: _type(Patterned, "pattern keys", _make_pattern),
        Kind.NUMBER: _type(Number, "minimum maximum whole", _make_number),
        Kind.MONEY: _type(Money, "minimum maximum currency", _make_money),
        Kind.DATE: _type(Date, "earliest latest prefer timezone", _make_date),
        Kind.TIME: _type(Time, "earliest latest", _make_time),
        Kind.MONTH_YEAR: _type(MonthYear, "earliest latest timezone", _make_month_year),
        Kind.DURATION: _type(Duration, "minimum maximum", _make_duration),
        Kind.PHONE: _type(PhoneNumber, "region mobile", _make_phone),
        Kind.EMAIL: _type(Email),
        Kind.CARD: _type(CardNumber),
        Kind.ID_CARD: _type(IdCard, make=_make_id_card),
        Kind.PLATE: _type(Plate),
        Kind.NAME: _type(PersonName),
        Kind.ADDRESS: _type(PostalAddress),
        Kind.ONE_OF: _type(OneOf, "options", _make_one_of),
        Kind.TEXT: _type(FreeText, "min_length max_length", _make_text),
        Kind.CUSTOM: _type(FreeText, "name limits"),  # stands for one that cannot be loaded
    }
)


def _type_of(spec: SlotSpec) -> _Type:
    if spec.type is Kind.CUSTOM and not custom_fault(spec.name):
        slot = find_slot(spec.name or "")
        return _type(slot, "name limits", lambda given, _now: make_custom(slot, given.limits or {}))
    return _TYPES[spec.type]


# Limits as flow files and variables give them.


def _as_limit(value: Any) -> Any:
    """Return what a template gave as a flow file would have it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = str(value).strip()
    if not text:
        raise FlowError("slot: a limit from a variable is empty")
    return text


def _lengths(spec: SlotSpec, most: int) -> tuple[int, int]:
    low = _count(spec.length) or _count(spec.min_length) or 1
    high = _count(spec.length) or _count(spec.max_length) or most
    if low > high:
        raise ValueError(f"min_length {low} is more than max_length {high}")
    if high > most:
        raise ValueError(f"at most {most} characters can be asked for, not {high}")
    return low, high


def _count(value: _Length | None) -> int | None:
    if value is None:
        return None
    try:
        count = int(value)
    except ValueError:
        raise ValueError(f"a length is a whole number, not {value!r}") from None
    if count < 1:
        raise ValueError(f"a length is 1 or more, not {count}")
    return count


def _ordered(low: Any, high: Any) -> tuple[Any, Any]:
    if low is not None and high is not None and low > high:
        raise ValueError(f"the lower limit {low} is above the upper one {high}")
    return low, high


@functools.cache
def _zone(name: str) -> ZoneInfo:
    """Return a time zone. It is read from disk when a flow is loaded, and never during a call."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"there is no time zone {name!r}") from None


def _decimal(value: _Limit | None) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"a limit is a number, not {value!r}") from None
    if not number.is_finite():
        raise ValueError(f"a limit is a number, not {value!r}")
    return number


_DAY = re.compile(r"today(?:([+-]\d{1,4})d)?")


def _day(text: str | None, today: datetime.date) -> datetime.date | None:
    if text is None:
        return None
    if match := _DAY.fullmatch(text):
        return today + datetime.timedelta(days=int(match[1] or 0))
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"a date cannot begin or end at {text!r}: 2026-10-01, today, today+1d"
        ) from None


def _month(text: str | None, today: datetime.date) -> str | None:
    if text is None or re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        return text
    if text == "today":
        return f"{today:%Y-%m}"
    raise ValueError(f"a month cannot begin or end at {text!r}: 2026-10, today")


def _clock(text: str | None) -> datetime.time | None:
    if text is None:
        return None
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError(f"a time cannot begin or end at {text!r}: write 09:00")
    return datetime.time.fromisoformat(text)


def _time_span(value: _Limit | None) -> datetime.timedelta | None:
    return None if value is None else read_duration(str(value))
