"""Times of day. Core, no I/O.

"Three o'clock" is two times. If the earliest and latest allow only one of them, it is that one.
Otherwise the caller is asked for the part of the day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.saying import spell_time
from ivr_agi.language.sentence import AROUND, SentenceReader, understand
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot, decide

if TYPE_CHECKING:
    from ivr_agi.language.meanings import Clock
    from ivr_agi.language.text import Language

__all__ = ("Time",)

_READER = SentenceReader(("time",), (*AROUND, "half", "time_filler", "time_void"))


@dataclass(frozen=True, kw_only=True)
class Time(Slot[time]):
    """A time of day as ``datetime.time``, to the minute."""

    earliest: time | None = None
    latest: time | None = None

    reader: ClassVar = _READER
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.NO_SUCH_DATE,
        Reason.HALF_OF_DAY,
        Reason.TOO_EARLY,
        Reason.TOO_LATE,
    )

    def parse(self, text: str) -> Parsed[time] | Rejected:
        """Read 下午三点半, 差五分八点, "half past three", "three thirty p m", noon, 15:30.

        The part of the day may stand anywhere in the sentence.
        """
        pieces = _READER.read(text)
        halves = {one.value for piece in pieces if piece.role == "half" for one in piece.found}
        halves |= {
            one.value.half
            for piece in pieces
            if piece.role == "time"
            for one in piece.found
            if one.value.half
        }
        half = halves.pop() if len(halves) == 1 else ""
        sentence = understand(pieces, _READER.values)
        result = decide(sentence, lambda clock: self._read(clock, clock.half or half))
        if isinstance(result, Parsed) and sentence.is_bound:
            return Rejected(Reason.AMBIGUOUS)  # "after three" is many times
        return result

    def parse_keys(self, keys: str) -> Parsed[time] | Rejected:
        """Read hour and minute, 24 hours: ``1530``, ``930``."""
        if not re.fullmatch(r"[0-9]{3,4}", keys):
            return Rejected(Reason.NOT_UNDERSTOOD)
        hour, minute = int(keys[:-2]), int(keys[-2:])
        if hour > 23 or minute > 59:
            return Rejected(Reason.NO_SUCH_DATE)
        return self._choose({time(hour, minute)})

    def is_complete(self, keys: str) -> bool:
        """Tell whether hour and minute are there."""
        return len(keys) >= 4

    def read_back(self, value: time, language: Language) -> str:
        """Return the time in words, with the part of the day."""
        return spell_time(value, language)

    def _read(self, clock: Clock, half: str) -> Parsed[time] | Rejected:
        hour, minute = clock.hour, clock.minute
        if not 0 <= hour <= 24 or not -60 < minute < 60 or (hour == 24 and minute > 0):
            return Rejected(Reason.NO_SUCH_DATE)
        if minute < 0:
            hour, minute = hour - 1, minute + 60
            if hour < 0:
                hour = 23 if clock.is_written else 12
        hours = _hours(hour % 24 if hour >= 24 else hour, half, is_written=clock.is_written)
        if not hours:
            return Rejected(Reason.NO_SUCH_DATE)
        return self._choose({time(one, minute) for one in hours})

    def _choose(self, times: set[time]) -> Parsed[time] | Rejected:
        fitting = {
            one
            for one in times
            if (self.earliest is None or one >= self.earliest)
            and (self.latest is None or one <= self.latest)
        }
        if len(fitting) == 1:
            return Parsed(fitting.pop())
        if fitting:
            return Rejected(Reason.HALF_OF_DAY)
        too_late = self.latest is not None and all(one > self.latest for one in times)
        return Rejected(Reason.TOO_LATE if too_late else Reason.TOO_EARLY)


def _hours(hour: int, half: str, *, is_written: bool) -> set[int]:
    """Return the hours that may be meant, or none if the hour does not fit the part of the day."""
    if hour > 12 or is_written:
        return {hour} if half not in {"am", "morning"} or hour < 12 else set()
    match half:
        case "am":
            return {hour % 12}
        case "morning":  # 上午十二点 is noon, "twelve a m" is midnight
            return {hour}
        case "pm":
            return {hour % 12 + 12}
        case "noon":
            return {hour % 12 + 12 if hour < 10 or hour == 12 else hour}
        case "night":  # 半夜两点, 晚上八点, 晚上十二点
            return {hour % 12 if hour < 5 or hour == 12 else hour + 12}
    return {hour % 12, hour % 12 + 12}
