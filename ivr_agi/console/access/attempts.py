"""How often a password may be tried. Core, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ("Attempts",)

FREE_TRIES = 5
"""Wrong passwords before the first wait."""
FIRST_WAIT_S = 15.0
LONGEST_DELAY_S = 900.0
FORGOTTEN_S = 3600.0
"""After so long without a wrong password all is as before."""
MOST_KEYS = 10_000
"""Names and addresses that are remembered; beyond it, the oldest are not."""
ADDRESS_FACTOR = 4
"""An address may be wrong for several names: it is of an office."""


@dataclass(slots=True)
class _Tried:
    wrong: int = 0
    last: float = 0.0


class Attempts:
    """Counts wrong passwords of a name from an address, and of an address.

    A name from elsewhere is not held up: nobody can lock a user out.
    """

    def __init__(self) -> None:
        self._tried: dict[tuple[str, str], _Tried] = {}

    def wait_s(self, name: str, address: str, now: float) -> float:
        """Return how long the next try has to wait, seconds; 0: it may be now."""
        return max(
            self._left(("name", f"{name}\n{address}"), FREE_TRIES, now),
            self._left(("address", address), FREE_TRIES * ADDRESS_FACTOR, now),
        )

    def note_wrong(self, name: str, address: str, now: float) -> None:
        """Count a try, before its password is looked at: many at once count as many."""
        for key in (("name", f"{name}\n{address}"), ("address", address)):
            tried = self._tried.pop(key, None)
            if tried is None or now - tried.last > FORGOTTEN_S:
                tried = _Tried()
            tried.wrong, tried.last = tried.wrong + 1, now
            self._tried[key] = tried  # the newest are last
        while len(self._tried) > MOST_KEYS:
            del self._tried[next(iter(self._tried))]

    def note_right(self, name: str, address: str) -> None:
        """The password was right: the try that was counted was none."""
        self._tried.pop(("name", f"{name}\n{address}"), None)
        of_address = self._tried.get(("address", address))
        if of_address is not None:
            of_address.wrong = max(0, of_address.wrong - 1)

    def _left(self, key: tuple[str, str], free: int, now: float) -> float:
        tried = self._tried.get(key)
        if tried is None or tried.wrong < free or now - tried.last > FORGOTTEN_S:
            return 0.0
        doublings = min(tried.wrong - free, 16)
        wait_s = min(LONGEST_DELAY_S, FIRST_WAIT_S * 2.0**doublings)
        return max(0.0, tried.last + wait_s - now)
