"""``ivr-agi bench sis``: the speech server under load, latencies, the client's cost.

Asyncio shell. The server (with its one worker) has one core, the callers have another.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.bench.processes import cores, cpu_seconds, pinned, speech_server, started
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.bench.sis_callers import Measured, keep_talking, stay_silent
from ivr_agi.bench.sis_client import feed
from ivr_agi.demo.run import check_demo_packages
from ivr_agi.errors import SpeechUnavailable
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client.synthesizer import synthesize
from ivr_agi.sis.client.vocabularies import create_vocabulary
from ivr_agi.sis.wire.messages import RecognitionConfig, SynthesisConfig

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("SisPlan", "run_sis")

_PHRASES = ("account balance", "technical support", "representative", "operator")
VOICE = SynthesisConfig(property="english_cameal_common")
_SETTLE_S = 2.0
"""Load before it is measured."""

SILENT_SERVICE = """\
- steps:
    - {wait_for: START, timeout_s: 60}
    - start
    - {wait_for: CLOSE, timeout_s: 600}
"""


@dataclass(frozen=True)
class SisPlan:
    """How much of everything; the defaults are those of the targets."""

    silent: int = 50
    """Sessions that stream silence."""
    talking: int = 8
    """Sessions that speak at once."""
    clients: int = 100
    """Sessions of our own client."""
    seconds: float = 20.0
    """Of each of the two loads."""
    syntheses: int = 30


async def run_sis(plan: SisPlan, say: Callable[[str], None]) -> list[Row]:
    """Run all of it, about a minute; ``say`` takes a line of progress.

    Raises:
        MissingDependency: The extra ``local`` is not installed.
        SpeechError: The server does not answer.
    """
    check_demo_packages()
    measured_core, driving_core = cores()
    with pinned(driving_core):
        sessions = str(plan.silent + plan.talking + 2)
        options = ("--workers", "1", "--max-sessions", sessions)
        async with speech_server(measured_core, *options) as (url, pid):
            endpoint = Endpoint(url=url, project_id="bench")
            say(f"synthesis, {plan.syntheses} times")
            rows = [await _first_chunks(endpoint, plan)]
            say(f"{plan.silent} silent and {plan.talking} talking callers, {plan.seconds:g} s")
            rows += await _load(endpoint, pid, plan)
        say(f"{plan.clients} sessions of our client, {plan.seconds:g} s")
        rows += await _client_cost(plan, measured_core, driving_core)
    return rows


async def _first_chunks(endpoint: Endpoint, plan: SisPlan) -> Row:
    samples = []
    for number in range(plan.syntheses):
        asked = time.monotonic()
        chunks = synthesize(endpoint, _PHRASES[number % len(_PHRASES)], VOICE)
        await anext(chunks)
        samples.append(1000 * (time.monotonic() - asked))
        await chunks.aclose()
    meaning = "synthesize() called, socket opened, until the first audio is there"
    return row("synthesis_first_chunk", "ms", samples, meaning=meaning)


async def _load(endpoint: Endpoint, pid: int, plan: SisPlan) -> list[Row]:
    table = await create_vocabulary(endpoint, "bench", _PHRASES)
    speech = {
        phrase: b"".join([chunk async for chunk in synthesize(endpoint, phrase, VOICE)])
        for phrase in _PHRASES
    }
    config = RecognitionConfig(
        audio_format="pcm8k16bit", property="english_8k_common", vocabulary_id=table
    )
    warm_up, found = Measured(), Measured()
    async with asyncio.TaskGroup() as tasks:
        until = time.monotonic() + _SETTLE_S + plan.seconds
        for _ in range(plan.silent):
            tasks.create_task(stay_silent(endpoint, config, until, found))
        for number in range(plan.talking):
            phrase = _PHRASES[number % len(_PHRASES)]
            tasks.create_task(keep_talking(endpoint, config, phrase, speech[phrase], until, found))
        await asyncio.sleep(_SETTLE_S)
        vars(found).update(vars(warm_up))
        began, cpu = time.monotonic(), cpu_seconds(pid)
        await asyncio.sleep(plan.seconds)
        share = (cpu_seconds(pid) - cpu) / (time.monotonic() - began)
    sentences = found.right + found.wrong
    return [
        row("server_lag", "ms", found.lag, Target(p99=60),
            "a chunk of a silent caller sent, until the server has worked it off"),
        row("server_cpu", "% of a core", [100 * share], Target(p50=100),
            f"server and worker, {plan.silent} silent and {plan.talking} talking"),
        row("onset_to_voice_start", "ms", found.onset_to_voice_start, Target(p50=150, p95=250),
            "first sound of the voice until VOICE_START has come, 40 ms chunks"),
        row("voice_end_to_result", "ms", found.tail_to_result,
            meaning="last chunk of the sentence's tail sent, until its words have come"),
        row("not_understood", "% of sentences", [100 * found.wrong / max(1, sentences)],
            meaning=f"of {sentences}, robotic voice"),
    ]  # fmt: skip


async def _client_cost(plan: SisPlan, measured_core: int, driving_core: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.yaml"
        script.write_text(SILENT_SERVICE, encoding="utf-8")
        async with speech_server(driving_core, "--script", str(script)) as (url, _):
            found = json.loads(await _run_client(url, plan, measured_core))
    meaning = f"{plan.clients} sessions, 40 ms chunks; pipe, client and WebSocket"
    return [
        row("frame_to_socket", "ms", found["latencies_ms"], Target(p99=2),
            "20 ms frame written to the pipe until its chunk's bytes are on the socket"),
        row("client_cpu_per_audio_s", "ms", [found["cpu_ms_per_audio_s"]], meaning=meaning),
        row("client_cpu_per_message", "us", [found["cpu_us_per_message"]], meaning=meaning),
    ]  # fmt: skip


async def _run_client(url: str, plan: SisPlan, core: int) -> bytes:
    pipes = [os.pipe() for _ in range(plan.clients)]
    for _, write in pipes:
        os.set_blocking(write, False)
    try:
        reads = [read for read, _ in pipes]
        arguments = ("ivr_agi.bench.sis_client", url, str(plan.seconds), *map(str, reads))
        async with started(core, *arguments, pass_fds=reads) as process:
            assert process.stdout is not None  # started with a pipe
            if await process.stdout.readline() != b"ready\n":
                raise SpeechUnavailable("the client process did not start")
            until = time.monotonic() + 2 * _SETTLE_S + plan.seconds
            writes = [write for _, write in pipes]
            _, answer = await asyncio.gather(
                asyncio.to_thread(feed, writes, until), process.stdout.read()
            )
            return answer
    finally:
        for ends in pipes:
            for fd in ends:
                os.close(fd)
