"""Typed answers, spoken or keyed, in Chinese or English. Cores without I/O."""

from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.breaths import Breaths
from ivr_agi.language.slots.dates import Date, Prefer
from ivr_agi.language.slots.digits import Digits
from ivr_agi.language.slots.free_text import FreeText
from ivr_agi.language.slots.identity import IdCard
from ivr_agi.language.slots.money import Money
from ivr_agi.language.slots.numbers import Number
from ivr_agi.language.slots.one_of import ListOption, OneOf
from ivr_agi.language.slots.phone import PhoneNumber
from ivr_agi.language.slots.plate import Plate
from ivr_agi.language.slots.times import Time
from ivr_agi.language.slots.yes_no import YesNo

__all__ = (
    "Breaths",
    "Date",
    "Digits",
    "FreeText",
    "IdCard",
    "ListOption",
    "Money",
    "Number",
    "OneOf",
    "Parsed",
    "PhoneNumber",
    "Plate",
    "Prefer",
    "Reason",
    "Rejected",
    "Slot",
    "Time",
    "YesNo",
)
