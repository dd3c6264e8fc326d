"""The console: it reads on, shows numbers, and waits for a database that is gone."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import aiohttp
import pytest

from ivr_agi.console.process import ConsoleProcess, parse_address
from ivr_agi.errors import ConfigError
from ivr_agi.journal import JournalFile
from ivr_agi.metrics.counting import CallMetrics
from ivr_agi.store.database import Database, StoreUnavailable
from ivr_agi.store.ingest import Ingester
from tests.patience import PATIENCE_S
from tests.store.conftest import database, postgresql  # noqa: F401
from tests.store.journals import count_stored, event, ingester_of, write_calls
from tests.store.test_retention import limited

pytestmark = pytest.mark.asyncio


def console_of(database: Database, folder: Path) -> tuple[ConsoleProcess, Ingester]:  # noqa: F811
    """A quick one."""
    metrics = CallMetrics(0.0)
    ingester = ingester_of(database, folder / "journal")
    ingester._on_stored = metrics.count
    retention = limited(database, folder)
    return ConsoleProcess(ingester, retention, metrics, deadline_s=1e12, every_s=0.01), ingester


async def page_with(port: int, text: str) -> str:
    """The metrics, as soon as they have a text."""
    async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientConnectorError):
                async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    page = await answer.text()
                if text in page:
                    return page
            await asyncio.sleep(0.02)


async def test_it_reads_on(
    database: Database,  # noqa: F811
    tmp_path: Path,
    unused_tcp_port: int,
) -> None:
    """What is there, what comes; and says what goes on."""
    await asyncio.to_thread(write_calls, tmp_path / "journal", 20)
    console, _ = console_of(database, tmp_path)
    running = asyncio.create_task(console.run(f"127.0.0.1:{unused_tcp_port}"))
    await page_with(unused_tcp_port, 'ivr_agi_calls_ended_total{flow="main"')
    file = await asyncio.to_thread(JournalFile, tmp_path / "journal")
    await asyncio.to_thread(file.append, event("5.5", 0, "call_started", flow="new"))
    page = await page_with(unused_tcp_port, 'ivr_agi_calls{flow="new"} 1')
    assert "ivr_agi_store_up 1" in page
    console.stop()
    await running
    file.close()
    counted = await asyncio.to_thread(count_stored, database)
    assert counted["open"] == 1
    assert counted["read"] == counted["in calls"] + counted["of no call"] + counted["open"]


async def test_a_database_that_is_gone(
    database: Database,  # noqa: F811
    tmp_path: Path,
    unused_tcp_port: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told once, and tried again."""
    console, ingester = console_of(database, tmp_path)
    is_gone, has_tried, loop = True, asyncio.Event(), asyncio.get_running_loop()
    read_block, retention_run = ingester.read_block, console._retention.run

    def read(*_: object) -> int:
        if is_gone:
            raise StoreUnavailable("the store cannot be used: gone")
        return read_block()

    def delete(now: float) -> object:
        if is_gone:
            loop.call_soon_threadsafe(has_tried.set)
            raise StoreUnavailable("the store cannot be used: gone")
        return retention_run(now)

    monkeypatch.setattr(ingester, "read_block", read)
    monkeypatch.setattr(console._retention, "run", delete)
    monkeypatch.setattr("ivr_agi.console.process.FIRST_RETENTION_S", 0.01)
    running = asyncio.create_task(console.run(f"127.0.0.1:{unused_tcp_port}"))
    await page_with(unused_tcp_port, "ivr_agi_store_up 0")
    async with asyncio.timeout(PATIENCE_S):
        await has_tried.wait()
    is_gone = False
    await asyncio.to_thread(write_calls, tmp_path / "journal", 3)
    await page_with(unused_tcp_port, "ivr_agi_store_up 1")
    console.stop()
    await running
    assert caplog.text.count("the journal waits") == 1


async def test_without_metrics(database: Database, tmp_path: Path) -> None:  # noqa: F811
    """Nothing listens."""
    console, _ = console_of(database, tmp_path)
    console.stop()
    await console.run("")


async def test_an_address_that_is_taken(database: Database, tmp_path: Path) -> None:  # noqa: F811
    """Told in one line."""
    console, _ = console_of(database, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen at 127.0.0.1:{port}"):
            await console.run(f"127.0.0.1:{port}")


async def test_addresses() -> None:
    """Of both kinds; what is none is told."""
    assert parse_address("127.0.0.1:8780") == ("127.0.0.1", 8780)
    assert parse_address("[::1]:1") == ("::1", 1)
    for text in ("8780", ":8780", "a:b", "a:70000"):
        with pytest.raises(ConfigError, match="expected an address and a port"):
            parse_address(text)
