"""The cases, on the local speech server and on the endpoint that the environment names."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr_agi.audio.wav import read_wav
from tests.patience import PATIENCE_S
from tests.sis.conformance import cloud, modes, recognition, synthesis
from tests.sis.conformance.case import CASES, Case
from tests.sis.conformance.endpoint import REQUIRED, Endpoint, from_environment

ELSEWHERE = from_environment()
TOKEN = "conformance"
HASTE_S = 2.0
"""How long a server waits for data where that is the subject; elsewhere it has patience."""
SPEECH = Path(__file__).parents[3] / "ivr_agi" / "demo" / "voice" / "account_balance.wav"


@pytest.fixture(scope="session")
def local_endpoint() -> Iterator[Endpoint]:
    """The local speech server with its real engines, on a thread of its own."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed (extra local)")
    from ivr_agi.speech_server.server import SpeechServer

    endpoint = Endpoint(
        url="",
        project_id="local",
        token=TOKEN,
        model="english_8k_common",
        model_16k="english_16k_common",
        voice="english_cameal_common",
        text="account balance",
        is_ours=True,
        patience_s=PATIENCE_S,
        pace=0.0,
        # espeak never speaks twice alike, and now and then as no words at all to the recogniser.
        _speech={"pcm": read_wav(SPEECH)},
    )
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        patient = SpeechServer(
            workers=1,
            token=TOKEN,
            idle_timeout_s=PATIENCE_S,
            words_within_s=PATIENCE_S,
            finish_timeout_s=PATIENCE_S,
        )
        hasty = SpeechServer(workers=1, token=TOKEN, idle_timeout_s=HASTE_S)
        async with patient, hasty:
            endpoint.url, endpoint.hasty_url = patient.url, hasty.url
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="speech server")
    thread.start()
    try:
        assert ready.wait(PATIENCE_S), "the speech server did not start"
        yield endpoint
    finally:
        done.set()
        thread.join()


@pytest.fixture(
    params=[
        pytest.param("local", marks=pytest.mark.engine),
        pytest.param(
            "elsewhere",
            marks=pytest.mark.skipif(
                ELSEWHERE is None, reason=f"no account: set {', '.join(REQUIRED)}"
            ),
        ),
    ],
    scope="session",
)
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    """Each endpoint in turn."""
    if request.param == "local":
        local: Endpoint = request.getfixturevalue("local_endpoint")
        return local
    assert ELSEWHERE is not None
    return ELSEWHERE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_case(endpoint: Endpoint, case: Case) -> None:
    """One case; its docstring says what must happen."""
    if case.is_policy and not endpoint.is_ours:
        pytest.skip("a policy of our own server (sis-protocol.md 8)")
    await case.run(endpoint, case.mode)


def test_every_case_is_described() -> None:
    """It names its clause, and says in a sentence what must happen."""
    modules = {module.__name__ for module in (recognition, modes, synthesis, cloud)}
    assert {case.run.__module__ for case in CASES} == modules
    assert all(case.run.__doc__ and case.clause.lstrip("S")[0].isdigit() for case in CASES)
    assert len({case.name for case in CASES}) == len(CASES)


REGIONAL = {
    "cn-north-4": ("chinese_8k_general", "english_16k_general", "chinese_xiaoyan_common"),
    "cn-east-3": ("chinese_8k_general", "chinese_16k_general", "chinese_huaxiaomei_common"),
    "ap-southeast-3": ("chinese_8k_general", "english_16k_general", "english_dh_female"),
    "me-east-1": ("arabic_8k_general", "english_16k_general", "english_dh_male"),
}


@pytest.fixture(params=REGIONAL, scope="session")
def regional_endpoint(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    """The local speech server as each region."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed (extra local)")
    from ivr_agi.speech_server.server import SpeechServer

    model, model_16k, voice = REGIONAL[request.param]
    endpoint = Endpoint(
        *("", "local", TOKEN, model, model_16k, voice, "account balance"),
        is_ours=True,
        patience_s=PATIENCE_S,
        region=request.param,
        pace=0.0,
    )
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        server = SpeechServer(workers=1, token=TOKEN, region=request.param)
        async with server:
            endpoint.url = server.url
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="regional speech server")
    thread.start()
    try:
        assert ready.wait(PATIENCE_S), "the speech server did not start"
        yield endpoint
    finally:
        done.set()
        thread.join()


@pytest.mark.engine
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.run.__module__ == cloud.__name__],
    ids=lambda case: case.name,
)
async def test_case_of_a_region(regional_endpoint: Endpoint, case: Case) -> None:
    """What the vendor's pages and users say, on a server that behaves like each region."""
    await case.run(regional_endpoint, case.mode)
