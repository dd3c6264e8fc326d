"""The prompt store: cached, growing, broken."""

from __future__ import annotations

import asyncio
import functools
import gc
import os
import time
import weakref
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from ivr_agi.dialogue.prompts import STALE_S, PromptFile, PromptStore, Synthesize, prepare_prompts
from ivr_agi.errors import ConfigError, SpeechProtocolError, SpeechUnavailable
from ivr_agi.journal import Event, Journal
from ivr_agi.sis.messages import SynthesisConfig
from ivr_agi.sis.service import Service
from ivr_agi.sis.synthesizer import synthesize
from tests.sis.fake import ENDED, STARTED, Peer, fake_service


class Voice:
    """Synthesises what a test puts into it, piece by piece."""

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[bytes | None | Exception] = asyncio.Queue()
        self.texts: list[str] = []

    async def __call__(self, text: str, _: SynthesisConfig) -> AsyncGenerator[bytes, None]:
        self.texts.append(text)
        while (piece := await self.pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def give(self, *pieces: bytes | None | Exception) -> None:
        """Let these arrive; None is END NORMAL."""
        for piece in pieces:
            self.pieces.put_nowait(piece)


def make_store(
    folder: Path,
    synthesize: Synthesize,
    *,
    events: list[Event] | None = None,
    kind: str = "a",
    config: SynthesisConfig | None = None,
) -> PromptStore:
    """Open a store."""
    return PromptStore(
        folder / "prompts",
        synthesize,
        config or SynthesisConfig(),
        service_kind=kind,
        journal=Journal(listener=None if events is None else events.append),
    )


def files(folder: Path) -> list[str]:
    """Names of the prompt files, without the silent one."""
    names = (file.name for file in (folder / "prompts").iterdir())
    return sorted(name for name in names if not name.startswith("silence"))


async def test_a_prompt_grows_and_is_cached_when_it_is_whole(tmp_path: Path) -> None:
    """It can be played while it arrives; only END NORMAL gives it its cache name."""
    voice = Voice()
    events: list[Event] = []
    store = make_store(tmp_path, voice, events=events)
    file = store.open("hello")
    voice.give(b"\1\0" * 100)
    await file.wait_for(100)
    assert not file.complete
    assert all(".part-" in name for name in files(tmp_path))
    voice.give(b"\2", b"\0\3\0", None)  # samples may be cut anywhere
    await file.wait_for(10_000)
    assert (file.complete, file.n_samples) == (True, 102)
    await store.close()
    (name,) = files(tmp_path)
    assert ".part-" not in name
    assert (tmp_path / "prompts" / name).read_bytes() == b"\1\0" * 100 + b"\2\0\3\0"
    assert [(event.event, event.data) for event in events] == [
        ("synthesis_first_audio", {}),
        ("synthesis_end", {"reason": "NORMAL", "audio_ms": 12}),
    ]


async def test_a_cached_prompt_is_not_synthesised_again(tmp_path: Path) -> None:
    """Neither in this call nor in the next; another voice or service is another prompt."""
    voice = Voice()
    voice.give(*[b"\1\0" * 8, None] * 3)
    for store in (make_store(tmp_path, voice), make_store(tmp_path, voice)):
        await store.open("hello").wait_for(1000)
        assert store.open("hello").complete
        await store.close()
    for store in (
        make_store(tmp_path, voice, kind="b"),
        make_store(tmp_path, voice, config=SynthesisConfig(speed=10)),
    ):
        await store.open("hello").wait_for(1000)
        await store.close()
    assert len(voice.texts) == 3


@pytest.mark.parametrize("before", [(), (b"\1\0" * 800,)])
async def test_a_broken_synthesis_is_never_served_again(
    tmp_path: Path, before: tuple[bytes, ...]
) -> None:
    """Whoever waits is told; nothing is left in the cache."""
    voice = Voice()
    events: list[Event] = []
    store = make_store(tmp_path, voice, events=events)
    file = store.open("hello")
    voice.give(*before, SpeechUnavailable("it broke"))
    with pytest.raises(SpeechUnavailable, match="it broke"):
        await file.wait_for(1000)
    with pytest.raises(SpeechUnavailable, match="it broke"):
        await file.wait_for(1)
    await store.close()
    assert files(tmp_path) == []
    assert events[-1].data == {"reason": "ERROR", "error": "it broke"}


async def test_a_long_text_is_one_growing_file(tmp_path: Path) -> None:
    """Three syntheses, one file, one cache entry; each began before the one before had ended."""
    began: list[str] = []
    second_began = asyncio.Event()

    async def script(peer: Peer) -> None:
        text = (await peer.text()).text
        began.append(text)
        await peer.say(STARTED, b"\1\0" * 100)
        if len(began) > 1:
            second_began.set()
        await second_began.wait()
        await peer.say(b"\2\0" * 100, ENDED)
        await peer.gone()

    async with fake_service(script) as service:
        store = make_store(tmp_path, functools.partial(synthesize, service))
        file = store.open("This is a sentence of forty characters. " * 30)
        await file.wait_for(10_000)
        await store.close()
    assert (len(began), file.n_samples, file.complete) == (3, 600, True)
    (name,) = files(tmp_path)
    expected = (b"\1\0" * 100 + b"\2\0" * 100) * 3
    assert (tmp_path / "prompts" / name).read_bytes() == expected


async def test_wrong_markup_is_an_error_of_the_prompt(tmp_path: Path) -> None:
    """Whoever waits is told where the mistake is."""
    nobody = Service(url="ws://127.0.0.1:9", project_id="p")
    store = make_store(
        tmp_path,
        functools.partial(synthesize, nobody),
        config=SynthesisConfig(property="chinese_huaxiaomei_common"),
    )
    with pytest.raises(ConfigError, match="1:8: ssml: <b> is unknown"):
        await store.open("<speak><b>x</b></speak>").wait_for(1)
    await store.close()
    assert files(tmp_path) == []


async def test_end_normal_without_audio_is_an_error(tmp_path: Path) -> None:
    """An empty file in the cache would silence a prompt for ever."""
    voice = Voice()
    store = make_store(tmp_path, voice)
    file = store.open("hello")
    voice.give(None)
    with pytest.raises(SpeechProtocolError, match="without any audio"):
        await file.wait_for(1)
    await store.close()
    assert files(tmp_path) == []


async def test_two_calls_synthesise_the_same_prompt(tmp_path: Path) -> None:
    """The first one's file stays; the second one's is as good."""
    voices = Voice(), Voice()
    stores = [make_store(tmp_path, voice) for voice in voices]
    prompts = [store.open("hello") for store in stores]
    for voice, file in zip(voices, prompts, strict=True):
        voice.give(b"\1\0" * 8, None)
        await file.wait_for(1000)
    for store in stores:
        await store.close()
    assert len(files(tmp_path)) == 1


async def test_the_call_ends_in_the_middle(tmp_path: Path) -> None:
    """What is not complete is removed."""
    voice = Voice()
    store = make_store(tmp_path, voice)
    file = store.open("hello")
    voice.give(b"\1\0" * 8)
    await file.wait_for(8)
    await store.close()
    assert files(tmp_path) == []


async def test_what_a_crash_left_is_removed_later(tmp_path: Path) -> None:
    """An old part file goes, a young one (of another call) stays."""
    make_store(tmp_path, Voice())
    old, young = (tmp_path / "prompts" / f"x.part-1-{n}.sln" for n in (0, 1))
    for file in (old, young):
        file.touch()
    os.utime(old, (0, time.time() - STALE_S - 1))
    make_store(tmp_path, Voice())
    assert files(tmp_path) == [young.name]


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The setting is named."""
    (tmp_path / "prompts").write_text("")
    with pytest.raises(ConfigError, match=r"paths.spool: cannot write prompts: File exists"):
        make_store(tmp_path, Voice())


async def test_a_folder_that_vanishes(tmp_path: Path) -> None:
    """The file cannot be made, or not be named at its end: both are errors of ours."""
    voice = Voice()
    store = make_store(tmp_path, voice)
    file = store.open("hello")
    voice.give(b"\1\0" * 8)
    await file.wait_for(8)
    for path in (tmp_path / "prompts").iterdir():
        path.unlink()
    (tmp_path / "prompts").rmdir()
    voice.give(None)
    with pytest.raises(ConfigError, match="cannot write prompts"):
        await file.wait_for(1000)
    with pytest.raises(ConfigError, match="cannot write prompts"):
        store.open("other")
    await store.close()


def test_the_name_has_no_extension(tmp_path: Path) -> None:
    """STREAM FILE takes names without one."""
    assert PromptFile(tmp_path / "x.part-1-0.sln").name == str(tmp_path / "x.part-1-0")


async def test_a_stand_in_does_not_take_the_voices_place(tmp_path: Path) -> None:
    """What another endpoint said is kept under its own name; the preferred voice goes first."""
    voice = Voice()
    speaks = "a"
    store = PromptStore(
        tmp_path / "prompts",
        voice,
        SynthesisConfig(),
        service_kind="a",
        current_kind=lambda: speaks,
        journal=Journal(),
    )
    stood_in = store.open("hello")
    speaks = "b"  # endpoint a failed before its first audio
    voice.give(b"\1\0", None)
    await stood_in.wait_for(9)
    again = store.open("hello")
    assert (again.complete, again.n_samples) == (True, 1)
    speaks = "a"
    preferred = store.open("hello")
    assert not preferred.complete
    voice.give(b"\2\0\2\0", None)
    await preferred.wait_for(9)
    speaks = "b"
    assert store.open("hello").n_samples == 2
    await store.close()


def test_calls_share_the_samples_of_a_cached_prompt(tmp_path: Path) -> None:
    """They are in memory once while somebody plays them, and not after that."""
    path = tmp_path / "abc.sln"
    path.write_bytes(b"\1\0" * 100)
    first, second = (PromptFile(path, n_samples=100, complete=True) for _ in range(2))
    assert first.pcm() is second.pcm()
    assert bytes(first.pcm()) == b"\1\0" * 100
    known = weakref.ref(first.pcm())
    del first, second
    gc.collect()
    assert known() is None


async def test_two_calls_of_one_process(tmp_path: Path) -> None:
    """The same text at the same time: neither writes into the other's file."""
    voices = Voice(), Voice()
    stores = [make_store(tmp_path, voice) for voice in voices]
    opened = [store.open("hello") for store in stores]
    voices[0].give(b"\1\0" * 100, None)
    voices[1].give(b"\2\0" * 200, None)
    for file in opened:
        await file.wait_for(10_000)
    assert [file.path.read_bytes() for file in opened] == [b"\1\0" * 100, b"\2\0" * 200]
    for store in stores:
        await store.close()
    assert len(files(tmp_path)) == 1


def test_a_folder_that_is_ready(tmp_path: Path) -> None:
    """A store does not look at it again."""
    name = prepare_prompts(tmp_path / "prompts")
    Path(f"{name}.sln").unlink()
    store = PromptStore(
        tmp_path / "prompts",
        Voice(),
        SynthesisConfig(),
        service_kind="a",
        journal=Journal(),
        silence=name,
    )
    assert store.silence == name
    assert list((tmp_path / "prompts").iterdir()) == []
