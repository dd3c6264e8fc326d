"""The AGI channel over real pipes: opening, closing, commands."""

from __future__ import annotations

import asyncio
import os
import tempfile

import pytest

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.errors import AgiCommandError, AgiCommandFailed, ChannelLost
from tests.agi.calls import BarePipes, in_step, playing
from tests.agi.fake_asterisk import ENVIRONMENT, FakeAsterisk
from tests.patience import Stopwatch

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
    with pytest.raises(ChannelLost, match="closed by us"):
        await task
    with pytest.raises(ChannelLost):
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
    watch = Stopwatch()
    with pytest.raises(TimeoutError):
        await channel.command("EXEC", "Slow", "0.2", timeout_s=0.05)
    assert watch.seconds < 0.15
    assert await in_step(channel, asterisk)
