"""Messages arrive, signed, in order, whatever the other side and this process do."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from ivr_agi.errors import ConfigError
from ivr_agi.store.database import Database
from ivr_agi.store.ingest import find_node
from ivr_agi.store.outbox import Outbox, enqueue
from ivr_agi.store_settings import WebhookSettings
from ivr_agi.webhooks.delivery import MESSAGE_KEPT_S, Deliverer, backoff_s
from tests.patience import PATIENCE_S

SECRET = "a secret that is long enough"
ENVIRON = {"IVR_WEBHOOK_SECRET": SECRET}

pytestmark = pytest.mark.asyncio


class Receiver:
    """The other system; it checks each signature by itself."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        """The next ones; then 204."""
        self.refuses: set[bytes] = set()
        self.taken: list[bytes] = []
        self.ids: list[str] = []
        self.changed = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        """Take a message."""
        body, headers = await request.read(), request.headers
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}"
        digest = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
        self.ids.append(headers["webhook-id"])
        status = self.answers.pop(0) if self.answers else 204
        if body in self.refuses:
            status = 400
        elif status == 204:
            self.taken.append(body)
        self.changed.set()
        return web.Response(status=status)

    async def wait_for(self, n: int) -> None:
        """Wait until so many have been taken."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.taken) < n:
                self.changed.clear()
                await self.changed.wait()


@contextlib.asynccontextmanager
async def receiving(receiver: Receiver, port: int) -> AsyncIterator[str]:
    """Serve it."""
    app = web.Application()
    app.router.add_post("/ivr", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/ivr"
    finally:
        await runner.cleanup()


def outbox_with(folder: Path, url: str, bodies: list[tuple[str, bytes]], made: float = 0) -> Outbox:
    """A store with messages that wait."""
    database = Database(str(folder / "store.sqlite3"))
    database.upgrade()
    with database.writing() as connection:
        node_id = find_node(connection, "node")
        enqueue(connection, node_id, made, [(url, call, body) for call, body in bodies])
    return Outbox(database, node_id)


def deliverer_of(outbox: Outbox, url: str, said: list[str], clock: list[float]) -> Deliverer:
    """One whose clock jumps to each next try."""

    def now() -> float:
        clock[0] += 400.0
        return clock[0]

    hooks = [WebhookSettings(url=url)]
    return Deliverer(outbox, hooks, ENVIRON, on_sent=said.append, clock=now, spread=lambda: 0.01)


async def test_in_order_over_failures(tmp_path: Path, unused_tcp_port: int) -> None:
    """A message that is refused keeps back its own call only; ids stay the same."""
    receiver, said = Receiver(), list[str]()
    receiver.answers = [503, 204, 429]
    async with receiving(receiver, unused_tcp_port) as url:
        bodies = [("a", b"a1"), ("a", b"a2"), ("b", b"b1"), ("a", b"a3"), ("b", b"b2")]
        outbox = await asyncio.to_thread(outbox_with, tmp_path, url, bodies)
        deliverer = deliverer_of(outbox, url, said, [0.0])
        running = asyncio.create_task(deliverer.run())
        await receiver.wait_for(5)
        deliverer.stop()
        await running
    assert [body for body in receiver.taken if body[:1] == b"a"] == [b"a1", b"a2", b"a3"]
    assert [body for body in receiver.taken if body[:1] == b"b"] == [b"b1", b"b2"]
    assert len(set(receiver.ids)) == 5
    assert (said.count("delivered"), said.count("failed")) == (5, 2)
    assert await asyncio.to_thread(outbox.waiting) == 0


async def test_kept_over_restarts(tmp_path: Path, unused_tcp_port: int) -> None:
    """Nobody answers; the next process sends it when somebody does."""
    receiver, said = Receiver(), list[str]()
    url = f"http://127.0.0.1:{unused_tcp_port}/ivr"
    outbox = await asyncio.to_thread(outbox_with, tmp_path, url, [("a", b"a1")], time.time())
    has_failed = asyncio.Event()

    def note(outcome: str) -> None:
        said.append(outcome)
        has_failed.set()

    deliverer = Deliverer(outbox, [WebhookSettings(url=url)], ENVIRON, on_sent=note)
    running = asyncio.create_task(deliverer.run())
    async with asyncio.timeout(PATIENCE_S):
        await has_failed.wait()
    deliverer.stop()
    await running
    assert said[0] == "failed"
    async with receiving(receiver, unused_tcp_port):
        deliverer = deliverer_of(outbox, url, said, [time.time()])
        running = asyncio.create_task(deliverer.run())
        await receiver.wait_for(1)
        deliverer.stop()
        await running
    assert receiver.taken == [b"a1"]


async def test_dropped_after_a_day(
    tmp_path: Path, unused_tcp_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """And the next one of the call follows."""
    receiver, said = Receiver(), list[str]()
    receiver.refuses = {b"a1"}
    async with receiving(receiver, unused_tcp_port) as url:
        bodies = [("a", b"a1"), ("a", b"a2")]
        outbox = await asyncio.to_thread(outbox_with, tmp_path, url, bodies)
        deliverer = deliverer_of(outbox, url, said, [MESSAGE_KEPT_S])
        running = asyncio.create_task(deliverer.run())
        await receiver.wait_for(1)
        deliverer.stop()
        await running
    assert (receiver.taken, said) == ([b"a2"], ["dropped", "delivered"])
    assert "HTTP 400" in caplog.text
    assert "/ivr" not in caplog.text  # a path may be secret


async def test_back_off() -> None:
    """Twice as long each time, to a limit."""
    assert [backoff_s(n) for n in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert backoff_s(50) == backoff_s(5000) == 300


async def test_settings_that_cannot_be(tmp_path: Path) -> None:
    """No secret; a bad one; a number in plain text over a network."""
    outbox = await asyncio.to_thread(outbox_with, tmp_path, "https://a", [])
    for hook, environ, reason in (
        (
            WebhookSettings(url="https://a.example/x"),
            {},
            "expected the secret of https://a.example",
        ),
        (WebhookSettings(url="https://a"), {"IVR_WEBHOOK_SECRET": "x"}, "at least 16 bytes"),
        (WebhookSettings(url="http://a/x"), ENVIRON, "expected https:// for another machine"),
    ):
        with pytest.raises(ConfigError, match=reason):
            Deliverer(outbox, [hook], environ)
