"""Calls as stereo files: what is in them, whose side is which, what must not be in them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import wave
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from ivr_agi.dialogue.prompt.parts import Text
from ivr_agi.dialogue.prompt.player import PromptPlayer
from ivr_agi.dialogue.prompt.recordings import Recordings
from ivr_agi.dialogue.record import call_recording
from ivr_agi.dialogue.record.call_recording import TONE_FRAME, CallRecording
from ivr_agi.journal import Event, Journal
from tests.dialogue.desk import open_desk
from tests.sis.fake import eventually

pytestmark = pytest.mark.virtual_time

FRAME = b"\x05\x00" * 160


def make(
    folder: Path,
    events: list[Event] | None = None,
    *,
    by_step: bool = False,
    is_secure: Callable[[], bool] = lambda: False,
) -> CallRecording:
    """Set a recording up, with the sounds of the folder."""
    return CallRecording(
        folder / "calls",
        Journal(listener=None if events is None else events.append),
        Recordings(folder),
        call_id="1700.1/x",
        by_step=by_step,
        is_secure=is_secure,
    )


def read(folder: Path) -> tuple[Path, bytes, bytes]:
    """The only file: path, left, right."""
    (path,) = (folder / "calls").iterdir()
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        both = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    return path, both[:, 0].tobytes(), both[:, 1].tobytes()


async def test_both_sides(tmp_path: Path) -> None:
    """The caller left, what was played right; nobody else may read it."""
    (tmp_path / "beep.sln").write_bytes(b"\7\0" * 400)
    recording = make(tmp_path)
    await recording.begin_call()
    recording.hear(FRAME)
    recording.stream("beep", 100)
    for _ in range(4):
        recording.hear(FRAME)
    recording.stream(None, 0)
    for _ in range(60):
        recording.hear(FRAME)
    await recording.stop()
    await recording.stop()
    path, left, right = await asyncio.to_thread(read, tmp_path)
    assert left == FRAME * 65
    assert len(right) == len(left)
    assert right.strip(b"\0") == (b"\7\0" * 300).rstrip(b"\0")
    assert path.name.endswith("-1700.1_x.wav")
    assert path.stat().st_mode & 0o137 == 0


async def test_secure_is_a_tone(tmp_path: Path) -> None:
    """On both sides."""
    secure = True
    (tmp_path / "beep.sln").write_bytes(b"\7\0" * 8000)
    recording = make(tmp_path, is_secure=lambda: secure)
    await recording.begin_call()
    recording.stream("beep", 0)
    for _ in range(3):
        recording.hear(FRAME)
    secure = False
    for _ in range(26):
        recording.hear(FRAME)
    await recording.stop()
    _, left, right = await asyncio.to_thread(read, tmp_path)
    assert left == TONE_FRAME * 28 + FRAME
    assert right[:-320] == TONE_FRAME * 28
    assert right[-4:] == b"\7\0\7\0"


async def test_steps(tmp_path: Path) -> None:
    """Only those that ask for it, each in its own file; a whole call is one file."""
    recording = make(tmp_path, by_step=True)
    await recording.begin_call()
    recording.hear(FRAME)
    await recording.enter_step("a", is_recorded=True)
    recording.hear(FRAME)
    await recording.enter_step("b", is_recorded=False)
    recording.hear(FRAME)
    path, left, _ = await asyncio.to_thread(read, tmp_path)
    assert (path.name[-6:], left) == ("-a.wav", FRAME)
    whole = make(tmp_path / "whole")
    await whole.begin_call()
    whole.hear(FRAME)
    await whole.enter_step("a", is_recorded=False)
    whole.hear(FRAME)
    await whole.stop()
    assert (await asyncio.to_thread(read, tmp_path / "whole"))[1] == FRAME * 2


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The call goes on."""
    (tmp_path / "calls").write_text("")
    events: list[Event] = []
    recording = make(tmp_path, events)
    await recording.begin_call()
    recording.hear(FRAME)
    await recording.stop()
    assert [event.event for event in events] == ["call_recording_failed"]


@pytest.mark.parametrize(("n_frames", "wait_s"), [(60, 0.05), (60, 0.0), (10, 0.0)])
async def test_a_disk_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_frames: int, wait_s: float
) -> None:
    """In the middle, while the call ends, or at the end: told once."""

    def fail(*_: object) -> int:
        raise OSError(28, "No space left on device")

    events: list[Event] = []
    recording = make(tmp_path, events)
    await recording.begin_call()
    monkeypatch.setattr(os, "pwrite", fail)
    for _ in range(n_frames):
        recording.hear(FRAME)
    await asyncio.sleep(wait_s)
    await recording.stop()
    assert [event.event for event in events] == ["call_recording", "call_recording_failed"]
    assert events[-1].data == {"error": "No space left on device"}


async def test_a_call_that_is_cancelled(tmp_path: Path) -> None:
    """What there is is written all the same, though a thread was just writing."""
    recording = make(tmp_path)
    await recording.begin_call()
    for _ in range(call_recording.FLUSH_FRAMES + 5):
        recording.hear(FRAME)
    stopping = asyncio.create_task(recording.stop())
    await asyncio.sleep(0)
    stopping.cancel()
    await asyncio.wait([stopping])
    await eventually(lambda: not open_files(tmp_path))
    _, left, _ = await asyncio.to_thread(read, tmp_path)
    assert left == FRAME * (call_recording.FLUSH_FRAMES + 5)


def open_files(folder: Path) -> list[str]:
    """Files below a folder that this process has open."""
    found = []
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(f"/proc/self/fd/{fd}"))
    return [name for name in found if name.startswith(str(folder))]


async def test_a_disk_that_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What does not fit is lost and said; the memory is bounded."""
    monkeypatch.setattr(call_recording, "MAX_WAITING_FRAMES", 80)
    recording = make(tmp_path)
    await recording.begin_call()
    for _ in range(200):
        recording.hear(FRAME)
    await recording.stop()
    _, left, _ = await asyncio.to_thread(read, tmp_path)
    assert left == FRAME * 130
    assert "1400 ms not recorded" in caplog.text


async def slowly(text: str, _: object) -> AsyncIterator[bytes]:
    """Let a prompt arrive as it plays."""
    for _number in range(4):
        yield b"\x00\x20" * 8 * 150
        await asyncio.sleep(0.1)


async def test_it_is_what_the_caller_heard(tmp_path: Path) -> None:
    """A growing prompt of 600 ms on a simulated Asterisk: all of it, at its time."""
    async with open_desk(tmp_path, synthesize=slowly) as desk:  # type: ignore[arg-type]
        recording = make(tmp_path)
        feed = desk.speech.feed
        desk.speech.feed = lambda frame: (feed(frame), recording.hear(frame))  # type: ignore[method-assign,assignment,func-returns-value]
        desk.channel.on_stream = recording.stream
        await recording.begin_call()
        await asyncio.sleep(0.1)
        line = desk.asterisk.line.recording
        behind = len(line.ivr_pcm)
        await PromptPlayer(desk.channel, desk.store, Text("x")).play(keys="")
        await asyncio.sleep(0.1)
        heard = bytes(line.ivr_pcm)
        await recording.stop()
    _, _, right = await asyncio.to_thread(read, tmp_path)
    begin = [pcm.index(b"\x20") / 16 for pcm in (heard, right)]
    assert behind > 0
    assert abs(begin[0] - begin[1]) < 120  # the recording began a little after the call
    assert right.count(b"\x00\x20") == pytest.approx(4800, abs=160)
