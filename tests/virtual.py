"""An event loop for tests whose time runs only while everything waits, on a network of its own.

A test asks for it with ``pytestmark = pytest.mark.virtual_time``. What takes seconds on the
telephone then takes as long as the code needs, and means the same on a busy machine: time never
goes on while somebody has something to do. Pipes are real ones; connections to 127.0.0.1 go over
sockets of the Unix domain, where what was sent has come at once. Work in threads takes no time.
Other processes and threads of one's own know nothing of this time: their tests run in the real one.

Not :class:`ivr_agi.rehearsal.virtual.VirtualLoop`: that one runs callbacks and timers itself, to be
fast; here everything but the clock is asyncio's own, in the order of a real call.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import selectors
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ("VirtualTimeLoop",)

T = TypeVar("T")

FIRST_PORT = 50_000
"""Numbers only: nothing is bound to them."""


class _Selector(selectors.BaseSelector):
    """Looks at the files; if nothing has come, the loop's wait is over at once."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._files = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # only another thread or process can go on
            return self._files.select(None)
        found = self._files.select(0)
        if not found:
            self.now_s += max(0.0, timeout)
        return found

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._files.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._files.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._files.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._files.get_map()

    def close(self) -> None:
        self._files.close()


class _Socket:
    """A server's socket as its user sees it: it has an address with a port."""

    family = socket.AF_INET

    def __init__(self, port: int) -> None:
        self._port = port

    def getsockname(self) -> tuple[str, int]:
        return ("127.0.0.1", self._port)


class _Server:
    """A server over the Unix domain that says it had a port."""

    def __init__(self, server: asyncio.Server, port: int, gone: Callable[[], object]) -> None:
        self._server = server
        self._port = port
        self._gone = gone

    @property
    def sockets(self) -> tuple[_Socket, ...]:
        return (_Socket(self._port),) if self._server.sockets else ()

    def close(self) -> None:
        self._gone()
        self._server.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Its clock begins at 0 and jumps to the next timer whenever there is nothing else to do."""

    def __init__(self) -> None:
        self._clock = _Selector()
        self._ports = itertools.count(FIRST_PORT)
        self._paths: dict[int, str] = {}
        self._thread = ThreadPoolExecutor(1, "virtual time")
        super().__init__(self._clock)

    def time(self) -> float:
        """Virtual seconds."""
        return self._clock.now_s

    def stall(self, seconds: float) -> None:
        """Let time go by as if the process had stood still."""
        self._clock.now_s += seconds

    def run_in_executor(  # type: ignore[override]  # the base's types are not said this way
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Wait for a thread's work: it takes no virtual time, however long it takes."""
        done = self.create_future()
        try:
            done.set_result(self._thread.submit(func, *args).result())
        except Exception as exc:  # noqa: BLE001  # as an executor does
            done.set_exception(exc)
        return done

    def close(self) -> None:
        """Close it, and end its thread."""
        self._thread.shutdown()
        super().close()

    async def create_server(
        self, protocol_factory: Any, host: Any = None, port: int | None = None, **options: Any
    ) -> Any:
        """Listen on this loop's own network."""
        if options.get("sock") is not None:
            return await super().create_server(protocol_factory, host, port, **options)
        number = port or next(self._ports)
        path = self._paths[number] = f"\0ivr-agi-{os.getpid()}-{id(self)}-{number}"
        keep = {name: options[name] for name in ("ssl", "backlog") if options.get(name) is not None}
        server = await self.create_unix_server(protocol_factory, path, **keep)
        return _Server(server, number, lambda: self._paths.pop(number, None))

    async def create_connection(
        self, protocol_factory: Any, host: Any = None, port: int | None = None, **options: Any
    ) -> Any:
        """Connect to a server of this loop; nobody else is there."""
        if options.get("sock") is not None:
            return await super().create_connection(protocol_factory, host, port, **options)
        if port not in self._paths:
            raise ConnectionRefusedError(f"nobody listens on port {port} of this test")
        if options.get("ssl") and options.get("server_hostname") is None:
            options["server_hostname"] = host
        keep = {
            name: options[name]
            for name in ("ssl", "server_hostname")
            if options.get(name) is not None
        }
        return await self.create_unix_connection(protocol_factory, self._paths[port], **keep)
