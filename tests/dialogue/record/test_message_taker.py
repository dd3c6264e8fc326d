"""Messages on a simulated Asterisk: real pipes, real time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr_agi.audio.wav import read_wav
from ivr_agi.dialogue.record.message import MessagePlan
from ivr_agi.dialogue.turn.outcomes import HungUp, NoInput, Pressed, Recorded
from ivr_agi.errors import ConfigError
from ivr_agi.simulator.caller import CallerPause, CallerStep, EndCall, PlayVoice, Press
from tests.dialogue.desk import open_desk
from tests.dialogue.hearing.signals import demo_voice, frames, from_onset

pytestmark = pytest.mark.virtual_time

PLAN = MessagePlan(max_s=5.0, min_s=0.2, silence_s=0.4, timeout_s=0.6, leave_keys="0")
VOICE = frames(from_onset(demo_voice("account_balance")))[:40]
WORDS = PlayVoice("words", b"".join(VOICE))
VOICE_S = len(VOICE) * 0.02


async def test_silence_ends_it(tmp_path: Path) -> None:
    """The file is there under the name, whole, for its owner and group only."""
    folder = tmp_path / "messages"
    async with open_desk(tmp_path, WORDS) as desk:
        outcome = await desk.dialogue.take_message(PLAN)
        assert isinstance(outcome, Recorded)
        file = Path(f"{outcome.name}.wav")
        assert file.parent == folder
        pcm = await asyncio.to_thread(read_wav, file)
        assert len(pcm) / 16000 == pytest.approx(outcome.duration_s)
        assert VOICE_S < outcome.duration_s < VOICE_S + 1
        assert [(path, path.stat().st_mode & 0o007) for path in folder.iterdir()] == [(file, 0)]
        await desk.dialogue.discard_message(outcome)
        assert not list(folder.iterdir())


@pytest.mark.parametrize(("key", "expected"), [("#", Recorded), ("5#", Recorded), ("0", Pressed)])
async def test_keys(tmp_path: Path, key: str, expected: type) -> None:
    """One ends it, one leaves it, any other is none of our business."""
    steps: tuple[CallerStep, ...] = (WORDS, CallerPause(VOICE_S), Press(key))
    plan = MessagePlan(min_s=0.2, silence_s=20, leave_keys="0")
    async with open_desk(tmp_path, *steps) as desk:
        assert isinstance(await desk.dialogue.take_message(plan), expected)


async def test_nothing_said(tmp_path: Path) -> None:
    """No file is made."""
    async with open_desk(tmp_path) as desk:
        assert await desk.dialogue.take_message(PLAN) == NoInput()
        assert not (tmp_path / "messages").exists()


@pytest.mark.parametrize("keep", [True, False])
async def test_hang_up(tmp_path: Path, keep: bool) -> None:
    """What was said so far is kept, or not, as set."""
    plan = MessagePlan(min_s=0.2, keep_on_hang_up=keep)
    async with open_desk(tmp_path, WORDS, CallerPause(VOICE_S), EndCall()) as desk:
        outcome = await desk.dialogue.take_message(plan)
        assert isinstance(outcome, Recorded if keep else HungUp)
        assert isinstance(outcome, HungUp) or outcome.hung_up
        assert (tmp_path / "messages").exists() is keep


async def test_key_over_the_beep(tmp_path: Path) -> None:
    """A command's key that came before counts; another one does not end the message."""
    async with open_desk(tmp_path, WORDS) as desk:
        desk.dialogue.line.typed = "#0"
        assert await desk.dialogue.take_message(PLAN) == Pressed(keys="0")
        desk.dialogue.line.typed = "#"
        assert isinstance(await desk.dialogue.take_message(PLAN), Recorded)


async def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The error says which."""
    (tmp_path / "messages").write_text("a file")
    async with open_desk(tmp_path, WORDS) as desk:
        with pytest.raises(ConfigError, match="cannot write the caller's message"):
            await desk.dialogue.take_message(PLAN)
