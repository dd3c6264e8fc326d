"""Barge-in on the real Asterisk: always in step, and how fast.

Two ways: 200 stops at random moments by the project's AGI channel alone, and stops by a voice over
the whole path, with the local engines. The prompt is a tone, so that every frame of it is heard.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ivr_agi.bench.asterisk.caller import FRAME_BYTES, FRAME_S
from ivr_agi.bench.asterisk.instance import HOME
from ivr_agi.bench.sounds import ACCOUNT_BALANCE, TECHNICAL_SUPPORT, onset_s

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from ivr_agi.bench.asterisk.ami import Ami
    from ivr_agi.bench.asterisk.caller import Call, Caller
    from ivr_agi.bench.asterisk.installation import Install, Installation
    from ivr_agi.bench.asterisk.instance import AsteriskInstance
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
VOICES = (ACCOUNT_BALANCE, TECHNICAL_SUPPORT)
START_TO_SILENCE = "VOICE_START at the plugin to silence at the caller"
ONSET_TO_SILENCE = "caller's onset to silence at the caller"


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


def voice_flow(number: int, prompt: str) -> str:
    """Menus over a prompt; after each, words that no other step says, so no cache has them."""
    steps = []
    for turn in range(TURNS_PER_CALL):
        after = f"ask{turn + 1}" if turn + 1 < TURNS_PER_CALL else "done"
        steps.append(f"""
  ask{turn}:
    do: menu
    prompt: {{recording: {prompt}}}
    choices:
      - {{words: [account balance], go: tell{turn}}}
      - {{words: [technical support], go: tell{turn}}}
    no_input: {{after: 1, go: done}}
    no_match: {{after: 1, go: tell{turn}}}
  tell{turn}:
    do: say
    prompt: Number {number * 100 + turn}.
    go: {after}""")
    return "start: ask0\nsteps:" + "".join(steps) + "\n  done: {do: hangup}\n"


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
    prompt = tone_file(5)
    flows = {f"voice{number}": voice_flow(number, prompt) for number in range(VOICE_CALLS)}
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
    measured = [measure(call, program, turn) for call in calls for turn in range(TURNS_PER_CALL)]
    times = {name: [turn[name] for turn in measured] for name in measured[0]}
    tables.add_times("Barge-in by voice, real Asterisk, local engines", times)
    assert len(measured) >= 20
    assert max(times[START_TO_SILENCE]) < STOPS_WITHIN_S
    assert np.median(times[ONSET_TO_SILENCE]) < 0.25


async def talk_over_prompts(
    dialling: AbstractAsyncContextManager[Call], program: Installation
) -> Call:
    """One call: in each turn, say something over the prompt at a random moment."""
    chance = random.Random(1)
    async with dialling as call:
        for turn in range(TURNS_PER_CALL):
            await program.wait_for(call, "prompt_started", 2 * turn + 1)
            await asyncio.sleep(chance.uniform(0, 3))
            call.say(VOICES[turn % 2])
        await call.ended(30)
    return call


def measure(call: Call, program: Installation, turn: int) -> dict[str, float]:
    """Times of one turn, seconds."""
    happened = {
        name: program.events(call, name)
        for name in ("prompt_started", "voice_start", "prompt_stopped", "synthesis_first_audio")
    }
    asked, told = happened["prompt_started"][2 * turn : 2 * turn + 2]
    voice_start, stopped = happened["voice_start"][turn], happened["prompt_stopped"][turn]
    assert asked.at_s < voice_start.at_s < told.at_s
    first_audio = happened["synthesis_first_audio"][turn]
    silent_at = max(audible_between(call, asked.at_s, told.at_s)) + FRAME_S
    onset_at = spoken_at(call, turn)
    sound_at = min(audible_between(call, first_audio.at_s, first_audio.at_s + 1))
    return {
        START_TO_SILENCE: max(0, silent_at - voice_start.at_s),
        "VOICE_START at the plugin to Asterisk's answer": stopped.data["barge_in_ms"] / 1000,
        "caller's onset to VOICE_START at the plugin": voice_start.at_s - onset_at,
        ONSET_TO_SILENCE: silent_at - onset_at,
        "first synthesised chunk to first sound heard": sound_at - first_audio.at_s,
    }


def spoken_at(call: Call, turn: int) -> float:
    """When the caller's words began in a turn: a frame is spoken in the 20 ms before it leaves."""
    before = sum(-(-len(VOICES[earlier % 2]) // FRAME_BYTES) for earlier in range(turn))
    frame, within_s = divmod(onset_s(VOICES[turn % 2]), FRAME_S)
    return call.said_frames[before + int(frame)].at - FRAME_S + within_s
