"""Pins every row of ``asterisk.md`` section 1 that this project is built on.

The test holds the AGI pipes itself (``agi_probe.py``); the docstring of each test quotes its row.
A tone of 1000 Hz is what is played; files are headless s16le 8 kHz (``.sln``).
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.asterisk.instance import HOME
from ivr_agi.audio.g711 import pcm_to_ulaw, ulaw_to_pcm
from ivr_agi.bench.signals import tone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.asterisk.instance import AsteriskInstance
    from tests.patience import StallMeter
    from tests.real_asterisk.agi_probe import AgiProbe, Probe

pytestmark = pytest.mark.asterisk

RATE_HZ = 8000
FRAME_BYTES = 320
FENCE = 'GET FULL VARIABLE "fence-7"'
FENCE_REPLY = "200 result=1 (fence-7)"


async def hang_up(agi: Probe) -> None:
    """The caller hangs up; returns when the script has been told (SIGHUP)."""
    agi.call.hang_up()
    await agi.call.wait_for(lambda: agi.hangup_signal_at, "SIGHUP")


def is_quiet_from(agi: Probe, at: float, stalls: StallMeter) -> bool:
    """Whether the last sound came 40 ms after a time, or earlier."""
    last_at = agi.call.last_audible_at
    assert last_at is not None
    return last_at - at - stalls.within(at, last_at) < 0.04


# Commands and replies


async def test_environment_tells_of_eagi(probe: AgiProbe) -> None:
    """Fd 0 = replies, fd 1 = commands, fd 3 = caller's audio; `agi_enhanced: 1.0`."""
    async with probe.call() as agi:
        assert agi.environment["agi_enhanced"] == "1.0"
        assert agi.environment["agi_uniqueid"] == agi.call.uniqueid
        assert agi.environment["agi_callerid"] == "100200300"


async def test_environment_carries_what_callers_send(probe: AgiProbe) -> None:
    """Caller name and number are attacker-controlled text, quotes and UTF-8 as they came."""
    async with probe.call(name='"Zoë" \\ 你好', number="+86-1'2") as agi:
        assert agi.environment["agi_calleridname"] == '"Zoë" \\ 你好'
        assert agi.environment["agi_callerid"] == "+86-1'2"


async def test_line_ends_in_the_callers_name_forge_the_environment(probe: AgiProbe) -> None:
    """Asterisk takes over line ends: a name forges other names, an empty line ends the block.

    extensions_ivr.conf takes them out (test_dialplan.py); the channel must not trust the block.
    """
    async with probe.call(name="Eve\nagi_uniqueid: forged") as agi:
        assert agi.environment["agi_uniqueid"] == "forged"
    async with probe.call(name="Eve\n\n200 result=1 (forged)") as agi:
        assert "agi_arg_1" not in agi.environment
        assert await agi.reply() == "200 result=1 (forged)"


async def test_unknown_command(probe: AgiProbe) -> None:
    """An unknown command answers 510."""
    async with probe.call() as agi:
        assert await agi.ask("MAKE COFFEE") == "510 Invalid or unknown command"


async def test_wrong_usage(probe: AgiProbe) -> None:
    """Wrong usage answers a multi-line 520 block."""
    async with probe.call() as agi:
        assert (await agi.ask("STREAM FILE")).startswith("520-Invalid command syntax.")
        block = [await agi.reply()]
        while not block[-1].startswith("520 "):
            block.append(await agi.reply())
        assert block[-1] == "520 End of proper usage."


@pytest.mark.parametrize(
    "value", ['say "hi"', "back\\slash", "(a) result=-1", "é 你好 $[1+1] ${X}"]
)
async def test_quoting(probe: AgiProbe, value: str) -> None:
    r"""Arguments: ``\`` and ``"`` are escaped by ``\``."""
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    async with probe.call() as agi:
        assert await agi.ask(f'SET VARIABLE TRY "{quoted}"') == "200 result=1"
        assert await agi.ask('GET VARIABLE "TRY"') == f"200 result=1 ({value})"


async def test_unset_variable(probe: AgiProbe) -> None:
    """GET VARIABLE of an unset variable answers result=0."""
    async with probe.call() as agi:
        assert await agi.ask('GET VARIABLE "NOT_SET"') == "200 result=0"


async def test_channel_status_of_a_live_channel(probe: AgiProbe) -> None:
    """CHANNEL STATUS tells a live channel: 6 is up."""
    async with probe.call() as agi:
        assert await agi.ask("CHANNEL STATUS") == "200 result=6"


async def test_missing_file(probe: AgiProbe, asterisk: AsteriskInstance) -> None:
    """A missing file answers `200 result=-1 endpos=0`; the channel goes on."""
    asterisk.expected_log.append("no-such")
    async with probe.call() as agi:
        assert await agi.ask(f'STREAM FILE "{HOME}/sounds/no-such" ""') == "200 result=-1 endpos=0"
        assert await agi.ask(FENCE) == FENCE_REPLY
        assert await agi.ask("CHANNEL STATUS") == "200 result=6"


# Playing and stopping


async def test_played_to_its_end(probe: AgiProbe, tone_file: Callable[[float], str]) -> None:
    """STREAM FILE answers with `endpos=` in samples when the file has been played."""
    async with probe.call() as agi:
        assert await agi.ask(f'STREAM FILE "{tone_file(0.5)}" ""') == "200 result=0 endpos=4000"
        assert agi.call.audible_s == pytest.approx(0.5, abs=0.03)


async def test_a_new_command_stops_the_prompt(
    probe: AgiProbe, tone_file: Callable[[float], str], stalls: StallMeter
) -> None:
    """A new command stops STREAM FILE within a frame; the stopped one sends **no reply**."""
    async with probe.call() as agi:
        agi.write(f'STREAM FILE "{tone_file(5)}" ""\n')
        await agi.call.heard_audio()
        await asyncio.sleep(0.31)
        stopped_at = agi.write(f"{FENCE}\n")
        line = await agi.line()
        assert line.data.decode() == FENCE_REPLY
        assert line.at - stopped_at - stalls.within(stopped_at, line.at) < 0.02
        assert await agi.no_reply(0.2)
        assert is_quiet_from(agi, stopped_at, stalls)


async def test_both_replies_when_the_prompt_just_ended(
    probe: AgiProbe, tone_file: Callable[[float], str]
) -> None:
    """The prompt may end by itself just before our command: then **two** replies come."""
    async with probe.call() as agi:
        agi.write(f'STREAM FILE "{tone_file(0.2)}" ""\n')
        await asyncio.sleep(0.5)  # its reply is on the way, and we have not looked
        agi.write(f"{FENCE}\n")
        assert await agi.reply() == "200 result=0 endpos=1600"
        assert await agi.reply() == FENCE_REPLY


async def test_two_commands_in_one_write(
    probe: AgiProbe, tone_file: Callable[[float], str]
) -> None:
    """**Two commands in one write break barge-in**: the second is looked at with the next byte."""
    async with probe.call() as agi:
        written_at = agi.write(f'STREAM FILE "{tone_file(0.5)}" ""\n{FENCE}\n')
        line = await agi.line()
        assert line.data.decode() == "200 result=0 endpos=4000"
        assert line.at - written_at > 0.45
        assert await agi.no_reply(0.3)
        agi.write('NOOP "wake up"\n')
        assert await agi.reply() == FENCE_REPLY


async def test_a_newer_command_frees_one_that_is_stuck(
    probe: AgiProbe, tone_file: Callable[[float], str], stalls: StallMeter
) -> None:
    """If nothing comes send a newer fence: both are answered, the prompt stops, all is in step."""
    async with probe.call() as agi:
        agi.write(f'STREAM FILE "{tone_file(5)}" ""\n{FENCE}\n')
        await agi.call.heard_audio()
        assert await agi.no_reply(0.25)
        freed_at = agi.write('GET FULL VARIABLE "fence-8"\n')
        assert await agi.reply() == FENCE_REPLY
        assert await agi.reply() == "200 result=1 (fence-8)"
        assert await agi.no_reply(0.2)
        assert is_quiet_from(agi, freed_at, stalls)


async def test_starts_at_an_offset(probe: AgiProbe, tone_file: Callable[[float], str]) -> None:
    """`STREAM FILE name "" OFFSET` (samples) starts there."""
    async with probe.call() as agi:
        reply = await agi.ask(f'STREAM FILE "{tone_file(1.5)}" "" 8000')
        assert reply == "200 result=0 endpos=12000"
        assert agi.call.audible_s == pytest.approx(0.5, abs=0.03)


async def test_a_file_of_16_khz_counts_in_its_own_samples(probe: AgiProbe, sounds: Path) -> None:
    """Offset and `endpos=`: twice ours, so a prompt goes on in a file of our own (`player.py`)."""
    wide = np.repeat(np.frombuffer(tone(1.0), "<i2"), 2)
    (sounds / "wide.sln16").write_bytes(wide.tobytes())
    async with probe.call() as agi:
        reply = await agi.ask(f'STREAM FILE "{HOME}/sounds/wide" "" 8000')
        assert reply == "200 result=0 endpos=16000"
        assert agi.call.audible_s == pytest.approx(0.5, abs=0.03)


async def test_growing_file_is_heard_whole(probe: AgiProbe, sounds: Path) -> None:
    """A headless file that grows while it plays is played to its real end (10 x 100 ms)."""
    with (sounds / "growing.sln").open("wb", buffering=0) as file:
        file.write(tone(0.1))
        async with probe.call() as agi:
            agi.write(f'STREAM FILE "{HOME}/sounds/growing" ""\n')
            for _ in range(9):
                await asyncio.sleep(0.08)
                file.write(tone(0.1))
            assert (await agi.reply()).startswith("200 result=0 endpos=")
            assert agi.call.audible_s == pytest.approx(1.0, abs=0.03)


async def test_nothing_is_sent_when_nothing_plays(probe: AgiProbe) -> None:
    """No audio out when nothing plays unless `transmit_silence=yes`."""
    async with probe.call() as agi:
        await asyncio.sleep(0.3)
        assert agi.call.frames == []


# Keys


async def test_key_ends_the_prompt(probe: AgiProbe, tone_file: Callable[[float], str]) -> None:
    """STREAM FILE with escape digits ends with the key's character code and the position."""
    async with probe.call() as agi:
        agi.write(f'STREAM FILE "{tone_file(5)}" "0123456789*#"\n')
        await agi.call.heard_audio()
        await agi.call.press("5")
        found = re.fullmatch(r"200 result=53 endpos=(\d+)", await agi.reply())
        assert found
        assert 0 < int(found[1]) < 2 * RATE_HZ


async def test_other_keys_do_not(probe: AgiProbe, tone_file: Callable[[float], str]) -> None:
    """A key that is no escape digit is lost and the prompt goes on."""
    async with probe.call() as agi:
        agi.write(f'STREAM FILE "{tone_file(0.8)}" "1"\n')
        await agi.call.heard_audio()
        await agi.call.press("5")
        assert await agi.reply() == "200 result=0 endpos=6400"


async def test_key_while_idle_is_lost(probe: AgiProbe) -> None:
    """DTMF pressed while no command is pending is thrown away."""
    async with probe.call() as agi:
        await agi.call.press("5")
        await asyncio.sleep(0.3)
        assert await agi.ask("WAIT FOR DIGIT 300") == "200 result=0"


async def test_wait_for_digit_replies_when_stopped(
    probe: AgiProbe, asterisk: AsteriskInstance
) -> None:
    """WAIT FOR DIGIT stopped by a command **does** reply (`200 result=1`) and logs a WARNING."""
    asterisk.expected_log.append("Waitfordigit returning numeric 1")
    async with probe.call() as agi:
        agi.write("WAIT FOR DIGIT 5000\n")
        await asyncio.sleep(0.1)
        agi.write(f"{FENCE}\n")
        assert await agi.reply() == "200 result=1"
        assert await agi.reply() == FENCE_REPLY


async def test_a_key_tells_how_far_the_file_was_played(
    probe: AgiProbe, tone_file: Callable[[float], str]
) -> None:
    """After a key `endpos=` is where to go on: no frame is lost, and none is heard twice."""
    async with probe.call() as agi:
        offset = 0
        for key in "12":
            agi.write(f'STREAM FILE "{tone_file(1.5)}" "{key}" {offset}\n')
            await agi.call.heard_audio()
            await asyncio.sleep(0.1)
            await agi.call.press(key)
            reply = await agi.reply()
            assert reply.startswith(f"200 result={ord(key)} endpos=")
            offset = int(reply.rpartition("=")[2])
        assert await agi.ask(f'STREAM FILE "{tone_file(1.5)}" "" {offset}') == (
            f"200 result=0 endpos={round(1.5 * RATE_HZ)}"
        )
        await agi.call.heard_silence()
        assert agi.call.audible_s == pytest.approx(1.5)


# The caller's audio


async def test_audio_comes_while_idle(probe: AgiProbe) -> None:
    """320-byte writes: 20 ms of s16le mono 8 kHz, and voice reaches fd 3 while AGI is idle."""
    async with probe.call() as agi:
        assert len(await agi.audio_for(1.0)) / FRAME_BYTES == pytest.approx(50, abs=2)
        for _ in range(20):  # a read that comes late takes two: until all came in time
            agi.audio.clear()
            await agi.audio_for(0.3)
            sizes = [len(part.data) for part in agi.audio]
            if sizes == [FRAME_BYTES] * len(sizes):
                break
        assert sizes == [FRAME_BYTES] * len(sizes)
        assert len(sizes) >= 10


async def test_audio_is_what_the_caller_says(probe: AgiProbe) -> None:
    """What the caller says is on fd 3, sample by sample of G.711."""
    said = ulaw_to_pcm(pcm_to_ulaw(tone(0.5)))
    async with probe.call() as agi:
        agi.call.say(said)
        assert said in await agi.audio_for(1.0)


async def test_audio_comes_during_stream_file(
    probe: AgiProbe, tone_file: Callable[[float], str]
) -> None:
    """Voice reaches fd 3 inside STREAM FILE."""
    async with probe.call() as agi:
        agi.write(f'STREAM FILE "{tone_file(2)}" ""\n')
        await agi.call.heard_audio()
        assert len(await agi.audio_for(1.0)) / FRAME_BYTES == pytest.approx(50, abs=2)


@pytest.mark.parametrize("command", ['EXEC "Wait" "0.8"', 'CONTROL STREAM FILE "{tone}" ""'])
async def test_no_audio_during(
    probe: AgiProbe, tone_file: Callable[[float], str], command: str
) -> None:
    """No voice reaches fd 3 during EXEC (any application), CONTROL STREAM FILE."""
    async with probe.call() as agi:
        agi.write(command.format(tone=tone_file(0.8)) + "\n")
        await asyncio.sleep(0.1)  # until it has begun
        assert await agi.audio_for(0.5) == b""
        assert (await agi.reply()).startswith("200 result=0")


async def test_no_audio_from_a_mute_phone(probe: AgiProbe) -> None:
    """No RTP in (muted or DTX phone) means no frames on fd 3."""
    async with probe.call() as agi:
        agi.call.is_muted = True
        await asyncio.sleep(0.1)
        assert await agi.audio_for(0.4) == b""


async def test_full_pipe_drops_frames(probe: AgiProbe) -> None:
    """A full pipe (64 KiB = 3.84 s) drops frames silently; the call goes on."""
    async with probe.call() as agi:
        agi.stop_listening()
        await asyncio.sleep(4.4)
        agi.audio.clear()
        agi.listen()
        await asyncio.sleep(0.01)
        kept = sum(len(part.data) for part in agi.audio)
        assert kept / FRAME_BYTES == pytest.approx(65536 / FRAME_BYTES, abs=16)
        assert await agi.ask(FENCE) == FENCE_REPLY


# Hang-up


async def test_hang_up_while_a_prompt_plays(
    probe: AgiProbe, tone_file: Callable[[float], str]
) -> None:
    """After hang-up: SIGHUP to the script, the pending command answers `-1 endpos=N`."""
    async with probe.call() as agi:
        agi.write(f'STREAM FILE "{tone_file(5)}" ""\n')
        await agi.call.heard_audio()
        await asyncio.sleep(0.2)
        await hang_up(agi)
        found = re.fullmatch(r"200 result=-1 endpos=(\d+)", await agi.reply())
        assert found
        assert int(found[1]) > 0


async def test_dead_channel_refuses_media(
    probe: AgiProbe, tone_file: Callable[[float], str]
) -> None:
    """Later commands answer `511 Command Not Permitted on a dead channel`; fd 3 gets no EOF."""
    async with probe.call() as agi:
        await hang_up(agi)
        refused = "511 Command Not Permitted on a dead channel or intercept routine"
        assert await agi.ask(f'STREAM FILE "{tone_file(1)}" ""') == refused
        assert await agi.ask("CHANNEL STATUS") == refused
        assert not agi.audio_ended


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (FENCE, FENCE_REPLY),
        ('SET VARIABLE IVR_STATUS "HANGUP"', "200 result=1"),
        ('GET VARIABLE "PROBE_NONE"', "200 result=0"),
        ('NOOP "x"', "200 result=0"),
        ('VERBOSE "x" 3', "200 result=1"),
        ('EXEC "NoOp" "x"', "200 result=0"),
    ],
)
async def test_dead_channel_still_takes(probe: AgiProbe, command: str, reply: str) -> None:
    """GET/SET VARIABLE, NOOP, VERBOSE, EXEC still work on a dead channel, and so the fence."""
    async with probe.call() as agi:
        await hang_up(agi)
        assert await agi.ask(command) == reply
