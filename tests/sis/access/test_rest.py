"""Requests over HTTP: exactly one Host, retries inside their time, errors with a name."""

from __future__ import annotations

import asyncio

import pytest

from ivr_agi.errors import SpeechRejected, SpeechUnavailable
from ivr_agi.sis.access.health import Backoff
from ivr_agi.sis.access.rest import send
from tests.sis.web import Asked, Reply, web

QUICK = Backoff(first_s=0.01, total_s=0.5)


def ask(url: str, *, retries: Backoff | None = None) -> tuple[int, str]:
    """Send a GET with a Host of our own; the answer's length and a header of it."""
    headers, body = send(
        "GET",
        f"{url}/x",
        {"Host": "signed.example:1"},
        service=url,
        timeout_s=2.0,
        use_proxy=False,
        retries=retries,
    )
    return len(body), headers.get("X-Thing") or ""


async def test_one_host_is_sent() -> None:
    """Two are a 401 (2.2); what was signed is what is sent."""
    async with web(lambda _: Reply(200, "abc", {"X-Thing": "y"})) as served:
        assert await asyncio.to_thread(ask, served.url) == (3, "y")
    assert served.asked[0].headers["host"] == ["signed.example:1"]


@pytest.mark.parametrize(("status", "n_asked"), [(503, 3), (429, 3), (401, 1), (404, 1)])
async def test_only_what_may_pass_is_tried_again(status: int, n_asked: int) -> None:
    """401 and 403 never are (12.2)."""

    def answer(_: Asked) -> Reply:
        return Reply(status if len(served.asked) < 3 else 200)

    async with web(answer) as served:
        if n_asked == 3:
            await asyncio.to_thread(ask, served.url, retries=QUICK)
        else:
            with pytest.raises(SpeechRejected):
                await asyncio.to_thread(ask, served.url, retries=QUICK)
        assert len(served.asked) == n_asked


async def test_without_retries_the_first_answer_counts() -> None:
    """As asked for."""
    async with web(lambda _: Reply(503)) as served:
        with pytest.raises(SpeechRejected):
            await asyncio.to_thread(ask, served.url)
        assert len(served.asked) == 1


async def test_the_total_time_is_kept() -> None:
    """A service that stays away is given up."""
    async with web(lambda _: Reply(503)) as served:
        with pytest.raises(SpeechRejected):
            await asyncio.to_thread(ask, served.url, retries=Backoff(first_s=0.02, total_s=0.05))
        assert len(served.asked) in {2, 3}


async def test_nobody_there() -> None:
    """A refused connection."""
    async with web(lambda _: Reply()) as served:
        pass
    with pytest.raises(SpeechUnavailable, match="cannot connect"):
        await asyncio.to_thread(ask, served.url)


async def test_something_else_answers() -> None:
    """No HTTP at all."""

    async def chat(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(chat, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(SpeechUnavailable):
        await asyncio.to_thread(ask, url)
    server.close()
    await server.wait_closed()
