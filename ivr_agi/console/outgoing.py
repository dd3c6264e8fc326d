"""What leaves the console for other systems: webhooks and traces, beside the reading. Shell."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from ivr_agi.store.ingest import find_node
from ivr_agi.store.outbox import Outbox
from ivr_agi.tracing.export import TraceExporter, stop_task
from ivr_agi.webhooks.delivery import Deliverer
from ivr_agi.webhooks.message import body_of, new_events, wants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from ivr_agi.metrics.counting import CallMetrics
    from ivr_agi.settings import Settings
    from ivr_agi.store.batch import Batch, OpenPiece
    from ivr_agi.store.database import Database
    from ivr_agi.store.writing import StoredCall

__all__ = ("delivering", "messages_for", "tracing")

Messages = list[tuple[str, str, bytes]]
"""Url, unique id of the call, body."""


def messages_for(
    settings: Settings, node: str
) -> Callable[[Batch, list[OpenPiece]], Messages] | None:
    """Return what makes the messages of a batch; None: nobody wants any."""
    hooks = settings.console.webhooks
    if not hooks:
        return None
    names = {name for hook in hooks for name in hook.events}
    tells_numbers = settings.store.numbers == "plain"

    def messages(batch: Batch, pieces: list[OpenPiece]) -> Messages:
        return [
            (hook.url, call, body_of(node, call, begin, event, tells_numbers=tells_numbers))
            for call, begin, event in new_events(batch, pieces, names)
            for hook in hooks
            if wants(hook, begin, event)
        ]

    return messages


@contextlib.asynccontextmanager
async def delivering(
    settings: Settings,
    database: Database,
    node: str,
    metrics: CallMetrics,
    environ: Mapping[str, str],
) -> AsyncIterator[None]:
    """Send the webhooks of a node meanwhile, if there are any.

    Raises:
        ConfigError: A secret is missing, or an address is not safe.
        StoreUnavailable: The database does not answer.
    """
    hooks = settings.console.webhooks
    if not hooks:
        yield
        return
    counted = metrics.registry.family(
        "ivr_agi_webhook_messages_total", "counter", "Tries to send a message.", "outcome"
    )

    def node_id() -> int:
        with database.writing() as connection:
            return find_node(connection, node)

    outbox = Outbox(database, await asyncio.to_thread(node_id))
    deliverer = Deliverer(outbox, hooks, environ, on_sent=lambda outcome: counted.add(1, outcome))
    running = asyncio.create_task(deliverer.run())
    try:
        yield
    finally:
        deliverer.stop()
        await running


@contextlib.asynccontextmanager
async def tracing(
    settings: Settings, node: str, metrics: CallMetrics, environ: Mapping[str, str]
) -> AsyncIterator[Callable[[list[StoredCall]], None]]:
    """Send traces meanwhile, if there is a collector; gives what takes calls, from any thread.

    Raises:
        ConfigError: The environment lacks the value of the header.
    """
    if not settings.traces.url:
        yield lambda _: None
        return
    counted = metrics.registry.family(
        "ivr_agi_traces_total", "counter", "Calls whose trace was sent or dropped.", "outcome"
    )
    exporter = TraceExporter(
        settings.traces, node, environ, on_done=lambda outcome, n: counted.add(n, outcome)
    )
    loop = asyncio.get_running_loop()

    def take(stored: list[StoredCall]) -> None:
        for call in stored:
            loop.call_soon_threadsafe(exporter.add, call.events)

    running = asyncio.create_task(exporter.run())
    try:
        yield take
    finally:
        await stop_task(running)
