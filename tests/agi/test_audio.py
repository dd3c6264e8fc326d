"""The caller's audio: frames, gaps, late frames; and the reader on a real pipe."""

from __future__ import annotations

import asyncio
import os
import tempfile
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.agi.audio import GAP_S, CallAudio, CallAudioReader
from ivr_agi.audio.frames import FRAME_BYTES, FRAME_S, SILENCE_FRAME
from ivr_agi.audio.health import AudioVerdict
from ivr_agi.errors import ChannelLost
from tests.agi.fake_asterisk import until
from tests.virtual import VirtualTimeLoop

if TYPE_CHECKING:
    from collections.abc import Iterator


def frame(number: int) -> bytes:
    """A frame that can be told from others, and is no silence."""
    return bytes([number % 100 + 1, 0]) * (FRAME_BYTES // 2)


def talk(audio: CallAudio, n_frames: int, start: float) -> list[bytes]:
    """Frames on time, with ticks as often; gives what is handed on."""
    out = []
    for i in range(n_frames):
        now = start + (i + 1) * FRAME_S
        out += audio.feed(frame(i), now)
        out += audio.tick(now)
    return out


def be_silent(audio: CallAudio, start: float, end: float) -> list[tuple[float, bytes]]:
    """Nothing comes; tick at every deadline; gives when what is handed on."""
    out = []
    while (now := max(start, audio.next_deadline())) <= end:
        out += [(now, piece) for piece in audio.tick(now)]
    return out


def test_steady_audio_is_handed_on_as_it_is() -> None:
    """Frames on time: nothing is filled."""
    audio = CallAudio(0.0)
    assert talk(audio, 500, 0.0) == [frame(i) for i in range(500)]
    assert (audio.frames_received, audio.frames_filled) == (500, 0)


def test_jitter_is_no_gap() -> None:
    """Frames that come up to 100 ms late are waited for."""
    audio = CallAudio(0.0)
    talk(audio, 10, 0.0)
    assert audio.tick(0.2 + GAP_S - 0.001) == []
    assert audio.feed(frame(0) * 5, 0.2 + GAP_S) == [frame(0)] * 5
    assert audio.tick(0.2 + GAP_S) == []


def test_gap_is_filled_frame_by_frame() -> None:
    """A muted phone: after 100 ms the silence catches up, then comes every 20 ms."""
    audio = CallAudio(0.0)
    talk(audio, 10, 0.0)
    filled = be_silent(audio, 0.2, 1.2001)
    assert [piece for _, piece in filled] == [SILENCE_FRAME] * 50
    times = [when for when, _ in filled]
    assert times[:6] == pytest.approx([0.3] * 5 + [0.32])
    assert all(later - earlier == pytest.approx(0.02) for earlier, later in pairwise(times[5:]))
    assert audio.frames_filled == 50


def test_audio_after_a_gap_has_its_jitter_again() -> None:
    """When the caller talks again the 100 ms of patience are back."""
    audio = CallAudio(0.0)
    be_silent(audio, 0.0, 1.0)
    assert audio.feed(frame(1), 1.02) == [frame(1)]
    assert audio.tick(1.1) == []


def test_late_burst_is_not_counted_twice() -> None:
    """Frames that come after their gap was filled are set off against the next gap."""
    audio = CallAudio(0.0)
    talk(audio, 50, 0.0)
    be_silent(audio, 1.0, 1.4001)
    burst = b"".join(frame(i) for i in range(20))
    assert len(audio.feed(burst, 1.4)) == 20
    filled = be_silent(audio, 1.4, 3.0001)
    assert audio.frames_received + audio.frames_filled == 150  # 3 s
    assert filled[0][0] == pytest.approx(1.8 + GAP_S)


def test_our_own_stall_fills_nothing() -> None:
    """Two seconds of frames waited in the pipe: all are handed on, no silence in between."""
    audio = CallAudio(0.0)
    talk(audio, 10, 0.0)
    assert len(audio.feed(frame(0) * 100, 2.2)) == 100
    assert audio.tick(2.2) == []


def test_frames_lost_in_a_stall_are_made_up_for() -> None:
    """The pipe was too small for the stall: what is missing becomes silence."""
    audio = CallAudio(0.0)
    audio.feed(frame(0) * 24, 2.0)
    assert audio.tick(2.0) == [SILENCE_FRAME] * 76


def test_audio_from_before_the_start_is_no_credit() -> None:
    """What waited in the pipe is handed on; a gap right after it is filled in full."""
    audio = CallAudio(0.0)
    audio.feed(frame(0) * 30, 0.0)
    assert len(be_silent(audio, 0.0, 1.0001)) == 50


def test_credit_is_limited() -> None:
    """After a very late burst silence is due again within two seconds."""
    audio = CallAudio(0.0)
    be_silent(audio, 0.0, 10.0)
    audio.feed(frame(0) * 500, 10.0)
    assert be_silent(audio, 10.0, 12.2)


@given(st.lists(st.integers(1, 700), min_size=1))
def test_any_split_gives_the_same_frames(sizes: list[int]) -> None:
    """Reads may end anywhere."""
    stream = b"".join(frame(i) for i in range(10))
    audio, out, start, turn = CallAudio(0.0), [], 0, 0
    while start < len(stream):
        size = sizes[turn % len(sizes)]
        out += audio.feed(stream[start : start + size], 0.0)
        start, turn = start + size, turn + 1
    assert b"".join(out) == stream
    assert {len(piece) for piece in out} == {FRAME_BYTES}


def test_part_of_a_frame_before_a_gap_is_padded() -> None:
    """It keeps its place; samples stay aligned."""
    audio = CallAudio(0.0)
    audio.feed(b"\x01\x00" * 80, 0.0)
    first, *rest = audio.tick(0.1)
    assert first == b"\x01\x00" * 80 + bytes(160)
    assert rest == [SILENCE_FRAME] * 4
    assert audio.bytes_odd == 160


def test_only_the_callers_frames_are_metered() -> None:
    """What was filled in says nothing about the line."""
    audio = CallAudio(0.0)
    audio.feed(b"\x00\x10" * 160 * 2, 0.04)
    audio.tick(1.0)
    health = audio.meter.health(3.0)
    assert (health.frames, health.verdict) == (2, AudioVerdict.NO_FRAMES)


def test_preroll_is_the_last_half_second() -> None:
    """Silence included, less at the beginning."""
    audio = CallAudio(0.0)
    talk(audio, 3, 0.0)
    assert audio.preroll() == frame(0) + frame(1) + frame(2)
    talk(audio, 40, 0.06)
    assert audio.preroll() == b"".join(frame(i) for i in range(15, 40))
    be_silent(audio, 0.86, 0.9601)
    assert audio.preroll()[-5 * FRAME_BYTES :] == SILENCE_FRAME * 5
    assert len(audio.preroll()) == 25 * FRAME_BYTES


def test_the_preroll_is_forgotten() -> None:
    """What was answered already is not sent again; what comes later is."""
    audio = CallAudio(0.0)
    audio.feed(frame(1), 0.02)
    audio.forget_preroll()
    assert audio.preroll() == b""
    audio.feed(frame(2), 0.04)
    assert audio.preroll() == frame(2)


# The reader.


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe: the reader's end (closed by it) and Asterisk's end."""
    read_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)
    yield read_fd, write_fd
    os.close(write_fd)


async def test_reader_hands_on_frames(pipe: tuple[int, int]) -> None:
    """Frames arrive whole and in order, also those from before the start."""
    frames: list[bytes] = []
    os.write(pipe[1], frame(0) + frame(1)[:100])
    reader = CallAudioReader(pipe[0], on_frame=frames.append)
    reader.start()
    await until(lambda: len(frames) == 1)
    os.write(pipe[1], frame(1)[100:] + frame(2))
    await until(lambda: len(frames) == 3)
    reader.stop()
    reader.stop()
    assert frames == [frame(0), frame(1), frame(2)]


@pytest.mark.virtual_time
async def test_reader_fills_in_real_time(pipe: tuple[int, int]) -> None:
    """A phone that sends nothing: silence comes as time goes by."""
    times: list[float] = []
    loop = asyncio.get_running_loop()
    reader = CallAudioReader(pipe[0], on_frame=lambda _: times.append(loop.time()))
    reader.start()
    started = loop.time()
    await until(lambda: len(times) >= 20)
    elapsed = loop.time() - started
    reader.stop()
    assert elapsed == pytest.approx(0.4, abs=0.06)
    assert reader.audio.frames_filled == len(times)


@pytest.mark.virtual_time
async def test_reader_after_a_stall_of_the_process(pipe: tuple[int, int]) -> None:
    """Half a second of frames waited in the pipe: all come, none is doubled with silence."""
    frames: list[bytes] = []
    reader = CallAudioReader(pipe[0], on_frame=frames.append)
    reader.start()
    for number in range(25):
        os.write(pipe[1], frame(number))
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.stall(0.5)
    await until(lambda: len(frames) >= 25)
    reader.stop()
    assert frames == [frame(number) for number in range(25)]
    assert reader.audio.frames_filled == 0


async def test_reader_at_the_end_of_the_pipe() -> None:
    """Asterisk is gone: no audio, no silence, no fd left."""
    read_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)
    frames: list[bytes] = []
    reader = CallAudioReader(read_fd, on_frame=frames.append)
    reader.start()
    os.write(write_fd, frame(1))
    os.close(write_fd)
    await until(lambda: reader.eof_seen)
    await asyncio.sleep(0.15)
    assert frames == [frame(1)]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(read_fd)


async def test_reader_stopped_from_its_own_callback(pipe: tuple[int, int]) -> None:
    """After stop() not one more frame comes, not even of the same read."""
    frames: list[bytes] = []

    def stop_at_once(piece: bytes) -> None:
        frames.append(piece)
        reader.stop()

    reader = CallAudioReader(pipe[0], on_frame=stop_at_once)
    os.write(pipe[1], frame(0) + frame(1))
    reader.start()
    await until(lambda: bool(frames))
    await asyncio.sleep(0.15)
    assert frames == [frame(0)]


async def test_reader_stopped_while_filling(pipe: tuple[int, int]) -> None:
    """The same from the timer's side."""
    frames: list[bytes] = []

    def stop_at_once(piece: bytes) -> None:
        frames.append(piece)
        reader.stop()

    reader = CallAudioReader(pipe[0], on_frame=stop_at_once)
    reader.start()
    await until(lambda: bool(frames))
    await asyncio.sleep(0.05)
    assert frames == [SILENCE_FRAME]


async def test_reader_without_a_pipe() -> None:
    """AGI instead of EAGI: there is no fd 3, or it is some file."""
    with tempfile.TemporaryFile() as file:
        reader = CallAudioReader(file.fileno(), on_frame=lambda _: None)
        with pytest.raises(ChannelLost, match="is it EAGI"):
            reader.start()
