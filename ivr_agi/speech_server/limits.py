"""How many may be served at once. Core, no I/O."""

from __future__ import annotations

__all__ = ("Slots",)


class Slots:
    """A counter with a bound: who gets no slot is refused, nobody waits.

    Args:
        most: Slots in all.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    def take(self) -> bool:
        """Take a slot; False when all are taken."""
        if self.taken >= self._most:
            return False
        self.taken += 1
        return True

    def release(self) -> None:
        """Give a slot back."""
        self.taken -= 1
