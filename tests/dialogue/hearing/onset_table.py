"""Prints how the local onset detector does: words, noises, and echo of a prompt.

``python -m tests.dialogue.hearing.onset_table [--recordings FOLDER]``, as ``echo_table``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from ivr_agi.dialogue.hearing.onset import Onset, OnsetDetector
from tests.dialogue.hearing import signals as s
from tests.dialogue.hearing.echo_table import corpus

LEAD = 8000
NOISE_S = 30
MISSED_MS = 600


def onsets(heard: s.Samples) -> list[int]:
    """Frames fed when an onset is told."""
    detector = OnsetDetector()
    told = enumerate((detector.feed(f) for f in s.frames(heard)), start=1)
    return [n for n, onset in told if onset is Onset.BEGAN]


def words_row(words: list[s.Samples], level_db: float, noise: str, dbfs: float) -> str:
    """Misses, false onsets before the word, delay of the others."""
    rng = np.random.default_rng(1)
    delays, missed, early = [], 0, 0
    for word in words:
        n = LEAD + word.size + 4000
        heard = (s.pink if noise == "pink" else s.white)(n, dbfs, rng)
        heard[LEAD : LEAD + word.size] += word * 10 ** (level_db / 20)
        skipped = int(rng.integers(160))  # the word begins anywhere in a frame
        told = [n * 20 - (LEAD - skipped) / 8 for n in onsets(s.over_ulaw(heard)[skipped:])]
        early += sum(ms < 0 for ms in told)
        first = next((ms for ms in told if ms >= 0), 9999.0)
        missed += first > MISSED_MS
        delays += [first] if first <= MISSED_MS else []
    p50, p95 = np.percentile(delays, [50, 95])
    return f"missed {missed}/{len(words)}, early {early}, delay p50 {p50:.0f} p95 {p95:.0f} ms"


def noises() -> dict[str, s.Samples]:
    """Half a minute of each."""
    rng = np.random.default_rng(2)
    n = NOISE_S * 8000
    t = np.arange(n) / 8000
    quiet = s.white(n, -65, rng)
    sounds = {"digital silence": np.zeros(n), "line noise -60": s.white(n, -60, rng)}
    for dbfs in (-40, -30, -20):
        sounds[f"white {dbfs}"] = s.white(n, dbfs, rng)
        sounds[f"pink {dbfs}"] = s.pink(n, dbfs, rng)
    sounds["white bursts 250 ms -25"] = quiet + s.white(n, -25, rng) * (t % 1 < 0.25)
    sounds["pink bursts 250 ms -25"] = quiet + s.pink(n, -25, rng) * (t % 1 < 0.25)
    sounds["breath"] = quiet + s.pink(n, -30, rng) * np.maximum(0, np.sin(2 * np.pi * t / 3)) ** 2
    for on, off in ((50, 50), (100, 100), (1000, 500)):
        sounds[f"keys {on}/{off} ms -13"] = quiet + s.keys(n, on, off, -16, rng)
    sounds["keys 100/100 ms -26"] = quiet + s.keys(n, 100, 100, -29, rng)
    sounds["ringing"] = quiet + s.tones(n, (440, 480), -20) * (t % 5 < 1)
    sounds["busy"] = quiet + s.tones(n, (425,), -17) * (t % 0.7 < 0.35)
    sounds["hum 50 Hz and overtones"] = quiet + s.tones(n, tuple(range(50, 600, 50)), -40)
    clicks = quiet.copy()
    for at in rng.integers(0, n - 50, 60):
        clicks[at : at + rng.integers(3, 40)] += rng.choice([-1, 1]) * 8000
    sounds["clicks, 2 a second"] = clicks
    chords = [(220.0, 277.2, 329.6, 440.0), (196.0, 246.9, 293.7, 392.0)]
    music = [s.tones(4000, chords[i % 2], -30) * np.exp(-t[:4000] * 3) for i in range(n // 4000)]
    sounds["music (plucked chords)"] = quiet + np.concatenate(music)
    return sounds


def echo_row(prompts: list[s.Samples], return_db: float, guard: str) -> float:
    """False onsets a minute on echo alone: without a guard, and with the echo detector."""
    rng = np.random.default_rng(3)
    told, n_frames = 0, 0
    for prompt in prompts:
        echo = s.echo_of(prompt, "hybrid", return_db, rng.uniform(20, 200), rng)
        heard = s.on_the_line(prompt, echo, rng)
        call = s.Call(prompt, heard, rng.uniform(-0.04, 0.04), 0.003)
        detector, in_doubt = OnsetDetector(), False
        for n, frame in enumerate(s.frames(heard), start=1):
            began = detector.feed(frame) is Onset.BEGAN
            in_doubt = (in_doubt or began) and detector.is_voice
            if guard == "detector" and in_doubt and (began or n % 2 == 0):
                call.hear(n)  # ask again every other frame
                told += not call.detector.assess().is_echo
                in_doubt = call.detector.assess().is_echo
            elif guard != "detector":
                told += began
        n_frames += len(s.frames(heard))
    return told / n_frames * 3000


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path)
    prompts, words = corpus(parser.parse_args().recordings)
    out = sys.stdout.write
    for level_db in (0, -6, -12, -24):
        out(f"words {level_db:4d} dB, noise -65: {words_row(words, level_db, 'white', -65)}\n")
    for noise in ("white", "pink"):
        for snr_db in (20, 10, 5):
            row = words_row(words, 0, noise, s.CALLER_DBFS - snr_db)
            out(f"words, {noise} noise, SNR {snr_db:2d} dB: {row}\n")
    for name, sound in noises().items():
        told = len(onsets(s.over_ulaw(sound)))
        out(f"{name:26s} false onsets a minute: {told * 60 / NOISE_S:.0f}\n")
    for return_db in (-15, -20, -30):
        rates = [f"{g} {echo_row(prompts, return_db, g):.1f}" for g in ("none", "detector")]
        out(f"echo {return_db} dB, false onsets a minute by guard: {', '.join(rates)}\n")
    for name, sound in (("words", np.concatenate(words)), ("noise", s.white(80000, -50, s_rng()))):
        detector, cut = OnsetDetector(), s.frames(sound)
        began = time.process_time()
        for frame in cut:
            detector.feed(frame)
        out(f"feed(), {name}: {(time.process_time() - began) / len(cut) * 1e6:.1f} us a frame\n")


def s_rng() -> np.random.Generator:
    """One that is always the same."""
    return np.random.default_rng(4)


if __name__ == "__main__":
    main()
