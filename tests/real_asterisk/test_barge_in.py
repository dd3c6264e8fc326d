"""Barge-in on the real Asterisk: always in step, and how fast.

Two ways: 200 stops at random moments by the project's AGI channel alone, and stops by a voice over
the whole path, with the local engines. The prompt is a tone, so that every frame of it is heard.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from benchmarks.asterisk.instance import HOME
from benchmarks.turn import onsets_of
from ivr_agi.audio.frames import FRAME_S
from ivr_agi.bench.turn import PROMPT_S as VOICE_PROMPT_S
from ivr_agi.bench.turn import ObservedCall, measure, talk, turns_flow

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from benchmarks.asterisk.ami import Ami
    from benchmarks.asterisk.caller import Call, Caller
    from benchmarks.asterisk.installation import ChrootInstallation, Install
    from benchmarks.asterisk.instance import AsteriskInstance
    from tests.real_asterisk.sip_caller import SipCaller
    from tests.real_asterisk.speech import SpeechProcess
    from tests.real_asterisk.tables import Tables

pytestmark = pytest.mark.asterisk

STOPS_WITHIN_S = 0.1
"""VOICE_START at the plugin to silence at the caller, the last packet's 20 ms included."""
PROMPT_S = 0.4
EDGE_S = 0.02
CALLS, STOPS_PER_CALL = 4, 50
VOICE_CALLS, TURNS_PER_CALL = 3, 8


def audible_between(call: Call, since: float, until: float) -> list[float]:
    """When sound was heard between two times, frame by frame."""
    return [frame.at for frame in call.frames if since <= frame.at < until and frame.is_audible]


async def test_two_hundred_stops_at_random_moments(
    caller: Caller,
    asterisk: AsteriskInstance,
    tone_file: Callable[[float], str],
    tables: Tables,
) -> None:
    """No command is ever out of step, the first and last 20 ms of a prompt included."""

    async def stops(seed: int) -> tuple[Call, list[dict[str, Any]]]:
        log = f"{HOME}/barge-in-{seed}"
        told = {
            "IVR_AGI": f"{HOME}/probes/barge_in.py",
            "PROBE_FILE": tone_file(PROMPT_S),
            "PROBE_LENGTH": str(PROMPT_S),
            "PROBE_COUNT": str(STOPS_PER_CALL),
            "PROBE_SEED": str(seed),
            "PROBE_LOG": log,
        }
        async with caller.call("100", variables=told) as call:
            await call.ended(120)
        assert call.variables["AGISTATUS"] == "SUCCESS"
        lines = asterisk.chroot.host(log).read_text().splitlines()
        return call, [json.loads(line) for line in lines]

    asterisk.expected_log.append("fell back")  # the probe leaves no IVR_STATUS
    measured: list[dict[str, Any]] = []
    for call, results in await asyncio.gather(*map(stops, range(CALLS))):
        for result, after in itertools.zip_longest(results, results[1:]):
            until = after["written_at"] if after else result["stopped_at"] + 0.1
            measured.append(result | {"heard": audible_between(call, result["written_at"], until)})
    stopped = [result for result in measured if result["cause"] == "stopped"]
    first = [result for result in measured if result["after_s"] < EDGE_S]
    last = [result for result in measured if abs(result["after_s"] - PROMPT_S) < EDGE_S]
    silence_s = [
        max(0, max(result["heard"], default=0) + FRAME_S - result["interrupted_at"])
        for result in stopped
    ]
    tables.add(
        f"Stops at random moments of a prompt of {PROMPT_S} s, real Asterisk",
        ("", "n"),
        [
            ("prompts", len(measured)),
            ("stopped", len(stopped)),
            ("in the first 20 ms", len(first)),
            ("within 20 ms of the end", len(last)),
            ("had ended by themselves", len(measured) - len(stopped)),
            ("out of step", sum(not result["answers"] for result in measured)),
        ],
    )
    assert [result for result in measured if not result["answers"]] == []
    tables.add_times(
        "Stops at random moments: times",
        {
            "stop written to silence at the caller": silence_s,
            "stop written to channel in step": [
                result["stopped_at"] - result["interrupted_at"] for result in stopped
            ],
            "our position against what was heard": [
                abs(len(result["heard"]) * FRAME_S - min(result["position_s"], PROMPT_S))
                for result in measured
            ],
        },
    )
    assert len(measured) == CALLS * STOPS_PER_CALL >= 200
    assert min(len(first), len(last)) >= 40
    assert max(silence_s) < STOPS_WITHIN_S


async def test_voice_stops_the_prompt(
    caller: Caller,
    sip_caller: SipCaller,
    ami: Ami,
    speech: SpeechProcess,
    install: Install,
    tone_file: Callable[[float], str],
    tables: Tables,
) -> None:
    """A voice over the prompt, at random moments: the whole path, measured; one call over SIP."""
    prompt = tone_file(VOICE_PROMPT_S)
    flows = {
        f"voice{number}": turns_flow(prompt, TURNS_PER_CALL, first_number=number * 100)
        for number in range(VOICE_CALLS)
    }
    program = install(speech.url, flows)
    await program.sync_vocabularies()
    usual = await ami.get_variable("", "IVR_AGI")
    await ami.action(
        "Setvar", {"Variable": "IVR_AGI", "Value": program.variables("voice0")["IVR_AGI"]}
    )
    try:
        calls = await asyncio.gather(
            talk_over_prompts(sip_caller.call("100"), program),
            *(
                talk_over_prompts(
                    caller.call("100", variables=program.variables(f"voice{number}")), program
                )
                for number in range(1, VOICE_CALLS)
            ),
        )
    finally:
        await ami.action("Setvar", {"Variable": "IVR_AGI", "Value": usual})
    measured = [turn for call in calls for turn in measure(observe(call, program))]
    complete = [turn for turn in measured if "onset_to_silence" in turn]
    assert len(complete) == len(measured) >= 20
    times = {name: [turn[name] for turn in measured] for name in measured[0]}
    tables.add_times("Barge-in by voice, real Asterisk, local engines", times)
    assert max(times["voice_start_to_silence"]) < STOPS_WITHIN_S
    assert np.median(times["onset_to_silence"]) < 0.25


async def talk_over_prompts(
    dialling: AbstractAsyncContextManager[Call], program: ChrootInstallation
) -> Call:
    """One call: in each turn, say something over the prompt at a random moment."""
    async with dialling as call:
        await talk(call, program, TURNS_PER_CALL, seed=1)
        await call.ended(30)
    return call


def observe(call: Call, program: ChrootInstallation) -> ObservedCall:
    """What was said and heard in it."""
    return ObservedCall(
        events=program.events(call),
        heard=[frame.at for frame in call.frames if frame.is_audible],
        onsets=onsets_of(call, TURNS_PER_CALL),
    )
