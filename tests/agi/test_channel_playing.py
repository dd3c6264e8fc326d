"""The AGI channel plays: to the end, until a key, until it is interrupted or cancelled."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from types import FrameType
from typing import Any

import pytest

from ivr_agi.agi.channel import AgiChannel, PlaybackCause
from ivr_agi.errors import AgiCommandFailed, AgiProtocolError
from tests.agi.calls import BarePipes, in_step, playing
from tests.agi.fake_asterisk import FakeAsterisk, until
from tests.patience import Stopwatch


async def test_played_to_the_end(channel: AgiChannel) -> None:
    """The end by itself, with the position of our own clock."""
    before, watch = time.monotonic(), Stopwatch()
    playback = await channel.stream_file("hello", offset_samples=400)
    assert (playback.cause, playback.key) == (PlaybackCause.ENDED, None)
    assert before <= playback.written_at <= before + 0.05 + watch.waited
    assert playback.position_samples == pytest.approx(1600, abs=400 + 8000 * watch.waited)


async def test_what_plays_is_told(channel: AgiChannel) -> None:
    """When it begins and when it ends; a file that made room does not end the next one."""
    told: list[tuple[str | None, int]] = []
    channel.on_stream = lambda name, offset: told.append((name, offset))
    waiting = asyncio.create_task(channel.stream_file("hello", yields=True))
    await asyncio.sleep(0.02)
    await channel.stream_file("hello", offset_samples=80)
    await waiting
    assert told[0] == ("hello", 0)
    assert told[-2:] == [("hello", 80), (None, 0)]
    with pytest.raises(AgiCommandFailed):
        await channel.stream_file("none")
    assert told[-2:] == [("none", 0), (None, 0)]


async def test_key_ends_a_prompt(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """A key is given as a character."""
    task = await playing(channel)
    await until(lambda: asterisk.begun == 1)
    asterisk.press("#")
    playback = await task
    assert (playback.cause, playback.key) == (PlaybackCause.KEY, "#")


async def test_escape_digits_are_passed(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """Other keys end nothing."""
    task = asyncio.create_task(channel.stream_file("hello", escape_digits="1"))
    await asyncio.sleep(0.02)
    asterisk.press("2")
    assert (await task).cause is PlaybackCause.ENDED


async def test_interrupt_stops_a_prompt(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """The prompt stops at once and the channel stays in step."""
    watch = Stopwatch()
    task = await playing(channel)
    interrupted_at = time.monotonic()
    channel.interrupt()
    playback = await task
    assert (playback.cause, playback.key) == (PlaybackCause.STOPPED, None)
    assert asterisk.stopped_at - interrupted_at - watch.waited < 0.02
    assert playback.position_samples == pytest.approx(
        (asterisk.stopped_at - playback.written_at) * 8000, abs=160 + 8000 * watch.waited
    )
    assert await in_step(channel, asterisk)


async def test_interrupt_without_a_prompt_does_nothing(
    channel: AgiChannel, asterisk: FakeAsterisk
) -> None:
    """No fence is written where nothing can be stopped."""
    n_commands = len(asterisk.commands)
    channel.interrupt()
    await channel.command("NOOP")
    assert len(asterisk.commands) == n_commands + 1


async def test_read_ahead_needs_a_second_fence(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """Both lines were read at once: the prompt goes on until the newer fence, a frame later."""
    asterisk.may_read.clear()
    watch = Stopwatch()
    task = await playing(channel)
    channel.interrupt()
    asterisk.may_read.set()
    playback = await task
    assert playback.cause is PlaybackCause.STOPPED
    assert 0.02 <= playback.position_samples / 8000 < 0.2 + watch.waited
    assert asterisk.stopped == 1
    assert await in_step(channel, asterisk)


async def test_200_interruptions_at_random_moments(
    channel: AgiChannel, asterisk: FakeAsterisk
) -> None:
    """Around the very end and the very beginning of a prompt nothing gets out of step."""
    asterisk.sounds["short"] = 0.01
    moments = random.Random(7)
    causes = set()
    for turn in range(200):
        task = asyncio.create_task(channel.stream_file("short"))
        await asyncio.sleep(moments.choice([0, 0.001, 0.009, 0.0098, 0.0102, 0.011]))
        channel.interrupt()
        causes.add((await task).cause)
        asterisk.variables["TURN"] = str(turn)
        assert await channel.get_variable("TURN") == str(turn)
    assert causes == {PlaybackCause.STOPPED, PlaybackCause.ENDED}


async def test_interrupt_is_fast(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """One write and nothing else that could wait, in a hundred calls of functions at most.

    Counted and not timed: these are some ten microseconds, whatever else the machine does.
    """
    assert not os.get_blocking(asterisk.stdout_fd)  # a pipe that is full does not hold it up
    for _ in range(3):
        task = await playing(channel)
        calls = _Calls()
        with calls:
            channel.interrupt()
        assert calls.of_the_system == ["posix.write"]
        assert len(calls.names) < 100, calls.names
        assert (await task).cause is PlaybackCause.STOPPED


class _Calls:
    """All functions that are called inside it, those of modules in C too."""

    SYSTEM = ("posix", "select", "epoll", "_socket", "socket", "time.sleep", "lock", "_io", "io")

    def __init__(self) -> None:
        self.names: list[str] = []

    @property
    def of_the_system(self) -> list[str]:
        """Those that can wait; the guard against those asks whether a fd is blocking."""
        asked = [name for name in self.names if name.startswith(self.SYSTEM)]
        return [name for name in asked if name != "posix.get_blocking"]

    def __enter__(self) -> None:
        sys.setprofile(self._note)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call":
            module = getattr(function, "__module__", None)
            self.names.append(f"{module}.{function.__name__}" if module else function.__qualname__)
        elif event == "call":
            self.names.append(frame.f_code.co_qualname)


async def test_cancelling_a_prompt_realigns(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """The prompt has stopped and the channel is in step when CancelledError arrives."""
    task = await playing(channel)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asterisk.stopped == 1
    assert await in_step(channel, asterisk)


async def test_cancelling_twice_realigns_too(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """An impatient canceller does not break the channel."""
    asterisk.may_read.clear()
    task = await playing(channel)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.01)
    assert not task.done()
    asterisk.may_read.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await in_step(channel, asterisk)


async def test_missing_file(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """Result -1 on a living channel is a failed command."""
    with pytest.raises(AgiCommandFailed) as caught:
        await channel.stream_file("no such file")
    assert (caught.value.command, caught.value.code) == ("STREAM FILE", 200)
    assert not channel.hangup_seen
    assert await in_step(channel, asterisk)


async def test_odd_result_of_a_prompt(pipes: BarePipes) -> None:
    """What STREAM FILE cannot answer, and what is no reply at all, are protocol errors."""
    async with await pipes.open_channel() as channel:
        for answer in (b"200 result=many\n", b"200 result=99999999\n", b"garbage\n"):
            task = await playing(channel)
            pipes.write(answer)
            if answer == b"garbage\n":
                await asyncio.sleep(0.01)
                pipes.answer_fence()
            with pytest.raises(AgiProtocolError):
                await task
