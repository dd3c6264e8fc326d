"""An event loop whose time runs only while everything waits: an hour of calls in a second."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

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

    def run_in_executor(  # type: ignore[override]  # the base's types are not said this way
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Run a thread's work at once: it takes no virtual time, however long it takes."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as exc:  # noqa: BLE001  # as an executor does
            done.set_exception(exc)
        return done


class _VirtualSelector(selectors.DefaultSelector):
    """Never waits for time. What is in a pipe comes first: writing takes no virtual time."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # no timer: only a thread or a socket can wake us
            return super().select(None)
        if timeout <= 0:  # there is something to do; pipes are looked at when it is done
            return []
        ready = super().select(0)
        if not ready:
            self._loop.now_s += timeout
        return ready


def run_virtually(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time. It must not wait for other machines.

    What a callback raised is raised at the end: a loop would only log it.
    """
    errors: list[Exception] = []

    def note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(error := context.get("exception"), Exception):
            errors.append(error)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.get_loop().set_exception_handler(note)
        result = runner.run(coroutine)
    if errors:
        raise errors[0]
    return result
