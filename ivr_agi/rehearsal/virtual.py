"""An event loop whose time runs only while everything waits: an hour of calls in a second.

It keeps asyncio's own for files, signals and tasks, and goes over callbacks and timers itself:
asyncio compares timers in Python, looks at every pipe after every callback, and asks for the debug
mode at each step, which was a fifth of a rehearsal.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
import selectors
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Coroutine

__all__ = ("VirtualLoop", "run_virtually")

_T = TypeVar("_T")
Ts = TypeVarTuple("Ts")


class _Handle(asyncio.TimerHandle):
    """A callback that is due, now or later."""

    __slots__ = ("act", "args", "context", "due_at", "loop")

    def __init__(
        self,
        loop: VirtualLoop,
        due_at: float,
        act: Callable[..., object],
        args: tuple[object, ...],
        context: contextvars.Context | None,
    ) -> None:
        self.loop = loop
        self.due_at = due_at
        self.act: Callable[..., object] | None = act
        self.args = args
        self.context = context or contextvars.copy_context()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.due_at:g} s: {self.act}>"

    def cancel(self) -> None:
        self.act, self.args = None, ()

    def cancelled(self) -> bool:
        return self.act is None

    def when(self) -> float:
        return self.due_at

    __hash__ = object.__hash__  # the base's ask for its own time
    __eq__ = object.__eq__

    def _run(self) -> None:
        if self.act is None:
            return
        try:
            self.context.run(self.act, *self.args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as exc:  # noqa: BLE001  # as asyncio's does
            self.loop.call_exception_handler({"message": f"in {self!r}", "exception": exc})


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its clock begins at 0 and jumps to the next timer whenever there is nothing else to do.

    What is in a pipe comes before that: writing takes no virtual time.
    """

    _ready: deque[asyncio.Handle]
    _stopping: bool

    def __init__(self) -> None:
        self.now_s = 0.0
        self._timers: list[tuple[float, int, _Handle]] = []
        self._numbers = itertools.count()  # timers of one moment come in the order they were set
        self._files = selectors.DefaultSelector()
        super().__init__(self._files)

    def time(self) -> float:
        """Return virtual seconds."""
        return self.now_s

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Call it as soon as everything before it has been called."""
        handle = _Handle(self, self.now_s, callback, args, context)
        self._ready.append(handle)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it after so many virtual seconds."""
        return self.call_at(self.now_s + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it at a virtual time; one that is over comes next."""
        handle = _Handle(self, when, callback, args, context)
        heapq.heappush(self._timers, (when, next(self._numbers), handle))
        return handle

    def run_in_executor(  # type: ignore[override]  # the base's types are not said this way
        self, executor: object, func: Callable[..., _T], *args: Any
    ) -> asyncio.Future[_T]:
        """Run a thread's work at once: it takes no virtual time, however long it takes."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as exc:  # noqa: BLE001  # as an executor does
            done.set_exception(exc)
        return done

    def _run_once(self) -> None:
        ready = self._ready
        if not ready and not self._stopping:
            self._go_on()
        while ready and not self._stopping:
            handle = ready.popleft()
            if not handle.cancelled():  # a reader's may be, by the one before it
                handle._run()

    def _go_on(self) -> None:
        """Nothing is to be done now: look at the files, else let time pass until the next timer."""
        timers, files = self._timers, self._files
        while timers and timers[0][2].act is None:
            heapq.heappop(timers)
        if not timers or len(files.get_map()) > 1:  # the first is the loop's own, for threads
            self._process_events(files.select(0 if timers else None))  # type: ignore[attr-defined]
        if self._ready or not timers:
            return
        self.now_s = max(self.now_s, timers[0][0])
        while timers and timers[0][0] <= self.now_s:
            self._ready.append(heapq.heappop(timers)[2])


def run_virtually(coroutine: Coroutine[Any, Any, _T]) -> _T:
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
