"""Prints how well echo of our prompt is told from a caller who speaks over it.

``python -m tests.dialogue.hearing.echo_table [--recordings FOLDER]`` (a folder of 8 kHz WAV files
of human speech, Debian's asterisk-core-sounds-en-wav for one). Needs flite and sox. A line per echo
path and level: echo alone at every moment a plain level detector would call voice; then words over
it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from ivr_agi.audio.wav import read_wav
from tests.dialogue.hearing import signals as s

TEXTS = (
    "Welcome to the bank. Please say account balance, technical support, or operator.",
    "Thank you for calling. For opening hours, say hours. To speak to somebody, press zero.",
    "Your balance is one hundred and twenty three dollars. Is there anything else?",
)
WORDS = "sales|operator|yes|no|help|balance|seven|technical support|agent|hours|stop|three"
RECORDED_PROMPTS = ("vm-options", "demo-instruct", "vm-tempgreeting", "demo-congrats")
RECORDED_WORDS = (
    "digits/1 digits/2 digits/3 digits/5 digits/7 digits/9 letters/a letters/s letters/m"
    " agent-pass cancelled hello transfer vm-goodbye digits/million pls-hold-while-try"
).split()
GATE_DBFS = -50.0
JITTER_S = 0.003
ASKED_FRAMES = 15


def corpus(recordings: Path | None) -> tuple[list[s.Samples], list[s.Samples]]:
    """Prompts of up to 8 s, and words from their onset, each at its level."""
    prompts = [s.flite(text, voice) for text in TEXTS for voice in ("slt", "rms")]
    words = [s.flite(w, v) for w in WORDS.split("|") for v in ("slt", "rms", "awb")]
    words += [s.demo_voice("account_balance"), s.demo_voice("technical_support")]
    if recordings is not None:
        found = [recordings / f"{name}.wav" for name in RECORDED_PROMPTS]
        prompts += [s.to_samples(read_wav(file)) for file in found if file.exists()]
        found = [recordings / f"{name}.wav" for name in RECORDED_WORDS]
        words += [s.to_samples(read_wav(file)) for file in found if file.exists()]
    return (
        [s.at_level(each, s.PROMPT_DBFS)[: 8 * 8000] for each in prompts],
        [s.from_onset(s.at_level(each, s.CALLER_DBFS)) for each in words],
    )


def voice_starts(heard: s.Samples) -> list[int]:
    """Frames after which three of four have been over the gate, anew after a quiet one."""
    loud = s.frame_levels_dbfs(heard) > GATE_DBFS
    starts, armed = [], True
    for i in range(3, loud.size):
        recent = int(loud[i - 3 : i + 1].sum())
        armed = armed or not recent
        if armed and recent >= 3:
            starts.append(i + 1)
            armed = False
    return starts


class Row:
    """One echo path at one level."""

    def __init__(self, kind: str, return_db: float, seed: int) -> None:
        self.kind, self.return_db, self.delay_ms = kind, return_db, (20, 200)
        self.rng = np.random.default_rng(seed)
        self.took_s: list[float] = []

    def call(
        self, prompt: s.Samples, voice: s.Samples | None = None, at: int = 0
    ) -> tuple[s.Call, s.Samples]:
        """A call with an echo, 20 to 200 ms late, our clock up to two frames wrong."""
        echo = None
        if self.kind != "none":
            delay_ms = self.rng.uniform(*self.delay_ms)
            echo = s.echo_of(prompt, self.kind, self.return_db, delay_ms, self.rng)
        heard = s.on_the_line(prompt, echo, self.rng, voice=voice, at=at)
        error_s = self.rng.uniform(-0.04, 0.04)
        return s.Call(prompt, heard, error_s, JITTER_S, seed=int(self.rng.integers(1000))), heard

    def echo_alone(self, prompts: list[s.Samples], n: int) -> tuple[int, int]:
        """Moments recognised as echo, and all."""
        right = total = 0
        for _ in range(n):
            call, heard = self.call(prompts[self.rng.integers(len(prompts))])
            for start in voice_starts(heard):
                call.hear(start)
                began = time.perf_counter()
                right += call.detector.assess().is_echo
                self.took_s.append(time.perf_counter() - began)
                total += 1
        return right, total

    def words(
        self, prompts: list[s.Samples], words: list[s.Samples], level_db: float, n: int
    ) -> list[int]:
        """Frames after the word's VOICE_START until it is seen to be no echo; 99 is never."""
        seen = []
        for _ in range(n):
            prompt = prompts[self.rng.integers(len(prompts))]
            word = words[self.rng.integers(len(words))] * 10 ** (level_db / 20)
            at = int(self.rng.integers(1600, prompt.size - 8000))
            call, _ = self.call(prompt, word, at)
            alone = np.concatenate([word, np.zeros(1600)])
            start = at // 160 + (voice_starts(alone) or [4])[0] + 1
            call.hear(start)
            for later in range(ASKED_FRAMES):
                call.hear(start + later)
                if not call.detector.assess().is_echo:
                    seen.append(later)
                    break
            else:
                seen.append(99)
        return seen


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path)
    parser.add_argument("--calls", type=int, default=25, help="per row and level")
    options = parser.parse_args()
    prompts, words = corpus(options.recordings)
    out = sys.stdout.write
    out(f"{len(prompts)} prompts, {len(words)} words, {options.calls} calls per cell\n")
    out("path    echo dB | echo seen as echo | word taken for echo at VOICE_START, 40, 100, 300 ms")
    out(" later, at 0 / -6 / -12 dB\n")
    took_s: list[float] = []
    paths = [(kind, db) for kind in ("gain", "hybrid", "room", "gsm") for db in (-15, -20, -30)]
    for number, (kind, db) in enumerate([*paths, ("none", 0)]):
        row = Row(kind, db, number)
        right, total = row.echo_alone(prompts, options.calls) if kind != "none" else (0, 0)
        share = f"{right}/{total} = {100 * right / total:.1f} %" if total else "-"
        cells = []
        for level_db in (0, -6, -12):
            seen = np.array(row.words(prompts, words, level_db, options.calls))
            late = [np.mean(seen > n_frames) * 100 for n_frames in (0, 2, 5, ASKED_FRAMES)]
            cells.append(" ".join(f"{each:3.0f}" for each in late))
        out(f"{kind:7s} {db:7.0f} | {share:>17s} | {' / '.join(cells)} %\n")
        took_s += row.took_s
    out(f"assess(): p50 {np.percentile(took_s, 50) * 1e3:.2f} ms,")
    out(f" p95 {np.percentile(took_s, 95) * 1e3:.2f} ms\n")


if __name__ == "__main__":
    main()
