"""Yes or no. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivr_agi.language.sentence import LEFT_OVER, SentenceReader
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.text import Language

__all__ = ("YesNo",)


_READER = SentenceReader(
    ("yn",), ("yn_doubt", "yn_question", "yn_but", "yn_filler"), keeps_hesitations=True
)


@dataclass(frozen=True, kw_only=True)
class YesNo(Slot[bool]):
    """Yes (``True``) or no (``False``)."""

    yes_key: str = "1"
    no_key: str = "2"

    reader: ClassVar = _READER
    is_choice: ClassVar = True
    reasons: ClassVar = (Reason.NOT_UNDERSTOOD, Reason.AMBIGUOUS)

    def parse(self, text: str) -> Parsed[bool] | Rejected:
        """Read what means yes or no: "of course not" is no, 没错 is yes, a question is neither.

        Both in one answer are ambiguous, and so is "yes, but ...".
        """
        pieces = _READER.read(text)
        roles = {piece.role for piece in pieces}
        found = [piece.found[0] for piece in pieces if piece.role == "yn"]
        if LEFT_OVER in roles:
            found = [one for one in found if not one.is_weak]
        if "yn_question" in roles:
            return Rejected(Reason.NOT_UNDERSTOOD)
        if "yn_doubt" in roles:
            return Rejected(Reason.AMBIGUOUS)
        if not found:
            return Rejected(Reason.NOT_UNDERSTOOD)
        firm = [one for one in found if not one.is_doubtful]
        values = {one.value for one in firm or found}
        if len(values) > 1 or "yn_but" in roles:
            return Rejected(Reason.AMBIGUOUS)
        return Parsed(values == {"yes"}, is_sure=bool(firm) and LEFT_OVER not in roles)

    def parse_keys(self, keys: str) -> Parsed[bool] | Rejected:
        """Read one of the two keys."""
        value = {self.yes_key: True, self.no_key: False}.get(keys)
        return Rejected(Reason.NOT_UNDERSTOOD) if value is None else Parsed(value)

    def is_complete(self, keys: str) -> bool:
        """Tell that one key is enough."""
        return bool(keys)

    def read_back(self, value: bool, language: Language) -> str:
        """Return yes or no."""
        words = {Language.CHINESE: ("否", "是"), Language.ENGLISH: ("no", "yes")}
        return words[language][value]
