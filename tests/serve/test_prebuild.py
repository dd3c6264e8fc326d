"""Prompts made ahead: what is missing, what it costs, what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from ivr_agi.dialogue.prompt.cache import PromptCache
from ivr_agi.dialogue.prompt.parts import Text
from ivr_agi.dialogue.prompt.store import PromptStore
from ivr_agi.errors import SpeechRejected, SpeechUnavailable
from ivr_agi.journal import Journal
from ivr_agi.serve.prebuild import CacheEntry, build_prompts, plan_prompts
from ivr_agi.sis.wire.messages import SynthesisConfig
from tests.dialogue.desk import without_trace

pytestmark = pytest.mark.virtual_time


async def speak(text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
    """Say most texts."""
    if text == "bad":
        raise SpeechRejected("SIS.0032", "no")
    if text == "down":
        raise SpeechUnavailable("nobody there")
    yield b"\1\0"


def open_store(folder: Path) -> tuple[PromptCache, PromptStore]:
    """Open a cache and a call's view of it."""
    cache = PromptCache(folder)
    config = SynthesisConfig(property="english_cameal_common")
    return cache, PromptStore(
        cache, without_trace(speak), config, service_kind="k", journal=Journal()
    )


async def test_a_plan_and_its_making(tmp_path: Path) -> None:
    """Missing, stale where another voice is there, cached; a text that fails hinders no other."""
    cache, store = open_store(tmp_path)
    await store.make(Text("a"))
    await store.make(Text("b", voice="english_amy_common"))
    texts = [Text("a"), Text("b"), Text("c" * 150), Text("bad"), Text("a")]
    planned = await asyncio.to_thread(plan_prompts, texts, store, cache)
    assert [one.found for one in planned] == [
        CacheEntry.CACHED,
        CacheEntry.STALE,
        CacheEntry.MISSING,
        CacheEntry.MISSING,
    ]
    assert [(one.units, one.characters) for one in planned][1:3] == [(1, 100), (2, 200)]
    done = [(one.text.text[:3], error) async for one, error in build_prompts(planned, store)]
    assert sorted(text for text, _ in done) == ["b", "bad", "ccc"]
    assert [text for text, error in done if error] == ["bad"]
    planned = await asyncio.to_thread(plan_prompts, texts, store, cache)
    assert [one.found for one in planned][:3] == [CacheEntry.CACHED] * 3
    await store.close()


async def test_nobody_speaks(tmp_path: Path) -> None:
    """It is given up at once; hundreds of texts do not wait for a service each."""
    cache, store = open_store(tmp_path)
    planned = await asyncio.to_thread(plan_prompts, [Text("down")], store, cache)
    with pytest.raises(SpeechUnavailable):
        async for _ in build_prompts(planned, store):
            pass
    await store.close()
