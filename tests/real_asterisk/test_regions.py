"""Whole calls against the local server as each region: Chinese at 8 kHz, English at 16 kHz."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, NamedTuple

import pytest

from ivr_agi.bench.signals import ACCOUNT_BALANCE
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client.synthesizer import synthesize
from ivr_agi.sis.wire.messages import SynthesisConfig
from tests.real_asterisk.speech import LOCAL, SpeechProcess, speech_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.asterisk.caller import Caller
    from benchmarks.asterisk.installation import ChrootInstallation, Install
    from ivr_agi.bench.installation import Sections

pytestmark = pytest.mark.asterisk

STOPS_WITHIN_S = 0.1


class Place(NamedTuple):
    """A region, and what a call centre there uses."""

    region: str
    model: str
    voice: str


PLACES = {
    place.region: place
    for place in (
        Place("cn-north-4", "chinese_8k_general", "chinese_xiaoyan_common"),
        Place("cn-east-3", "chinese_8k_general", "chinese_huaxiaomei_common"),
        Place("ap-southeast-3", "english_16k_general", "english_dh_female"),
        Place("me-east-1", "english_16k_general", "english_dh_male"),
    )
}

FLOW = """
start: main
steps:
  main:
    do: menu
    prompt: {prompt}
    timeout_s: 2
    choices:
      - {{words: {first}, key: "1", value: balance, go: done}}
      - {{words: {second}, key: "2", value: support, go: done}}
    no_input: {{after: 1, go: desk}}
    no_match: {{after: 1, go: desk}}
  done: {{do: hangup}}
  desk: {{do: transfer, extension: "200"}}
"""
CHINESE = FLOW.format(
    prompt="您好，请说账户余额，或者说技术支持，也可以按一或者按二。",
    first="[账户余额]",
    second="[技术支持]",
)
ENGLISH = FLOW.format(
    prompt="Welcome. Please say balance or support, or press one or two on your phone.",
    first="[account, balance]",
    second="[technical, support]",
)


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Place:
    """Each region in turn."""
    return PLACES[request.param]


@pytest.fixture
def cloud(place: Place) -> Iterator[SpeechProcess]:
    """The local server as that region."""
    with speech_service(*LOCAL, "--as", place.region) as process:
        yield process


def settings_of(place: Place) -> Sections:
    """What the settings file for the region says."""
    return {
        "recognition": {"property": place.model},
        "synthesis": {"property": place.voice},
    }


def flow_of(place: Place) -> str:
    """The menu in the region's language."""
    return CHINESE if place.model.startswith("chinese") else ENGLISH


async def voice_of(place: Place, url: str) -> bytes:
    """The caller's words: a person's, or in Chinese the service's own."""
    if place.model.startswith("english"):
        return ACCOUNT_BALANCE
    voice = SynthesisConfig(property=place.voice)
    chunks = synthesize(Endpoint(url, "local"), "账户余额", voice)
    return b"".join([chunk async for chunk in chunks])


async def set_up(install: Install, place: Place, url: str) -> ChrootInstallation:
    """The program, with the hot words that the region takes."""
    program = install(url, {"menu": flow_of(place)}, settings_of(place))
    await program.sync_vocabularies({"": place.model})
    return program


async def test_a_voice_stops_the_prompt(
    caller: Caller, place: Place, cloud: SpeechProcess, install: Install
) -> None:
    """Barge-in, and words out of the hot words in the region's own form."""
    program = await set_up(install, place, cloud.url)
    words = await voice_of(place, cloud.url)
    async with caller.call("100", variables=program.variables("menu")) as call:
        await program.wait_for(call, "prompt_started")
        await asyncio.sleep(1.0)
        call.say(words)
        voice_start = await program.wait_for(call, "voice_start")
        result = await program.wait_for(call, "result")
        await call.ended()
    heard = [frame.at for frame in call.frames if frame.is_audible and frame.at <= result.at_s]
    assert max(heard) - voice_start.at_s < STOPS_WITHIN_S
    assert result.data["text"]
    if place.model.startswith("english"):
        assert call.variables["IVR_RESULT"] == "balance"
    assert not program.events(call, "speech_unavailable", "failover")


async def test_a_key_and_silence(
    caller: Caller, place: Place, cloud: SpeechProcess, install: Install
) -> None:
    """A key is taken over the prompt; nothing said is no-input on time."""
    program = await set_up(install, place, cloud.url)
    async with caller.call("100", variables=program.variables("menu")) as call:
        await program.wait_for(call, "prompt_started")
        await asyncio.sleep(0.5)
        await call.press("2")
        await call.ended()
    assert call.variables["IVR_RESULT"] == "support"
    async with caller.call("100", variables=program.variables("menu")) as call:
        prompt_ended = await program.wait_for(call, "prompt_ended", timeout_s=40)
        no_input = await program.wait_for(call, "no_input")
        await call.ended()
    assert no_input.at_s - prompt_ended.at_s == pytest.approx(2, abs=0.3)
    assert call.variables["IVR_STATUS"] == "TRANSFER"


async def test_another_region_takes_over(
    caller: Caller, place: Place, cloud: SpeechProcess, install: Install
) -> None:
    """The region dies while the caller speaks: the sentence survives, at the model's rate."""
    words = await voice_of(place, cloud.url)
    with speech_service(*LOCAL, "--as", place.region) as dying:
        settings = {
            **settings_of(place),
            "[speech.endpoints]": {"url": cloud.url, "auth": "none"},
        }
        program = install(dying.url, {"menu": flow_of(place)}, settings)
        for url in (dying.url, cloud.url):
            await program.sync_vocabularies({"": place.model}, url=url)
        async with caller.call("100", variables=program.variables("menu")) as call:
            await program.wait_for(call, "prompt_started")
            await asyncio.sleep(1.0)
            call.say(words)
            await program.wait_for(call, "voice_start")
            dying.send(signal.SIGKILL)
            await program.wait_for(call, "failover")
            result = await program.wait_for(call, "result", timeout_s=30)
            await call.ended(30)
    assert result.data["text"]
    if place.model.startswith("english"):
        assert call.variables["IVR_RESULT"] == "balance"
    assert not program.events(call, "speech_unavailable")
