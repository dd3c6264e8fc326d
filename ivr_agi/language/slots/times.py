"""Times of day. Core, no I/O.

"Three o'clock" is two times. If the earliest and latest allow only one of them, it is that one.
Otherwise the caller is asked for the part of the day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.chinese import ZH_HALVES
from ivr_agi.language.english import EN_HALVES
from ivr_agi.language.numerals import digitize
from ivr_agi.language.saying import spell_time
from ivr_agi.language.slots.base import Parsed, Reason, Rejected

if TYPE_CHECKING:
    from ivr_agi.language.text import Language

__all__ = ("Time",)

_EN_HALF = re.compile(rf"\b({'|'.join(EN_HALVES)})\b")

_ZH_FULL = (
    r"(?P<hour>\d{1,2})[点时](?:钟|整)?(?:过|零|又)?(?:(?P<part>半|[13]刻)|(?P<minute>\d{1,2})分?)?"
)
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<!\d)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?!\d)",
        r"差(?P<to>1刻|\d{1,2})分?钟?(?:到)?(?P<hour>\d{1,2})[点时]",
        r"(?P<hour>\d{1,2})[点时]差(?P<to>1刻|\d{1,2})分?",
        _ZH_FULL,
        r"\bhalf past (?P<hour>\d{1,2})\b(?P<part>)",
        r"\b(?P<past>quarter|\d{1,2})(?: minutes?)? (?:past|after) (?P<hour>\d{1,2})\b",
        r"\b(?P<to>quarter|\d{1,2})(?: minutes?)? (?:to|before|of|till) (?P<hour>\d{1,2})\b",
        r"\b(?P<hour>\d{1,2}) (?P<minute>\d\d)\b(?: ?hours)?",
        r"\b(?P<hour>\d{1,2})00 hours\b",
        r"(?<!\d)(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?!\d)",
        r"\b(?P<hour>\d{1,2}) ?(?:o'? ?clock|oclock)\b",
        r"(?<!\d)(?P<hour>\d{1,2})(?!\d)",
    )
)


@dataclass(frozen=True, kw_only=True)
class Time:
    """A time of day as ``datetime.time``, to the minute."""

    earliest: time | None = None
    latest: time | None = None

    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.NO_SUCH_DATE,
        Reason.HALF_OF_DAY,
        Reason.TOO_EARLY,
        Reason.TOO_LATE,
    )

    def parse(self, text: str) -> Parsed[time] | Rejected:
        """Read 下午三点半, 差五分八点, "half past three", "three thirty p m", noon, 15:30."""
        written = _write_out(text)
        if match := re.search(r"(?<!\d)\s*(?:正午|noon\b|midday\b)", written):
            if not re.search(r"\d", written):
                return self._choose({time(12, 0)})
            written = written.replace(match[0], " 中午 ")
        if re.search(r"午夜|零时|midnight", written) and not re.search(r"[1-9]", written):
            return self._choose({time(0, 0)})
        half = _find_half(written)
        written = _EN_HALF.sub(" ", written)
        for pattern in _FORMS:
            if found := list(pattern.finditer(written)):
                if len(found) > 1:
                    return Rejected(Reason.AMBIGUOUS)
                return self._read(found[0], half)
        return Rejected(Reason.NOT_UNDERSTOOD)

    def parse_keys(self, keys: str) -> Parsed[time] | Rejected:
        """Read hour and minute, 24 hours: ``1530``, ``930``."""
        if not re.fullmatch(r"[0-9]{3,4}", keys):
            return Rejected(Reason.NOT_UNDERSTOOD)
        hour, minute = int(keys[:-2]), int(keys[-2:])
        if hour > 23 or minute > 59:
            return Rejected(Reason.NO_SUCH_DATE)
        return self._choose({time(hour, minute)})

    def read_back(self, value: time, language: Language) -> str:
        """Return the time in words, with the part of the day."""
        return spell_time(value, language)

    def _read(self, match: re.Match[str], half: str) -> Parsed[time] | Rejected:
        parts = match.groupdict()
        hour, minute = int(parts["hour"]), _minutes(parts)
        if not 0 <= hour <= 24 or minute > 59 or (hour == 24 and minute):
            return Rejected(Reason.NO_SUCH_DATE)
        if minute < 0:
            hour, minute = hour - 1, minute + 60
        hours = _hours(
            hour % 24 if hour >= 24 else hour,
            half,
            is_written=hour in {0, 24} or match[0][0] == "0",
        )
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


def _write_out(text: str) -> str:
    text = digitize(text.replace("刻钟", "刻"), point=False).replace(".", "")
    text = re.sub(r"\b(?:oh?|0) (\d)\b", r"0\1", text)
    return re.sub(r"(?<=\d)(am|pm)\b", r" \1", text)


def _find_half(text: str) -> str:
    for word, half in ZH_HALVES.items():
        if word in text:
            return half
    match = _EN_HALF.search(text)
    return EN_HALVES[match[1]] if match else ""


def _minutes(parts: dict[str, str | None]) -> int:
    """Return the minutes: negative before the hour."""
    if parts.get("to") is not None:
        return -_count(parts["to"])
    if parts.get("past") is not None:
        return _count(parts["past"])
    if parts.get("part") is not None:
        return {"1刻": 15, "3刻": 45}.get(parts["part"] or "", 30)
    return int(parts.get("minute") or 0)


def _count(written: str | None) -> int:
    return 15 if written in {"quarter", "1刻"} else int(written or 0)


def _hours(hour: int, half: str, *, is_written: bool) -> set[int]:
    """Return the hours that may be meant, or none if the hour does not fit the part of the day."""
    if hour < 0:
        hour += 12
    if hour > 12 or is_written:
        return {hour} if half != "am" or hour < 12 else set()
    match half:
        case "am":
            return {hour % 12}
        case "pm":
            return {hour % 12 + 12}
        case "noon":
            return {hour % 12 + 12 if hour < 10 or hour == 12 else hour}
        case "night":  # 半夜两点, 晚上八点, 晚上十二点
            return {hour % 12 if hour < 5 or hour == 12 else hour + 12}
    return {hour % 12, hour % 12 + 12}
