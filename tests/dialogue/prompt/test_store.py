"""The prompt store: cached, growing, broken."""

from __future__ import annotations

import asyncio
import functools
import os
import time
from pathlib import Path

import pytest

from ivr_agi.dialogue.prompt.cache import STALE_S, PromptCache
from ivr_agi.dialogue.prompt.file import PromptFile
from ivr_agi.dialogue.prompt.parts import Parts, Recording, Text
from ivr_agi.dialogue.prompt.store import PromptStore
from ivr_agi.errors import ConfigError, SpeechError, SpeechProtocolError, SpeechUnavailable
from ivr_agi.journal import Event, Journal
from ivr_agi.sis.access.endpoint import Endpoint
from ivr_agi.sis.client.synthesizer import synthesize
from ivr_agi.sis.wire.messages import SynthesisConfig
from tests.dialogue.stores import Voice, files, make_store, stores_of_one_process, whole
from tests.sis.fake import ENDED, STARTED, Peer, fake_service

pytestmark = pytest.mark.virtual_time


async def test_a_prompt_grows_and_is_cached_when_it_is_whole(tmp_path: Path) -> None:
    """It can be played while it arrives; only END NORMAL gives it its cache name."""
    voice = Voice()
    events: list[Event] = []
    store = make_store(tmp_path, voice, events=events)
    file = store.open(Text("hello"))
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
        ("synthesis_started", {"trace_id": "t1"}),
        ("synthesis_first_audio", {"trace_id": "t1"}),
        ("synthesis_end", {"reason": "NORMAL", "audio_ms": 12, "trace_id": "t1"}),
    ]


async def test_a_cached_prompt_is_not_synthesised_again(tmp_path: Path) -> None:
    """Neither in this call nor in the next; another voice or service is another prompt."""
    voice = Voice()
    voice.give(*[b"\1\0" * 8, None] * 3)
    for store in (make_store(tmp_path, voice), make_store(tmp_path, voice)):
        await store.open(Text("hello")).wait_for(1000)
        assert store.open(Text("hello")).complete
        await store.close()
    for store in (
        make_store(tmp_path, voice, kind="b"),
        make_store(tmp_path, voice, config=SynthesisConfig(speed=10)),
    ):
        await store.open(Text("hello")).wait_for(1000)
        await store.close()
    assert len(voice.texts) == 3


@pytest.mark.parametrize("before", [(), (b"\1\0" * 800,)])
@pytest.mark.parametrize("told", [None, "t0"])
async def test_a_broken_synthesis_is_never_served_again(
    tmp_path: Path, before: tuple[bytes, ...], told: str | None
) -> None:
    """Whoever waits is told; nothing is left in the cache. The journal has the session's id."""
    voice = Voice()
    events: list[Event] = []
    store = make_store(tmp_path, voice, events=events)
    file = store.open(Text("hello"))
    voice.give(*before, SpeechUnavailable("it broke", trace_id=told))
    with pytest.raises(SpeechUnavailable, match="it broke"):
        await file.wait_for(1000)
    with pytest.raises(SpeechUnavailable, match="it broke"):
        await file.wait_for(1)
    await store.close()
    assert files(tmp_path) == []
    error = f"it broke (trace {told})" if told else "it broke"
    assert events[-1].data == {"reason": "ERROR", "error": error, "trace_id": told or "t1"}


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

    async with fake_service(script) as endpoint:
        store = make_store(tmp_path, functools.partial(synthesize, endpoint))
        file = store.open(Text("This is a sentence of forty characters. " * 30))
        await file.wait_for(10_000)
        await store.close()
    assert (len(began), file.n_samples, file.complete) == (3, 600, True)
    (name,) = files(tmp_path)
    expected = (b"\1\0" * 100 + b"\2\0" * 100) * 3
    assert (tmp_path / "prompts" / name).read_bytes() == expected


async def test_wrong_markup_is_an_error_of_the_prompt(tmp_path: Path) -> None:
    """Whoever waits is told where the mistake is."""
    nobody = Endpoint(url="ws://127.0.0.1:9", project_id="p")
    store = make_store(
        tmp_path,
        functools.partial(synthesize, nobody),
        config=SynthesisConfig(property="chinese_huaxiaomei_common"),
    )
    with pytest.raises(ConfigError, match="1:8: ssml: <b> is unknown"):
        await store.open(Text("<speak><b>x</b></speak>")).wait_for(1)
    await store.close()
    assert files(tmp_path) == []


@pytest.mark.parametrize("is_private", [False, True])
async def test_a_bug_in_the_synthesis_holds_up_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, is_private: bool
) -> None:
    """Whoever waits is told; the log has it, but for what may be a secret."""
    voice = Voice()
    store = make_store(tmp_path, voice)
    file = store.open(Text("hello", is_private=is_private))
    voice.give(ZeroDivisionError("4711"))
    with pytest.raises(SpeechError, match="ZeroDivisionError"):
        await file.wait_for(1)
    await store.close()
    assert ("4711" in caplog.text) is not is_private


async def test_end_normal_without_audio_is_an_error(tmp_path: Path) -> None:
    """An empty file in the cache would silence a prompt for ever."""
    voice = Voice()
    store = make_store(tmp_path, voice)
    file = store.open(Text("hello"))
    voice.give(None)
    with pytest.raises(SpeechProtocolError, match="without any audio"):
        await file.wait_for(1)
    await store.close()
    assert files(tmp_path) == []


async def test_two_calls_synthesise_the_same_prompt(tmp_path: Path) -> None:
    """The first one's file stays; the second one's is as good."""
    voices = Voice(), Voice()
    stores = [make_store(tmp_path, voice) for voice in voices]
    prompts = [store.open(Text("hello")) for store in stores]
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
    file = store.open(Text("hello"))
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


async def test_a_folder_that_cannot_be_made_again(tmp_path: Path) -> None:
    """What plays goes on, only it is not cached; the next file cannot be made."""
    voice = Voice()
    events: list[Event] = []
    store = make_store(tmp_path, voice, events=events)
    file = store.open(Text("hello"))
    voice.give(b"\1\0" * 8)
    await file.wait_for(8)
    for path in (tmp_path / "prompts").iterdir():
        path.unlink()
    (tmp_path / "prompts").rmdir()
    (tmp_path / "prompts").symlink_to(tmp_path / "a" / "b")
    voice.give(None)
    await file.wait_for(1000)
    with pytest.raises(ConfigError, match="cannot write prompts"):
        await store.open(Text("other")).wait_for(1)
    await store.close()
    assert events[-1].event == "prompt_not_cached"


def test_the_name_has_no_extension(tmp_path: Path) -> None:
    """STREAM FILE takes names without one."""
    assert PromptFile(tmp_path / "x.part-1-0.sln").name == str(tmp_path / "x.part-1-0")


async def test_a_stand_in_does_not_take_the_voices_place(tmp_path: Path) -> None:
    """What another endpoint said is kept under its own name; the preferred voice goes first."""
    voice = Voice()
    speaks = "a"
    store = PromptStore(
        PromptCache(tmp_path / "prompts"),
        voice,
        SynthesisConfig(),
        service_kind="a",
        current_kind=lambda: speaks,
        journal=Journal(),
    )
    stood_in = store.open(Text("hello"))
    speaks = "b"  # endpoint a failed before its first audio
    voice.give(b"\1\0", None)
    await stood_in.wait_for(9)
    again = store.open(Text("hello"))
    assert (again.complete, again.n_samples) == (True, 1)
    speaks = "a"
    preferred = store.open(Text("hello"))
    assert not preferred.complete
    voice.give(b"\2\0\2\0", None)
    await preferred.wait_for(9)
    speaks = "b"
    assert store.open(Text("hello")).n_samples == 2
    await store.close()


async def test_calls_of_one_process_share_a_synthesis(tmp_path: Path) -> None:
    """It is paid once; the first call may end, the second one hears it to its end."""
    voice, unused = Voice(), Voice()
    _, (first, second) = stores_of_one_process(tmp_path, voice, unused)
    files_ = [store.open(Text("hello")) for store in (first, second)]
    voice.give(b"\1\0")
    await files_[1].wait_for(1)
    await first.close()
    voice.give(b"\2\0", None)
    assert await whole(files_[1]) == b"\1\0\2\0"
    await second.close()
    assert (len(voice.texts), unused.texts, len(files(tmp_path))) == (1, [], 1)


async def test_the_last_call_stops_it(tmp_path: Path) -> None:
    """Nobody waits any more; the next one begins anew."""
    voice = Voice()
    cache, (first, second, third) = stores_of_one_process(tmp_path, voice, voice, voice)
    file = first.open(Text("hello"))
    second.open(Text("hello"))
    await first.close()
    await second.close()
    assert (file.complete, cache.fills, files(tmp_path)) == (False, {}, [])
    with pytest.raises(SpeechUnavailable):
        await file.wait_for(1)
    voice.give(b"\1\0", None)
    await whole(third.open(Text("hello")))
    await third.close()
    assert len(files(tmp_path)) == 1


@pytest.mark.real_time  # the cache that processes share goes by theirs
async def test_an_older_version_stands_in(tmp_path: Path) -> None:
    """Another voice is better than none; while the service is down it is not asked again."""
    voice = Voice()
    cache, (store,) = stores_of_one_process(tmp_path, voice)
    voice.give(b"\5\0", None)
    await store.make(Text("hello", voice="english_amy_common"))
    voice.give(b"\1\0\1", SpeechUnavailable("down"))
    assert await whole(store.open(Text("hello"))) == b"\1\0\1\0\5\0"
    assert await whole(store.open(Text("hello"))) == b"\5\0"
    assert len(voice.texts) == 2
    cache.down_until = 0
    voice.give(b"\6\0", None)
    assert await whole(store.open(Text("hello"))) == b"\6\0"
    await store.close()
    assert len(files(tmp_path)) == 2


async def test_a_recording_stands_in(tmp_path: Path) -> None:
    """Where there is no older version; and it is not cached under the text's name."""
    voice = Voice()
    _, (store,) = stores_of_one_process(tmp_path, voice)
    (tmp_path / "beep.sln").write_bytes(b"\7\0")
    voice.give(SpeechUnavailable("down"), SpeechUnavailable("down"))
    (file,) = await store.open_all(Parts((Text("a", fallback="beep"), Recording("beep"))))
    assert await whole(file) == b"\7\0\7\0"
    with pytest.raises(SpeechUnavailable):
        await whole(store.open(Text("a", fallback="none")))
    await store.close()
    assert files(tmp_path) == []


async def test_private_texts_are_not_kept(tmp_path: Path) -> None:
    """Neither cached nor shared; gone with the call, and others may not read them meanwhile."""
    voice = Voice()
    cache, (store,) = stores_of_one_process(tmp_path, voice)
    voice.give(*[b"\1\0", None] * 2)
    text = Text("your number is one two", is_private=True)
    file = store.open(text)
    assert await whole(file) == b"\1\0"
    assert (cache.fills, file.path.stat().st_mode & 0o7) == ({}, 0)
    joint, *_ = await store.open_all(Parts((text, Recording("x"), text)))
    assert await whole(joint) == b"\1\0"
    await store.close()
    assert files(tmp_path) == []


async def test_make(tmp_path: Path) -> None:
    """For the command line: in the cache afterwards, and nothing stands in."""
    voice = Voice()
    _, (store,) = stores_of_one_process(tmp_path, voice)
    voice.give(b"\1\0", None)
    await store.make(Text("a"))
    await store.make(Text("a"))
    assert voice.texts == ["a"]
    voice.give(SpeechUnavailable("down"))
    with pytest.raises(SpeechUnavailable):
        await store.make(Text("a", voice="english_amy_common"))
    await store.close()
    assert len(files(tmp_path)) == 1


async def test_the_disk_fails_when_a_prompt_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be removed stays there; closing raises nothing."""

    def fail(*args: object, **options: object) -> None:
        raise OSError(30, "Read-only file system")

    voice = Voice()
    store = make_store(tmp_path, voice)
    store.open(Text("hello"))
    voice.give(b"\1\0" * 100)
    await asyncio.sleep(0.1)
    monkeypatch.setattr(Path, "unlink", fail)
    await store.close()
