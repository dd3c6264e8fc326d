"""What every slot has: how an answer is read, rejected and read back. Core, no I/O.

A slot holds no answers. A rejection says why and nothing else, and ``repr`` does not show a value.
Whoever logs them does not log a caller's number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.language.grammar import Sense
    from ivr_agi.language.sentence import Sentence, SentenceReader
    from ivr_agi.language.text import Language

__all__ = ("Parsed", "Reason", "Rejected", "Slot", "check_range", "decide")

_T = TypeVar("_T")


class Reason(StrEnum):
    """Why an answer has no value. A flow may have a no-match text for each reason."""

    NOT_UNDERSTOOD = "not_understood"
    """It contains no value of this type."""
    NOT_KEYED = "not_keyed"
    """This type has no keyed form."""
    AMBIGUOUS = "ambiguous"
    """It may mean two values, or contains two."""
    TOO_SHORT = "too_short"
    """Digits or characters are missing."""
    TOO_LONG = "too_long"
    """Too many digits or characters."""
    TOO_SMALL = "too_small"
    """Below the minimum."""
    TOO_LARGE = "too_large"
    """Above the maximum."""
    NOT_WHOLE = "not_whole"
    """A fraction where a whole number is required, or a fraction of a cent."""
    OTHER_CURRENCY = "other_currency"
    """An amount in another currency."""
    NO_SUCH_DATE = "no_such_date"
    """A date or time that does not exist, such as 30 February."""
    TOO_EARLY = "too_early"
    """Before the earliest."""
    TOO_LATE = "too_late"
    """After the latest."""
    HALF_OF_DAY = "half_of_day"
    """A time that may be in the morning or in the afternoon."""
    NOT_IN_USE = "not_in_use"
    """A phone number, region or plate of a form that is not issued."""
    NOT_MOBILE = "not_mobile"
    """A phone number, but not a mobile one."""
    CHECK_DIGIT = "check_digit"
    """The check digit does not fit, so one digit is wrong."""
    NO_PATTERN = "no_pattern"
    """Characters that do not have the form asked for."""


@dataclass(frozen=True)
class Parsed(Generic[_T]):
    """An answer that was understood."""

    value: _T = field(repr=False)
    """Canonical: ``str``, ``bool``, ``Decimal``, ``date``, ``time``."""
    is_sure: bool = True
    """False if it should be read back and confirmed before it is used."""


@dataclass(frozen=True)
class Rejected:
    """An answer without a value. It holds nothing of the answer."""

    reason: Reason


class Slot(Protocol[_T]):
    """One typed answer. All slots are frozen dataclasses with keyword arguments."""

    reader: ClassVar[SentenceReader | None] = None
    """Reads sentences for it: what each word was taken for."""
    in_breaths: ClassVar[bool] = False
    """It may be said in several breaths (:class:`.Breaths`)."""
    is_choice: ClassVar[bool] = False
    """Its answers are a few: words that mean one for certain confirm a barge-in."""
    is_open: ClassVar[bool] = False
    """Any words are an answer."""
    is_secret: ClassVar[bool] = False
    """Nobody but the caller and a service may see the value, whatever the flow says."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Reasons that this slot can give for a rejection; the flow check uses them."""
        ...

    def parse(self, text: str) -> Parsed[_T] | Rejected:
        """Read spoken words in Chinese or English."""
        ...

    def parse_keys(self, keys: str) -> Parsed[_T] | Rejected:
        """Read keys, without the terminator."""
        ...

    def is_complete(self, keys: str) -> bool:
        """Tell whether no further key can belong to the answer."""
        return False

    def read_back(self, value: _T, language: Language) -> str:
        """Return a value in words for synthesis."""
        ...


def check_range(
    value: Any, low: Any, high: Any, *, below: Reason, above: Reason
) -> Rejected | None:
    """Return the rejection of a value outside ``low``..``high`` (None is open), or None."""
    if low is not None and value < low:
        return Rejected(below)
    if high is not None and value > high:
        return Rejected(above)
    return None


def decide(
    sentence: Sentence, resolve: Callable[[Any], Parsed[_T] | Rejected]
) -> Parsed[_T] | Rejected:
    """Return the one value that a sentence means.

    Args:
        sentence: What was said.
        resolve: Makes a value of a rule's meaning, or rejects it.
    """
    if sentence.is_void:
        return Rejected(Reason.NOT_UNDERSTOOD)
    standing = [
        found
        for found in sentence.values
        if not (sentence.left_over and all(one.is_weak for one in found))
    ]
    if sentence.is_open:
        return Rejected(Reason.AMBIGUOUS)
    if not standing:
        return Rejected(Reason.NOT_UNDERSTOOD)
    results = [_resolve_one(found, resolve) for found in standing]
    first = results[0]
    if isinstance(first, Rejected):
        is_one = all(found[0].value == standing[0][0].value for found in standing)
        return first if is_one else Rejected(Reason.AMBIGUOUS)
    if any(isinstance(result, Rejected) or result.value != first.value for result in results):
        return Rejected(Reason.AMBIGUOUS)
    if any(_resolve_one(found, resolve) == first for found in sentence.given_up):
        return Rejected(Reason.AMBIGUOUS)  # "not this Friday but next Friday", which is the same
    is_doubtful = (
        sentence.is_rough
        or bool(sentence.left_over)
        or any(one.is_doubtful for found in standing for one in found)
    )
    return Parsed(first.value, first.is_sure and not is_doubtful)


def _resolve_one(
    found: tuple[Sense, ...], resolve: Callable[[Any], Parsed[_T] | Rejected]
) -> Parsed[_T] | Rejected:
    """Return the one value that words can have, if there is only one."""
    results = [resolve(one.value) for one in found]
    values = [result for result in results if isinstance(result, Parsed)]
    if not values:
        same = all(result == results[0] for result in results)
        return results[0] if same and len(results) == 1 else Rejected(Reason.AMBIGUOUS)
    if any(result.value != values[0].value for result in values):
        return Rejected(Reason.AMBIGUOUS)
    return values[0]
