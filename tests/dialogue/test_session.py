"""Whole turns: a simulated Asterisk on real pipes, a scripted service on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tracemalloc
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.audio.g711 import pcm_to_ulaw
from ivr_agi.audio.wav import write_wav
from ivr_agi.dialogue.files import PromptFile
from ivr_agi.dialogue.keys import KeyRules
from ivr_agi.dialogue.outcomes import Heard, HungUp, NoInput, Pressed, SpeechDown, TooMuchSpeech
from ivr_agi.dialogue.prompts import Parts, Prompt, Recording, Text
from ivr_agi.dialogue.turn import BargeIn, OverPrompt, TurnPlan, TypeAhead
from ivr_agi.errors import CallerHungUp, SpeechUnavailable
from ivr_agi.settings import TurnSettings
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.script import Hangup, Moment, Press, Say, WaitFor, WaitSeconds
from ivr_agi.sis.messages import (
    EventResponse,
    ResultResponse,
    Segment,
    SegmentText,
    SynthesisConfig,
    WordInfo,
)
from ivr_agi.sis.timings import Word
from tests.dialogue.desk import finish, loud, open_desk
from tests.sis.fake import CANCELLED, ENDED, STARTED, VOICE_START, Peer, fake_service, result

VOICE_END = EventResponse(trace_id="t1", event="VOICE_END")
SILENCE = EventResponse(trace_id="t1", event="EXCEEDED_SILENCE")
TOO_LONG = EventResponse(trace_id="t1", event="EXCEEDED_AUDIO")

PLAN = TurnPlan(timeout_s=0.5, max_speech_s=1.0, service_grace_s=0.3, deadline_s=10.0)


async def hear_a_sentence(peer: Peer, text: str = "sales", *, after_ms: int = 300) -> None:
    """One session as it should be: START, voice, words, END."""
    await peer.start()
    await peer.say(STARTED)
    await peer.hear(len(peer.audio) + ms_to_bytes(after_ms))
    await peer.say(VOICE_START)
    await peer.hear(len(peer.audio) + ms_to_bytes(100))
    await peer.say(result(text, is_final=False), result(text), VOICE_END)
    assert not (await peer.end()).cancel
    await peer.say(ENDED)


async def test_barge_in(tmp_path: Path) -> None:
    """VOICE_START stops the prompt, words make the outcome, the journal tells it in order."""
    async with (
        fake_service(hear_a_sentence) as service,
        open_desk(tmp_path, service=service) as desk,
    ):
        outcome = await desk.dialogue.turn(Text("3000"), PLAN)
        await desk.asterisk.wait_for(CallEventKind.PROMPT_ENDED)
        assert 200 <= desk.heard_ms() <= 500
        assert outcome == Heard(text="sales", score=0.9, trace_id="t1")
        assert [name for name in desk.names() if not name.startswith("synth")] == [
            "prompt_started",
            "recognition_started",
            "voice_start",
            "prompt_stopped",
            "interim",
            "barge_in",
            "result",
            "voice_end",
            "recognition_end",
            "outcome",
        ]
        assert 0 <= desk.data("prompt_stopped")["barge_in_ms"] < 100
        position_ms = desk.data("prompt_stopped")["position_ms"]
        report = outcome.report
        assert desk.data("outcome") == {
            "outcome": "Heard",
            "barge_in_position_ms": position_ms,
            "voice_after_prompt_start_ms": report.voice_after_prompt_start_ms,
            "legs_ms": report.legs,
        }
        assert list(report.legs)[:3] == ["voice_to_stop", "voice_to_words", "voice_to_final"]
        assert report.barge_in_position_ms == position_ms
        legs = (
            report.prompt_started_ms,
            report.voice_started_ms,
            report.stop_confirmed_ms,
            report.first_interim_ms,
            report.final_ms,
            report.ended_ms,
            report.total_ms,
        )
        times = [leg for leg in legs if leg is not None]
        assert len(times) == len(legs)
        assert times == sorted(times)
        assert (report.true_barge_ins, report.false_barge_ins) == (1, 0)
        assert report.trace_ids == ("t1",)


async def test_word_times(tmp_path: Path) -> None:
    """They are asked for, and the outcome has them."""
    asked = []
    pieces = [WordInfo(start_time=100, end_time=400, word="sales")]
    heard = SegmentText(text="sales", score=0.9, word_info=pieces)
    segment = Segment(start_time=100, end_time=400, is_final=True, result=heard)

    async def script(peer: Peer) -> None:
        asked.append(await peer.start())
        words = ResultResponse(trace_id="t1", segments=[segment])
        await peer.say(STARTED, VOICE_START, words, VOICE_END)
        await peer.end()
        await peer.say(ENDED)

    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        outcome = await desk.dialogue.turn(Text("300"), PLAN)
    assert asked[0].need_word_info == "yes"
    assert isinstance(outcome, Heard)
    assert outcome.words == (Word(text="sales", start_ms=100, end_ms=400),)
    assert (outcome.start_ms, outcome.end_ms) == (100, 400)


async def test_words_after_the_prompt(tmp_path: Path) -> None:
    """A voice in the silence after the prompt stops nothing, and is heard all the same."""

    async def script(peer: Peer) -> None:
        await hear_a_sentence(peer, after_ms=400)

    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        assert isinstance(await desk.dialogue.turn(Text("200"), PLAN), Heard)
        assert desk.heard_ms() == 200
        assert desk.data("prompt_ended") == {
            "cause": "ended",
            "position_ms": pytest.approx(200, abs=40),
        }


async def test_a_key_ends_the_prompt_and_the_recognition(tmp_path: Path) -> None:
    """The loser of the two is cancelled."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        assert (await peer.end()).cancel
        await peer.say(CANCELLED)

    steps = (WaitFor(Moment.PROMPT_START), WaitSeconds(0.1), Press("2"))
    async with (
        fake_service(script) as service,
        open_desk(tmp_path, *steps, service=service) as desk,
    ):
        assert await desk.dialogue.turn(Text("3000"), PLAN) == Pressed(keys="2")
        assert desk.heard_ms() < 500
        assert desk.data("key") == {"key": "2"}
        assert desk.data("prompt_ended")["cause"] == "key"
        await desk.until("recognition_end")


async def test_no_input(tmp_path: Path) -> None:
    """Silence while the prompt plays renews; the last session is as long as what is left."""
    configs = []

    async def script(peer: Peer) -> None:
        for _ in range(3):
            configs.append(await peer.start())
            await peer.say(STARTED)
            await peer.hear(len(peer.audio) + ms_to_bytes(configs[-1].vad_head))
            await peer.say(SILENCE)
            await finish(peer)

    plan = TurnPlan(timeout_s=1.0)
    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        assert await desk.dialogue.turn(Text("1300"), plan) == NoInput()
        assert desk.names().count("silence_exceeded") == 3
    first, second, third = (config.vad_head for config in configs)
    assert first == 1000  # nothing was heard yet: no pre-roll
    assert second == 1500  # timeout and pre-roll
    assert 900 <= third < 1000  # what is left of 1 s after the prompt, at least 400, and pre-roll


async def make_noise(peer: Peer, *, after_ms: int = 500) -> None:
    """A session in which VOICE_START is followed by EXCEEDED_SILENCE."""
    await peer.start()
    await peer.say(STARTED)
    await peer.hear(len(peer.audio) + ms_to_bytes(after_ms))
    await peer.say(VOICE_START)
    await peer.hear(len(peer.audio) + ms_to_bytes(200))
    await peer.say(SILENCE)
    await finish(peer)


async def say_with_pauses(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
    """Phrases of 300 ms with pauses of 200 ms between them."""
    yield (loud(300) + bytes(ms_to_bytes(200))) * int(text)


async def test_after_a_noise_the_prompt_goes_on_at_its_last_pause(tmp_path: Path) -> None:
    """A false barge-in: heard are all phrases, the interrupted one twice, and no-input is later."""

    async def script(peer: Peer) -> None:
        await make_noise(peer, after_ms=600)
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
    async with open_desk(tmp_path, WaitFor(Moment.PROMPT_START), Press("3")) as desk:
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
    steps = (WaitFor(Moment.PROMPT_START), WaitSeconds(0.04), Say("echo", echo))
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
    steps = (WaitFor(Moment.PROMPT_START), WaitSeconds(0.5), Say("ah", voice))
    plan = replace(PLAN, own_onset=True, onset_confirm_s=0.3)
    async with (
        fake_service(script) as service,
        open_desk(tmp_path, *steps, service=service) as desk,
    ):
        outcome = await desk.dialogue.turn(Text("1500"), plan)
        assert outcome.report.false_onsets == 1
        assert {"prompt_stopped", "prompt_resumed"} <= set(desk.names())
        assert "voice_start" not in desk.names()


async def test_keys_are_taken_ahead(tmp_path: Path) -> None:
    """In a say, between two steps, and more than one menu wants: no key is lost."""
    plan = TurnPlan(listen=False, timeout_s=0.2)
    async with open_desk(tmp_path) as desk:
        desk.asterisk.line.caller.do(WaitFor(Moment.PROMPT_START), Press("1"))
        await desk.dialogue.say(Text("300"))
        desk.asterisk.line.caller.do(Press("2"), WaitSeconds(0.1), Press("3"))
        await asyncio.sleep(0.6)
        await desk.channel.set_variable("A", "b")  # the dialogue makes room
        assert desk.dialogue.typed == "123"
        for key in "12":
            assert await desk.dialogue.turn(Text("300"), plan) == Pressed(keys=key)
        assert desk.heard_ms() == 300  # no menu was played
        clear = replace(plan, type_ahead=TypeAhead.CLEAR)
        assert await desk.dialogue.turn(Text("100"), clear) == NoInput()


async def test_keys_pressed_ahead_of_a_secure_step(tmp_path: Path) -> None:
    """Nobody knew that they were a secret: the journal has not got them."""
    plan = TurnPlan(listen=False, timeout_s=0.2, keys=KeyRules.exactly(2))
    async with open_desk(tmp_path, WaitFor(Moment.PROMPT_START), Press("47")) as desk:
        await desk.dialogue.say(Text("300"))
        desk.dialogue.journal.secure = True
        assert await desk.dialogue.turn(Text("300"), plan) == Pressed(keys="47")
        assert [event.data for event in desk.events if event.event == "key"] == [{}, {}]


async def test_keys_over_a_prompt_that_goes_on(tmp_path: Path) -> None:
    """`over_prompt: keep`: the prompt is heard whole, the keys are the answer."""
    keys = KeyRules(min_keys=2, max_keys=2)
    plan = TurnPlan(
        listen=False, barge_in=BargeIn.NONE, over_prompt=OverPrompt.KEEP, keys=keys, timeout_s=1
    )
    pause = WaitSeconds(0.15)
    steps = (WaitFor(Moment.PROMPT_START), pause, Press("1"), pause, Press("2"))
    async with open_desk(tmp_path, *steps) as desk:
        assert await desk.dialogue.turn(Text("600"), plan) == Pressed(keys="12")
        assert desk.heard_ms() == 600


async def test_an_answer_is_not_heard_twice(tmp_path: Path) -> None:
    """The pre-roll of the next turn begins after it."""
    prerolls = []

    async def script(peer: Peer) -> None:
        await hear_a_sentence(peer)
        before = len(peer.audio)
        prerolls.append(await peer.start())
        await peer.say(STARTED)
        await peer.hear(before + 1)
        await finish(peer)

    voice = loud(5000)
    async with (
        fake_service(script) as service,
        open_desk(tmp_path, Say("a", voice), service=service) as desk,
    ):
        assert isinstance(await desk.dialogue.turn(Text("2000"), PLAN), Heard)
        await desk.dialogue.turn(Text("100"), PLAN)
    assert prerolls[0].vad_head <= PLAN.timeout_s * 1000 + 60


async def test_a_socket_is_used_again(tmp_path: Path) -> None:
    """Two turns, one connection; the second one begins with the pre-roll."""
    connections = []

    async def script(peer: Peer) -> None:
        connections.append(peer)
        await hear_a_sentence(peer, "one")
        before = len(peer.audio)
        await peer.start()
        await peer.say(STARTED)
        await peer.hear(before + ms_to_bytes(100))
        await peer.say(VOICE_START, result("two"), VOICE_END)
        await peer.end()
        await peer.say(ENDED)

    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        for text in ("one", "two"):
            outcome = await desk.dialogue.turn(Text("2000"), PLAN)
            assert isinstance(outcome, Heard)
            assert outcome.text == text
    assert len(connections) == 1


async def test_nobody_there(tmp_path: Path) -> None:
    """A service that cannot be reached ends the turn, and the reason is told."""
    async with open_desk(tmp_path) as desk:
        outcome = await desk.dialogue.turn(Text("3000"), PLAN)
        assert isinstance(outcome, SpeechDown)
        assert "127.0.0.1:9" in outcome.reason
        assert "speech_unavailable" in desk.names()


async def test_without_recognition_nobody_is_needed(tmp_path: Path) -> None:
    """A keys-only turn goes on with no service at all."""
    plan = TurnPlan(listen=False, timeout_s=0.2)
    async with open_desk(tmp_path) as desk:
        assert await desk.dialogue.turn(Text("100"), plan) == NoInput()
        desk.asterisk.line.caller.do(WaitSeconds(0.3), Press("#"))
        assert await desk.dialogue.turn(Text("100"), TurnPlan(listen=False)) == Pressed(keys="#")


@pytest.mark.parametrize("moment", ["connected", "started", "voice", "words", "end"])
async def test_the_service_dies(tmp_path: Path, moment: str) -> None:
    """Whenever it is, the turn ends at once: by the words that came, or as speech down."""

    async def script(peer: Peer) -> None:
        if moment != "connected":
            await peer.start()
            await peer.say(STARTED)
        if moment in {"voice", "words", "end"}:
            await peer.say(VOICE_START)
        if moment in {"words", "end"}:
            await peer.say(result("sales"))
        if moment == "end":
            await peer.say(VOICE_END)
        if moment in {"words", "end"}:
            await peer.end()
        elif moment != "connected":
            await peer.hear(1)
        peer.cut()

    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        async with asyncio.timeout(3):
            outcome = await desk.dialogue.turn(Text("2000"), PLAN)
        assert isinstance(outcome, Heard if moment in {"words", "end"} else SpeechDown)
        await desk.channel.set_variable("IN", "step")


async def test_the_service_falls_silent(tmp_path: Path) -> None:
    """It takes START and audio and never says anything: our own deadlines hold."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await finish(peer)

    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        async with asyncio.timeout(3):
            assert await desk.dialogue.turn(Text("200"), PLAN) == NoInput()


async def test_the_caller_talks_for_ever(tmp_path: Path) -> None:
    """The service's limit is an outcome."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, VOICE_START, result("well", is_final=False), TOO_LONG)
        await finish(peer)

    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        assert await desk.dialogue.turn(Text("2000"), PLAN) == TooMuchSpeech()


@pytest.mark.parametrize("when", [WaitFor(Moment.PROMPT_START), WaitFor(Moment.PROMPT_END)])
async def test_hang_up(tmp_path: Path, when: WaitFor) -> None:
    """In the prompt and after it."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await finish(peer)

    async with (
        fake_service(script) as service,
        open_desk(tmp_path, when, Hangup(), service=service) as desk,
    ):
        plan = TurnPlan(timeout_s=3.0)
        assert await desk.dialogue.turn(Text("200"), plan) == HungUp()
        with pytest.raises(CallerHungUp):
            await desk.dialogue.say(Text("200"))


async def fails(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
    """Refuse to speak."""
    raise SpeechUnavailable("no voice")
    yield b""


async def test_the_synthesis_fails(tmp_path: Path) -> None:
    """A menu that cannot be said is speech down; a say step raises."""

    async def script(peer: Peer) -> None:
        with contextlib.suppress(ConnectionClosed):  # the end may come before START
            await peer.start()
            await peer.say(STARTED)
            await finish(peer)

    async with (
        fake_service(script) as service,
        open_desk(tmp_path, service=service, synthesize=fails) as desk,
    ):
        assert await desk.dialogue.turn(Text("x"), PLAN) == SpeechDown(reason="no voice")
        with pytest.raises(SpeechUnavailable, match="no voice"):
            await desk.dialogue.say(Text("x"))


async def test_the_synthesis_breaks_off_after_the_answer(tmp_path: Path) -> None:
    """The prompt may not be interrupted, the answer is kept for its end, which is now."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, VOICE_START, result("sales"), VOICE_END)
        await finish(peer)

    async def break_off(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
        yield loud(300)
        await desk.until("answer_kept")
        raise SpeechUnavailable("no voice any more")

    plan = replace(PLAN, barge_in=BargeIn.NONE, over_prompt=OverPrompt.KEEP)
    async with (
        fake_service(script) as service,
        open_desk(tmp_path, service=service, synthesize=break_off) as desk,
    ):
        assert isinstance(await desk.dialogue.turn(Text("x"), plan), Heard)
        assert desk.heard_ms() == 300


async def test_a_recording_that_is_missing_is_left_out(tmp_path: Path) -> None:
    """The call goes on without it, and the operator is told."""
    async with open_desk(tmp_path) as desk:
        await desk.dialogue.say(Recording("none"))
        plan = TurnPlan(listen=False, timeout_s=0.1)
        assert await desk.dialogue.turn(Recording("none"), plan) == NoInput()
        assert desk.data("prompt_missing") == {"recording": "none"}


async def test_a_prompt_that_asterisk_may_not_read_is_left_out(tmp_path: Path) -> None:
    """Its text is in the journal, and the log names the folder's setting."""
    async with open_desk(tmp_path) as desk:
        gone = PromptFile(Path("/nowhere/x.sln"), n_samples=800, complete=True)
        desk.store.open = lambda text: gone  # type: ignore[method-assign]
        await desk.dialogue.say(Text("100"))
        assert desk.data("prompt_missing") == {"text": "100"}


async def test_say_plays_to_the_end(tmp_path: Path) -> None:
    """Nothing interrupts it."""
    steps = (WaitFor(Moment.PROMPT_START), Press("1"))
    async with open_desk(tmp_path, *steps) as desk:
        await desk.dialogue.say(Text("300"))
        assert desk.heard_ms() == 300
        assert "prompt_ended" in desk.names()


async def test_keys_do_not_end_a_prompt_that_is_for_speech(tmp_path: Path) -> None:
    """barge_in: speech; the key counts after the prompt only."""
    steps = (WaitFor(Moment.PROMPT_START), Press("1"), WaitFor(Moment.PROMPT_END), Press("2"))
    async with open_desk(tmp_path, *steps) as desk:
        plan = TurnPlan(listen=False, barge_in=BargeIn.SPEECH, timeout_s=3.0)
        assert await desk.dialogue.turn(Text("300"), plan) == Pressed(keys="2")
        assert desk.heard_ms() == 300


async def test_chunks_are_longer_after_the_prompt(tmp_path: Path) -> None:
    """Short messages while there is a prompt to stop."""
    sizes: list[int] = []

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.hear(ms_to_bytes(700))
        sizes.extend(peer.frame_sizes)
        await finish(peer)

    turn = TurnSettings(prompt_chunk_ms=40, listen_chunk_ms=100)
    async with (
        fake_service(script) as service,
        open_desk(tmp_path, service=service, turn=turn) as desk,
    ):
        await desk.dialogue.turn(Text("300"), PLAN)
    assert ms_to_bytes(40) in sizes[:5]
    assert sizes[-1] == ms_to_bytes(100)


def plugin_memory() -> int:
    """Bytes that the plugin's rooms hold; simulator and service keep all they heard, and when."""
    rooms = [
        tracemalloc.Filter(True, f"*/{room}/*")
        for room in ("ivr_agi/agi", "ivr_agi/dialogue", "ivr_agi/sis", "websockets")
    ]
    found = tracemalloc.take_snapshot().filter_traces(rooms)
    return sum(statistic.size for statistic in found.statistics("filename"))


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_thousand_turns(tmp_path: Path) -> None:
    """One call: no memory, task or file descriptor more than after the first hundred."""

    async def script(peer: Peer) -> None:
        for _ in range(1000):
            await peer.start()
            await peer.say(STARTED, VOICE_START, result("sales"), VOICE_END)
            await peer.end()
            await peer.say(ENDED)
        await peer.gone()

    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        sizes = []
        for n_turn in range(1000):
            assert isinstance(await desk.dialogue.turn(Text("20"), PLAN), Heard)
            desk.events.clear()
            if n_turn == 100:
                tracemalloc.start()
            if n_turn in {200, 999}:
                await asyncio.sleep(0.05)
                n_fds = len(os.listdir("/proc/self/fd"))
                sizes.append((plugin_memory(), n_fds, len(asyncio.all_tasks())))
        tracemalloc.stop()
    (memory, *counts), (memory_later, *counts_later) = sizes
    assert counts_later == counts
    assert memory_later - memory < 50_000, memory_later - memory
