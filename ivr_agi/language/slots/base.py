"""What every slot has: how an answer is read, refused and read back. Core, no I/O.

A slot holds no answers. A refusal says why and nothing else, and a value does not show in ``repr``:
whatever logs them logs no caller's number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from ivr_agi.language.text import Language

__all__ = ("Parsed", "Reason", "Rejected", "Slot", "check_range")

_T = TypeVar("_T")


class Reason(StrEnum):
    """Why an answer is no value; each may have its own no-match text in a flow."""

    NOT_UNDERSTOOD = "not_understood"
    """Nothing of the type was in it."""
    NOT_KEYED = "not_keyed"
    """This type has no keyed form."""
    AMBIGUOUS = "ambiguous"
    """It may mean two things, or says two."""
    TOO_SHORT = "too_short"
    """Digits or characters are missing."""
    TOO_LONG = "too_long"
    """Too many digits or characters."""
    TOO_SMALL = "too_small"
    """Below the minimum."""
    TOO_LARGE = "too_large"
    """Above the maximum."""
    NOT_WHOLE = "not_whole"
    """A fraction where a whole number is wanted, or less than a cent."""
    OTHER_CURRENCY = "other_currency"
    """An amount in another currency."""
    NO_SUCH_DATE = "no_such_date"
    """A day or time that does not exist, such as 30 February."""
    TOO_EARLY = "too_early"
    """Before the earliest."""
    TOO_LATE = "too_late"
    """After the latest."""
    HALF_OF_DAY = "half_of_day"
    """A time that may be in the morning or in the afternoon."""
    NOT_IN_USE = "not_in_use"
    """A phone number, region or plate of a form that is not given out."""
    NOT_MOBILE = "not_mobile"
    """A phone number, but no mobile's."""
    CHECK_DIGIT = "check_digit"
    """The check digit does not fit: a digit is wrong."""


@dataclass(frozen=True)
class Parsed(Generic[_T]):
    """An answer that was read."""

    value: _T = field(repr=False)
    """Canonical: ``str``, ``bool``, ``Decimal``, ``date``, ``time``."""
    is_sure: bool = True
    """False where it should be read back and confirmed before it is used."""


@dataclass(frozen=True)
class Rejected:
    """An answer that is no value; carries nothing of it."""

    reason: Reason


class Slot(Protocol[_T]):
    """One typed answer. All slots are frozen dataclasses with keyword arguments.

    :attr:`reasons` are those that the type can give, for the flow check.
    """

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Reasons for which this slot refuses."""
        ...

    def parse(self, text: str) -> Parsed[_T] | Rejected:
        """Read spoken words, Chinese or English."""
        ...

    def parse_keys(self, keys: str) -> Parsed[_T] | Rejected:
        """Read keys, without the terminator."""
        ...

    def read_back(self, value: _T, language: Language) -> str:
        """Return a value as words for synthesis."""
        ...


def check_range(
    value: Any, low: Any, high: Any, *, below: Reason, above: Reason
) -> Rejected | None:
    """Return the refusal of a value outside ``low``..``high`` (None is open)."""
    if low is not None and value < low:
        return Rejected(below)
    if high is not None and value > high:
        return Rejected(above)
    return None
