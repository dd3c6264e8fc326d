"""Sends what waits in the outbox, again and again until it has arrived. Asyncio shell.

Each address is dealt with by itself. A message that has not arrived keeps back only those of the
same call; an address that does not answer is left in peace for longer and longer.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import aiohttp

from ivr_agi.errors import ConfigError
from ivr_agi.store.database import StoreUnavailable
from ivr_agi.webhooks.message import sign_message, signing_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ivr_agi.store.outbox import Outbox, WaitingMessage
    from ivr_agi.store_settings import WebhookSettings

__all__ = ("Deliverer", "backoff_s")

_log = logging.getLogger("ivr_agi.webhooks")
_T = TypeVar("_T")

LOOK_EVERY_S = 0.5
ANSWER_WITHIN_S = 15.0
"""Longest wait for an answer."""
REQUESTS_AT_ONCE = 8
"""Requests to one address."""
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 300.0
MESSAGE_KEPT_S = 86_400.0
"""A message that has not arrived by then is dropped."""


def backoff_s(tries: int) -> float:
    """Return how long to wait after so many failures, s: twice as long each time."""
    return float(min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** min(tries - 1, 30)))


class Deliverer:
    """Sends the messages of one node.

    Args:
        outbox: Where they wait.
        hooks: Where they go.
        environ: Environment with the secrets.
        on_sent: Gets ``delivered``, ``failed`` or ``dropped`` after each try.
        clock: Returns seconds since 1970.
        spread: Returns a factor of about 1, so that machines do not come all at once.

    Raises:
        ConfigError: A secret is missing, or is none.
    """

    def __init__(
        self,
        outbox: Outbox,
        hooks: Sequence[WebhookSettings],
        environ: Mapping[str, str],
        *,
        on_sent: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
        spread: Callable[[], float] = lambda: random.uniform(0.8, 1.2),
    ) -> None:
        self._outbox = outbox
        self._keys = {hook.url: _key_of(hook, environ) for hook in hooks}
        self._on_sent = on_sent
        self._clock = clock
        self._spread = spread
        self._stopping = asyncio.Event()
        self._pool = ThreadPoolExecutor(1, "ivr-agi webhooks")

    def stop(self) -> None:
        """End :meth:`run`; what has not arrived waits for the next one."""
        self._stopping.set()

    async def run(self) -> None:
        """Send until :meth:`stop`."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(asyncio.to_thread, self._pool.shutdown)
            session = await stack.enter_async_context(
                aiohttp.ClientSession(
                    timeout=timeout, trust_env=True, cookie_jar=aiohttp.DummyCookieJar()
                )
            )
            await self._drop_others()
            async with asyncio.TaskGroup() as tasks:
                for url in self._keys:
                    tasks.create_task(self._serve(session, url))

    async def _drop_others(self) -> None:
        with contextlib.suppress(StoreUnavailable):
            n_dropped = await self._in_thread(lambda: self._outbox.drop_others(list(self._keys)))
            if n_dropped:
                _log.warning("%d messages to addresses that are gone were dropped", n_dropped)

    async def _serve(self, session: aiohttp.ClientSession, url: str) -> None:
        """Send what is due to one address, for ever."""
        n_failures = 0
        while not self._stopping.is_set():
            try:
                n_due, is_down = await self._send_due(session, url)
            except StoreUnavailable:  # the console tells of it
                n_due, is_down = 0, True
            n_failures = n_failures + 1 if is_down else 0
            if is_down:
                await self._pause(backoff_s(n_failures) * self._spread())
            elif not n_due:
                await self._pause(LOOK_EVERY_S)

    async def _send_due(self, session: aiohttp.ClientSession, url: str) -> tuple[int, bool]:
        """Send what is due now; return how many there were, and whether nobody answers."""
        due = await self._in_thread(lambda: self._outbox.due(url, self._clock()))
        for start in range(0, len(due), REQUESTS_AT_ONCE):
            part = due[start : start + REQUESTS_AT_ONCE]
            answers = await asyncio.gather(*(self._send(session, url, one) for one in part))
            await self._note(url, part, answers)
            if all(answer == "down" for answer, _ in answers):
                return len(due), True
        return len(due), False

    async def _send(
        self, session: aiohttp.ClientSession, url: str, message: WaitingMessage
    ) -> tuple[str, str]:
        """Return ``arrived``, ``refused`` or ``down``, and why."""
        headers = sign_message(
            self._keys[url], message.message_id, int(self._clock()), message.body
        )
        headers |= {"Content-Type": "application/json", "User-Agent": "ivr-agi"}
        try:
            async with session.post(
                url, data=message.body, headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError) as exc:
            return "down", type(exc).__name__
        if 200 <= status < 300:
            return "arrived", ""
        return ("down" if status >= 500 or status == 429 else "refused"), f"HTTP {status}"

    async def _note(
        self, url: str, part: Sequence[WaitingMessage], answers: Sequence[tuple[str, str]]
    ) -> None:
        now, done = self._clock(), []
        for message, (answer, why) in zip(part, answers, strict=True):
            if answer == "arrived":
                done.append(message.n)
                self._on_sent("delivered")
            elif now - message.made > MESSAGE_KEPT_S:
                done.append(message.n)
                self._on_sent("dropped")
                _log.error("%s has not taken a message for a day (%s): dropped", _host(url), why)
            else:
                self._on_sent("failed")
                if not message.tries:
                    _log.warning("%s has not taken a message (%s): it waits", _host(url), why)
                tries = message.tries + 1
                due = now + backoff_s(tries) * self._spread()
                await self._in_thread(
                    functools.partial(self._outbox.put_off, message.n, tries, due)
                )
        if done:
            await self._in_thread(lambda: self._outbox.remove(done))

    async def _pause(self, delay_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._stopping.wait()

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _key_of(hook: WebhookSettings, environ: Mapping[str, str]) -> bytes:
    host = urlsplit(hook.url).hostname or ""
    if hook.url.startswith("http:") and host not in ("localhost", "127.0.0.1", "::1"):
        reason = f"expected https:// for another machine, got {_host(hook.url)}"
        raise ConfigError(reason, key="console.webhooks.url")
    secret = environ.get(hook.secret_env, "")
    if not secret:
        reason = f"expected the secret of {_host(hook.url)} in ${hook.secret_env}, which is not set"
        raise ConfigError(reason, key="console.webhooks.secret_env")
    try:
        return signing_key(secret)
    except ValueError as exc:
        raise ConfigError(f"${hook.secret_env}: {exc}", key="console.webhooks.secret_env") from exc


def _host(url: str) -> str:
    """Return an address for the log: what follows the host may be secret."""
    return "/".join(url.split("/", 3)[:3]).rpartition("@")[2]
