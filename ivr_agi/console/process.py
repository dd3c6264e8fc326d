"""Reads the journal into the store, deletes what is old, serves ``/metrics``. Shell.

One process for each node, with low priority. It waits for a database that is gone, and nobody waits
for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web

from ivr_agi.errors import ConfigError
from ivr_agi.store.database import StoreUnavailable
from ivr_agi.store.live import calls_now

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

    from ivr_agi.journal import Event
    from ivr_agi.metrics.counting import CallMetrics
    from ivr_agi.store.ingest import Ingester
    from ivr_agi.store.retention import Retention

__all__ = ("ConsoleProcess", "parse_address", "served")

_log = logging.getLogger("ivr_agi.console")
_T = TypeVar("_T")

STORE_EVERY_S = 0.5
"""Seconds of lines that are stored together."""
RETENTION_S = 3600.0
"""Seconds between two looks for what is too old."""
FIRST_RETENTION_S = 60.0
SHUTDOWN_S = 1.0
"""For answers that are being sent when the process stops."""
LONGEST_WAIT_S = 30.0
"""Between two tries while the database does not answer."""


class ConsoleProcess:
    """Reads, deletes and shows.

    Args:
        ingester: Reads the journal; calls :meth:`CallMetrics.count`.
        retention: Deletes.
        metrics: What is shown.
        deadline_s: No call is longer.
        every_s: Seconds of lines that are stored together.
    """

    def __init__(
        self,
        ingester: Ingester,
        retention: Retention,
        metrics: CallMetrics,
        *,
        deadline_s: float,
        every_s: float = STORE_EVERY_S,
    ) -> None:
        self._ingester = ingester
        self._retention = retention
        self._metrics = metrics
        self._deadline_s = deadline_s
        self._every_s = every_s
        self._stopping = asyncio.Event()
        self._pool = ThreadPoolExecutor(1, "ivr-agi store")
        self._up_to_date_at = time.monotonic()
        self._is_up = True

    def stop(self) -> None:
        """End :meth:`run` after the batch that is being stored."""
        self._stopping.set()

    async def open_calls(self) -> list[list[Event]]:
        """Return the events of each call whose end has not been read, as they are now."""
        return await self._in_thread(
            lambda: [list(events) for events in self._ingester.open_calls if events]
        )

    async def run(
        self, listen: str, page: contextlib.AbstractAsyncContextManager[object] | None = None
    ) -> None:
        """Run until :meth:`stop`.

        Args:
            listen: Address and port of ``/metrics``; empty: none.
            page: Serves the page meanwhile.

        Raises:
            ConfigError: The address cannot be used.
        """
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(asyncio.to_thread, self._pool.shutdown)
            if listen:
                await stack.enter_async_context(_served(listen, self._page))
            if page is not None:
                await stack.enter_async_context(page)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read())
                tasks.create_task(self._delete())

    async def _read(self) -> None:
        wait_s = self._every_s
        while not self._stopping.is_set():
            try:
                n_lines = await self._in_thread(self._ingester.read_block)
            except StoreUnavailable as exc:
                if self._is_up:
                    _log.error("%s; the journal waits", exc)
                self._is_up = False
                wait_s = min(LONGEST_WAIT_S, wait_s * 2)
            else:
                if not self._is_up:
                    _log.info("the store answers again")
                self._is_up, wait_s = True, self._every_s
                if not n_lines:
                    self._up_to_date_at = time.monotonic()
                elif await self._in_thread(self._ingester.behind_bytes):
                    continue  # a backlog
                else:
                    self._up_to_date_at = time.monotonic()
            await self._pause(wait_s)

    async def _delete(self) -> None:
        await self._pause(FIRST_RETENTION_S)
        while not self._stopping.is_set():
            try:
                deleted = await self._in_thread(lambda: self._retention.run(time.time()))
            except StoreUnavailable as exc:
                _log.error("nothing was deleted: %s", exc)
            else:
                if deleted:
                    _log.info(
                        "deleted: words of %d calls, %d calls, %d files",
                        deleted.calls_words,
                        deleted.calls,
                        deleted.files,
                    )
            await self._pause(RETENTION_S)

    async def _pause(self, delay_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._stopping.wait()

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _page(self) -> str:
        """Return the page of the metrics."""

        def look() -> tuple[list[list[Event]], int]:
            return self._ingester.open_calls, self._ingester.behind_bytes()

        behind_bytes, is_up = 0, self._is_up
        if is_up:
            try:
                calls, behind_bytes = await self._in_thread(look)
            except StoreUnavailable:
                is_up = False
            else:
                now = time.time()
                self._metrics.show_calls(calls_now(calls, now=now, deadline_s=self._deadline_s))
        behind_s = time.monotonic() - self._up_to_date_at
        behind_s = behind_s if behind_bytes or not is_up else 0.0
        self._metrics.show_store(is_up=is_up, behind_bytes=behind_bytes, behind_s=behind_s)
        return self._metrics.registry.text()


def parse_address(listen: str, *, key: str = "console.listen") -> tuple[str, int]:
    """Return host and port of an address like ``127.0.0.1:8780`` or ``[::1]:8780``.

    Raises:
        ConfigError: It is none.
    """
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) < 65_536:
        reason = f"expected an address and a port like 127.0.0.1:8780, got {listen!r}"
        raise ConfigError(reason, key=key)
    return host.strip("[]"), int(port)


@contextlib.asynccontextmanager
async def _served(listen: str, page: Callable[[], Awaitable[str]]) -> AsyncIterator[None]:
    """Serve ``/metrics`` meanwhile."""

    async def metrics(_: web.Request) -> web.Response:
        text = await page()
        return web.Response(
            body=text.encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    async with served(app, listen, key="console.listen"):
        yield


@contextlib.asynccontextmanager
async def served(
    app: web.Application, listen: str, *, key: str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """Serve an application meanwhile.

    Args:
        app: What is served.
        listen: Address and port.
        key: The setting that names them, for errors.
        tls: Certificate and key.

    Raises:
        ConfigError: The address cannot be used.
    """
    host, port = parse_address(listen, key=key)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        try:
            site = web.TCPSite(runner, host, port, ssl_context=tls)
            await site.start()
        except OSError as exc:
            reason = f"cannot listen at {listen}: {exc.strerror}"
            raise ConfigError(reason, key=key) from exc
        yield
    finally:
        await runner.cleanup()
