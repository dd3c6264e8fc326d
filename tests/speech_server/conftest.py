"""A server with engines that do as they are told, and clients for it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from ivr_agi.speech_server.server import SpeechServer
from tests.patience import PATIENCE_S
from tests.speech_server.fakes import LevelVad, ListRecognizer, ToneVoice
from tests.speech_server.peers import Peer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    Connect = Callable[..., AbstractAsyncContextManager[Peer]]


@pytest.fixture
def voice() -> ToneVoice:
    """The server's voice."""
    return ToneVoice()


@pytest.fixture
def idle_timeout_s() -> float:
    """How long the server waits for data; a test that is about it says less."""
    return PATIENCE_S


@pytest.fixture
async def server(voice: ToneVoice, idle_timeout_s: float) -> AsyncIterator[SpeechServer]:
    """A server with one worker, room for two sessions, and patience."""
    async with SpeechServer(
        vad=LevelVad(),
        recognizer=ListRecognizer(),
        voice=voice,
        workers=1,
        max_sessions=2,
        idle_timeout_s=idle_timeout_s,
        words_within_s=PATIENCE_S,
        finish_timeout_s=PATIENCE_S,
    ) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    """An HTTP client."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def rasr(server: SpeechServer, http: ClientSession) -> Connect:
    """Opens a recognition socket."""

    @asynccontextmanager
    async def connect(path: str = "/v1/p/rasr/sentence-stream") -> AsyncIterator[Peer]:
        async with http.ws_connect(server.url + path) as ws:
            yield Peer(ws)

    return connect


@pytest.fixture
def rtts(server: SpeechServer, http: ClientSession) -> Connect:
    """Opens a synthesis socket."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[Peer]:
        async with http.ws_connect(server.url + "/v1/p/rtts") as ws:
            yield Peer(ws)

    return connect
