"""Whole turns in which something breaks off: service, synthesis, recordings, the caller."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from msgspec.structs import replace
from websockets.exceptions import ConnectionClosed

from ivr_agi.dialogue.prompt.file import PromptFile
from ivr_agi.dialogue.prompt.parts import Recording, Text
from ivr_agi.dialogue.turn.outcomes import (
    Heard,
    HungUp,
    NoInput,
    Pressed,
    SpeechDown,
    TooMuchSpeech,
)
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.errors import CallerHungUp, SpeechUnavailable
from ivr_agi.knobs import BargeIn, OverPrompt
from ivr_agi.simulator.caller import CallerPause, CallerStep, EndCall, Moment, Press, WaitForPrompt
from ivr_agi.sis.wire.messages import SynthesisConfig
from tests.dialogue.desk import finish, loud, open_desk
from tests.dialogue.sentences import PLAN, TOO_LONG, VOICE_END
from tests.sis.fake import CANCELLED, STARTED, VOICE_START, Peer, fake_service, result

pytestmark = pytest.mark.virtual_time


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
        desk.asterisk.line.caller.do(CallerPause(0.3), Press("#"))
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


@pytest.mark.parametrize(
    "when", [WaitForPrompt(Moment.PROMPT_START), WaitForPrompt(Moment.PROMPT_END)]
)
async def test_hang_up(tmp_path: Path, when: WaitForPrompt) -> None:
    """In the prompt and after it."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await finish(peer)

    async with (
        fake_service(script) as service,
        open_desk(tmp_path, when, EndCall(), service=service) as desk,
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


async def somebody_talks_in_every_further_session(peer: Peer) -> None:
    """A healthy service 60 ms away: its END comes a moment after ours."""
    with contextlib.suppress(ConnectionClosed):
        await peer.start()
        await peer.say(STARTED)
        await peer.end()
        await asyncio.sleep(0.06)
        await peer.say(VOICE_START, result("sales"), CANCELLED)
        while True:
            await peer.start()
            await peer.say(STARTED, VOICE_START, result("hold on"), VOICE_END)
            await peer.end()
            await peer.say(CANCELLED)


async def test_a_turn_without_recognition_starts_none(tmp_path: Path) -> None:
    """The end of the session before is no reason to listen: what is pressed is the answer."""
    steps: list[CallerStep] = [
        WaitForPrompt(Moment.PROMPT_END),
        Press("4"),
        CallerPause(2.0),
        Press("7"),
    ]
    keys_only = TurnPlan(listen=False, timeout_s=4.0)
    async with (
        fake_service(somebody_talks_in_every_further_session) as service,
        open_desk(tmp_path, *steps, service=service) as desk,
    ):
        assert await desk.dialogue.turn(Text("200"), PLAN) == Pressed(keys="4")
        assert await desk.dialogue.turn(Text("100"), keys_only) == Pressed(keys="7")
        assert desk.names().count("recognition_started") == 1


async def test_the_end_of_a_session_is_not_the_next_turns(tmp_path: Path) -> None:
    """A turn that listens only after its prompt does not begin earlier because of it."""
    steps: list[CallerStep] = [
        WaitForPrompt(Moment.PROMPT_END),
        Press("1"),
        CallerPause(2.0),
        EndCall(),
    ]
    after_the_prompt = replace(PLAN, barge_in=BargeIn.NONE)
    async with (
        fake_service(somebody_talks_in_every_further_session) as service,
        open_desk(tmp_path, *steps, service=service) as desk,
    ):
        assert await desk.dialogue.turn(Text("200"), PLAN) == Pressed(keys="1")
        assert await desk.dialogue.turn(Text("3000"), after_the_prompt) == HungUp()
        assert desk.names().count("recognition_started") == 1


async def test_the_failure_of_a_session_is_not_the_next_turns(tmp_path: Path) -> None:
    """The service breaks off between two turns; the one that does not listen goes on."""

    async def script(peer: Peer) -> None:
        await peer.start()
        await peer.say(STARTED)
        await peer.end()
        await asyncio.sleep(0.06)
        peer.cut()

    steps: list[CallerStep] = [
        WaitForPrompt(Moment.PROMPT_END),
        Press("4"),
        CallerPause(2.0),
        Press("7"),
    ]
    keys_only = TurnPlan(listen=False, timeout_s=4.0)
    async with (
        fake_service(script) as service,
        open_desk(tmp_path, *steps, service=service) as desk,
    ):
        assert await desk.dialogue.turn(Text("200"), PLAN) == Pressed(keys="4")
        assert await desk.dialogue.turn(Text("100"), keys_only) == Pressed(keys="7")
