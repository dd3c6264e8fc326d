"""The AGI channel when the caller leaves, and when Asterisk does."""

from __future__ import annotations

import asyncio
import os
import signal
import socket

import pytest

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.agi.transport import Pipes
from ivr_agi.errors import CallerHungUp, ChannelLost
from tests.agi.calls import BarePipes, playing
from tests.agi.fake_asterisk import ENVIRONMENT, FakeAsterisk, until


async def test_hang_up_while_playing(channel: AgiChannel, asterisk: FakeAsterisk) -> None:
    """It is seen from the pending command, told once, and known from then on."""
    hangups: list[bool] = []
    channel.on_hangup = lambda: hangups.append(channel.hangup_seen)
    task = await playing(channel)
    await until(lambda: asterisk.begun == 1)
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
    await until(lambda: asterisk.begun == 1)
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
    monkeypatch.setattr("ivr_agi.agi.connection.FENCE_RETRY_MAX_S", 0.002)
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
