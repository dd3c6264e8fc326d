"""What happens in calls leaves the console: from the journal's line to the other system."""

from __future__ import annotations

import asyncio
import json
import random
import time
from pathlib import Path

import pytest

from ivr_agi.console.outgoing import delivering, messages_for, tracing
from ivr_agi.metrics.counting import CallMetrics
from ivr_agi.settings import Settings
from ivr_agi.store.batch import LineSorter
from ivr_agi.store.database import Database
from ivr_agi.store.ingest import Ingester
from ivr_agi.store_settings import ConsoleSettings, StoreSettings, TraceSettings, WebhookSettings
from tests.patience import PATIENCE_S
from tests.store.journals import call_lines, ingester_of, write_calls
from tests.tracing.test_export import collecting
from tests.webhooks.test_delivery import ENVIRON, Receiver, receiving

pytestmark = pytest.mark.asyncio


async def test_from_the_journal_to_the_other_system(tmp_path: Path, unused_tcp_port: int) -> None:
    """Each call's begin and end, once, in order; whatever the blocks are."""
    receiver, metrics = Receiver(), CallMetrics(0.0)
    database = await asyncio.to_thread(Database, str(tmp_path / "store.sqlite3"))
    await asyncio.to_thread(database.upgrade)
    async with receiving(receiver, unused_tcp_port) as url:
        settings = Settings(console=ConsoleSettings(webhooks=[WebhookSettings(url=url)]))
        await asyncio.to_thread(write_calls, tmp_path / "journal", 20)
        messages = messages_for(settings, "node")

        def make() -> Ingester:
            return ingester_of(database, tmp_path / "journal", messages=messages)

        ingester = await asyncio.to_thread(make)

        def read() -> None:
            while ingester.read_block(3_000):
                pass

        async with delivering(settings, database, "node", metrics, ENVIRON):
            await asyncio.to_thread(read)
            await receiver.wait_for(40)
    by_call: dict[str, list[str]] = {}
    for body in receiver.taken:
        told = json.loads(body)
        by_call.setdefault(told["data"]["call"], []).append(told["type"])
    assert len(by_call) == 20
    assert all(types == ["ivr.call_started", "ivr.call_ended"] for types in by_call.values())
    assert 'ivr_agi_webhook_messages_total{outcome="delivered"} 40' in metrics.registry.text()
    database.close()


async def test_nobody_wants_any(tmp_path: Path) -> None:
    """Then nothing is made, and nothing runs."""
    assert messages_for(Settings(), "node") is None
    database = await asyncio.to_thread(Database, str(tmp_path / "store.sqlite3"))
    async with delivering(Settings(), database, "node", CallMetrics(0.0), {}):
        assert not (tmp_path / "store.sqlite3").exists()


async def test_numbers_as_digests_only() -> None:
    """Then no message has one."""
    hooks = ConsoleSettings(webhooks=[WebhookSettings(url="https://a")])
    settings = Settings(console=hooks, store=StoreSettings(numbers="digest"))
    messages = messages_for(settings, "node")
    assert messages is not None
    batch = LineSorter(lambda _: False).take(call_lines(7, random.Random(1), caller="13812345678"))
    made = messages(batch, batch.hand_over())
    assert len(made) == 2
    assert all(b"13812345678" not in body for _, _, body in made)


async def test_traces_of_stored_calls(tmp_path: Path, unused_tcp_port: int) -> None:
    """They are handed over from the store's thread."""
    metrics = CallMetrics(0.0)
    url = f"http://127.0.0.1:{unused_tcp_port}/v1/traces"
    settings = Settings(traces=TraceSettings(url=url))
    await asyncio.to_thread(write_calls, tmp_path / "journal", 3)
    async with collecting(unused_tcp_port, []) as taken, asyncio.timeout(PATIENCE_S):
        async with tracing(settings, "node", metrics, {}) as take:

            def read() -> None:
                database = Database(str(tmp_path / "store.sqlite3"))
                database.upgrade()
                ingester = ingester_of(database, tmp_path / "journal")
                ingester._on_stored = lambda stored, _: take(stored)
                ingester.read_all()
                database.close()

            await asyncio.to_thread(read)

            def wait() -> None:
                deadline = time.monotonic() + PATIENCE_S
                while 'outcome="sent"} 3' not in metrics.registry.text():
                    assert time.monotonic() < deadline
                    time.sleep(0.01)

            await asyncio.to_thread(wait)
        assert len(taken) >= 1
    async with tracing(Settings(), "node", metrics, {}) as take:
        take([])
