"""An event loop whose time runs only while everything waits: an hour of calls in a second."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ("VirtualLoop", "run_virtually")

T = TypeVar("T")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its clock begins at 0 and jumps to the next timer whenever there is nothing else to do."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_VirtualSelector(self))

    def time(self) -> float:
        """Return virtual seconds."""
        return self.now_s


class _VirtualSelector(selectors.SelectSelector):
    """Never waits for time; waits for sockets only where no timer is set."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # no timer: only a thread or a socket can wake us
            return super().select(None)
        if timeout > 0:
            self._loop.now_s += timeout
        # Sockets are not looked at: the system call would cost more than a turn of the flow.
        return []


def run_virtually(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time. It must not use sockets or threads."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
