"""When something fails: the caller is still served, or the dialplan takes over, and soon."""

from __future__ import annotations

import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from ivr_agi.bench.signals import TECHNICAL_SUPPORT
from tests.real_asterisk.speech import LOCAL, SLOW, speech_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.asterisk.caller import Call, Caller
    from benchmarks.asterisk.installation import Install
    from benchmarks.asterisk.instance import AsteriskInstance
    from ivr_agi.bench.installation import Sections
    from tests.real_asterisk.speech import SpeechProcess

pytestmark = pytest.mark.asterisk

TIMES: Sections = {
    "speech": {"connect_timeout_s": 1, "answer_timeout_s": 1},
    "recognition": {"max_seconds": 2},
    "turn": {"timeout_s": 1, "service_grace_s": 0.5},
}
NOTICED_WITHIN_S = 0.5
"""A service that is killed closes its sockets at once."""
DEADLINE_S = 5.0
"""A service that is frozen is noticed by our own clocks, and by a ping without answer."""

KEYS = """
start: main
steps:
  main:
    do: menu
    prompt: {prompt}
    choices:
      - {{words: [technical support], key: "1", go: done}}
    no_input: {{after: 3, go: done}}
    no_match: {{after: 3, go: done}}
  done: {{do: hangup}}
"""
SPOKEN = KEYS.format(prompt="Please say technical support, or press one.")


@pytest.fixture
def victim() -> Iterator[SpeechProcess]:
    """A local speech server that the test may kill."""
    with speech_service(*LOCAL, "--workers", "1") as process:
        yield process


def fell_back(call: Call) -> bool:
    """Whether the dialplan took over and told the caller."""
    return call.steps[-1][0] == "ivr-fallback" and call.audible_s > 0.5


async def fall_back(caller: Caller, asterisk: AsteriskInstance, variables: dict[str, str]) -> Call:
    """A call that can only fall back; how long that takes is in ``call.ended_at``."""
    asterisk.expected_log.append("fell back")
    async with caller.call("100", variables=variables) as call:
        await call.ended()
    assert fell_back(call)
    assert call.variables["AGISTATUS"] == "FAILURE"
    return call


# The service is killed


async def test_before_the_call(
    caller: Caller, asterisk: AsteriskInstance, victim: SpeechProcess, install: Install
) -> None:
    """No service and no prompt to play: the dialplan takes over at once."""
    program = install(victim.url, {"menu": SPOKEN}, TIMES)
    victim.send(signal.SIGKILL)
    call = await fall_back(caller, asterisk, program.variables("menu"))
    assert call.variables["IVR_STATUS"] == "SPEECH_DOWN"
    started, ended = program.events(call, "call_started", "call_ended")
    assert ended.at_s - started.at_s < NOTICED_WITHIN_S


async def test_during_the_synthesis(
    caller: Caller, asterisk: AsteriskInstance, install: Install
) -> None:
    """A prompt breaks off in the middle: the dialplan takes over, nothing of it is kept."""
    asterisk.expected_log.append("fell back")
    with speech_service(*SLOW) as slow:
        program = install(slow.url, {"menu": SPOKEN}, TIMES)
        async with caller.call("100", variables=program.variables("menu")) as call:
            await program.wait_for(call, "prompt_started")
            slow.send(signal.SIGKILL)
            killed_at = time.monotonic()
            ended = await program.wait_for(call, "call_ended")
            await call.ended()
    assert ended.at_s - killed_at < NOTICED_WITHIN_S
    assert call.variables["IVR_STATUS"] == "SPEECH_DOWN"
    assert fell_back(call)
    kept = [file.name for file in (program.host / "spool/prompts").iterdir()]
    assert all(name.startswith("silence") for name in kept), kept


MOMENTS = ("prompt_started", "prompt_ended", "voice_start", "voice_end")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_in_a_turn(
    caller: Caller, victim: SpeechProcess, install: Install, moment: str, how: signal.Signals
) -> None:
    """During the prompt, while listening, in the caller's words, during END: keys take over.

    A service that is only frozen says nothing at all: then it is our own deadline.
    """
    program = install(victim.url, {"menu": SPOKEN}, TIMES)
    await program.sync_vocabularies()
    async with caller.call("100", variables=program.variables("menu")) as call:
        await program.wait_for(call, "synthesis_end")
        if moment.startswith("voice"):
            call.say(TECHNICAL_SUPPORT)
        at = await program.wait_for(call, moment)
        victim.send(how)
        await program.wait_for(call, "outcome")
        outcome = program.events(call, "outcome")[0]
        if outcome.data["outcome"] != "Heard":
            await program.wait_for(call, "prompt_started", 2)
            await call.press("1")
        await call.ended()
    limit_s = NOTICED_WITHIN_S if how is signal.SIGKILL else DEADLINE_S
    assert outcome.at_s - at.at_s < limit_s
    assert call.variables["IVR_STATUS"] == "COMPLETED"
    assert call.variables["IVR_RESULT"] == "technical support"


# Nothing was ever right


async def test_unreachable_service(
    caller: Caller, install: Install, tone_file: Callable[[float], str]
) -> None:
    """A menu with a recorded prompt does without the service: by keys."""
    prompt = f"{{recording: {tone_file(1)}}}"
    program = install("ws://127.0.0.1:9", {"menu": KEYS.format(prompt=prompt)}, TIMES)
    async with caller.call("100", variables=program.variables("menu")) as call:
        await program.wait_for(call, "keys_only")
        await call.heard_audio()
        await call.press("1")
        await call.ended()
    assert call.variables["IVR_STATUS"] == "COMPLETED"


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (
            {"speech": {"colour": "blue"}},
            r"/ivr-agi\.toml:\d+:1: speech\.colour: unknown key 'colour'",
        ),
        (
            {"turn": {"timeout_s": -1}},
            r"/ivr-agi\.toml:\d+:1: turn\.timeout_s: expected a number > 0",
        ),
        ({"speech": {"url": "nonsense"}}, r"speech\.url: must be ws://host:port"),
    ],
)
async def test_wrong_settings(
    caller: Caller, asterisk: AsteriskInstance, install: Install, settings: Sections, error: str
) -> None:
    """The dialplan takes over, and IVR_ERROR is the line that says what and where."""
    program = install("ws://127.0.0.1:9", {"menu": SPOKEN}, settings)
    call = await fall_back(caller, asterisk, program.variables("menu"))
    assert call.variables["IVR_STATUS"] == "FAILED"
    assert re.search(error, call.variables["IVR_ERROR"])


@pytest.mark.parametrize(
    ("flow", "error"),
    [
        ("nowhere", "there is no flow 'nowhere' (flows here: broken, menu)"),
        ("broken", "flows/broken.yaml:1:1: start: there is no step 'main'"),
    ],
)
async def test_wrong_flow(
    caller: Caller, asterisk: AsteriskInstance, install: Install, flow: str, error: str
) -> None:
    """A flow that is not there, or wrong: the same."""
    broken = "start: main\nsteps: {other: {do: hangup}}\n"
    program = install("ws://127.0.0.1:9", {"menu": SPOKEN, "broken": broken}, TIMES)
    call = await fall_back(caller, asterisk, program.variables(flow))
    assert call.variables["IVR_STATUS"] == "FAILED"
    assert error in call.variables["IVR_ERROR"]


async def test_spool_that_cannot_be_written(
    caller: Caller, asterisk: AsteriskInstance, speech: SpeechProcess, install: Install
) -> None:
    """No place for prompts: the same."""
    program = install(speech.url, {"menu": SPOKEN}, {"paths": {"spool": "flows/menu.yaml"}})
    call = await fall_back(caller, asterisk, program.variables("menu"))
    assert call.variables["IVR_STATUS"] == "FAILED"
    assert "paths.spool: cannot write prompts" in call.variables["IVR_ERROR"]
