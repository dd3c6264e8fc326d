"""Each limit on docs/deadlines.md is the one in the code."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import ivr_agi
from ivr_agi.dialogue.listen.link import MUTE_MS, RESCUE_MS
from ivr_agi.dialogue.prompt.patience import AFTER_FAILURE_S, LONGEST_SILENCE_S
from ivr_agi.knobs import InstallationKnobs
from ivr_agi.settings import Settings
from ivr_agi.sis.session.synthesis import FIRST_AUDIO_S

PAGE = (Path(ivr_agi.__file__).parent.parent / "docs/deadlines.md").read_text()
ROWS = re.findall(r"^\| ([^|]+) \| ([\d.]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


def limit_s(place: str) -> float:
    """What the code says, in seconds."""
    if found := re.fullmatch(r"knob `(\w+)`", place):
        return float(getattr(InstallationKnobs(), found[1]))
    if found := re.fullmatch(r"`\[(\w+)\] (\w+)`", place):
        return float(getattr(getattr(Settings(), found[1]), found[2]))
    module, _, name = place.strip("`").rpartition(".")
    value = float(getattr(importlib.import_module(module), name))
    return value / 1000 if name.endswith("_MS") else value


@pytest.mark.parametrize(("wait", "seconds", "place", "following"), ROWS)
def test_each_limit_is_that_of_the_code(
    wait: str, seconds: str, place: str, following: str
) -> None:
    """Or the page is stale."""
    assert float(seconds) == limit_s(place), wait
    assert following.strip()


def test_the_page_has_them_all() -> None:
    """A row that is written otherwise would not be looked at."""
    assert len(ROWS) == len(re.findall(r"^\| (?!wait|-)", PAGE, re.MULTILINE)) >= 20


def test_no_silence_is_longer_than_five_seconds() -> None:
    """After the pause that the caller may make; a prompt, and the one that stands in for it."""
    assert LONGEST_SILENCE_S == 5.0
    assert MUTE_MS + RESCUE_MS < LONGEST_SILENCE_S * 1000
    assert FIRST_AUDIO_S + 2 * AFTER_FAILURE_S <= LONGEST_SILENCE_S
