"""One prompt on a simulated Asterisk: at once, growing, under-run, stopped, by key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest

from ivr_agi.agi.channel import Playback, PlaybackCause
from ivr_agi.audio.wav import write_wav
from ivr_agi.dialogue.prompt.file import PromptFile
from ivr_agi.dialogue.prompt.parts import Parts, Prompt, Recording, Text
from ivr_agi.dialogue.prompt.player import RECORDING_BACK_SAMPLES, PromptPlayer
from ivr_agi.errors import AgiCommandFailed, CallerHungUp, SpeechUnavailable
from ivr_agi.simulator.caller import CallerPause, EndCall, Moment, Press, WaitForPrompt
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.sis.wire.messages import SynthesisConfig
from tests.dialogue.desk import LOUD_MS, Desk, loud, open_desk

pytestmark = pytest.mark.virtual_time


async def for_ever(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
    """Never say anything."""
    await asyncio.Event().wait()
    yield b""


async def breaks(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
    """Break off after 200 ms."""
    yield loud(200)
    await asyncio.sleep(0.05)
    raise SpeechUnavailable("it broke")


async def test_a_prompt_is_heard_whole(tmp_path: Path) -> None:
    """Synthesised, then cached, then recorded; the start is told once each."""
    await asyncio.to_thread(write_wav, tmp_path / "welcome.wav", loud(200))
    starts: list[int] = []
    async with open_desk(tmp_path) as desk:
        for prompt in (Text("300"), Text("300"), Recording("welcome")):
            player = PromptPlayer(desk.channel, desk.store, prompt, starts.append)
            playback = await player.play(keys="")
            assert playback.cause is PlaybackCause.ENDED
        assert desk.heard_ms() == 800
    assert starts == [0, 0, 0]


def counting(begin: int, n_ms: int) -> bytes:
    """PCM in which each sample is another one, and none is silence."""
    return np.arange(begin, begin + n_ms * 8, dtype="<i2").tobytes()


async def haltingly(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
    """Synthesise with pauses between pieces of 130 ms, which is no number of frames."""
    for piece in range(3):
        yield counting(1 + piece * 130 * 8, 130)
        await asyncio.sleep(0.3)


async def test_an_under_run_loses_nothing(tmp_path: Path) -> None:
    """The player waits with a silent file and goes on at the very sample where it stopped."""
    async with open_desk(tmp_path, synthesize=haltingly) as desk:
        player = PromptPlayer(desk.channel, desk.store, Text("x"))
        assert (await player.play(keys="")).cause is PlaybackCause.ENDED
        await desk.asterisk.wait_for(CallEventKind.PROMPT_ENDED)
        heard = np.frombuffer(bytes(desk.asterisk.line.recording.ivr_pcm), "<i2")
        assert heard[heard != 0].tolist() == list(range(1, 1 + 390 * 8))


class LateChannel:
    """Says of a growing file that it ended, a little early or late, when more has come already."""

    def __init__(self, file: PromptFile, error_samples: int) -> None:
        self.file = file
        self.error_samples = error_samples
        self.offsets: list[int] = []

    async def stream_file(self, name: str, *, escape_digits: str, offset_samples: int) -> Playback:
        """Play to the end of what is there."""
        self.offsets.append(offset_samples)
        ended = self.file.n_samples + self.error_samples
        if len(self.offsets) < 3:
            await self.file.append(bytes(2000))
        else:
            self.file.finish()
        return Playback(PlaybackCause.ENDED, None, ended, 0.0)


@pytest.mark.parametrize("error_samples", [-200, 0, 240])
async def test_our_clock_is_not_exact(tmp_path: Path, error_samples: int) -> None:
    """Asterisk ended where the file did, not where our clock says."""
    file = PromptFile.create(tmp_path / "x.sln")
    await file.append(bytes(2000))

    async def open_all(prompt: Prompt) -> list[PromptFile | Recording]:
        return [file]

    async with open_desk(tmp_path) as desk:
        desk.store.open_all = open_all  # type: ignore[method-assign]
        channel = LateChannel(file, error_samples)
        player = PromptPlayer(channel, desk.store, Text("x"))  # type: ignore[arg-type]
        playback = await player.play(keys="")
    assert channel.offsets == [0, 1000, 2000]
    assert playback.position_samples == 3000


async def test_an_under_run_between_two_parts(tmp_path: Path) -> None:
    """The same where several texts go into one file."""

    async def synthesize(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(0.25)
        yield counting(int(text), 110)

    async with open_desk(tmp_path, synthesize=synthesize) as desk:
        parts = Parts((Text("1"), Text("881"), Text("1761")))
        await PromptPlayer(desk.channel, desk.store, parts).play(keys="")
        await desk.asterisk.wait_for(CallEventKind.PROMPT_ENDED)
        heard = np.frombuffer(bytes(desk.asterisk.line.recording.ivr_pcm), "<i2")
        assert heard[heard != 0].tolist() == list(range(1, 1 + 330 * 8))


async def test_the_first_audio_is_heard_soon(tmp_path: Path) -> None:
    """The caller hears a streamed synthesis within 60 ms of its first audio."""
    began_at: list[float] = []

    async def synthesize(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(0.1)
        began_at.append(asyncio.get_running_loop().time())
        for _piece in range(3):
            yield loud(120)
            await asyncio.sleep(0.05)

    took_s = []
    async with open_desk(tmp_path, synthesize=synthesize) as desk:
        for number in range(5):
            player = PromptPlayer(desk.channel, desk.store, Text(str(number)))
            playing = asyncio.create_task(player.play(keys=""))
            event = await desk.asterisk.wait_for(CallEventKind.PROMPT_STARTED, nth=number + 1)
            took_s.append(event.at - began_at[-1])
            await playing
    assert sorted(took_s)[2] <= 0.06, took_s  # the machine of a test may be busy for a while


async def test_a_key_while_the_first_audio_is_awaited(tmp_path: Path) -> None:
    """A command that takes keys is pending before there is anything to play."""
    steps = (CallerPause(0.1), Press("5"))
    async with open_desk(tmp_path, *steps, synthesize=for_ever) as desk:
        playback = await PromptPlayer(desk.channel, desk.store, Text("x")).play(keys="5")
    assert (playback.cause, playback.key) == (PlaybackCause.KEY, "5")


async def test_stopped_while_the_first_audio_is_awaited(tmp_path: Path) -> None:
    """A caller who talks before the prompt begins hears nothing of it."""
    async with open_desk(tmp_path, synthesize=for_ever) as desk:
        player = PromptPlayer(desk.channel, desk.store, Text("x"))
        playing = asyncio.create_task(player.play(keys=""))
        await desk.asterisk.wait_for(CallEventKind.PLAYBACK_STARTED)
        player.stop()
        assert (await playing).cause is PlaybackCause.STOPPED


async def test_stopped_before_it_begins(tmp_path: Path) -> None:
    """STOP may come in the very moment between the decision and the first command."""
    async with open_desk(tmp_path) as desk:
        player = PromptPlayer(desk.channel, desk.store, Text("300"))
        player.stop()
        assert (await player.play(keys="")).cause is PlaybackCause.STOPPED
        assert desk.heard_ms() == 0


async def test_stopped_in_the_middle(tmp_path: Path) -> None:
    """The position is known to a frame or two; after it, keys are still taken."""
    async with open_desk(tmp_path) as desk:
        player = PromptPlayer(desk.channel, desk.store, Text("1000"))
        playing = asyncio.create_task(player.play(keys=""))
        await desk.asterisk.wait_for(CallEventKind.PROMPT_STARTED)
        await asyncio.sleep(0.2)
        player.stop()
        playback = await playing
        assert playback.cause is PlaybackCause.STOPPED
        assert abs(playback.position_samples / 8 - desk.heard_ms()) <= 40
        desk.asterisk.line.caller.do(Press("9"))
        assert (await player.wait_for_key()).key == "9"


async def test_a_synthesis_that_breaks_off(tmp_path: Path) -> None:
    """What is there is played, then the error comes."""
    async with open_desk(tmp_path, synthesize=breaks) as desk:
        with pytest.raises(SpeechUnavailable, match="it broke"):
            await PromptPlayer(desk.channel, desk.store, Text("x")).play(keys="")


async def test_a_recording_that_is_not_there(tmp_path: Path) -> None:
    """Told apart from a hang-up."""
    async with open_desk(tmp_path) as desk:
        with pytest.raises(AgiCommandFailed):
            await PromptPlayer(desk.channel, desk.store, Recording("none")).play(keys="")


async def test_hang_up_during_a_prompt(tmp_path: Path) -> None:
    """Seen at once, from the pending command."""
    async with open_desk(tmp_path, WaitForPrompt(Moment.PROMPT_START), EndCall()) as desk:
        with pytest.raises(CallerHungUp):
            await PromptPlayer(desk.channel, desk.store, Text("5000")).play(keys="")
        assert desk.heard_ms() < 500


async def test_cancelled_during_a_prompt(tmp_path: Path) -> None:
    """The channel is in step afterwards."""
    async with open_desk(tmp_path) as desk:
        playing = asyncio.create_task(
            PromptPlayer(desk.channel, desk.store, Text("5000")).play(keys="")
        )
        await desk.asterisk.wait_for(CallEventKind.PROMPT_STARTED)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        await desk.channel.set_variable("A", "b")
        assert await desk.channel.get_variable("A") == "b"


def gaps_ms(desk: Desk) -> list[int]:
    """Silences between what the caller heard of a prompt."""
    pcm = bytes(desk.asterisk.line.recording.ivr_pcm)
    heard = pcm.strip(b"\0").split(LOUD_MS[:2])
    return [len(gap) // 16 for gap in heard if gap]


@pytest.mark.parametrize("reads_sounds", [True, False])
async def test_parts_have_no_gap(tmp_path: Path, reads_sounds: bool) -> None:
    """One file has none at all; where Asterisk plays part after part, two frames at most."""
    await asyncio.to_thread(write_wav, tmp_path / "welcome.wav", loud(100))
    starts: list[int] = []
    async with open_desk(tmp_path, reads_sounds=reads_sounds) as desk:
        parts = Parts((Text("200"), Text("110"), Recording("welcome"), Text("206")))
        player = PromptPlayer(desk.channel, desk.store, parts, starts.append)
        playback = await player.play(keys="")
        assert playback.cause is PlaybackCause.ENDED
        assert playback.position_samples / 8 == pytest.approx(616, abs=100)
        await desk.asterisk.wait_for(CallEventKind.PROMPT_ENDED)
        assert desk.heard_ms() == 616
        assert max(gaps_ms(desk), default=0) <= (0 if reads_sounds else 40), gaps_ms(desk)
    assert starts == ([0] if reads_sounds else [0, 310 * 8, pytest.approx(410 * 8, abs=400)])


async def test_stopped_in_a_later_part(tmp_path: Path) -> None:
    """The position is that in the whole prompt; the parts after it are not played."""
    await asyncio.to_thread(write_wav, tmp_path / "welcome.wav", loud(200))
    async with open_desk(tmp_path, reads_sounds=False) as desk:
        parts = Parts((Recording("welcome"), Text("1000"), Recording("welcome")))
        player = PromptPlayer(desk.channel, desk.store, parts)
        playing = asyncio.create_task(player.play(keys=""))
        await desk.asterisk.wait_for(CallEventKind.PROMPT_STARTED)
        await asyncio.sleep(0.4)
        player.stop()
        playback = await playing
        assert playback.cause is PlaybackCause.STOPPED
        assert abs(playback.position_samples / 8 - desk.heard_ms()) <= 80


async def test_a_part_that_is_not_there(tmp_path: Path) -> None:
    """The others are heard; then it is told."""
    async with open_desk(tmp_path) as desk:
        parts = Parts((Text("100"), Recording("none"), Text("100")))
        with pytest.raises(AgiCommandFailed):
            await PromptPlayer(desk.channel, desk.store, parts).play(keys="")
        assert desk.heard_ms() == 200


async def test_a_prompt_that_is_stopped_before_it_plays(tmp_path: Path) -> None:
    """Nothing of it is heard until it is resumed."""
    async with open_desk(tmp_path) as desk:
        player = PromptPlayer(desk.channel, desk.store, Text("300"))
        player.stop()
        assert (await player.play(keys="")).cause is PlaybackCause.STOPPED
        assert desk.heard_ms() == 0
        player.resume()
        assert (await player.play(keys="")).cause is PlaybackCause.ENDED
        assert desk.heard_ms() == 300


async def test_a_recording_goes_on_in_its_middle(tmp_path: Path) -> None:
    """From the sample that is asked for."""
    await asyncio.to_thread(write_wav, tmp_path / "welcome.wav", loud(200))
    async with open_desk(tmp_path) as desk:
        player = PromptPlayer(desk.channel, desk.store, Recording("welcome"))
        await player.play(keys="", offset_samples=120 * 8)
        assert desk.heard_ms() == 80
        pcm, begins_at = player.samples()
        assert (pcm, begins_at) == (loud(200), 0)


async def test_what_cannot_be_looked_into(tmp_path: Path) -> None:
    """Nothing played yet, or Asterisk's own file: a little is said again after a stop."""
    await asyncio.to_thread(write_wav, tmp_path / "welcome.wav", loud(200))
    async with open_desk(tmp_path, reads_sounds=False) as desk:
        player = PromptPlayer(desk.channel, desk.store, Recording("welcome"))
        for _ in range(2):
            assert player.samples() == (None, 0)
            assert player.pause_before(100_000) == 100_000 - RECORDING_BACK_SAMPLES
            assert player.pause_before(1) == 0
            await player.play(keys="")
