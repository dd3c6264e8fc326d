"""Keys on the real Asterisk: none is lost, however fast they come, over prompts and after."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.asterisk.caller import Caller
    from benchmarks.asterisk.installation import Install
    from tests.real_asterisk.speech import SpeechProcess

pytestmark = pytest.mark.asterisk

NUMBER = "135790#"
"""As long as the fastest redial key sends it, and the hash key."""
QUESTIONS = 4

ASK = """
  ask{n}:
    do: ask
    prompt: {{recording: {prompt}}}
    slot: {{type: digits, min_length: 1, max_length: 8}}
    save: s{n}
    no_input: {{after: 1, go: done}}
    no_match: {{after: 1, go: done}}
    go: {go}"""


@pytest.mark.parametrize("gap_s", [0.0, 0.05])
async def test_no_key_of_a_burst_is_lost(
    caller: Caller,
    speech: SpeechProcess,
    install: Install,
    tone_file: Callable[[float], str],
    gap_s: float,
) -> None:
    """Several inside one round trip: the one that ends a prompt, and those right behind it."""
    steps = "".join(
        ASK.format(n=n, prompt=tone_file(3), go=f"ask{n + 1}" if n + 1 < QUESTIONS else "done")
        for n in range(QUESTIONS)
    )
    program = install(speech.url, {"keys": f"start: ask0\nsteps:{steps}\n  done: {{do: hangup}}\n"})
    async with caller.call("100", variables=program.variables("keys")) as call:
        for n in range(QUESTIONS):
            await program.wait_for(call, "prompt_started", n + 1)
            await asyncio.sleep(0.07 * n)
            await call.press(NUMBER, gap_s=gap_s)
        await call.ended()
    slots = [call.variables.get(f"IVR_SLOT_S{n}") for n in range(QUESTIONS)]
    assert slots == [NUMBER.rstrip("#")] * QUESTIONS
