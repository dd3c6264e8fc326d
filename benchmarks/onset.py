"""``python -m benchmarks.onset``: how soon a voice is heard.

By default, what our own onset detector gains with a service far away. With ``--speech DIR``, how
soon the voice detector of the local speech server hears recorded people, and what else it takes for
a voice: in the audio's own time, without a server, so it does not matter how busy the machine is.
Only ``cpu_per_second`` is process time.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.command import benchmark_parser, run_benchmark
from benchmarks.noise import Spoken, make_calls, speak
from benchmarks.recordings import LEAD_S, LINES, Lines, noise_clips, read_recordings, voice_edges
from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLES_PER_MS
from ivr_agi.bench.report import Row, Target, row
from ivr_agi.cli.bench.common import check_positive, say
from ivr_agi.settings import Settings
from ivr_agi.sis.wire.messages import RecognitionConfig
from ivr_agi.speech_server.engines.silero import SileroVad
from ivr_agi.speech_server.listener import Listener, WindowKind

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.recordings import LineUnderneath, SpokenRecording
    from ivr_agi.speech_server.engines.base import Vad

__all__ = ("main", "onset_rows", "recorded_rows", "voice_start_ms")

WORD_KINDS = ("digit", "letter", "word")
"""Recordings of one word."""
SOFTER_DB = (0, -12, -20)
"""Callers, against the recordings."""
BEFORE_MS, AFTER_MS = 100, 200
"""A start so long before a word's first sound, or after its last one, is not that word's."""


def onset_rows(
    trials: int,
    say: Callable[[str], None] = lambda _: None,
    delays_ms: Iterable[int] = (0, 50, 150),
) -> list[Row]:
    """The caller's onset until the prompt is stopped, by the service's word and by our own.

    Args:
        trials: Words in each condition.
        say: Takes a line of progress.
        delays_ms: There and back to the service.
    """
    rows = []
    with make_calls(Settings().turn.timeout_s) as calls:
        for delay_ms in delays_ms:
            for own_onset in (False, True):
                kind = "own onset" if own_onset else "its VOICE_START"
                say(f"service {delay_ms} ms away, {kind}")
                spoken = [
                    speak(calls, n, Spoken(), delay_s=delay_ms / 1000, own_onset=own_onset)
                    for n in range(trials)
                ]
                times = [1000 * after for after, _ in spoken if after is not None]
                false = sum(n_resumed for _, n_resumed in spoken)
                meaning = f"{trials - len(times)} missed, {false} resumed for nothing"
                name = f"{'own_onset' if own_onset else 'voice_start'}, {delay_ms} ms away"
                rows.append(row(name, "ms", times, Target(p50=150, p95=250), meaning))
    return rows


def voice_start_ms(vad: Vad, pcm: bytes) -> int | None:
    """Return where in the audio VOICE_START comes; None: it does not.

    Args:
        vad: The detector.
        pcm: s16le mono 8 kHz.
    """
    listener = Listener(
        RecognitionConfig(audio_format="pcm8k16bit", property="english_8k_common", vad_head=60_000),
        window_samples=vad.window_samples,
        probability=vad.stream().probability,
        onset=vad.onset(),
    )
    for detection in listener.listen(pcm):
        if detection.found is WindowKind.VOICE_START:
            return listener.position_ms
    return None


def recorded_rows(
    recordings: Sequence[SpokenRecording], say: Callable[[str], None] = lambda _: None
) -> list[Row]:
    """Recorded words and noises, heard by the local server's voice detector.

    Args:
        recordings: Of a folder of recordings.
        say: Takes a line of progress.

    Raises:
        ConfigError: A line needs a recording that there is not.
        MissingDependency: The extra ``local`` is not installed.
    """
    vad, lines = SileroVad(), Lines(recordings)
    rows: list[Row] = []
    began, heard_s = time.process_time(), 0.0
    words = [each for each in recordings if each.kind in WORD_KINDS]
    for line in LINES:
        for softer_db in SOFTER_DB if not line.noise else SOFTER_DB[:1]:
            name = f"{line.name}, {softer_db} dB" if softer_db else line.name
            say(name)
            times, n_audio_s = _word_times(vad, lines, line, words, 10 ** (softer_db / 20))
            heard_s += n_audio_s
            rows += _word_rows(name, times, has_target=line is LINES[0] and not softer_db)
    for line in LINES[:2]:
        say(f"noises, {line.name}")
        rows += _false_start_rows(vad, lines, line, recordings)
    spent_ms = 1000 * (time.process_time() - began) / max(heard_s, 1e-3)
    meaning = "for each second of audio, with the making of the lines"
    return [*rows, row("cpu_per_second", "ms", [spent_ms], meaning=meaning)]


def _word_times(
    vad: Vad, lines: Lines, line: LineUnderneath, words: Sequence[SpokenRecording], gain: float
) -> tuple[list[float | None], float]:
    times: list[float | None] = []
    heard_s = 0.0
    for word in words:
        begin, end = (at / SAMPLES_PER_MS + 1000 * LEAD_S for at in voice_edges(word.samples))
        pcm = lines.over(line, word.samples * gain, word.file)
        heard_s += len(pcm) / SAMPLE_BYTES / SAMPLES_PER_MS / 1000
        at = voice_start_ms(vad, pcm)
        is_heard = at is not None and begin - BEFORE_MS <= at <= end + AFTER_MS
        times.append(at - begin if at is not None and is_heard else None)
    return times, heard_s


def _word_rows(name: str, times: Sequence[float | None], *, has_target: bool) -> list[Row]:
    heard = [each for each in times if each is not None]
    missed = len(times) - len(heard)
    share = [100 * missed / len(times)] if times else []
    targets = (Target(p50=65, p95=160), Target(p50=2)) if has_target else (None, None)
    return [
        row(f"voice_start_after_onset, {name}", "ms", heard, targets[0]),
        row(f"onset_missed, {name}", "%", share, targets[1], f"{missed} of {len(times)}"),
    ]


def _false_start_rows(
    vad: Vad, lines: Lines, line: LineUnderneath, recordings: Sequence[SpokenRecording]
) -> list[Row]:
    starts: dict[str, list[bool]] = defaultdict(list)
    for number, (kind, samples) in enumerate(noise_clips(recordings, lines)):
        pcm = lines.over(line, samples, f"clip {number}")
        starts[kind].append(voice_start_ms(vad, pcm) is not None)
    return [
        row(
            f"false_starts, {kind}, {line.name}",
            "clips",
            [float(sum(found))],
            Target(p50=len(found) / 2 if kind == "babble" else 0),
            f"of {len(found)} that set in",
        )
        for kind, found in starts.items()
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit code."""
    parser = benchmark_parser("onset")
    parser.add_argument(
        "--words", type=int, default=100, metavar="N", help="words in each condition (%(default)s)"
    )
    parser.add_argument(
        "--speech", type=Path, metavar="DIR", help="recordings of people, with a manifest.tsv"
    )
    return run_benchmark(parser, _measure_asked, argv)


def _measure_asked(args: argparse.Namespace) -> list[Row]:
    check_positive(args, "words")
    if args.speech is not None:
        return recorded_rows(read_recordings(args.speech), say)
    return onset_rows(args.words, say)


if __name__ == "__main__":
    sys.exit(main())
