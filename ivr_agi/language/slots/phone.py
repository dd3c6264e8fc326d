"""Phone numbers. Core, no I/O. phonenumbers (lite) knows which numbers are issued."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivr_agi.language.saying import spell_digits
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.digits import in_groups
from ivr_agi.language.slots.rows import ROW_READER, judge_row, read_row
from ivr_agi.language.text import Language

__all__ = ("PhoneNumber",)


@dataclass(frozen=True, kw_only=True)
class PhoneNumber(Slot[str]):
    """A phone number as ``str`` in E.164 (``+8613812345678``)."""

    region: str = "CN"
    """ISO 3166 code of the country of a number without country code."""
    is_mobile: bool = False
    """Accept mobile numbers only."""

    reader: ClassVar = ROW_READER
    in_breaths: ClassVar = True
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.TOO_SHORT,
        Reason.TOO_LONG,
        Reason.NOT_IN_USE,
        Reason.NOT_MOBILE,
    )

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Read digits as :class:`.Digits` does, with 加 or "plus" before a country code."""
        return judge_row(read_row(text, signs="+"), self._check)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Read keys, with ``00`` before a country code."""
        return self._check(keys if keys.isdecimal() and keys.isascii() else "")

    def read_back(self, value: str, language: Language) -> str:
        """Return the number digit by digit in its usual groups, without our own country code."""
        import phonenumbers  # 18 ms: only calls that ask for a number pay

        number = phonenumbers.parse(value)
        own = phonenumbers.region_code_for_number(number) == self.region
        form = phonenumbers.PhoneNumberFormat
        written = phonenumbers.format_number(number, form.NATIONAL if own else form.INTERNATIONAL)
        parts = "".join(char if char.isdigit() else " " for char in written).split()
        groups = " ".join(part if len(part) < 6 else in_groups(part) for part in parts)
        plus = {Language.CHINESE: "加", Language.ENGLISH: "plus "}[language]
        return ("" if own else plus) + spell_digits(groups, language)

    def _check(self, digits: str) -> Parsed[str] | Rejected:
        if not digits.strip("+"):
            return Rejected(Reason.NOT_UNDERSTOOD)
        if digits.startswith("00"):
            digits = "+" + digits[2:]
        if len(digits) > 17 or "+" in digits[1:]:
            return Rejected(Reason.TOO_LONG if "+" not in digits[1:] else Reason.NOT_IN_USE)
        import phonenumbers

        try:
            number = phonenumbers.parse(digits, self.region)
        except phonenumbers.NumberParseException:
            return Rejected(Reason.TOO_SHORT if len(digits) < 5 else Reason.NOT_IN_USE)
        possible = phonenumbers.is_possible_number_with_reason(number)
        kinds = phonenumbers.PhoneNumberType
        is_long_mobile = self.region == "CN" and digits[0] == "1" and len(digits) > 11
        if possible == phonenumbers.ValidationResult.TOO_LONG or is_long_mobile:
            return Rejected(Reason.TOO_LONG)
        if not phonenumbers.is_valid_number(number):
            return Rejected(
                Reason.TOO_SHORT if self._lacks_digits(digits, possible) else Reason.NOT_IN_USE
            )
        kind = phonenumbers.number_type(number)
        if self.is_mobile and kind not in {kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE}:
            return Rejected(Reason.NOT_MOBILE)
        return Parsed(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def _lacks_digits(self, digits: str, possible: int) -> bool:
        """Tell whether more digits could make it a number. In China, 1... has eleven."""
        import phonenumbers

        results = phonenumbers.ValidationResult
        if possible in {results.TOO_SHORT, results.IS_POSSIBLE_LOCAL_ONLY}:
            return True
        if self.region == "CN" and digits[0] in "01":
            return len(digits) < (11 if digits[0] == "1" or digits[1:2] in {"1", "2"} else 12)
        return False
