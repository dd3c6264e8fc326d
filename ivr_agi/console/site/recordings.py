"""The sound of calls: files to play, outlines to look at. Shell.

A file is found by its place among the call's recordings, never by a name that a browser sends. A
name in the store is a name in its folder, or nothing.
"""

from __future__ import annotations

import functools
import stat
import threading
from typing import TYPE_CHECKING

from aiohttp import web

from ivr_agi.console.site.context import SiteContext, context_of, visitor_of
from ivr_agi.report.peaks import Peaks, peaks_of
from ivr_agi.report.tracks import tracks_of
from ivr_agi.store.one_call import StoredRecording, recordings_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("file_of", "peaks_of_call", "play")

LOUD_CALLS = 32
"""Outlines that are remembered: 1.4 MB an hour of sound."""
_one_at_a_time = threading.Lock()


def file_of(context: SiteContext, recording: StoredRecording) -> Path | None:
    """Return where a recording is; None: nowhere, or not in its folder."""
    if recording.kind == "call":
        folder, name = context.places.recordings, recording.file
    else:
        folder, name = context.places.messages, recording.file
    if folder is None or "\0" in name or name in ("", ".", ".."):
        return None
    for suffix in ("", ".wav"):
        path = folder / f"{name}{suffix}"
        try:
            is_inside = path.resolve().parent == folder.resolve()
            if is_inside and stat.S_ISREG(path.lstat().st_mode):
                return path
        except (OSError, ValueError):
            continue
    return None


def peaks_of_call(files: list[tuple[Path, float]], seconds: float) -> tuple[Peaks, Peaks]:
    """Return the outlines of the caller and of the IVR.

    Args:
        files: With their begin in the call, seconds.
        seconds: Length of the call.
    """
    stamps = []
    for file, begin_s in files:
        try:
            status = file.stat()
        except OSError:
            continue
        stamps.append((file, begin_s, status.st_mtime_ns, status.st_size))
    with _one_at_a_time:
        return _peaks(tuple(stamps), round(seconds, 2))


@functools.lru_cache(maxsize=LOUD_CALLS)
def _peaks(stamps: tuple[tuple[Path, float, int, int], ...], seconds: float) -> tuple[Peaks, Peaks]:
    tracks = tracks_of([(file, begin_s) for file, begin_s, _, _ in stamps], seconds)
    return peaks_of(tracks.caller_pcm), peaks_of(tracks.ivr_pcm)


async def play(request: web.Request) -> web.StreamResponse:
    """Send a recording, or the part of it that the browser asks for (``Range``)."""
    context, visitor = context_of(request), visitor_of(request)
    call_id, number = int(request.match_info["call"]), int(request.match_info["number"])

    def look() -> Path | None:
        found = recordings_of(context.database, call_id)
        if number >= len(found):
            return None
        context.note(visitor.name, f"listened to call {call_id}")
        return file_of(context, found[number])

    path = await context.ask(look)
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Content-Type": "audio/wav"})
