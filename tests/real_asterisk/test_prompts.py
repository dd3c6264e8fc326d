"""Prompts of several parts on a real Asterisk: what the caller hears, sample by sample."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ivr_agi.audio.g711 import pcm_to_ulaw, ulaw_to_pcm
from ivr_agi.bench.signals import tone
from tests.real_asterisk.counting_speech import counted
from tests.real_asterisk.speech import COUNTING, speech_service

if TYPE_CHECKING:
    from benchmarks.asterisk.caller import Call, Caller
    from benchmarks.asterisk.installation import Install

pytestmark = pytest.mark.asterisk

FLOW = """
start: main
steps:
  main:
    do: menu
    prompt:
      - {{recording: {recording}}}
      - Balance
      - {{number: 12}}
    timeout_s: 1
    choices: [{{words: [yes], key: "1", go: done}}]
    no_input: {{after: 1, go: done}}
    no_match: {{after: 1, go: done}}
  done: {{do: hangup}}
"""
TEXTS = counted("Balance") + counted("twelve")
JINGLE = tone(0.3)


def over_the_line(pcm: bytes) -> bytes:
    """What of it reaches a phone: G.711. A sample too few or too many still shows."""
    return ulaw_to_pcm(pcm_to_ulaw(pcm))


HEARD_TEXTS, HEARD_JINGLE = over_the_line(TEXTS), over_the_line(JINGLE)
ONE_FRAME_S = 0.02
BUSY_S = 0.02
"""The first and the last packet may be late by a busy machine's doing."""


def heard_samples(call: Call) -> bytes:
    """All that the caller heard, without the silence before and after."""
    samples = np.frombuffer(b"".join(frame.pcm for frame in call.frames), "<i2")
    sounds = np.flatnonzero(np.abs(samples.astype(np.int32)) > 100)
    return samples[sounds[0] : sounds[-1] + 1].tobytes() if sounds.size else b""


def waited_s(call: Call) -> float:
    """How long the caller waited within the prompt: no packet comes while nothing is played."""
    frames = [frame for frame in call.frames if frame.is_audible]
    between = [frame for frame in call.frames if frames[0].at <= frame.at < frames[-1].at]
    return frames[-1].at - frames[0].at - sum(len(frame.pcm) for frame in between) / 16000


async def test_three_parts_have_no_gap(caller: Caller, install: Install) -> None:
    """Recorded, synthesised while it plays, a number: one file, and not a sample between them."""
    with speech_service(*COUNTING, "0.06") as speech:
        program = install(speech.url, {"menu": ""})
        jingle = f"{program.folder}/jingle"
        (program.host / "jingle.sln").write_bytes(JINGLE)
        (program.host / "flows/menu.yaml").write_text(FLOW.format(recording=jingle))
        async with caller.call("100", variables=program.variables("menu")) as call:
            await program.wait_for(call, "prompt_ended")
            await call.ended()
    heard = heard_samples(call)
    # The tone begins softly: what is below the threshold of heard_samples is cut off.
    assert heard in HEARD_JINGLE + HEARD_TEXTS
    assert len(heard) >= len(JINGLE + TEXTS) - 100
    assert waited_s(call) <= ONE_FRAME_S + BUSY_S
    (started,) = program.events(call, "prompt_started")
    assert started.data == {"text": "Balance twelve", "recording": jingle}


async def test_an_under_run_loses_no_sample(caller: Caller, install: Install) -> None:
    """A voice slower than speech: silence between the pieces, and each sample once, in order."""
    with speech_service(*COUNTING, "0.35") as speech:
        program = install(speech.url, {"menu": FLOW.format(recording="silence/1")})
        (program.host / "flows/menu.yaml").write_text(
            FLOW.format(recording="x").replace("      - {recording: x}\n", "")
        )
        async with caller.call("100", variables=program.variables("menu")) as call:
            await program.wait_for(call, "prompt_ended", timeout_s=30)
            await call.ended()
    samples = np.frombuffer(heard_samples(call), "<i2")
    assert samples[samples != 0].tobytes() == HEARD_TEXTS


async def test_a_part_that_only_asterisk_can_read(caller: Caller, install: Install) -> None:
    """A recording of 32 kHz is played by itself: two frames of silence at most, then the rest."""
    with speech_service(*COUNTING, "0.06") as speech:
        program = install(speech.url, {"menu": ""})
        (program.host / "jingle.sln32").write_bytes(
            np.repeat(np.frombuffer(JINGLE, "<i2"), 4).tobytes()
        )
        (program.host / "flows/menu.yaml").write_text(
            FLOW.format(recording=f"{program.folder}/jingle")
        )
        async with caller.call("100", variables=program.variables("menu")) as call:
            await program.wait_for(call, "prompt_ended")
            await call.ended()
    heard = heard_samples(call)
    assert heard.endswith(HEARD_TEXTS)
    samples = np.frombuffer(heard[: -len(TEXTS)], "<i2").astype(np.int32)
    silent_s = (samples.size - 1 - int(np.flatnonzero(np.abs(samples) > 100)[-1])) / 8000
    assert silent_s + waited_s(call) <= 2 * ONE_FRAME_S + BUSY_S


async def test_a_recording_of_16_khz_goes_on_after_a_key(caller: Caller, install: Install) -> None:
    """Asterisk counts it in samples of 16 kHz; nothing is left out and nothing heard twice."""
    with speech_service(*COUNTING, "0.06") as speech:
        program = install(speech.url, {"menu": ""})
        wide = np.repeat(np.frombuffer(tone(2.0), "<i2"), 2)
        (program.host / "wide.sln16").write_bytes(wide.tobytes())
        say = f"{{do: say, prompt: {{recording: {program.folder}/wide}}, go: done}}"
        flow = f"start: main\nsteps:\n  main: {say}\n  done: {{do: hangup}}\n"
        (program.host / "flows/menu.yaml").write_text(flow)
        async with caller.call("100", variables=program.variables("menu")) as call:
            await program.wait_for(call, "prompt_started")
            await asyncio.sleep(0.7)
            await call.press("1")
            await call.ended()
    assert len(program.events(call, "key")) == 1
    assert call.audible_s == pytest.approx(2.0, abs=2 * ONE_FRAME_S + BUSY_S)


async def test_a_key_in_the_first_part(caller: Caller, install: Install) -> None:
    """All of a prompt can be interrupted, as its step says."""
    with speech_service(*COUNTING, "0.06") as speech:
        program = install(speech.url, {"menu": ""})
        (program.host / "jingle.sln").write_bytes(tone(3.0))
        (program.host / "flows/menu.yaml").write_text(
            FLOW.format(recording=f"{program.folder}/jingle")
        )
        async with caller.call("100", variables=program.variables("menu")) as call:
            await program.wait_for(call, "prompt_started")
            await asyncio.sleep(0.7)
            await call.press("1")
            await call.ended()
    assert call.variables["IVR_RESULT"] == "yes"
    assert 0.5 < call.audible_s < 1.5
