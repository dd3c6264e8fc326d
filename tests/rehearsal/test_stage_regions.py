"""Whole calls in virtual time, with a service that behaves like each region of the cloud."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.journal import Event
from ivr_agi.rehearsal.caller import CallerAction, Deed
from ivr_agi.rehearsal.service import ServiceFault
from ivr_agi.rehearsal.stage import Rehearsed, RehearsedCall, Script, Stage
from ivr_agi.rehearsal.virtual import run_virtually
from ivr_agi.settings import LanguageSettings, RecognitionSettings, Settings

PLACES = {
    "cn-north-4": ("chinese_8k_general", "余额"),
    "cn-east-3": ("chinese_8k_general", "余额"),
    "ap-southeast-3": ("english_16k_general", "balance"),
    "me-east-1": ("english_16k_general", "balance"),
}
FLOW = """\
start: a
languages: [%s]
steps:
  a: {do: menu, prompt: "%s", timeout_s: 3,
      choices: [{words: [%s], key: "1", value: balance, go: b}],
      no_input: {after: 1, go: desk}, no_match: {after: 1, go: desk}}
  b: {do: hangup}
  desk: {do: transfer, extension: "200"}
"""


@pytest.fixture(params=PLACES)
def region(request: pytest.FixtureRequest) -> str:
    """Each region in turn."""
    name: str = request.param
    return name


@pytest.fixture
def stage(region: str) -> Iterator[Stage]:
    """An installation for the region."""
    recognition = RecognitionSettings(property=PLACES[region][0])
    with Stage(Settings(recognition=recognition)) as stage:
        yield stage


def play(
    stage: Stage, region: str, *actions: CallerAction, fault: ServiceFault | None = None
) -> tuple[Rehearsed, list[Event]]:
    """Rehearse a call in the region's language; after the actions the caller says no more."""
    model, word = PLACES[region]
    is_chinese = model.startswith("chinese")
    prompt = "您好，请说余额，或者按一。" if is_chinese else "Please say balance, or press one."
    flow = FLOW % ("zh" if is_chinese else "en", prompt, word)
    plays, events = iter(actions), list[Event]()
    script = Script(
        program=Program.of(parse_flow(flow)),
        next_action=lambda _: next(plays, CallerAction(Deed.SILENCE)),
        on_event=events.append,
        region=region,
    )

    async def run() -> Rehearsed:
        call = RehearsedCall(stage, script)
        calling = asyncio.ensure_future(call.run())
        if fault is not None:
            await asyncio.sleep(1.0)
            call.service.fail(fault)
        return await calling

    return run_virtually(run()), events


def names(events: list[Event]) -> list[str]:
    """What happened."""
    return [event.event for event in events]


def test_words_over_the_prompt(stage: Stage, region: str) -> None:
    """Barge-in: START is taken in the region's own form, with the model of its rate."""
    word = PLACES[region][1]
    rehearsed, events = play(stage, region, CallerAction(Deed.SAY, word, over_s=0.8))
    assert rehearsed.variables["IVR_RESULT"] == "balance"
    assert "barge_in" in names(events)
    assert "speech_unavailable" not in names(events)


def test_nothing_said(stage: Stage, region: str) -> None:
    """No-input on time, then the flow's way."""
    rehearsed, events = play(stage, region)
    assert rehearsed.variables["IVR_STATUS"] == "TRANSFER"
    ended, silent = (
        next(event.at_s for event in events if event.event == name)
        for name in ("prompt_ended", "no_input")
    )
    assert silent - ended == pytest.approx(3.0, abs=0.3)


def test_a_key(stage: Stage, region: str) -> None:
    """Over the prompt."""
    rehearsed, _ = play(stage, region, CallerAction(Deed.PRESS, "1", over_s=0.5))
    assert rehearsed.variables["IVR_RESULT"] == "balance"


def test_a_region_that_goes_down(stage: Stage, region: str) -> None:
    """With no other endpoint, keys take over."""
    press = CallerAction(Deed.PRESS, "1")
    rehearsed, events = play(
        stage, region, CallerAction(Deed.SILENCE), press, press, fault=ServiceFault.DOWN
    )
    assert "speech_unavailable" in names(events)
    assert rehearsed.variables["IVR_RESULT"] == "balance"


def test_a_model_that_the_region_lacks() -> None:
    """The call goes on by keys, as the settings' check would have said before."""
    lacking = LanguageSettings(recognition="english_8k_common", voice="english_cameal_common")
    with Stage(Settings(languages={"zh": lacking})) as stage:
        _, events = play(stage, "cn-north-4", CallerAction(Deed.PRESS, "1"))
    ends = [event.data for event in events if event.event == "recognition_end"]
    assert any("SIS.0031" in str(data.get("error")) for data in ends)
