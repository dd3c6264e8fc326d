"""Lengths of time. Core, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from ivr_agi.language.saying import spell_duration
from ivr_agi.language.sentence import AROUND, SentenceReader, understand
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot, check_range, decide

if TYPE_CHECKING:
    from ivr_agi.language.text import Language

__all__ = ("Duration", "read_duration", "write_duration")

_READER = SentenceReader(("duration",), (*AROUND, "duration_filler"))
_MOST_DAYS = 9999
_WRITTEN = re.compile(
    r"P(?=[\dT])(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?"
)


def write_duration(value: timedelta) -> str:
    """Write a length of time as ISO 8601 has it: ``PT1H30M``, ``P2D``."""
    days = f"{value.days}D" if value.days else ""
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = zip((hours, minutes, seconds), "HMS", strict=True)
    clock = "".join(f"{count}{unit}" for count, unit in parts if count)
    return f"P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"


def read_duration(text: str) -> timedelta:
    """Read a length of time of ISO 8601, with weeks, days, hours, minutes and seconds.

    Raises:
        ValueError: It is none.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(f"a length of time is written PT1H30M or P2D, not {text!r}")
    return timedelta(**{unit: int(count) for unit, count in match.groupdict().items() if count})


@dataclass(frozen=True, kw_only=True)
class Duration(Slot[timedelta]):
    """A length of time as ``timedelta``, in whole seconds."""

    minimum: timedelta | None = None
    maximum: timedelta | None = None

    reader: ClassVar = _READER
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.NOT_WHOLE,
        Reason.TOO_SMALL,
        Reason.TOO_LARGE,
    )

    def parse(self, text: str) -> Parsed[timedelta] | Rejected:
        """Read "an hour and a half", "ninety minutes", "two days", 一个半小时, 三刻钟."""
        return decide(understand(_READER.read(text), _READER.values), self._take)

    def parse_keys(self, keys: str) -> Parsed[timedelta] | Rejected:
        """Read minutes."""
        if not re.fullmatch(r"[0-9]{1,6}", keys):
            return Rejected(Reason.NOT_UNDERSTOOD)
        return self._take(int(keys) * 60)

    def read_back(self, value: timedelta, language: Language) -> str:
        """Return the length in words."""
        return spell_duration(value, language)

    def _take(self, seconds: Any) -> Parsed[timedelta] | Rejected:
        if seconds != int(seconds):
            return Rejected(Reason.NOT_WHOLE)
        if seconds > _MOST_DAYS * 86400:
            return Rejected(Reason.TOO_LARGE)
        value = timedelta(seconds=int(seconds))
        return check_range(
            value, self.minimum, self.maximum, below=Reason.TOO_SMALL, above=Reason.TOO_LARGE
        ) or Parsed(value)
