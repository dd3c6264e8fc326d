"""The prompt store: several parts as one file, and recordings."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ivr_agi.dialogue.prompt.cache import PromptCache
from ivr_agi.dialogue.prompt.file import PromptFile
from ivr_agi.dialogue.prompt.parts import Parts, Recording, Text
from ivr_agi.dialogue.prompt.store import KEPT_JOINTS
from ivr_agi.errors import SpeechUnavailable
from ivr_agi.journal import Event
from tests.dialogue.stores import Voice, files, make_store, stores_of_one_process, whole

pytestmark = pytest.mark.virtual_time


async def test_parts_become_one_file(tmp_path: Path) -> None:
    """Texts, cached or not, and a recording that can be read; the next text is begun ahead."""
    voice = Voice()
    _, (store,) = stores_of_one_process(tmp_path, voice)
    (tmp_path / "beep.sln").write_bytes(b"\7\0" * 2)
    parts = Parts((Text("a"), Recording("beep"), Text("b"), Text("c")))
    (file,) = await store.open_all(parts)
    assert isinstance(file, PromptFile)
    await asyncio.sleep(0.01)
    assert voice.texts == ["a"]
    voice.give(b"\1\0\1")
    await file.wait_for(1)
    async with asyncio.timeout(2):
        while voice.texts != ["a", "b"]:  # noqa: ASYNC110  # a list tells nobody
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (file.n_samples, file.complete) == (1, False)
    voice.give(None, b"\2\0", None, b"\3\0", None)
    assert await whole(file) == b"\1\0\1\0" + b"\7\0" * 2 + b"\2\0\3\0"
    (again,) = await store.open_all(parts)
    assert await whole(again) == b"\1\0\1\0" + b"\7\0" * 2 + b"\2\0\3\0"
    await store.close()
    assert voice.texts == ["a", "b", "c"]
    assert not any("part" in name for name in files(tmp_path))


async def test_parts_that_are_there_are_one_file_at_once(tmp_path: Path) -> None:
    """Nobody waits for a task; what is private is synthesised each time."""
    voice = Voice()
    voice.give(b"\1\0", None, b"\1\0", None)
    _, (store,) = stores_of_one_process(tmp_path, voice)
    await store.make(Text("a"))
    (tmp_path / "beep.sln").write_bytes(b"\7\0")
    (file,) = await store.open_all(Parts((Recording("beep"), Text("a"), Recording("beep"))))
    assert isinstance(file, PromptFile)
    assert (file.complete, file.pcm()) == (True, b"\7\0\1\0\7\0")
    (file,) = await store.open_all(Parts((Recording("beep"), Text("a", is_private=True))))
    assert isinstance(file, PromptFile)
    assert (file.complete, file.pcm()) == (False, b"\7\0")
    assert await whole(file) == b"\7\0\1\0"
    await store.close()


async def test_a_long_call_keeps_few_files(tmp_path: Path) -> None:
    """Those of prompts that are long over are removed."""
    _, (store,) = stores_of_one_process(tmp_path, Voice())
    (tmp_path / "beep.sln").write_bytes(b"\7\0")
    parts = Parts((Recording("beep"), Recording("beep")))
    for _ in range(KEPT_JOINTS + 5):
        (file,) = await store.open_all(parts)
    assert isinstance(file, PromptFile)
    assert await whole(file) == b"\7\0\7\0"
    left = await asyncio.to_thread(lambda: list(tmp_path.rglob("joined*")))
    assert len(left) == KEPT_JOINTS
    await store.close()
    assert not await asyncio.to_thread(lambda: list(tmp_path.rglob("joined*")))


async def test_a_recording_goes_on_in_a_file_of_ours(tmp_path: Path) -> None:
    """At 8 kHz, whichever one Asterisk has picked; where there is no room, in the same."""
    _, (store,) = stores_of_one_process(tmp_path, Voice())
    (tmp_path / "beep.sln16").write_bytes(bytes(640))
    (beep,) = await store.open_all(Recording("beep"))
    assert isinstance(beep, PromptFile)
    copy = await store.own_copy(beep)
    assert copy.path.parent == tmp_path / "prompts"
    assert await whole(copy) == bytes(320)
    await store.close()
    await asyncio.to_thread(shutil.rmtree, tmp_path / "prompts")
    (tmp_path / "prompts").touch()
    assert await store.own_copy(beep) is beep


async def test_recordings_that_cannot_be_read(tmp_path: Path) -> None:
    """Asterisk plays them by themselves; what is between them stays together."""
    voice = Voice()
    voice.give(*[b"\1\0", None] * 3)
    _, (store,) = stores_of_one_process(tmp_path, voice)
    gsm = Recording("gsm")
    (tmp_path / "beep.sln").write_bytes(b"\7\0")
    opened = await store.open_all(
        Parts((Recording("beep"), gsm, Text("a"), Text("b"), gsm, Text("c")))
    )
    assert [opened[1], opened[3]] == [gsm, gsm]
    beep = opened[0]  # Asterisk plays it, and we know how it sounds
    assert isinstance(beep, PromptFile)
    assert (beep.name, beep.pcm(), beep.complete) == ("beep", b"\7\0", True)
    assert [await whole(opened[index]) for index in (2, 4)] == [b"\1\0\1\0", b"\1\0"]
    assert await store.open_all(gsm) == [gsm]
    await store.close()


async def test_a_part_that_breaks_off(tmp_path: Path) -> None:
    """The prompt breaks off; whoever waits is told why."""
    voice = Voice()
    voice.give(b"\1\0", None, b"\2\0", SpeechUnavailable("it broke"))
    _, (store,) = stores_of_one_process(tmp_path, voice)
    (file,) = await store.open_all(Parts((Text("a"), Text("b"))))
    with pytest.raises(SpeechUnavailable, match="it broke"):
        await whole(file)
    await store.close()


async def test_the_call_ends_while_parts_arrive(tmp_path: Path) -> None:
    """Nothing is left but what was whole."""
    voice = Voice()
    voice.give(b"\1\0", None, b"\2\0")
    _, (store,) = stores_of_one_process(tmp_path, voice)
    (file,) = await store.open_all(Parts((Text("a"), Text("b"))))
    assert isinstance(file, PromptFile)
    await file.wait_for(2)
    await store.close()
    assert len(files(tmp_path)) == 1
    with pytest.raises(SpeechUnavailable):
        await file.wait_for(3)


async def test_voices_of_parts(tmp_path: Path) -> None:
    """By language, or by name; each is cached by itself."""
    voice = Voice()
    _, (store,) = stores_of_one_process(tmp_path, voice, zh="chinese_xiaoyan_common")
    said = [Text("a"), Text("a", voice="zh-CN"), Text("a", voice="english_amy_common")]
    assert [store.voice_of(text).property for text in said] == [
        "english_cameal_common",
        "chinese_xiaoyan_common",
        "english_amy_common",
    ]
    voice.give(*[b"\1\0", None] * 3)
    for text in said:
        await whole(store.open(text))
    await store.close()
    assert len(files(tmp_path)) == 3


def refuse_writing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a folder look read-only."""
    access = os.access

    def without(path: Path, mode: int, **more: Any) -> bool:
        return path != folder and access(path, mode, **more)

    monkeypatch.setattr(os, "access", without)


async def test_parts_on_a_read_only_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """C12: what is cached is put together in memory; what is new is played and not cached."""
    spool, memory = tmp_path / "spool", tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr("ivr_agi.dialogue.prompt.cache.MEMORY", memory)
    voice, events = Voice(), list[Event]()
    voice.give(b"\1\0" * 8, None, b"\2\0" * 8, None, b"\3\0" * 8, None)
    store = make_store(spool, voice)
    for text in ("one", "two"):
        await store.open(Text(text)).wait_for(1000)
    await store.close()
    known, link = files(spool), os.link
    refuse_writing(spool / "prompts", monkeypatch)

    def refuse(part: Path, path: Path) -> None:
        if spool in Path(path).parents:
            raise OSError(errno.EROFS, "Read-only file system")
        link(part, path)

    monkeypatch.setattr(os, "link", refuse)
    store = make_store(spool, voice, events=events)
    (file,) = await store.open_all(Parts((Text("one"), Text("two"), Text("three"))))
    assert isinstance(file, PromptFile)
    await file.wait_for(1000)
    assert memory in file.path.parents
    assert file.path.read_bytes() == b"\1\0" * 8 + b"\2\0" * 8 + b"\3\0" * 8
    await store.close()
    assert files(spool) == known
    assert list(memory.rglob("*.sln")) == []
    assert [event.data for event in events if event.event == "prompt_not_cached"] == [
        {"error": "Read-only file system"}
    ]


@pytest.mark.parametrize("kind", ["file", "link", "nothing"])
async def test_no_folder_in_memory(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None that is somebody else's is used."""
    memory = tmp_path / "memory"
    monkeypatch.setattr("ivr_agi.dialogue.prompt.cache.MEMORY", memory)
    place = memory / f"ivr-agi-{os.getuid()}"
    if kind != "nothing":
        memory.mkdir()
        place.symlink_to(tmp_path) if kind == "link" else place.touch()
    cache = PromptCache(tmp_path / "spool/prompts")
    refuse_writing(cache.directory, monkeypatch)
    cache.ensure()
    assert cache.new_part().parent == tmp_path / "spool/prompts"
