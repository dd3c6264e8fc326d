"""``python -m benchmarks.hearing``: what the local speech server understands of people.

A real ``ivr-agi speech-server`` hears recordings of people, over several lines. What is said
counts in the audio's own time, so a busy machine gives the same figures; only
``voice_end_to_words`` and what a session costs depend on it.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
from collections import defaultdict
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import benchmark_parser, run_benchmark
from benchmarks.hearing_client import MS_BYTES, HearingClient, Understood
from benchmarks.hearing_tasks import HEARING_TASKS, Saying, make_sentences
from benchmarks.recordings import LEAD_S, LINES, Lines, noise_clips, read_recordings, voice_edges
from ivr_agi.audio.frames import SAMPLES_PER_MS
from ivr_agi.bench.processes import children, cpu_seconds, private_kb
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.cli.bench.common import check_positive, say
from ivr_agi.errors import ConfigError, SpeechUnavailable
from ivr_agi.settings import Settings, least_score

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Iterable, Sequence

    from benchmarks.recordings import LineUnderneath, SpokenRecording

__all__ = ("Cell", "HearingPlan", "cell_rows", "main", "measure_hearing")

TAKEN_FROM = least_score(Settings().recognition)
"""Words with a lower score are not taken by a call as it is delivered."""
SERVER_START_S = 120.0
_PATIENT = ("--words-within", "60", "--max-sessions", "50")
"""Audio is sent ahead of time, by more callers than a slow machine is measured to carry."""
PACED_SENTENCES = 40
OPEN_SESSIONS = 20

_TARGETS = {
    "digit": Target(least=95),
    "menu10": Target(least=98),
    "letter": Target(least=75),
    "string6": Target(least=80),
    "zh_digit": Target(least=90),
    "zh_menu10": Target(least=95),
}


@dataclass(frozen=True)
class HearingPlan:
    """How much of everything."""

    speech: Path
    """The folder of recordings."""
    options: tuple[str, ...] = ()
    """Further options of ``ivr-agi speech-server``."""
    engine: str | None = None
    """The recogniser; None: the server's own choice."""
    lines: tuple[str, ...] = tuple(line.name for line in LINES)
    tasks: tuple[str, ...] = HEARING_TASKS
    most: int = 40
    """Sentences of a task on each line but the quiet one."""
    most_quiet: int = 400
    """Sentences of a task on the quiet line."""


@dataclass
class Cell:
    """What was understood of one task on one line."""

    task: str
    line: str
    n: int = 0
    right: int = 0
    accepted: int = 0
    """Right, and with a score that a call takes."""
    wrong: int = 0
    """Wrong, and with such a score: of foreign words, any."""
    missed: int = 0
    """No words at all."""

    def add(self, sentence: Saying, heard: Understood) -> None:
        """Count a sentence."""
        is_accepted = heard.words is not None and heard.score >= TAKEN_FROM
        is_right = heard.words is not None and sentence.is_right(heard.words)
        self.n += 1
        self.right += is_right
        self.accepted += is_right and is_accepted
        self.wrong += is_accepted and not is_right
        self.missed += heard.words is None


@dataclass
class _Findings:
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    onsets_ms: list[float] = field(default_factory=list)
    onsets_missed: int = 0
    rows: list[Row] = field(default_factory=list)


def interval(count: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, per cent (Wilson)."""
    if n == 0:
        return 0.0, 100.0
    z, share = 1.96, count / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


def _share(name: str, count: int, n: int, target: Target | None = None, more: str = "") -> Row:
    if n == 0:
        return row(name, "%", [], target, more)
    low, high = interval(count, n)
    meaning = f"{count} of {n}, 95 % interval {low:.0f} to {high:.0f}{more}"
    percent = 100 * count / n
    return Row(name, "%", n, percent, None, None, target or Target(), meaning)


def cell_rows(cells: Iterable[Cell]) -> list[Row]:
    """One row for a task on a line; on the quiet line under its plain name.

    Of foreign words the row says how many were taken for one of the list.
    """
    rows = []
    for cell in cells:
        place = "" if cell.line == "quiet" else f", {cell.line}"
        if cell.task.endswith("foreign"):
            target = Target(p50=3) if cell.task == "foreign" and not place else None
            rows.append(_share(f"{cell.task}_accepted{place}", cell.wrong, cell.n, target))
            continue
        parts = ((cell.accepted, "right and accepted"), (cell.wrong, "wrong and accepted"))
        more = "".join(
            f"; {100 * count / max(1, cell.n):.0f} % {what}"
            for count, what in (*parts, (cell.missed, "missed"))
        )
        target = None if place else _TARGETS.get(cell.task)
        rows.append(_share(f"{cell.task}_right{place}", cell.right, cell.n, target, more))
    return rows


async def measure_hearing(plan: HearingPlan) -> list[Row]:
    """Measure all of the plan.

    Raises:
        ConfigError: The folder is not one of recordings.
        SpeechError: The server does not start, or fails.
    """
    recordings = await asyncio.to_thread(read_recordings, plan.speech)
    lines, found = Lines(recordings), _Findings()
    engine = () if plan.engine is None else ("--engine", plan.engine)
    async with _server(*engine, *plan.options) as (url, pid):
        for line in LINES:
            if line.name in plan.lines:
                await _hear_line(url, pid, plan, line, recordings, lines, found)
        if "quiet" in plan.lines:
            found.rows += await _false_starts(url, recordings, lines)
            paced = await _voice_end_to_words(url, recordings, lines)
            found.rows.append(await _session_memory(url, pid, recordings, lines))
    if "quiet" in plan.lines:
        found.rows += await _compare_with_first(plan, paced, recordings, lines)
    return [*cell_rows(found.cells.values()), *_onset_rows(found), *found.rows]


@asynccontextmanager
async def _server(*options: str) -> AsyncIterator[tuple[str, int]]:
    """``ivr-agi speech-server``: its URL and its pid."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ivr_agi", "speech-server", "--port", "0", *_PATIENT, *options,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None  # started with a pipe
    try:
        async with asyncio.timeout(SERVER_START_S):
            while b"listening on" not in (line := await process.stdout.readline()):
                if not line:
                    raise SpeechUnavailable("the speech server did not start")
        yield line.split()[-1].decode(), process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _hear_line(
    url: str,
    pid: int,
    plan: HearingPlan,
    line: LineUnderneath,
    recordings: Sequence[SpokenRecording],
    lines: Lines,
    found: _Findings,
) -> None:
    most = plan.most_quiet if line.name == "quiet" else plan.most
    waiting: dict[str, list[Saying]] = defaultdict(list)
    for task in plan.tasks:
        for sentence in make_sentences(task, recordings, most):
            waiting[sentence.language].append(sentence)
    cpu_s, audio_s = await asyncio.to_thread(cpu_seconds, pid), 0.0
    for language, sentences in waiting.items():
        say(f"{plan.engine or 'engine of the server'}, {line.name}, {language}: {len(sentences)}")
        for sentence in sentences:
            key = (sentence.task, line.name)
            found.cells.setdefault(key, Cell(*key))
        audio_s += await _share_out(url, language, line, sentences, lines, found)
    if line.name == "quiet" and audio_s:
        spent = 1000 * (await asyncio.to_thread(cpu_seconds, pid) - cpu_s) / audio_s
        meaning = "server and workers, for each second of audio, a half of it speech"
        found.rows.append(row("cpu_per_second", "ms", [spent], meaning=meaning))


async def _share_out(
    url: str,
    language: str,
    line: LineUnderneath,
    sentences: list[Saying],
    lines: Lines,
    found: _Findings,
) -> float:
    """Say the sentences on a socket for each core; return the seconds of audio."""
    audio_s = 0.0
    queue = list(reversed(sentences))

    async def keep_saying() -> None:
        nonlocal audio_s
        async with HearingClient(url, language) as client:
            while queue:
                sentence = queue.pop()
                pcm = await asyncio.to_thread(lines.over, line, sentence.samples, sentence.name)
                table = await client.make_table(sentence.words)
                heard = await client.say(pcm, table)
                audio_s += len(pcm) / MS_BYTES / 1000
                found.cells[sentence.task, line.name].add(sentence, heard)
                if line.name == "quiet":
                    _note_onset(found, sentence, heard)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(len(os.sched_getaffinity(0))):
            tasks.create_task(keep_saying())
    return audio_s


def _note_onset(found: _Findings, sentence: Saying, heard: Understood) -> None:
    begin, end = voice_edges(sentence.samples)
    onset_ms = 1000 * LEAD_S + begin / SAMPLES_PER_MS
    if not sentence.counts_for_onset:
        return
    if heard.voice_start_ms is None or heard.voice_start_ms > 1000 * LEAD_S + end / 8 + 200:
        found.onsets_missed += 1
    else:
        found.onsets_ms.append(heard.voice_start_ms - onset_ms)


def _onset_rows(found: _Findings) -> list[Row]:
    n = len(found.onsets_ms) + found.onsets_missed
    if n == 0:
        return []
    meaning = "a voice's first sound until VOICE_START, in the audio's own time; quiet line"
    return [
        row(
            "voice_start_after_onset", "ms", found.onsets_ms, Target(p50=65, p95=160), meaning
        ),
        _share("onset_missed", found.onsets_missed, n, Target(p50=2)),
    ]  # fmt: skip


async def _false_starts(url: str, recordings: Sequence[SpokenRecording], lines: Lines) -> list[Row]:
    """Noises that set in on a quiet line: how many are taken for a voice."""
    quiet = LINES[0]
    counts: dict[str, list[bool]] = defaultdict(list)
    async with HearingClient(url, "en") as client:
        table = await client.make_table(["yes", "no"])
        for number, (kind, samples) in enumerate(noise_clips(recordings, lines)):
            pcm = await asyncio.to_thread(lines.over, quiet, samples, f"clip {number}")
            heard = await client.say(pcm, table)
            counts[kind].append(heard.voice_start_ms is not None)
    quiet_kinds = [started for kind in ("noise", "hum") for started in counts[kind]]
    babble = counts["babble"]
    return [
        Row(
            "false_starts", "clips", len(quiet_kinds), float(sum(quiet_kinds)), None, None,
            Target(p50=0),
            f"noises of 6 s that set in and start a voice: {sum(counts['noise'])} of "
            f"{len(counts['noise'])} recorded, {sum(counts['hum'])} of {len(counts['hum'])} hums",
        ),
        _share("babble_starts", sum(babble), len(babble), more="; six voices at -36 dBFS"),
    ]  # fmt: skip


async def _voice_end_to_words(
    url: str, recordings: Sequence[SpokenRecording], lines: Lines
) -> list[float]:
    """One session, in real time from the onset: milliseconds until the words have come."""
    sentences = make_sentences("menu10", recordings, PACED_SENTENCES) or make_sentences(
        "digit", recordings, PACED_SENTENCES
    )
    samples = []
    async with HearingClient(url, sentences[0].language if sentences else "en") as client:
        for sentence in sentences:
            pcm = lines.over(LINES[0], sentence.samples, sentence.name)
            table = await client.make_table(sentence.words)
            begin, _ = voice_edges(sentence.samples)
            from_ms = round(1000 * LEAD_S) + begin // SAMPLES_PER_MS
            heard = await client.say(pcm, table, paced_from_ms=from_ms)
            if heard.voice_end_to_words_ms is not None:
                samples.append(heard.voice_end_to_words_ms)
    return samples


async def _session_memory(
    url: str, pid: int, recordings: Sequence[SpokenRecording], lines: Lines
) -> Row:
    """Private memory of server and workers for a session in which somebody speaks."""
    [sentence] = make_sentences("menu10", recordings, 1) or make_sentences("digit", recordings, 1)
    pcm = lines.over(LINES[0], sentence.samples, sentence.name)
    middle = len(pcm) // 2 // MS_BYTES * MS_BYTES
    before = await asyncio.to_thread(_tree_kb, pid)
    async with AsyncExitStack() as stack:
        for _ in range(OPEN_SESSIONS):
            client = await stack.enter_async_context(HearingClient(url, sentence.language))
            await client.start_voice(pcm[:middle], await client.make_table(sentence.words))
        await asyncio.sleep(1.0)
        grown = await asyncio.to_thread(_tree_kb, pid) - before
    meaning = f"{OPEN_SESSIONS} sessions in which somebody speaks; without any: {before:.0f} KB"
    return row("memory_per_session", "KB", [grown / OPEN_SESSIONS], meaning=meaning)


def _tree_kb(pid: int) -> float:
    return private_kb(pid) + sum(_tree_kb(child) for child in children(pid))


async def _compare_with_first(
    plan: HearingPlan, paced: list[float], recordings: Sequence[SpokenRecording], lines: Lines
) -> list[Row]:
    """``voice_end_to_words``, beside that of pocketsphinx in the same run."""
    meaning = "one session in real time: the audio that ends a sentence, until its words"
    if plan.engine in (None, "pocketsphinx"):
        return [row("voice_end_to_words", "ms", paced, meaning=meaning)]
    say("pocketsphinx, for comparison")
    async with _server("--engine", "pocketsphinx") as (url, _):
        plain = await _voice_end_to_words(url, recordings, lines)
    beside = row("voice_end_to_words, pocketsphinx", "ms", plain)
    target = Target(p95=3 * beside.p95) if beside.p95 is not None else None
    return [row("voice_end_to_words", "ms", paced, target, meaning, baseline=plain), beside]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("hearing")
    parser.add_argument(
        "--speech",
        type=Path,
        required=True,
        metavar="DIR",
        help="recordings of people, with a manifest.tsv",
    )
    parser.add_argument("--engine", metavar="NAME", help="recogniser (default: the server's own)")
    parser.add_argument("--model", metavar="NAME", help="its model, as the speech server takes it")
    parser.add_argument(
        "--lines", metavar="A,B", help=f"only these: {', '.join(line.name for line in LINES)}"
    )
    parser.add_argument("--tasks", metavar="A,B", help=f"only these: {', '.join(HEARING_TASKS)}")
    parser.add_argument(
        "--most",
        type=int,
        default=HearingPlan.most,
        metavar="N",
        help="sentences of a task on each line but the quiet one (%(default)s)",
    )
    parser.add_argument(
        "--most-quiet",
        type=int,
        default=HearingPlan.most_quiet,
        metavar="N",
        help="sentences of a task on the quiet line (%(default)s)",
    )
    return run_benchmark(parser, _measure_asked, argv)


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "most", "most_quiet")
    plan = HearingPlan(
        args.speech,
        options=("--model", args.model) if args.model else (),
        engine=args.engine,
        lines=_chosen(args.lines, HearingPlan.lines, "--lines"),
        tasks=_chosen(args.tasks, HEARING_TASKS, "--tasks"),
        most=args.most,
        most_quiet=args.most_quiet,
    )
    return asyncio.run(measure_hearing(plan))


def _chosen(text: str | None, known: Sequence[str], key: str) -> tuple[str, ...]:
    """Split an option at its commas.

    Raises:
        ConfigError: A name is not known.
    """
    if text is None:
        return tuple(known)
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in known:
            raise ConfigError(f"must be of {', '.join(known)}, got {name!r}", key=key)
    return names


if __name__ == "__main__":
    sys.exit(main())
