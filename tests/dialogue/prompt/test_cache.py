"""The cache: whole files only, least recently used out first, processes beside each other."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import multiprocessing
import os
import shutil
from pathlib import Path

import pytest

from ivr_agi.dialogue.prompt.cache import IN_USE_S, STALE_S, Fill, PromptCache
from ivr_agi.dialogue.prompt.file import PromptFile
from ivr_agi.errors import ConfigError
from ivr_agi.sis.wire.messages import SynthesisConfig
from tests.patience import PATIENCE_S

CONFIG = SynthesisConfig(property="english_cameal_common")
CHINESE = SynthesisConfig()


def put(cache: PromptCache, text: str, n_samples: int = 4, *, age_s: float = 0) -> Path:
    """Put a file into the cache that was used so long ago."""
    part = cache.new_part()
    part.write_bytes(b"\1\0" * n_samples)
    path = cache.path(text, CONFIG, "k")
    cache.keep(part, path)
    part.unlink()
    used_at = 1e9 - age_s
    if path.exists():
        os.utime(path, (used_at, used_at))
    return path


def make(folder: Path, limit_bytes: int = 1000) -> PromptCache:
    """Open a cache at a fixed time."""
    return PromptCache(folder / "p", limit_bytes=limit_bytes, clock=lambda: 1e9)


def test_a_use_is_noted(tmp_path: Path) -> None:
    """By its time, which all processes see."""
    cache = make(tmp_path)
    path = put(cache, "a", age_s=5000)
    assert cache.find(path) == 4
    assert path.stat().st_mtime == 1e9
    assert cache.find(cache.path("b", CONFIG, "k")) is None


@pytest.mark.parametrize("left", [b"", b"\1\0\2"])
def test_a_broken_file_is_never_served(tmp_path: Path, left: bytes) -> None:
    """Empty, or half a sample: what a crash left is removed."""
    cache = make(tmp_path)
    path = cache.path("a", CONFIG, "k")
    path.write_bytes(left)
    assert cache.versions("a", CONFIG) == []
    assert cache.find(path) is None
    assert not path.exists()


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    """Until the limit is kept; parts and the silent file do not count."""
    cache = make(tmp_path, 10_000)
    old, older, new = (
        put(cache, name, 2000, age_s=age) for name, age in (("a", 5000), ("b", 9000), ("c", 4000))
    )
    assert [path.exists() for path in (older, old, new)] == [False, True, True]
    assert Path(f"{cache.silence}.sln").exists()
    assert cache.sweep() == 0


def test_what_may_be_playing_is_not_removed(tmp_path: Path) -> None:
    """Nor what grows, whatever the limit says."""
    cache = make(tmp_path, 10)
    path = put(cache, "a", 2000, age_s=IN_USE_S - 1)
    part = cache.new_part()
    part.write_bytes(bytes(2000))
    os.utime(part, (1e9 - IN_USE_S - 5, 1e9 - IN_USE_S - 5))
    assert cache.sweep() == 0
    os.utime(path, (1e9 - IN_USE_S - 1, 1e9 - IN_USE_S - 1))
    assert cache.sweep() == 1
    assert part.exists()


def test_only_one_process_looks_through_the_folder(tmp_path: Path) -> None:
    """The other leaves it to that one."""
    cache = make(tmp_path, 10)
    put(cache, "a", 2000, age_s=5000)
    path = put(cache, "b", 2000, age_s=0)
    os.utime(path, (1, 1))
    with (cache.directory / ".sweep").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert cache.sweep() == 0
    assert cache.sweep() == 1


def test_versions(tmp_path: Path) -> None:
    """The same words in the same language, the last used first."""
    cache = make(tmp_path)
    paths = [cache.path("a", CONFIG, kind) for kind in "xyz"]
    for age, path in enumerate(paths):
        path.write_bytes(b"\1\0")
        os.utime(path, (1e9 - age, 1e9 - age))
    cache.path("a", CHINESE, "x").write_bytes(b"\1\0")
    cache.path("b", CONFIG, "x").write_bytes(b"\1\0")
    cache.new_part(paths[0].stem).write_bytes(b"\1\0")
    assert cache.versions("a", CONFIG) == paths


def test_the_first_of_two_stays(tmp_path: Path) -> None:
    """A name is given once."""
    cache = make(tmp_path)
    put(cache, "a", 4)
    assert cache.find(put(cache, "a", 9)) == 4


def _fill(folder: Path, number: int) -> None:
    """What one process of several does."""
    cache = PromptCache(folder / "p", limit_bytes=200_000)
    for turn in range(100):
        path = cache.path(str(turn), CONFIG, "k")
        n_samples = cache.find(path)
        assert n_samples in (None, 1000), n_samples
        part = cache.new_part(path.stem)
        with part.open("wb") as file:
            file.write(b"\1\0" * 500)
            file.flush()
            file.write(b"\1\0" * 500)
        cache.keep(part, path)
        part.unlink()


def test_processes_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Four of them fill the same hundred names: no file is ever half."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_fill, args=(tmp_path, number)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE_S)
    assert [worker.exitcode for worker in workers] == [0] * 4
    files = [path for path in (tmp_path / "p").glob("*-*.sln") if "silence" not in path.name]
    assert len(files) == 100
    assert {path.stat().st_size for path in files} == {2000}


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The setting is named."""
    (tmp_path / "p").write_text("")
    with pytest.raises(ConfigError, match=r"paths.spool: cannot write prompts: File exists"):
        make(tmp_path)


async def test_a_prompt_is_shared_until_it_is_done(tmp_path: Path) -> None:
    """By its task's end, or by word."""
    cache = await asyncio.to_thread(make, tmp_path)
    growing, mine = (Fill(PromptFile.recorded(name, b"")) for name in "ab")
    over = asyncio.Event()
    growing.task = asyncio.ensure_future(_wait(over))
    paths = cache.path("a", CONFIG, "k"), cache.path("b", CONFIG, "k")
    for path, fill in zip(paths, (growing, mine), strict=True):
        cache.share(path, fill)
    assert cache.fills == dict(zip(paths, (growing, mine), strict=True))
    over.set()
    await growing.task
    await asyncio.sleep(0)
    assert cache.fills == {paths[1]: mine}
    cache.unshare(mine)
    assert not cache.fills


async def _wait(over: asyncio.Event) -> None:
    await over.wait()


def test_what_a_crash_left_growing_is_removed(tmp_path: Path) -> None:
    """After an hour, by the next process that begins; the silent file is made once."""
    cache = make(tmp_path)
    silence = Path(f"{cache.silence}.sln").stat()
    left, young = cache.new_part(), cache.new_part()
    for path, age_s in ((left, STALE_S + 1), (young, STALE_S - 1)):
        path.write_bytes(b"")
        os.utime(path, (1e9 - age_s, 1e9 - age_s))
    assert Path(f"{make(tmp_path).silence}.sln").stat().st_ino == silence.st_ino
    assert (left.exists(), young.exists()) == (False, True)


def test_what_was_cleared_away_is_made_again(tmp_path: Path) -> None:
    """Folder and silent file, while the process runs."""
    cache = PromptCache(tmp_path / "prompts")
    shutil.rmtree(tmp_path / "prompts")
    cache.ensure()
    assert Path(cache.silence + ".sln").stat().st_size


def test_a_read_only_folder_still_has_its_prompts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is cached is played; only what is missing is an error."""
    made = PromptCache(tmp_path / "prompts")
    path = made.path("hello", CONFIG, "kind")
    path.write_bytes(bytes(320))
    stale = made.new_part()
    stale.write_bytes(bytes(320))
    os.utime(stale, (0, 0))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    for name in ("mkdir", "unlink", "write_bytes", "replace"):
        monkeypatch.setattr(Path, name, refuse)
    monkeypatch.setattr(os, "utime", refuse)
    cache = PromptCache(tmp_path / "prompts")
    assert cache.find(path) == 160
    path.open("wb").close()
    assert cache.find(path) is None
    with pytest.raises(ConfigError, match="cannot write prompts"):
        PromptCache(tmp_path / "elsewhere")
