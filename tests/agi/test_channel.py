"""The AGI channel over real pipes, against a fake Asterisk with the original's read-ahead."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import statistics
import tempfile
import time
from typing import TYPE_CHECKING

import pytest

from ivr_agi.agi.channel import AgiChannel, Playback, PlaybackCause
from ivr_agi.agi.transport import Pipes
from ivr_agi.errors import (
    AgiCommandError,
    AgiCommandFailed,
    AgiProtocolError,
    CallerHungUp,
    ChannelLost,
)
from tests.agi.fake_asterisk import ENVIRONMENT, FakeAsterisk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture
def asterisk() -> Iterator[FakeAsterisk]:
    """A call in a fake Asterisk."""
    with FakeAsterisk() as fake:
        yield fake


@pytest.fixture
async def channel(asterisk: FakeAsterisk) -> AsyncIterator[AgiChannel]:
    """The channel of that call."""
    async with await AgiChannel.open(
        stdin_fd=asterisk.stdin_fd, stdout_fd=asterisk.stdout_fd
    ) as opened:
        yield opened


class BarePipes:
    """Both pipes without anybody behind them: the test is Asterisk."""

    def __init__(self) -> None:
        self.stdin_fd, self.reply_fd = os.pipe()
        self.command_fd, self.stdout_fd = os.pipe()
        for fd in (self.reply_fd, self.command_fd):
            os.set_blocking(fd, False)

    def write(self, data: bytes) -> None:
        os.write(self.reply_fd, data)

    def answer_fence(self) -> None:
        token = os.read(self.command_fd, 4096).split(b'"')[-2]
        self.write(b"200 result=1 (" + token + b")\n")

    async def open_channel(self) -> AgiChannel:
        opening = asyncio.create_task(
            AgiChannel.open(stdin_fd=self.stdin_fd, stdout_fd=self.stdout_fd)
        )
        self.write(b"\n")
        await asyncio.sleep(0.01)
        self.answer_fence()
        return await opening


@pytest.fixture
def pipes() -> Iterator[BarePipes]:
    """Pipes whose other ends the test holds."""
    bare = BarePipes()
    yield bare
    for fd in (bare.reply_fd, bare.command_fd):
        with contextlib.suppress(OSError):
            os.close(fd)


async def playing(channel: AgiChannel, name: str = "long") -> asyncio.Task[Playback]:
    """Start to play and give Asterisk the time to begin."""
    task = asyncio.create_task(channel.stream_file(name))
    await asyncio.sleep(0.02)
    return task


async def in_step(channel: AgiChannel, asterisk: FakeAsterisk) -> bool:
    """True if every command gets its own reply."""
    asterisk.variables |= {"A": "1", "B": "2"}
    return [await channel.get_variable(name) for name in "ABA"] == ["1", "2", "1"]


# Opening and closing.


async def test_open_reads_the_environment(channel: AgiChannel) -> None:
    """The environment is there when open() returns."""
    assert channel.environment.uniqueid == "1754.1"
    assert channel.environment.arguments == ("call", "main menu")


async def test_open_on_a_cut_environment(pipes: BarePipes) -> None:
    """Asterisk dies in the environment: ChannelLost, and both fds are closed."""
    pipes.write(ENVIRONMENT[:80])
    os.close(pipes.reply_fd)
    with pytest.raises(ChannelLost, match="the environment was being read"):
        await AgiChannel.open(stdin_fd=pipes.stdin_fd, stdout_fd=pipes.stdout_fd)
    for fd in (pipes.stdin_fd, pipes.stdout_fd):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


async def test_open_refuses_a_file() -> None:
    """Started by hand with a file as standard input."""
    with tempfile.TemporaryFile() as file:
        fds = os.dup(file.fileno()), os.dup(file.fileno())
        with pytest.raises(ChannelLost, match="must be a pipe or a socket"):
            await AgiChannel.open(stdin_fd=fds[0], stdout_fd=fds[1])


async def test_close_ends_what_is_pending(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """A pending command and later ones get ChannelLost; closing twice does nothing."""
    task = await playing(channel)
    await channel.close()
    await channel.close()
    with pytest.raises(ChannelLost, match="closed on this side"):
        await task
    with pytest.raises(ChannelLost):
        await channel.get_variable("A")


# Playing.


async def test_played_to_the_end(channel: AgiChannel) -> None:
    """The end by itself, with the position of our own clock."""
    before = time.monotonic()
    playback = await channel.stream_file("hello", offset_samples=400)
    assert (playback.cause, playback.key) == (PlaybackCause.ENDED, None)
    assert before <= playback.written_at <= before + 0.05
    assert playback.position_samples == pytest.approx(1600, abs=400)


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
    task = await playing(channel)
    interrupted_at = time.monotonic()
    channel.interrupt()
    playback = await task
    assert (playback.cause, playback.key) == (PlaybackCause.STOPPED, None)
    assert asterisk.stopped_at - interrupted_at < 0.02
    assert playback.position_samples == pytest.approx(
        (asterisk.stopped_at - playback.written_at) * 8000, abs=160
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
    task = await playing(channel)
    channel.interrupt()
    asterisk.may_read.set()
    playback = await task
    assert playback.cause is PlaybackCause.STOPPED
    assert 0.02 <= playback.position_samples / 8000 < 0.2
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


async def test_interrupt_is_fast(channel: AgiChannel) -> None:
    """The call that writes the fence takes well under a millisecond."""
    took = []
    for _ in range(50):
        task = await playing(channel)
        before = time.perf_counter()
        channel.interrupt()
        took.append(time.perf_counter() - before)
        await task
    assert statistics.median(took) < 0.001


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
        for answer in (b"200 result=many\n", b"garbage\n"):
            task = await playing(channel)
            pipes.write(answer)
            if answer == b"garbage\n":
                await asyncio.sleep(0.01)
                pipes.answer_fence()
            with pytest.raises(AgiProtocolError):
                await task


# Hang-up and loss.


async def test_hang_up_while_playing(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """It is seen from the pending command, told once, and known from then on."""
    hangups: list[bool] = []
    channel.on_hangup = lambda: hangups.append(channel.hangup_seen)
    task = await playing(channel)
    asterisk.hang_up()
    with pytest.raises(CallerHungUp):
        await task
    n_commands = len(asterisk.commands)
    for refused in (channel.stream_file("hello"), channel.answer()):
        with pytest.raises(CallerHungUp):
            await refused
    assert len(asterisk.commands) == n_commands
    assert hangups == [True]


async def test_hang_up_while_idle(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """The next command that needs a living channel says so."""
    asterisk.hang_up()
    with pytest.raises(CallerHungUp):
        await channel.stream_file("hello")
    assert channel.hangup_seen


async def test_hang_up_while_interrupting(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """A fence is answered on a dead channel too; the hang-up is learned all the same."""
    asterisk.may_read.clear()
    task = await playing(channel)
    asterisk.hang_up()
    channel.interrupt()
    asterisk.may_read.set()
    with pytest.raises(CallerHungUp):
        await task


async def test_after_a_hang_up(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """Variables, console and applications still work; hanging up again is fine."""
    asterisk.hang_up()
    await channel.hangup()
    await channel.hangup()
    await channel.set_variable("IVR_STATUS", "hangup")
    await channel.verbose("done")
    assert await channel.get_variable("IVR_STATUS") == "hangup"
    assert (await channel.exec("NoOp")).result == "0"


async def test_sighup_is_a_hint(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """The process lives on, and a stopped prompt turns out to be a hang-up."""
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.sleep(0.01)
    assert not channel.hangup_seen
    await channel.command("NOOP")
    assert not channel.hangup_seen
    assert asterisk.verbs()[-1] == "CHANNEL"


async def test_without_a_signal_handler(asterisk: FakeAsterisk) -> None:
    """A server of many calls keeps SIGHUP for itself."""
    before = signal.getsignal(signal.SIGHUP)
    pipes = Pipes(asterisk.stdin_fd, asterisk.stdout_fd)
    async with await AgiChannel.open(transport=pipes, handle_sighup=False):
        assert signal.getsignal(signal.SIGHUP) is before


async def test_asterisk_dies_while_playing(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """The end of the pipe is ChannelLost for the pending command and for the next."""
    task = await playing(channel)
    asterisk.cut()
    with pytest.raises(ChannelLost, match="STREAM FILE was pending"):
        await task
    with pytest.raises(ChannelLost):
        await channel.get_variable("A")


async def test_asterisk_does_not_read(pipes: BarePipes) -> None:
    """A broken pipe for commands is ChannelLost, whatever the other pipe does."""
    async with await pipes.open_channel() as channel:
        os.close(pipes.command_fd)
        with pytest.raises(ChannelLost, match="NOOP was pending"):
            await channel.command("NOOP")


async def test_asterisk_does_not_answer(
    channel: AgiChannel, asterisk: FakeAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fences without an answer have an end, also for a task that was cancelled."""
    monkeypatch.setattr("ivr_agi.agi.dialog.FENCE_RETRY_MAX_S", 0.002)
    asterisk.may_read.clear()
    task = await playing(channel)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ChannelLost, match="awaited"):
        await channel.command("NOOP")


async def test_socket_that_is_reset() -> None:
    """Sockets do as well as pipes; a reset connection is a lost channel."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    theirs.send(ENVIRONMENT)
    opening = asyncio.create_task(
        AgiChannel.open(stdin_fd=os.dup(ours.fileno()), stdout_fd=ours.detach())
    )
    await asyncio.sleep(0.01)
    theirs.close()  # with the fence unread: ECONNRESET
    with pytest.raises(ChannelLost):
        await opening


async def test_end_after_a_hang_up_is_a_hang_up(
    channel: AgiChannel, asterisk: FakeAsterisk
) -> None:
    """Asterisk may well close the pipes when the caller has left."""
    asterisk.hang_up()
    await channel.hangup()
    asterisk.cut()
    await asyncio.sleep(0.05)
    with pytest.raises(CallerHungUp):
        await channel.get_variable("A")


# Commands.


@pytest.mark.parametrize("value", ["", "plain", 'a "b" \\ c', "é\udcff", "${X},|)("])
async def test_variables(channel: AgiChannel, value: str) -> None:
    """What is set is read back, whatever it holds."""
    await channel.set_variable("NAME", value)
    assert await channel.get_variable("NAME") == value


async def test_variable_with_line_breaks(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """A value that another hand put there may look like replies."""
    asterisk.variables["EVIL"] = "x)\n200 result=-1\n511 y\n\nHANGUP"
    assert await channel.get_variable("EVIL") == asterisk.variables["EVIL"]
    assert await in_step(channel, asterisk)


async def test_variable_that_is_not_set(channel: AgiChannel) -> None:
    """None is not the empty text."""
    assert await channel.get_variable("MISSING") is None


async def test_commands_take_turns(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """Many tasks at once: one command in the pipe at a time, each gets its own reply."""
    asterisk.variables = {str(number): f"value {number}" for number in range(20)}
    task = await playing(channel, "hello")
    values = await asyncio.gather(*(channel.get_variable(str(number)) for number in range(20)))
    assert values == list(asterisk.variables.values())
    assert task.done()


async def test_command_that_asterisk_does_not_know(channel: AgiChannel) -> None:
    """510 is our fault."""
    with pytest.raises(AgiCommandError) as caught:
        await channel.command("DO MAGIC")
    assert caught.value.code == 510


async def test_command_used_wrongly(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """520 with its usage block is our fault."""
    with pytest.raises(AgiCommandError) as caught:
        await channel.command("SAY NUMBER", "many", "")
    assert caught.value.code == 520
    assert await in_step(channel, asterisk)


async def test_command_that_cannot_be_carried(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """Nothing is sent, and the channel goes on."""
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        await channel.set_variable("A", 'x"\nEXEC System "touch /tmp/owned')
    assert await in_step(channel, asterisk)
    assert "EXEC" not in asterisk.verbs()


async def test_exec(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """Options are joined by commas; a missing application and a failed one are errors."""
    await channel.exec("Dial", "PJSIP/bob", "20")
    assert asterisk.commands[-1] == ["EXEC", "Dial", "PJSIP/bob,20"]
    for application in ("NoSuchApp", "Fails"):
        with pytest.raises(AgiCommandFailed):
            await channel.exec(application)


async def test_answer(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """ANSWER on a living channel."""
    await channel.answer()
    assert asterisk.verbs() == ["ANSWER"]


async def test_interrupted_command_looks_like_no_key(
    channel: AgiChannel, asterisk: FakeAsterisk
) -> None:
    """GET DATA and SAY stop as STREAM FILE does."""
    task = asyncio.create_task(channel.command("GET DATA", "hello", 5000, 4))
    await asyncio.sleep(0.02)
    channel.interrupt()
    assert (await task).result == "0"


async def test_timeout_of_a_command(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """What cannot be stopped is waited for by the next command, not by the caller."""
    before = time.monotonic()
    with pytest.raises(TimeoutError):
        await channel.command("EXEC", "Slow", "0.2", timeout_s=0.05)
    assert time.monotonic() - before < 0.15
    assert await in_step(channel, asterisk)
