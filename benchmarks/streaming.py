"""From the first piece of a text to its first sound, while the rest is still being written. Shell.

A text comes as a language model writes it: a few characters at a time. Three ways: streaming
synthesis (a voice of the large model gets each piece), each sentence as one synthesis, and the old
way, all of the text as one. The local speech server speaks, so what counts is the waiting, not the
voice.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.command import benchmark_parser, run_benchmark
from ivr_agi.bench.processes import cores, speech_server
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.cli.bench.common import check_positive, say
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.sis.client.streaming import HeardText, speak_by_sentence, stream_somewhere
from ivr_agi.sis.client.synthesizer import synthesize_somewhere
from ivr_agi.sis.wire.messages import SynthesisConfig

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

__all__ = ("main", "run_streaming")

SPOKEN_TEXT = (
    "Your account has two open orders. The first one was sent on Monday, and should be with you "
    "tomorrow. The second one waits for a part that is out of stock. Would you like to keep it?"
)
WRITTEN_AT_ONCE = 6
"""What a model writes at once: a word or two."""
PIECE_S = 0.05
"""Seconds between pieces: 20 a second."""
SENTENCE_VOICE = SynthesisConfig(property="english_cameal_common")
STREAM_VOICE = SynthesisConfig(property="chinese_huaxiaoli_common")


async def run_streaming(n_texts: int, say: Callable[[str], None]) -> list[Row]:
    """Speak so many texts each way, by turns.

    Raises:
        IvrError: The speech server did not start, or does not speak.
    """
    found: dict[str, list[float]] = {"streaming": [], "by_sentence": [], "whole": []}
    core, _ = cores()
    async with speech_server(core) as (url, _):
        at = Endpoints([Endpoint(url=url, project_id="bench")])
        for number in range(n_texts):
            say(f"text {number + 1} of {n_texts}")
            for name, samples in found.items():
                samples.append(await _first_sound_ms(name, at))
    old = found["whole"]
    middle = sorted(old)[len(old) // 2]
    pace = f"{WRITTEN_AT_ONCE} every {1000 * PIECE_S:.0f} ms"
    meaning = f"first of {len(SPOKEN_TEXT)} characters, {pace}"
    return [
        row("streaming_first_sound", "ms", found["streaming"], Target(p95=middle),
            f"{meaning}, to the first audio: streaming synthesis"),
        row("by_sentence_first_sound", "ms", found["by_sentence"], Target(p95=middle),
            "the same: a synthesis a sentence"),
        row("whole_first_sound", "ms", old, meaning="the old way: one synthesis of all of it"),
    ]  # fmt: skip


async def _first_sound_ms(way: str, at: Endpoints) -> float:
    began: list[float] = []

    async def written() -> AsyncIterator[str]:
        for place in range(0, len(SPOKEN_TEXT), WRITTEN_AT_ONCE):
            began.append(time.perf_counter())
            yield SPOKEN_TEXT[place : place + WRITTEN_AT_ONCE]
            await asyncio.sleep(PIECE_S)

    async with contextlib.aclosing(HeardText(written())) as text:
        chunks = await _speak(way, at, text)
        async with contextlib.aclosing(chunks):
            await anext(chunks)
            return 1000 * (time.perf_counter() - began[0])


async def _speak(way: str, at: Endpoints, text: HeardText) -> AsyncGenerator[bytes]:
    if way == "streaming":
        return stream_somewhere(at, text, STREAM_VOICE)
    if way == "by_sentence":
        return speak_by_sentence(at, text, SENTENCE_VOICE)
    whole = "".join([piece async for piece in text])
    return synthesize_somewhere(at, whole, SENTENCE_VOICE)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the options, measure, and show."""
    parser = benchmark_parser("streaming", "Needs the extra [local].")
    parser.add_argument("--texts", type=int, default=10, metavar="N", help="texts (%(default)s)")

    def measure(args: argparse.Namespace) -> list[Row]:
        check_positive(args, "texts")
        return asyncio.run(run_streaming(args.texts, say))

    return run_benchmark(parser, measure, argv)


if __name__ == "__main__":
    sys.exit(main())
