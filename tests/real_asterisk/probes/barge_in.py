#!/opt/ivr-agi/bin/python
"""Plays one prompt again and again and stops each at a random moment, with the project's channel.

Called as the real program; what to do is on the channel: ``PROBE_FILE`` (name of the prompt),
``PROBE_LENGTH`` (seconds), ``PROBE_COUNT``, ``PROBE_SEED``, ``PROBE_LOG`` (file for the results,
one JSON object a prompt). After every stop it asks a question of its own: an answer to any other
one means that a command is out of step.
"""

import asyncio
import json
import random
import time
from pathlib import Path
from typing import Any

from ivr_agi.agi.audio import CallAudioReader
from ivr_agi.agi.channel import AgiChannel

EDGE_S = 0.02
PAUSE_S = 0.15


def moment(number: int, length_s: float, chance: random.Random) -> float:
    """When to stop a prompt: every fourth in its first 20 ms, every fourth around its last."""
    match number % 4:
        case 0:
            return chance.uniform(0, EDGE_S)
        case 1:
            return chance.uniform(length_s - EDGE_S, length_s + EDGE_S / 2)
    return chance.uniform(0, length_s)


async def stop_once(channel: AgiChannel, file: str, after_s: float, number: int) -> dict[str, Any]:
    """Play the prompt, stop it after some time, and see whether the channel is in step."""
    playing = asyncio.create_task(channel.stream_file(file))
    await asyncio.sleep(0)  # it is written now
    await asyncio.sleep(after_s)
    interrupted_at = time.monotonic()
    channel.interrupt()
    playback = await playing
    stopped_at = time.monotonic()
    reply = await channel.command("GET FULL VARIABLE", f"question {number}")
    return {
        "after_s": after_s,
        "written_at": playback.written_at,
        "interrupted_at": interrupted_at,
        "stopped_at": stopped_at,
        "cause": playback.cause.value,
        "position_s": playback.position_samples / 8000,
        "answers": reply.data == f"question {number}",
    }


async def run_call() -> None:
    """Do what the channel's variables say."""
    audio = CallAudioReader(on_frame=lambda _: None)
    audio.start()
    async with await AgiChannel.open() as channel:
        told = {
            name: await channel.get_variable(f"PROBE_{name}") or ""
            for name in ("FILE", "LENGTH", "COUNT", "SEED", "LOG")
        }
        length_s, chance = float(told["LENGTH"]), random.Random(int(told["SEED"]))
        results = []
        for number in range(int(told["COUNT"])):
            after_s = moment(number, length_s, chance)
            results.append(await stop_once(channel, told["FILE"], after_s, number))
            await asyncio.sleep(PAUSE_S)
        save(Path(told["LOG"]), results)
    audio.stop()


def save(file: Path, results: list[dict[str, Any]]) -> None:
    """Write the results, one JSON object a line."""
    file.write_text("".join(json.dumps(result) + "\n" for result in results))


asyncio.run(run_call())
