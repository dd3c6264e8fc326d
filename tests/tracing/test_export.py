"""Traces reach the collector, or are dropped; nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import web

from ivr_agi.errors import ConfigError
from ivr_agi.store_settings import TraceSettings
from ivr_agi.tracing.export import MOST_TRACED_CALLS, TraceExporter, stop_task
from tests.patience import PATIENCE_S
from tests.tracing.test_spans import CALL, read_back

pytestmark = pytest.mark.asyncio


@contextlib.asynccontextmanager
async def collecting(port: int, answers: list[int]) -> AsyncIterator[list[web.Request]]:
    """A collector; it answers so, then 200."""
    taken: list[web.Request] = []

    async def take(request: web.Request) -> web.Response:
        await request.read()
        taken.append(request)
        return web.json_response({}, status=answers.pop(0) if answers else 200)

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield taken
    finally:
        await runner.cleanup()


async def outcome_of(
    exporter_of: TraceExporter, done: asyncio.Queue[tuple[str, int]]
) -> tuple[str, int]:
    """Send one call, and say what came of it."""
    running = asyncio.create_task(exporter_of.run())
    exporter_of.add(CALL)
    async with asyncio.timeout(PATIENCE_S):
        found = await done.get()
    await stop_task(running)
    return found


@pytest.mark.parametrize(
    ("answers", "n_requests", "outcome"),
    [([], 1, "sent"), ([503, 429], 3, "sent"), ([400], 1, "dropped"), ([503] * 5, 5, "dropped")],
)
async def test_tries(
    unused_tcp_port: int, answers: list[int], n_requests: int, outcome: str
) -> None:
    """What may pass is tried again; what is wrong is not."""
    done = asyncio.Queue[tuple[str, int]]()
    settings = TraceSettings(
        url=f"http://127.0.0.1:{unused_tcp_port}/v1/traces", authorization_env="TOKEN"
    )
    exporter = TraceExporter(
        settings,
        "node",
        {"TOKEN": "Bearer x"},
        on_done=lambda name, n: done.put_nowait((name, n)),
        first_pause_s=0.001,
    )
    async with collecting(unused_tcp_port, answers) as taken:
        assert await outcome_of(exporter, done) == (outcome, 1)
        assert len(taken) == n_requests
        assert taken[0].headers["Authorization"] == "Bearer x"
        body = msgspec.json.decode(await taken[0].read())
        assert len(read_back(body).resource_spans[0].scope_spans[0].spans) == 7


async def test_nobody_collects(unused_tcp_port: int, caplog: pytest.LogCaptureFixture) -> None:
    """It is told once; more calls than there is room for are dropped at once."""
    done = asyncio.Queue[tuple[str, int]]()
    exporter = TraceExporter(
        TraceSettings(url=f"http://127.0.0.1:{unused_tcp_port}/v1/traces"),
        "node",
        {},
        on_done=lambda name, n: done.put_nowait((name, n)),
        first_pause_s=0.001,
    )
    assert await outcome_of(exporter, done) == ("dropped", 1)
    assert await outcome_of(exporter, done) == ("dropped", 1)
    assert caplog.text.count("traces are dropped") == 1
    for _ in range(MOST_TRACED_CALLS + 1):
        exporter.add(CALL)
    assert done.get_nowait() == ("dropped", 1)


async def test_a_header_without_a_value() -> None:
    """Told before anything is sent."""
    settings = TraceSettings(url="http://127.0.0.1:1/v1/traces", authorization_env="TOKEN")
    with pytest.raises(ConfigError, match=r"in \$TOKEN, which is not set"):
        TraceExporter(settings, "node", {})
