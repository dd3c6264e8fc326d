"""Whole turns in which the prompt is stopped for nothing: noise, echo, and our own onset."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from websockets.exceptions import ConnectionClosed

from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.audio.g711 import pcm_to_ulaw
from ivr_agi.audio.wav import write_wav
from ivr_agi.dialogue.prompt.parts import Parts, Prompt, Recording, Text
from ivr_agi.dialogue.prompt.player import PromptPlayer
from ivr_agi.dialogue.turn.outcomes import Heard, NoInput, Pressed
from ivr_agi.knobs import BargeIn
from ivr_agi.simulator.caller import CallerPause, Moment, PlayVoice, Press, WaitForPrompt
from ivr_agi.sis.wire.messages import EventResponse, ResultResponse, SynthesisConfig
from tests.dialogue.desk import finish, loud, open_desk
from tests.dialogue.sentences import PLAN, SILENCE, hear_a_sentence
from tests.sis.fake import CANCELLED, STARTED, VOICE_START, Peer, fake_service, result

pytestmark = pytest.mark.virtual_time


async def make_noise(peer: Peer, *, after_ms: int = 500, guess: str = "") -> None:
    """A session of VOICE_START, the word it is taken for at first, and EXCEEDED_SILENCE."""
    await peer.start()
    await peer.say(STARTED)
    await peer.hear(len(peer.audio) + ms_to_bytes(after_ms))
    await peer.say(VOICE_START)
    if guess:
        await peer.say(result(guess, is_final=False))
    await peer.hear(len(peer.audio) + ms_to_bytes(200))
    await peer.say(SILENCE)
    await finish(peer)


async def say_with_pauses(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
    """Phrases of 300 ms with pauses of 200 ms between them."""
    yield (loud(300) + bytes(ms_to_bytes(200))) * int(text)


@pytest.mark.parametrize("guess", ["", "sales"])
async def test_after_a_noise_the_prompt_goes_on_at_its_last_pause(
    tmp_path: Path, guess: str
) -> None:
    """A false barge-in: heard are all phrases, the interrupted one twice, and no-input is later."""

    async def script(peer: Peer) -> None:
        await make_noise(peer, after_ms=600, guess=guess)
        await peer.start()
        await peer.say(STARTED)
        await finish(peer)

    async with (
        fake_service(script) as service,
        open_desk(tmp_path, service=service, synthesize=say_with_pauses) as desk,
    ):
        outcome = await desk.dialogue.turn(Text("4"), PLAN)
        assert outcome == NoInput()
        assert (outcome.report.false_barge_ins, outcome.report.true_barge_ins) == (1, 0)
        assert outcome.report.barge_in_position_ms is None
        stopped_ms = desk.data("prompt_stopped")["position_ms"]
        assert 550 <= stopped_ms <= 800
        assert desk.data("prompt_resumed") == {"position_ms": 400}
        assert desk.heard_ms() == pytest.approx(4 * 300 + stopped_ms - 500, abs=60)
        told = desk.data("outcome")
        assert (told["outcome"], told["false_barge_ins"]) == ("NoInput", 1)
        assert "false_barge_in" in desk.names()
        assert "barge_in" not in desk.names()


async def test_a_recording_of_16_khz_goes_on_where_it_pauses(tmp_path: Path) -> None:
    """Asterisk counts its samples twice as fast as we do; so does a key that is kept."""

    async def script(peer: Peer) -> None:
        await make_noise(peer, after_ms=600)
        await peer.start()
        await peer.say(STARTED)
        await finish(peer)

    phrase = np.frombuffer(loud(300) + bytes(ms_to_bytes(200)), "<i2")
    wide = np.repeat(np.tile(phrase, 4), 2).tobytes()
    await asyncio.to_thread((tmp_path / "wide.sln16").write_bytes, wide)
    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        outcome = await desk.dialogue.turn(Recording("wide"), PLAN)
        assert outcome == NoInput()
        stopped_ms = desk.data("prompt_stopped")["position_ms"]
        assert 550 <= stopped_ms <= 800
        assert desk.data("prompt_resumed") == {"position_ms": pytest.approx(400, abs=10)}
        assert desk.heard_ms() == pytest.approx(4 * 300 + stopped_ms - 500, abs=60)
        assert desk.names().count("prompt_started") == desk.names().count("prompt_ended") == 1
    steps = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.6), Press("1"))
    async with open_desk(tmp_path, *steps) as desk:
        await desk.dialogue.say(Recording("wide"))
        assert desk.heard_ms() == pytest.approx(4 * 300, abs=40)
        assert desk.dialogue.line.typed == "1"


@pytest.mark.parametrize("reads_sounds", [True, False])
async def test_several_parts_are_one_prompt(tmp_path: Path, reads_sounds: bool) -> None:
    """A noise in a later part: it goes on at the last pause of the whole prompt, and ends once."""

    async def script(peer: Peer) -> None:
        await make_noise(peer, after_ms=1300)
        await peer.start()
        await peer.say(STARTED)
        await finish(peer)

    jingle = loud(300) + bytes(ms_to_bytes(200))
    await asyncio.to_thread(write_wav, tmp_path / "jingle.wav", jingle)
    async with (
        fake_service(script) as service,
        open_desk(
            tmp_path, service=service, synthesize=say_with_pauses, reads_sounds=reads_sounds
        ) as desk,
    ):
        parts = Parts((Recording("jingle"), Text("2"), Recording("jingle"), Text("1")))
        outcome = await desk.dialogue.turn(parts, PLAN)
        assert outcome == NoInput()
        assert desk.data("prompt_started") == {"text": "2 1", "recording": "jingle jingle"}
        stopped_ms = desk.data("prompt_stopped")["position_ms"]
        resumed_ms = desk.data("prompt_resumed")["position_ms"]
        assert 1250 <= stopped_ms <= 1480  # in the second phrase of the text
        # Where Asterisk plays part after part, our clock is a frame or two late in the later ones.
        assert resumed_ms == pytest.approx(900, abs=40)
        assert desk.heard_ms() == pytest.approx(5 * 300 + stopped_ms - 1000, abs=80)
        assert desk.names().count("prompt_started") == desk.names().count("prompt_ended") == 1


async def test_a_voice_and_a_key_interrupt_any_part(tmp_path: Path) -> None:
    """Not only the last one."""
    await asyncio.to_thread(write_wav, tmp_path / "jingle.wav", loud(2000))
    parts = Parts((Recording("jingle"), Text("2000")))
    async with (
        fake_service(hear_a_sentence) as service,
        open_desk(tmp_path, service=service) as desk,
    ):
        assert isinstance(await desk.dialogue.turn(parts, PLAN), Heard)
        assert 200 <= desk.heard_ms() <= 600
    async with open_desk(tmp_path, WaitForPrompt(Moment.PROMPT_START), Press("3")) as desk:
        assert await desk.dialogue.turn(parts, replace(PLAN, listen=False)) == Pressed(keys="3")
        assert desk.heard_ms() <= 200


@pytest.mark.parametrize("suffix", [".wav", ".sln", ".ulaw"])
async def test_a_recording_goes_on_at_its_last_pause(tmp_path: Path, suffix: str) -> None:
    """Recorded prompts are known by their samples, as synthesised ones are."""

    async def script(peer: Peer) -> None:
        await make_noise(peer, after_ms=600)
        await peer.start()
        await peer.say(STARTED)
        await finish(peer)

    pcm = (loud(300) + bytes(ms_to_bytes(200))) * 3
    await asyncio.to_thread(write_sound, tmp_path / f"menu{suffix}", pcm)
    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        await desk.dialogue.turn(Recording("menu"), PLAN)
        assert desk.data("prompt_resumed") == {"position_ms": 400}


def write_sound(path: Path, pcm: bytes) -> None:
    """Write a recording in the format that its name says."""
    match path.suffix:
        case ".wav":
            write_wav(path, pcm)
        case ".ulaw":
            path.write_bytes(pcm_to_ulaw(pcm))
        case _:
            path.write_bytes(pcm)


async def test_a_key_after_a_noise(tmp_path: Path) -> None:
    """While the prompt is stopped, and when it goes on, keys are taken."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.hear(ms_to_bytes(400))
        await peer.say(VOICE_START)
        await finish(peer)

    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        turn = asyncio.create_task(desk.dialogue.turn(Text("3000"), PLAN))
        await desk.until("prompt_stopped")
        desk.asterisk.line.caller.do(Press("4"))
        assert await turn == Pressed(keys="4")


@pytest.mark.parametrize("prompt", [Text("x"), Recording("x"), Parts((Text("1"), Text("x")))])
async def test_our_own_prompt_coming_back_does_not_stop_it(tmp_path: Path, prompt: Prompt) -> None:
    """The line echoes all it gets, -20 dB, 60 ms later; the service hears a voice, and words in it.

    After the prompt a session listens that has heard nothing of it.
    """
    fresh = []
    speech_like = np.random.default_rng(1).normal(0, 6000, 8 * 3000)
    speech_like *= 1 + np.sin(np.arange(speech_like.size) / 1200)
    pcm = speech_like.clip(-32000, 32000).astype("<i2").tobytes()

    await asyncio.to_thread(write_wav, tmp_path / "x.wav", pcm)

    async def synthesize(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
        yield pcm if text == "x" else pcm[:16]  # a part of 1 ms moves all by so much only

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.hear(ms_to_bytes(1000))
        await peer.say(VOICE_START, result("sales", is_final=False))
        assert (await peer.end()).cancel
        await peer.say(result("sales"), CANCELLED)
        fresh.append(await peer.start())
        await peer.say(STARTED)
        await finish(peer)

    echo = (np.frombuffer(pcm, "<i2") * 0.1).astype("<i2").tobytes()
    steps = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.04), PlayVoice("echo", echo))
    async with (
        fake_service(script) as service,
        open_desk(tmp_path, *steps, service=service, synthesize=synthesize) as desk,
    ):
        assert await desk.dialogue.turn(prompt, PLAN) == NoInput()
        assert "echo_ignored" in desk.names()
        assert fresh[0].vad_head == 500  # no pre-roll
        assert "prompt_stopped" not in desk.names()


async def test_our_own_onset_pauses_before_the_service_says_a_word(tmp_path: Path) -> None:
    """The caller's voice stops the prompt although no VOICE_START ever comes; then it goes on."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await finish(peer)

    t = np.arange(8 * 600) / 8000
    harmonics = np.arange(1, 12)[:, None]
    vowel = (np.sin(2 * np.pi * 140 * harmonics * t) / harmonics).sum(axis=0)
    voice = (vowel * 3000).astype("<i2").tobytes()
    steps = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.5), PlayVoice("ah", voice))
    plan = replace(PLAN, own_onset=True, onset_confirm_s=0.3)
    async with (
        fake_service(script) as service,
        open_desk(tmp_path, *steps, service=service) as desk,
    ):
        outcome = await desk.dialogue.turn(Text("1500"), plan)
        assert outcome.report.false_onsets == 1
        assert {"prompt_stopped", "prompt_resumed"} <= set(desk.names())
        assert "voice_start" not in desk.names()


@pytest.mark.parametrize(
    ("barge_in", "said"),
    [
        (BargeIn.BOTH, [VOICE_START]),
        (BargeIn.HOTWORD, [VOICE_START, result("sales", is_final=False)]),
        (BargeIn.HOTWORD, [VOICE_START, result("sales")]),
    ],
    ids=["a voice", "interim words", "final words"],
)
async def test_the_prompt_is_stopped_before_anything_is_written_down(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    barge_in: BargeIn,
    said: list[EventResponse | ResultResponse],
) -> None:
    """A journal on a slow disk is not heard; it tells all in order all the same."""
    *before, cause = said

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.hear(ms_to_bytes(200))
        await peer.say(*before)
        await peer.hear(ms_to_bytes(300))
        await peer.say(cause)
        await finish(peer)

    plan = replace(PLAN, barge_in=barge_in, matches=lambda text: text == "sales")
    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        stop, told_at_stop = PromptPlayer.stop, list[list[str]]()

        def note_and_stop(player: PromptPlayer) -> None:
            stop(player)
            told_at_stop.append(desk.names())

        monkeypatch.setattr(PromptPlayer, "stop", note_and_stop)
        await desk.dialogue.turn(Text("3000"), plan)
    heard = [name for name in desk.names() if name in {"voice_start", "interim", "result"}]
    cause_name = heard[len(before)]
    assert cause_name not in told_at_stop[0]
    assert set(heard[: len(before)]) <= set(told_at_stop[0])
    assert desk.names().index(cause_name) < desk.names().index("prompt_stopped")


@pytest.mark.parametrize(("lasts_s", "is_stopped"), [(0.2, False), (0.8, True)])
async def test_a_cough_is_shorter_than_the_service_says(
    tmp_path: Path, lasts_s: float, is_stopped: bool
) -> None:
    """It tells the end of a voice `vad_tail` late; our own ear knows how long it was."""

    async def script(peer: Peer) -> None:
        with contextlib.suppress(TypeError, ConnectionClosed):  # the turn may be over any time
            await peer.start()
            await peer.say(STARTED)
            while not is_loud(peer.audio):
                await peer.hear(len(peer.audio) + 1)
            await peer.say(VOICE_START)
            await asyncio.sleep(lasts_s + 0.5)
            await peer.say(EventResponse(trace_id="t1", event="VOICE_END"))
            await finish(peer)

    steps = (
        WaitForPrompt(Moment.PROMPT_START),
        CallerPause(0.5),
        PlayVoice("ah", loud(round(lasts_s * 1000))),
    )
    plan = replace(PLAN, min_voice_ms=300, barge_in=BargeIn.BOTH)
    async with (
        fake_service(script) as service,
        open_desk(tmp_path, *steps, service=service) as desk,
    ):
        await desk.dialogue.turn(Text("2000"), plan)
        assert ("prompt_stopped" in desk.names()) is is_stopped


def is_loud(audio: bytearray) -> bool:
    """Somebody has made a sound."""
    return any(audio[-3200:])
