"""An event loop whose time runs only while everything waits: an hour of calls in a second.

It is asyncio's own loop with a selector of ours (:class:`_Clock`). Where another selector would
wait, this one lets virtual time pass until the next timer is due. Callbacks and timers are kept
and run in the selector, too, until a file or a thread has something for asyncio's loop: its own
bookkeeping around each of them was a fifth of a rehearsal.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
import selectors
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

__all__ = ("VirtualLoop", "run_virtually")

_T = TypeVar("_T")
Ts = TypeVarTuple("Ts")


class _Handle(asyncio.TimerHandle):
    """A callback that is due, now or later."""

    __slots__ = ("act", "args", "context", "due_at")

    def __init__(
        self,
        due_at: float,
        act: Callable[..., object],
        args: tuple[object, ...],
        context: contextvars.Context | None,
    ) -> None:
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

    def get_context(self) -> contextvars.Context:
        return self.context

    __hash__ = object.__hash__  # the base class compares what only it sets
    __eq__ = object.__eq__


class _Clock(selectors.BaseSelector):
    """The selector of a :class:`VirtualLoop`: files of the system, callbacks and timers of ours.

    Args:
        report: Takes a callback's handle and the exception that it raised.
    """

    def __init__(self, report: Callable[[_Handle, BaseException], None]) -> None:
        self.now_s = 0.0
        self.is_stopping = False
        """Nothing is run any more, until the loop is run again."""
        self.ready: deque[_Handle] = deque()
        self.timers: list[tuple[float, int, _Handle]] = []
        self._report = report
        self._numbers = itertools.count()  # timers of one moment come in the order they were set
        self._files = selectors.DefaultSelector()
        self.n_own_files = 0
        """Files that the loop watches for itself: threads wake it by them."""

    def set_timer(self, handle: _Handle) -> None:
        """Run a callback at its time; one whose time is over comes next."""
        heapq.heappush(self.timers, (handle.due_at, next(self._numbers), handle))

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Run callbacks, and let time pass between them, until a file has something.

        Args:
            timeout: 0 if the loop has callbacks of its own to run (of files, of threads); else
                None, since it has no timers of its own.
        """
        if timeout is not None:
            return self._files.select(timeout)
        ready, timers = self.ready, self.timers
        while True:
            while ready:
                handle = ready.popleft()
                if handle.act is None:
                    continue
                try:
                    handle.context.run(handle.act, *handle.args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as exc:  # noqa: BLE001  # as asyncio's loop does
                    self._report(handle, exc)
                if self.is_stopping:
                    return []
            while timers and timers[0][2].act is None:
                heapq.heappop(timers)
            if not timers or len(self._files.get_map()) > self.n_own_files:
                events = self._files.select(0 if timers else None)
                if events or not timers:
                    return events
            self.now_s = max(self.now_s, timers[0][0])
            while timers and timers[0][0] <= self.now_s:
                ready.append(heapq.heappop(timers)[2])

    # Files are the system's matter.

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a file."""
        return self._files.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Stop watching a file."""
        return self._files.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Change the events a file is watched for."""
        return self._files.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """Return the files that are watched."""
        return self._files.get_map()

    def close(self) -> None:
        """Stop watching all files."""
        self._files.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its clock begins at 0 and jumps to the next timer whenever there is nothing else to do.

    What is in a pipe comes before that: writing takes no virtual time.
    """

    def __init__(self) -> None:
        self.clock = _Clock(self._report)
        super().__init__(self.clock)
        self.clock.n_own_files = len(self.clock.get_map())

    def time(self) -> float:
        """Return virtual seconds."""
        return self.clock.now_s

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Call it as soon as everything before it has been called."""
        clock = self.clock
        handle = _Handle(clock.now_s, callback, args, context)
        clock.ready.append(handle)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it after so many virtual seconds."""
        return self.call_at(self.clock.now_s + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call it at a virtual time; one that is over comes next."""
        handle = _Handle(when, callback, args, context)
        self.clock.set_timer(handle)
        return handle

    def call_soon_threadsafe(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Call it soon; another thread may ask for it."""
        handle = self.call_soon(callback, *args, context=context)
        super().call_soon_threadsafe(_wake_up)
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

    def run_forever(self) -> None:
        """Run until it is stopped."""
        try:
            super().run_forever()
        finally:
            self.clock.is_stopping = False

    def stop(self) -> None:
        """Stop after the callback that runs."""
        self.clock.is_stopping = True
        super().stop()

    def _report(self, handle: _Handle, error: BaseException) -> None:
        self.call_exception_handler({"message": f"in {handle!r}", "exception": error})


def _wake_up() -> None:
    """What a thread gives asyncio's loop, so that it returns to the selector."""


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
