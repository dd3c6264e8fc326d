"""Whole turns: a simulated Asterisk on real pipes, a scripted service on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.dialogue.outcomes import Heard, HungUp, NoInput, Pressed, SpeechDown, TooMuchSpeech
from ivr_agi.dialogue.prompts import Recording, Text
from ivr_agi.dialogue.turn import BargeIn, TurnPlan
from ivr_agi.errors import CallerHungUp, SpeechUnavailable
from ivr_agi.settings import TurnSettings
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.simulator.script import Hangup, Moment, Press, WaitFor, WaitSeconds
from ivr_agi.sis.messages import EventResponse, SynthesisConfig
from tests.dialogue.desk import finish, open_desk
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
            "result",
            "voice_end",
            "recognition_end",
            "outcome",
        ]
        assert 0 <= desk.data("prompt_stopped")["barge_in_ms"] < 100
        assert desk.data("outcome") == {"outcome": "Heard"}


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


async def test_noise_is_no_input_later(tmp_path: Path) -> None:
    """VOICE_START and EXCEEDED_SILENCE: a false barge-in; the caller gets the whole time again."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED, VOICE_START, SILENCE)
        await peer.end()
        await peer.say(CANCELLED)
        await hear_a_sentence(peer)

    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        assert isinstance(await desk.dialogue.turn(Text("3000"), PLAN), Heard)
        assert desk.data("outcome") == {"outcome": "Heard", "false_barge_ins": 1}


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
        await peer.say(STARTED, VOICE_START, TOO_LONG)
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
            await peer.end()
            await peer.say(CANCELLED)

    async with (
        fake_service(script) as service,
        open_desk(tmp_path, service=service, synthesize=fails) as desk,
    ):
        assert await desk.dialogue.turn(Text("x"), PLAN) == SpeechDown(reason="no voice")
        with pytest.raises(SpeechUnavailable, match="no voice"):
            await desk.dialogue.say(Text("x"))


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
        desk.store.open = lambda _: Gone()  # type: ignore[assignment,return-value,method-assign]
        await desk.dialogue.say(Text("100"))
        assert desk.data("prompt_missing") == {"text": "100"}


class Gone:
    """A prompt file that Asterisk cannot open."""

    name = "/nowhere/x"

    def has(self, n_samples: int) -> bool:
        return True

    async def wait_for(self, n_samples: int) -> None:
        pass


async def test_say_plays_to_the_end(tmp_path: Path) -> None:
    """Nothing interrupts it."""
    steps = (WaitFor(Moment.PROMPT_START), Press("1"))
    async with open_desk(tmp_path, *steps) as desk:
        await desk.dialogue.say(Text("300"))
        assert desk.heard_ms() == 300
        assert desk.names()[-1] == "prompt_ended"


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
