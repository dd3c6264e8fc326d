"""From turn to turn of a call: keys ahead, sockets, prompts without a question, memory."""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from pathlib import Path

import pytest
from msgspec.structs import replace

from ivr_agi.audio.frames import ms_to_bytes
from ivr_agi.dialogue.call import Dialogue
from ivr_agi.dialogue.prompt.parts import Recording, Text
from ivr_agi.dialogue.record.message import MessagePlan
from ivr_agi.dialogue.record.message_taker import MESSAGE_SUFFIX
from ivr_agi.dialogue.turn.keys import KeyRules
from ivr_agi.dialogue.turn.outcomes import Heard, NoInput, Pressed, Recorded
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.knobs import BargeIn, OverPrompt, TypeAhead
from ivr_agi.simulator.caller import CallerPause, Moment, PlayVoice, Press, WaitForPrompt
from tests.dialogue.desk import finish, loud, open_desk
from tests.dialogue.sentences import PLAN, VOICE_END, hear_a_sentence
from tests.sis.fake import ENDED, STARTED, VOICE_START, Peer, fake_service, result

pytestmark = pytest.mark.virtual_time


async def test_keys_are_taken_ahead(tmp_path: Path) -> None:
    """In a say, between two steps, and more than one menu wants: no key is lost."""
    plan = TurnPlan(listen=False, timeout_s=0.2)
    async with open_desk(tmp_path) as desk:
        desk.asterisk.line.caller.do(WaitForPrompt(Moment.PROMPT_START), Press("1"))
        await desk.dialogue.say(Text("300"))
        desk.asterisk.line.caller.do(Press("2"), CallerPause(0.1), Press("3"))
        await asyncio.sleep(0.6)
        await desk.channel.set_variable("A", "b")  # the dialogue makes room
        assert desk.dialogue.line.typed == "123"
        for key in "12":
            assert await desk.dialogue.turn(Text("300"), plan) == Pressed(keys=key)
        assert desk.heard_ms() == 300  # no menu was played
        clear = replace(plan, type_ahead=TypeAhead.CLEAR)
        assert await desk.dialogue.turn(Text("100"), clear) == NoInput()


async def test_keys_pressed_ahead_of_a_secure_step(tmp_path: Path) -> None:
    """Nobody knew that they were a secret: the journal has not got them."""
    plan = TurnPlan(listen=False, timeout_s=0.2, keys=KeyRules(min_keys=2, max_keys=2))
    async with open_desk(tmp_path, WaitForPrompt(Moment.PROMPT_START), Press("47")) as desk:
        await desk.dialogue.say(Text("300"))
        desk.dialogue.line.journal.secure = True
        assert await desk.dialogue.turn(Text("300"), plan) == Pressed(keys="47")
        assert [event.data for event in desk.events if event.event == "key"] == [{}, {}]


async def test_keys_over_a_prompt_that_goes_on(tmp_path: Path) -> None:
    """`over_prompt: keep`: the prompt is heard whole, the keys are the answer."""
    keys = KeyRules(min_keys=2, max_keys=2)
    plan = TurnPlan(
        listen=False, barge_in=BargeIn.NONE, over_prompt=OverPrompt.KEEP, keys=keys, timeout_s=1
    )
    pause = CallerPause(0.15)
    steps = (WaitForPrompt(Moment.PROMPT_START), pause, Press("1"), pause, Press("2"))
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
        open_desk(tmp_path, PlayVoice("a", voice), service=service) as desk,
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


async def test_say_plays_to_the_end(tmp_path: Path) -> None:
    """Nothing interrupts it."""
    steps = (WaitForPrompt(Moment.PROMPT_START), Press("1"))
    async with open_desk(tmp_path, *steps) as desk:
        await desk.dialogue.say(Text("300"))
        assert desk.heard_ms() == 300
        assert "prompt_ended" in desk.names()


def plugin_memory() -> int:
    """Bytes that the plugin's rooms hold; simulator and service keep all they heard, and when.

    Without what only waits for the collector: how much that is depends on what other tests have
    left in this process.
    """
    gc.collect()
    rooms = [
        tracemalloc.Filter(True, f"*/{room}/*")
        for room in ("ivr_agi/agi", "ivr_agi/dialogue", "ivr_agi/sis", "websockets")
    ]
    found = tracemalloc.take_snapshot().filter_traces(rooms)
    return sum(statistic.size for statistic in found.statistics("filename"))


@pytest.mark.slow
async def test_a_thousand_turns(tmp_path: Path) -> None:
    """One call: no memory, task or file descriptor more than after the first hundred."""

    async def script(peer: Peer) -> None:
        for _ in range(1000):
            await peer.start()
            await peer.say(STARTED)
            await peer.hear(len(peer.audio) + 1)  # a socket that nobody sends on is given up
            await peer.say(VOICE_START, result("sales"), VOICE_END)
            await peer.end()
            await peer.say(ENDED)
        await peer.gone()

    async with fake_service(script) as service, open_desk(tmp_path, service=service) as desk:
        sizes = []
        tracemalloc.start()  # what was there before, and is made anew, would count as more
        for n_turn in range(1000):
            assert isinstance(await desk.dialogue.turn(Text("20"), PLAN), Heard)
            desk.events.clear()
            if n_turn in {200, 999}:
                await asyncio.sleep(0.05)
                n_fds = len(os.listdir("/proc/self/fd"))
                sizes.append((plugin_memory(), n_fds, len(asyncio.all_tasks())))
        tracemalloc.stop()
    (memory, *counts), (memory_later, *counts_later) = sizes
    assert counts_later == counts
    assert memory_later - memory < 50_000, memory_later - memory


class Tape:
    """Records what it is told."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.steps: list[tuple[str, bool]] = []
        self.hear = self.heard.append

    def stream(self, *_: object) -> None:
        """Is told what plays."""

    async def enter_step(self, name: str, *, is_recorded: bool) -> None:
        """A step begins."""
        self.steps.append((name, is_recorded))


async def test_a_call_that_is_recorded(tmp_path: Path) -> None:
    """The recording hears the caller and what plays, and knows the steps."""
    async with open_desk(tmp_path) as desk:
        tape = Tape()
        dialogue = Dialogue(desk.dialogue.line, recording=tape)  # type: ignore[arg-type]
        assert desk.channel.on_stream == tape.stream
        dialogue.hear(loud(20))
        await dialogue.enter_step("a", is_recorded=True)
        assert (tape.heard, tape.steps) == ([loud(20)], [("a", True)])
        await desk.dialogue.enter_step("b", is_recorded=True)  # has no recording
        desk.channel.on_stream = None


async def test_a_recording_that_is_not_there(tmp_path: Path) -> None:
    """The journal has it; the call goes on."""
    async with open_desk(tmp_path) as desk:
        await desk.dialogue.say(Recording("nowhere"))
        assert "prompt_missing" in desk.names()
        assert "prompt_ended" not in desk.names()


async def test_a_key_pressed_before_a_message_leaves_it(tmp_path: Path) -> None:
    """Nothing is recorded."""
    async with open_desk(tmp_path) as desk:
        desk.dialogue.line.typed = "70"
        plan = MessagePlan(leave_keys="0")
        assert await desk.dialogue.take_message(plan) == Pressed(keys="0")
        assert desk.dialogue.line.typed == ""


async def test_messages(tmp_path: Path) -> None:
    """One that is silent is none; one that is discarded is gone."""
    async with open_desk(tmp_path) as desk:
        assert await desk.dialogue.take_message(MessagePlan(timeout_s=0.2)) == NoInput()
        kept = tmp_path / f"m{MESSAGE_SUFFIX}"
        await asyncio.to_thread(kept.touch)
        await desk.dialogue.discard_message(Recorded(name=str(tmp_path / "m"), duration_s=1.0))
        assert not await asyncio.to_thread(kept.exists)
