"""Recordings, and the lines they are heard over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.noises import to_samples
from benchmarks.recordings import (
    LEAD_S,
    LINES,
    Lines,
    active_dbfs,
    draw,
    join,
    noise_clips,
    read_recordings,
    voice_edges,
)
from ivr_agi.errors import ConfigError
from tests.benchmarks.speech import HEAD, a_folder, a_sound

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder(tmp_path: Path) -> None:
    """Every entry, with its samples."""
    recordings = read_recordings(a_folder(tmp_path))
    assert len(recordings) == 33
    assert (recordings[0].text, recordings[0].language) == ("zero", "en")
    assert recordings[0].samples.size == 4000


@pytest.mark.parametrize(
    ("manifest", "error"),
    [
        (None, "manifest.tsv: cannot read"),
        (HEAD, "names no recording"),
        ("file\tlang\na.wav\ten\n", "manifest.tsv:2: has no 'kind'"),
        (HEAD + "a.wav\ten\tword\tyes\ts\n", "a.wav"),
    ],
)
def test_a_folder_that_is_none(tmp_path: Path, manifest: str | None, error: str) -> None:
    """One line says what is wrong, and where."""
    if manifest is not None:
        (tmp_path / "manifest.tsv").write_text(manifest)
    with pytest.raises(ConfigError, match=error):
        read_recordings(tmp_path)


def test_where_a_voice_is() -> None:
    """Within a frame; all of it where there is nothing else."""
    begin, end = voice_edges(a_sound(400))
    assert abs(begin - 400) <= 80
    assert abs(end - 3600) <= 80
    assert voice_edges(np.zeros(800)) == (0, 800)


def test_levels() -> None:
    """That of the voice, without the silence."""
    assert active_dbfs(a_sound(400)) == pytest.approx(-26, abs=0.3)


def test_what_is_drawn_depends_on_names_only() -> None:
    """So a run can be repeated."""
    assert draw("a", 1).integers(1 << 30) == draw("a", 1).integers(1 << 30)
    assert draw("a", 1).integers(1 << 30) != draw("a", 2).integers(1 << 30)


def test_words_in_a_row(tmp_path: Path) -> None:
    """One after the other, with less than 0.3 s between."""
    recordings = read_recordings(a_folder(tmp_path))[:4]
    joined = join(recordings, "x")
    voices = 4 * 3200
    assert voices + 3 * 320 < joined.size < voices + 3 * 2400 + 8 * 160


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_a_line(tmp_path: Path, line: object) -> None:
    """The noise has the level that the line's name says."""
    lines = Lines(read_recordings(a_folder(tmp_path)))
    [line] = [each for each in LINES if each == line]
    samples = to_samples(lines.over(line, a_sound(400), "x"))
    before = samples[: round(8000 * LEAD_S)]
    level = 10 * np.log10(np.mean(before**2) / 32768**2)
    wanted = active_dbfs(a_sound(400)) - line.snr_db if line.noise else line.dbfs
    assert level == pytest.approx(wanted, abs=6)


def test_a_line_without_its_noise(tmp_path: Path) -> None:
    """The error says which recording is missing."""
    recordings = read_recordings(a_folder(tmp_path))
    kitchen, babble = LINES[2], LINES[5]
    with pytest.raises(ConfigError, match="no noise named doing_the_dishes"):
        Lines(recordings[:3]).over(kitchen, a_sound(400), "x")
    with pytest.raises(ConfigError, match="no voices for a babble"):
        Lines([replace(recordings[0], kind="noise")]).over(babble, a_sound(400), "x")


def test_noises_that_set_in(tmp_path: Path) -> None:
    """Those of the folder in pieces, hums, and a babble."""
    recordings = read_recordings(a_folder(tmp_path))
    clips = list(noise_clips(recordings, Lines(recordings)))
    kinds = [kind for kind, _ in clips]
    assert {kind: kinds.count(kind) for kind in kinds} == {"noise": 2, "hum": 10, "babble": 20}
    assert all(np.isfinite(samples).all() and samples.any() for _, samples in clips)
