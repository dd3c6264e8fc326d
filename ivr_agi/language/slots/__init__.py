"""Typed answers, spoken or keyed, in Chinese or English. Cores without I/O."""

from ivr_agi.language.slots.alphanumeric import Alphanumeric
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.breaths import Breaths
from ivr_agi.language.slots.card import CardNumber
from ivr_agi.language.slots.dates import Date, Prefer
from ivr_agi.language.slots.digits import Digits
from ivr_agi.language.slots.duration import Duration
from ivr_agi.language.slots.email import Email
from ivr_agi.language.slots.free_text import FreeText
from ivr_agi.language.slots.identity import IdCard
from ivr_agi.language.slots.money import Money
from ivr_agi.language.slots.month_year import MonthYear
from ivr_agi.language.slots.numbers import Number
from ivr_agi.language.slots.one_of import ListOption, OneOf
from ivr_agi.language.slots.patterned import Patterned
from ivr_agi.language.slots.phone import PhoneNumber
from ivr_agi.language.slots.plate import Plate
from ivr_agi.language.slots.spoken_text import PersonName, PostalAddress
from ivr_agi.language.slots.times import Time
from ivr_agi.language.slots.yes_no import YesNo

__all__ = (
    "PostalAddress",
    "Alphanumeric",
    "Breaths",
    "CardNumber",
    "Date",
    "Digits",
    "Duration",
    "Email",
    "FreeText",
    "IdCard",
    "ListOption",
    "Money",
    "MonthYear",
    "PersonName",
    "Number",
    "OneOf",
    "Parsed",
    "Patterned",
    "PhoneNumber",
    "Plate",
    "Prefer",
    "Reason",
    "Rejected",
    "Slot",
    "Time",
    "YesNo",
)
