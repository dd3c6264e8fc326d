"""Sockets that go from call to call, and the count of sessions that the account allows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from ivr_agi.errors import SpeechError
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client import pool as pool_module
from ivr_agi.sis.client.pool import SocketPool
from ivr_agi.sis.client.recognizer import RecognitionClient
from ivr_agi.sis.wire.events import RecognitionEvent, RecognitionStarted
from tests.patience import PATIENCE_S
from tests.sis.fake import (
    CONFIG,
    eventually,
    fake_service,
    listen_in_vain,
)

pytestmark = pytest.mark.virtual_time


class Account:
    """Allows so many sessions."""

    def __init__(self, allowed: int = 99) -> None:
        self.allowed = allowed
        self.n_sessions = 0

    def take(self) -> bool:
        """Count one in."""
        if self.n_sessions == self.allowed:
            return False
        self.n_sessions += 1
        return True

    def end(self) -> None:
        """Count one out."""
        assert self.n_sessions > 0
        self.n_sessions -= 1


@contextlib.asynccontextmanager
async def open_pool(
    account: Account | None = None, max_kept: int = 4
) -> AsyncIterator[tuple[SocketPool, Endpoint, Account]]:
    """A pool and a service."""
    account = account or Account()
    async with fake_service(listen_in_vain) as endpoint:
        pool = SocketPool(max_kept=max_kept, take_session=account.take, end_session=account.end)
        yield pool, endpoint, account
        await pool.close()
    assert account.n_sessions == 0


def ignore(_event: RecognitionEvent) -> None:
    """Nobody minds."""


async def one_call(pool: SocketPool, endpoint: Endpoint) -> RecognitionClient:
    """A call that uses a socket; returns it."""
    sockets = pool.for_call()
    assert sockets.admit()
    recognizer = await sockets.connect(endpoint, on_event=ignore)
    await sockets.end(endpoint, recognizer)
    return recognizer


async def test_a_socket_is_used_again() -> None:
    """By the next call, which hears its own events only, though the last one was in a session."""
    async with open_pool() as (pool, endpoint, account):
        first, second = pool.for_call(), pool.for_call()
        heard: list[RecognitionEvent] = []
        assert first.admit()
        recognizer = await first.connect(endpoint, on_event=ignore)
        recognizer.start(CONFIG)
        await first.end(endpoint, recognizer)
        assert account.n_sessions == 1
        await eventually(lambda: recognizer.is_idle)
        assert second.admit()
        assert await second.connect(endpoint, on_event=heard.append) is recognizer
        assert account.n_sessions == 1
        number = recognizer.start(CONFIG)
        async with asyncio.timeout(PATIENCE_S):
            while RecognitionStarted not in map(type, heard):  # noqa: ASYNC110  # from the socket
                await asyncio.sleep(0.001)
        assert [event.session for event in heard] == [number] == [2]
        recognizer.end(cancel=True)
        await second.end(endpoint, recognizer)


async def test_a_session_that_has_not_ended_is_not_passed_on() -> None:
    """The next call does not wait for its END, and does not hear of it."""
    async with open_pool() as (pool, endpoint, account):
        first, second = pool.for_call(), pool.for_call()
        assert first.admit()
        recognizer = await first.connect(endpoint, on_event=ignore)
        recognizer.start(CONFIG)
        await first.end(endpoint, recognizer)
        assert second.admit()
        other = await second.connect(endpoint, on_event=ignore)
        assert other is not recognizer
        assert account.n_sessions == 2
        await second.end(endpoint, other)


async def test_a_call_that_is_cancelled_while_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted out all the same."""
    async with open_pool(max_kept=0) as (pool, endpoint, account):
        sockets = pool.for_call()
        assert sockets.admit()
        recognizer = await sockets.connect(endpoint, on_event=ignore)
        with monkeypatch.context() as patch:
            patch.setattr(recognizer, "close", asyncio.Event().wait)  # takes its time
            ending = asyncio.create_task(sockets.end(endpoint, recognizer))
            await asyncio.sleep(0)
            ending.cancel()
            await asyncio.wait([ending])
        await recognizer.close()
        assert account.n_sessions == 0


async def test_none_is_kept_for_another_service() -> None:
    """Of another project, or at another place."""
    async with open_pool() as (pool, endpoint, _):
        recognizer = await one_call(pool, endpoint)
        other = Endpoint(url=endpoint.url, project_id="another")
        sockets = pool.for_call()
        assert sockets.admit()
        opened = await sockets.connect(other, on_event=ignore)
        assert opened is not recognizer
        await sockets.end(other, opened)


async def test_a_socket_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the service cuts it, it is closed."""
    monkeypatch.setattr(pool_module, "IDLE_S", 0.05)
    async with open_pool() as (pool, endpoint, account):
        recognizer = await one_call(pool, endpoint)
        assert not recognizer.closed
        await asyncio.sleep(0.08)
        assert recognizer.closed
        assert account.n_sessions == 0
        assert await one_call(pool, endpoint) is not recognizer


async def test_a_socket_that_the_service_closed() -> None:
    """It is not given to anybody."""
    async with open_pool() as (pool, endpoint, account):
        recognizer = await one_call(pool, endpoint)
        await recognizer.close()
        assert pool.take(endpoint) is None
        assert account.n_sessions == 0


async def test_no_more_are_kept_than_allowed() -> None:
    """What is too much is closed with its call."""
    async with open_pool(max_kept=1) as (pool, endpoint, account):
        calls = [pool.for_call() for _ in range(2)]
        recognizers = []
        for sockets in calls:
            assert sockets.admit()
            recognizers.append(await sockets.connect(endpoint, on_event=ignore))
        for sockets, recognizer in zip(calls, recognizers, strict=True):
            await sockets.end(endpoint, recognizer)
        assert [recognizer.closed for recognizer in recognizers] == [False, True]
        assert account.n_sessions == 1


async def test_the_account_is_full() -> None:
    """A kept socket makes room; a call that talks does not."""
    async with open_pool(Account(1)) as (pool, endpoint, account):
        kept = await one_call(pool, endpoint)
        first, second = pool.for_call(), pool.for_call()
        assert first.admit()
        assert first.admit()  # once is enough
        assert kept.closed or not pool.take(endpoint)
        assert not second.admit()
        await second.end(None, None)
        await first.end(None, None)
        assert account.n_sessions == 0
        assert second.admit()
        await second.end(None, None)


async def test_a_call_without_a_socket() -> None:
    """It is counted out all the same."""
    async with open_pool() as (pool, _, account):
        sockets = pool.for_call()
        assert sockets.admit()
        with pytest.raises(SpeechError):
            await sockets.connect(Endpoint(url="ws://127.0.0.1:9", project_id="x"), on_event=ignore)
        await sockets.end(None, None)
        assert account.n_sessions == 0
