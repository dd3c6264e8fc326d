"""The environment and the time zone that calls have: those that the process began with. Shell.

User code in the same process may change both: for its own work, not for the next call's token,
secrets, proxy or "today".
"""

from __future__ import annotations

import contextlib
import datetime
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ("as_local_time", "environment", "keep_surroundings", "local_now")


@dataclass(frozen=True)
class _Surroundings:
    environment: Mapping[str, str]
    zone: datetime.tzinfo | None
    """None: it is not known, and the C library is asked each time."""


_kept: list[_Surroundings] = []


@contextlib.contextmanager
def keep_surroundings() -> Iterator[None]:
    """Have calls in the block see what is so now, whatever user code changes meanwhile."""
    _kept.append(_Surroundings(dict(os.environ), _find_zone()))
    try:
        yield
    finally:
        _kept.pop()


def environment() -> Mapping[str, str]:
    """Return the environment's variables."""
    return _kept[-1].environment if _kept else os.environ


def local_now() -> datetime.datetime:
    """Return the time of the machine's own place: "today" is a caller's, not that of UTC."""
    return _localised(datetime.datetime.now(datetime.UTC))


def as_local_time(at_s: float) -> datetime.datetime:
    """Return a time of the clock (:func:`time.time`) at the machine's own place."""
    return _localised(datetime.datetime.fromtimestamp(at_s, datetime.UTC))


def _localised(at: datetime.datetime) -> datetime.datetime:
    at = at.astimezone(_kept[-1].zone if _kept else None)
    # A fixed offset, as the C library gives it: hours that are added are hours.
    return at.replace(tzinfo=datetime.timezone(at.utcoffset() or datetime.timedelta()))


def _find_zone() -> datetime.tzinfo | None:
    name = os.environ.get("TZ", "").removeprefix(":")
    try:
        if name:
            return ZoneInfo(name)
        with open("/etc/localtime", "rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError, ZoneInfoNotFoundError):  # "CST-8" is no name of a file
        return None
