"""Recordings: played in parts, by who may; found by nothing that a browser sends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr_agi.console.access.roles import Role
from ivr_agi.console.site.recordings import file_of, peaks_of_call
from ivr_agi.store.one_call import StoredRecording
from tests.console.site.conftest import Site, write_sound


@pytest.mark.asyncio
async def test_a_recording_is_played(site: Site) -> None:
    """Whole, and in the parts that a player asks for; it is in the audit once."""
    browser, path = await site.signed_in(Role.LISTEN), f"/calls/{site.call_id('1.1')}/sound/0"
    whole = (site.folder / "recordings" / "1.1.wav").read_bytes()
    async with browser.get(path) as answer:
        assert answer.headers["Content-Type"] == "audio/wav"
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["Cache-Control"] == "no-store"
        assert await answer.read() == whole
    for asked, part in (("0-3", whole[:4]), ("100-199", whole[100:200]), ("-10", whole[-10:])):
        async with browser.get(path, headers={"Range": f"bytes={asked}"}) as answer:
            assert answer.status == 206
            assert await answer.read() == part
    told = [line for line in (await site.audit()) if "listened" in line.what]
    assert [(line.who, line.what) for line in told] == [
        ("user-listen", f"listened to call {site.call_id('1.1')}")
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "asked",
    [
        "bytes=999999999-",
        "bytes=5-1",
        "bytes=-",
        "bytes=a-b",
        "lines=0-1",
        "bytes=0-1,5-6",
        "bytes=--1",
    ],
)
async def test_strange_parts(site: Site, asked: str) -> None:
    """The whole, or a refusal; never more than the file."""
    browser, path = await site.signed_in(Role.LISTEN), f"/calls/{site.call_id('1.1')}/sound/0"
    whole = (site.folder / "recordings" / "1.1.wav").read_bytes()
    async with browser.get(path, headers={"Range": asked}) as answer:
        data = await answer.read()
        assert answer.status in (200, 206, 416)
        assert data in whole or answer.status == 416


@pytest.mark.asyncio
async def test_who_may_not_listen(site: Site) -> None:
    """Not even a byte."""
    browser = await site.signed_in(Role.WATCH)
    async with browser.get(f"/calls/{site.call_id('1.1')}/sound/0") as answer:
        assert answer.status == 403
        assert b"RIFF" not in await answer.read()


@pytest.mark.asyncio
async def test_paths_that_are_none(site: Site) -> None:
    """No name of a file ever comes from a browser."""
    browser, call = await site.signed_in(), site.call_id("1.1")
    for path in (
        f"/calls/{call}/sound/1",
        f"/calls/{call}/sound/-1",
        f"/calls/{call}/sound/..%2f..%2fivr.toml",
        f"/calls/{call}/sound/0%00",
        "/calls/99/sound/0",
        "/calls/x/sound/0",
        f"/calls/{call}/sound/99999",
        "/assets/..%2fcall_page.py",
        "/assets/%2e%2e/guard.py",
        "/assets/console.css%00",
    ):
        async with browser.get(path) as answer:
            assert answer.status == 404, path


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "name",
    [
        "../secret.wav",
        "/etc/passwd",
        "..",
        ".",
        "",
        "a/../../secret.wav",
        "x\0.wav",
        "link.wav",
        "out/secret.wav",
        "folder",
        "fifo",
    ],
)
async def test_names_that_lead_out(site: Site, name: str) -> None:
    """Whatever a line of a journal made the store believe."""
    import os

    folder = site.folder / "recordings"
    write_sound(site.folder / "secret.wav")
    (folder / "link.wav").symlink_to(site.folder / "secret.wav")
    (folder / "out").symlink_to(site.folder)
    (folder / "folder").mkdir()
    os.mkfifo(folder / "fifo")
    for kind in ("call", "message"):
        found = await asyncio.to_thread(file_of, site.context, StoredRecording(name, kind, 0.0))
        assert found is None


@pytest.mark.asyncio
async def test_without_a_folder(site: Site) -> None:
    """There are no recordings."""
    import dataclasses

    site.context.places = dataclasses.replace(site.context.places, recordings=None)
    recording = StoredRecording("1.1.wav", "call", 0.0)
    assert await asyncio.to_thread(file_of, site.context, recording) is None


def test_outlines_are_made_again_when_the_file_changes(tmp_path: Path) -> None:
    """And not else; a file that is gone is silence."""
    file = tmp_path / "a.wav"
    write_sound(file)
    first = peaks_of_call([(file, 0.0)], 3.0)
    assert peaks_of_call([(file, 0.0)], 3.0)[0] is first[0]
    assert first[0].high.max() > 10_000
    write_sound(file, 2.0)
    assert peaks_of_call([(file, 0.0)], 3.0)[0] is not first[0]
    assert peaks_of_call([(tmp_path / "gone.wav", 0.0)], 3.0)[0].high.max() == 0
