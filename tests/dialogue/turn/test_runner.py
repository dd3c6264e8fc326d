"""Whole turns: a simulated Asterisk on real pipes, a scripted service on a real socket."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.dialogue.prompt.parts import Text
from ivr_agi.dialogue.turn.outcomes import Heard, NoInput, Pressed
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.knobs import BargeIn, OverPrompt
from ivr_agi.settings import TurnSettings
from ivr_agi.simulator.caller import CallerPause, Moment, Press, WaitForPrompt
from ivr_agi.simulator.events import CallEventKind
from ivr_agi.sis.wire.events import TimedWord
from ivr_agi.sis.wire.messages import ResultResponse, Segment, SegmentText, WordInfo
from tests.dialogue.desk import finish, open_desk
from tests.dialogue.sentences import PLAN, SILENCE, VOICE_END, hear_a_sentence
from tests.sis.fake import CANCELLED, ENDED, STARTED, VOICE_START, Peer, fake_service

pytestmark = pytest.mark.virtual_time


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
            "barge_in",
            "voice_end",
            "recognition_end",
            "outcome",
        ]
        assert 0 <= desk.data("prompt_stopped")["barge_in_ms"] < 100
        position_ms = desk.data("prompt_stopped")["position_ms"]
        report = outcome.report
        assert desk.data("outcome") == {
            "outcome": "Heard",
            "text": outcome.text,
            "score": outcome.score,
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
    assert outcome.words == (TimedWord(text="sales", start_ms=100, end_ms=400),)
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

    steps = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.1), Press("2"))
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


async def test_a_key_over_the_mandatory_part(tmp_path: Path) -> None:
    """Kept, it answers when that is over: the rest of the prompt is not heard."""
    steps = (WaitForPrompt(Moment.PROMPT_START), CallerPause(0.1), Press("1"))
    async with open_desk(tmp_path, *steps) as desk:
        plan = replace(PLAN, listen=False, mandatory_s=0.5, over_prompt=OverPrompt.KEEP)
        assert await desk.dialogue.turn(Text("3000"), plan) == Pressed(keys="1")
        await desk.asterisk.wait_for(CallEventKind.PROMPT_ENDED)
        assert 480 <= desk.heard_ms() <= 1500


async def test_keys_do_not_end_a_prompt_that_is_for_speech(tmp_path: Path) -> None:
    """barge_in: speech; the key counts after the prompt only."""
    steps = (
        WaitForPrompt(Moment.PROMPT_START),
        Press("1"),
        WaitForPrompt(Moment.PROMPT_END),
        Press("2"),
    )
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
