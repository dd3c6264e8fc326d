"""Recognition sockets that are kept after a call for the next one. Asyncio shell.

Opening a socket takes a TCP, a TLS and a WebSocket handshake. The service closes a socket without
audio for 20 s (``sis-protocol.md`` 13), so one is kept for at most 15 s after its last audio.

The account limits concurrent sessions. Each call with speech counts, from its first socket to its
end, and so does each kept socket.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ivr_agi.sis.client.recognizer import RecognitionClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ivr_agi.sis.access.endpoint import Endpoint
    from ivr_agi.sis.wire.events import RecognitionEvent

__all__ = ("IDLE_S", "MAX_AGE_S", "CallSockets", "SocketPool", "expires_at", "is_usable")

IDLE_S = 15.0
"""Seconds until a socket without a session is closed; the service closes it after 20 s."""
MAX_AGE_S = 4.5 * 3600
"""Age from which a socket gets no new session, seconds; the service closes it after 5 h."""
MAX_KEPT = 16
"""Most kept sockets: calls do not all begin at the same moment."""

_Key = tuple[str, str]


class SocketPool:
    """The kept sockets of a process.

    Args:
        max_kept: Most sockets to keep; 0: none.
        take_session: Counts a session in; returns False if the limit is reached.
        end_session: Counts a session out.
        connect: Opens a socket; a rehearsal passes its own.
    """

    def __init__(
        self,
        *,
        max_kept: int = MAX_KEPT,
        take_session: Callable[[], bool] = lambda: True,
        end_session: Callable[[], None] = lambda: None,
        connect: Callable[..., Awaitable[RecognitionClient]] = RecognitionClient.connect,
    ) -> None:
        self._max_kept = max_kept
        self._take_session = take_session
        self._end_session = end_session
        self.connect = connect
        self._kept: dict[RecognitionClient, tuple[_Key, asyncio.TimerHandle]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def for_call(self) -> CallSockets:
        """Return a call's access to the pool."""
        return CallSockets(self)

    async def close(self) -> None:
        """Close the kept sockets."""
        for recognizer in list(self._kept):
            self._drop(recognizer)
        while self._closing:
            await asyncio.wait(self._closing)

    def take(self, endpoint: Endpoint) -> RecognitionClient | None:
        """Return a kept socket to an endpoint, with its count of sessions, or None.

        A socket on which the last call's session has not ended is not used yet: the next call
        should neither wait for that END nor receive it.
        """
        now = asyncio.get_running_loop().time()
        for recognizer, (key, timer) in list(self._kept.items()):
            if not is_usable(recognizer, now):
                self._drop(recognizer)
            elif key == _key(endpoint) and recognizer.is_idle:
                timer.cancel()
                del self._kept[recognizer]
                return recognizer
        return None

    def keep(self, endpoint: Endpoint, recognizer: RecognitionClient) -> bool:
        """Keep a socket that a call no longer needs, with its count; return False if it cannot."""
        loop = asyncio.get_running_loop()
        now, due = loop.time(), expires_at(recognizer)
        if len(self._kept) >= self._max_kept or due <= now or not is_usable(recognizer, now):
            return False
        recognizer.on_event = _ignore
        recognizer.end(cancel=True)
        timer = loop.call_at(due, self._drop, recognizer)
        self._kept[recognizer] = (_key(endpoint), timer)
        return True

    def admit(self) -> bool:
        """Count a session in; at the limit, a kept socket is closed for it."""
        while not self._take_session():
            if not self._kept:
                return False
            self._drop(next(iter(self._kept)))
        return True

    def leave(self) -> None:
        """Count a session out."""
        self._end_session()

    def _drop(self, recognizer: RecognitionClient) -> None:
        _, timer = self._kept.pop(recognizer)
        timer.cancel()
        self._end_session()
        closing = asyncio.get_running_loop().create_task(recognizer.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


class CallSockets:
    """One call's access to a pool, with at most one socket at a time."""

    def __init__(self, pool: SocketPool) -> None:
        self._pool = pool
        self._counts = False

    def admit(self) -> bool:
        """Count the call in, once; return False if the account's limit is reached."""
        self._counts = self._counts or self._pool.admit()
        return self._counts

    async def connect(
        self, endpoint: Endpoint, *, on_event: Callable[[RecognitionEvent], None]
    ) -> RecognitionClient:
        """Return a kept socket, or open one; see :meth:`RecognitionClient.connect`.

        Cancellation: safe.
        """
        kept = self._pool.take(endpoint)
        if kept is None:
            return await self._pool.connect(endpoint, on_event=on_event)
        if self._counts:
            self._pool.leave()  # both were counted
        self._counts = True
        kept.on_event = on_event
        return kept

    async def end(self, endpoint: Endpoint | None, recognizer: RecognitionClient | None) -> None:
        """Count the call out, and keep or close its socket.

        Cancellation: safe, the socket is closed in any case.
        """
        counts, self._counts = self._counts, False
        if (
            endpoint is not None
            and recognizer is not None
            and self._pool.keep(endpoint, recognizer)
        ):
            return
        try:
            if recognizer is not None:
                await recognizer.close()
        finally:
            if counts:
                self._pool.leave()


def expires_at(recognizer: RecognitionClient) -> float:
    """Return when a socket without a session is closed, in the event loop's time."""
    return recognizer.used_at + IDLE_S


def is_usable(recognizer: RecognitionClient, now: float) -> bool:
    """Tell whether a session can be started on a socket."""
    return not recognizer.closed and now - recognizer.opened_at < MAX_AGE_S


def _key(endpoint: Endpoint) -> _Key:
    return endpoint.url, endpoint.project_id


def _ignore(_event: RecognitionEvent) -> None:
    """The call is over."""
