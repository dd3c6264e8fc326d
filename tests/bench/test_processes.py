"""Processes of a benchmark: where they run, what they use, what they say."""

from __future__ import annotations

import asyncio
import os
import platform
from pathlib import Path

import pytest

from ivr_agi.bench.processes import (
    children,
    cores,
    cpu_seconds,
    machine,
    memory_kb,
    peer,
    pinned,
    private_kb,
    speech_server,
)
from ivr_agi.errors import SpeechUnavailable

NOBODY = 1 << 30


def test_this_machine() -> None:
    """One line; two cores that we may use."""
    assert "Python 3" in machine()
    assert "\n" not in machine()
    assert cores()[0] <= cores()[1]


def test_what_a_process_uses() -> None:
    """Time and memory of this one; nothing of one that is not."""
    assert cpu_seconds(os.getpid()) > 0
    assert memory_kb(os.getpid()) > private_kb(os.getpid()) / 2 > 0
    assert (cpu_seconds(NOBODY), memory_kb(NOBODY), private_kb(NOBODY)) == (0, 0, 0)
    assert children(NOBODY) == []


def test_a_core_for_a_while() -> None:
    """Then as before."""
    before = os.sched_getaffinity(0)
    with pinned(cores()[1]):
        assert os.sched_getaffinity(0) == {cores()[1]}
    assert os.sched_getaffinity(0) == before


async def test_a_process_that_answers() -> None:
    """On its core, a child of ours, gone at the end."""
    async with peer(cores()[1], "ivr_agi.bench.service") as process:
        assert process.greeting.startswith("listening on ws://")
        assert process.pid in children(os.getpid())
        assert os.sched_getaffinity(process.pid) == {cores()[1]}
        assert (await process.ask())["frames"] == 0
    assert process.pid not in children(os.getpid())


async def test_a_speech_server_that_does_not_start() -> None:
    """It has said why."""
    with pytest.raises(SpeechUnavailable, match="did not start"):
        async with speech_server(cores()[0], "--nonsense"):
            pass


async def test_a_process_that_ends_without_a_word() -> None:
    """It is named."""
    with pytest.raises(SpeechUnavailable, match="__future__ did not start"):
        async with peer(cores()[0], "__future__"):
            pass


async def test_a_speech_server(tmp_path: Path) -> None:
    """Its URL and its process."""
    script = tmp_path / "script.yaml"
    await asyncio.to_thread(script.write_text, "- steps: [start]")
    async with speech_server(cores()[0], "--script", str(script)) as (url, pid):
        assert url.startswith("ws://127.0.0.1:")
        assert pid in children(os.getpid())


@pytest.mark.parametrize("text", ["", "processor: 0\nmodel name\t: A Chip\n"])
def test_the_processors_name(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every kernel tells it."""
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: text)
    assert machine().startswith("A Chip, " if text else platform.machine())
