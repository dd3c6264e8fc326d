"""How long a prompt lets the caller wait for a service that does not speak."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from ivr_agi.dialogue.prompt.file import PromptFile
from ivr_agi.dialogue.prompt.parts import Text
from ivr_agi.dialogue.prompt.patience import AFTER_FAILURE_S, LONGEST_SILENCE_S, MARGIN_S
from ivr_agi.dialogue.prompt.store import PromptStore
from ivr_agi.errors import SpeechUnavailable
from ivr_agi.sis.session.synthesis import FIRST_AUDIO_S
from tests.dialogue.desk import loud
from tests.dialogue.stores import Voice, make_store, whole

pytestmark = pytest.mark.virtual_time


async def waited_s(store: PromptStore, text: str) -> float:
    """Seconds until a prompt fails."""
    began_at = asyncio.get_running_loop().time()
    with pytest.raises(SpeechUnavailable):
        await whole(store.open(Text(text)))
    return asyncio.get_running_loop().time() - began_at


async def test_a_service_that_sends_nothing(tmp_path: Path) -> None:
    """One limit, then less, and all in one silence within five seconds."""
    store = make_store(tmp_path, Voice())
    first = await waited_s(store, "one")
    assert first == pytest.approx(FIRST_AUDIO_S + MARGIN_S)
    further = [await waited_s(store, text) for text in ("two", "three")]
    assert all(seconds <= AFTER_FAILURE_S + 2 * MARGIN_S for seconds in further)
    assert first + sum(further) <= LONGEST_SILENCE_S + 3 * MARGIN_S
    await asyncio.sleep(10)
    assert await waited_s(store, "four") == pytest.approx(AFTER_FAILURE_S + MARGIN_S)
    await store.close()


async def test_a_service_that_works_again(tmp_path: Path) -> None:
    """The next prompt has its full time."""
    voice = Voice()
    store = make_store(tmp_path, voice)
    await waited_s(store, "one")
    voice.give(loud(200), None)
    assert await whole(store.open(Text("two"))) == loud(200)
    assert await waited_s(store, "three") == pytest.approx(FIRST_AUDIO_S + MARGIN_S)
    await store.close()


async def test_the_folder_is_cleared_while_the_server_runs(tmp_path: Path) -> None:
    """The next prompt of this call is played, and the next call has its silence."""
    voice = Voice()
    store = make_store(tmp_path, voice)
    shutil.rmtree(tmp_path / "prompts")
    voice.give(loud(200), None)
    file = store.open(Text("one"))
    assert isinstance(file, PromptFile)
    assert await whole(file) == loud(200)
    await store.restore_silence()
    assert list((tmp_path / "prompts").glob("silence-*.sln"))
    await store.close()
