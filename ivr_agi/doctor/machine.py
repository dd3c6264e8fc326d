"""Checks this machine: pipes, open files, disk. Shell over ``/proc`` and ``statvfs``."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.doctor.findings import Finding, failing, good, warning

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("check_disk", "check_open_files", "check_pipes")

PAGES_PER_CALL = 16 + 2 + 2
"""Pages of a call's pipes: 64 KiB for audio, and the two others as ``serve/pipes.py`` sets them."""
PIPE_BUDGET = Path("/proc/sys/fs/pipe-user-pages-soft")
FDS_PER_CALL = 6
"""Open files of a call: pipes, a socket to the service, and sometimes a prompt."""
SPARE_FDS = 100
LITTLE_BYTES = 1 << 30
"""Room for at least a day of prompts and journals, in bytes."""
TOO_LITTLE_BYTES = 100 << 20


def check_pipes(max_calls: int, uid: int, budget: Path = PIPE_BUDGET) -> Finding:
    """Check how many calls get pipes of full length: shorter ones hold half a second of audio.

    Args:
        max_calls: ``serve.max_calls``; 0 means no limit.
        uid: Asterisk's user, which makes the pipes; root has no budget.
        budget: The kernel's file.
    """
    try:
        pages = int(budget.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return warning("pipes", f"{budget} cannot be read", "is this Linux, with /proc mounted?")
    calls = pages // PAGES_PER_CALL
    if uid == 0 or pages == 0:
        return good("pipes", "root has no budget" if uid == 0 else "no budget is set")
    if max_calls and calls >= max_calls:
        return good("pipes", f"the budget is enough for {calls} calls")
    needed = PAGES_PER_CALL * max(1000, 2 * max_calls)
    return warning(
        "pipes",
        f"from {calls} calls on, a pipe holds 0.48 s of audio, not 3.84 s: audio is lost when the "
        f"server stalls for longer (serve.max_calls is {max_calls or 'not set'})",
        f"sysctl -w fs.pipe-user-pages-soft={needed}, and the same line in /etc/sysctl.d/",
    )


def check_open_files(max_calls: int, limit: int | None = None) -> Finding:
    """Check how many calls the limit of open files allows; the server raises its soft limit itself.

    Args:
        max_calls: ``serve.max_calls``; 0 means no limit.
        limit: Most open files; None means this process's hard limit.
    """
    if limit is None:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    calls = (limit - SPARE_FDS) // FDS_PER_CALL
    if limit == resource.RLIM_INFINITY or calls >= (max_calls or 1000):
        return good("open files", "no limit" if limit < 0 else f"enough for {calls} calls")
    return warning(
        "open files",
        f"enough for {max(0, calls)} calls only (limit {limit})",
        f"LimitNOFILE={FDS_PER_CALL * (max_calls or 1000) + SPARE_FDS} in the service's unit file",
    )


def check_disk(folders: Iterable[Path]) -> list[Finding]:
    """Check the free space where we write; for a missing folder, of the one it will be in."""
    found, seen = [], set()
    for folder in folders:
        there = next(path for path in (folder, *folder.parents) if path.exists())
        status = os.statvfs(there)
        device = there.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        free = status.f_bavail * status.f_frsize
        text = f"{free / 2**30:.1f} GiB free for {folder}"
        advice = "free some space: prompts, journals and logs go there"
        if free < TOO_LITTLE_BYTES or status.f_favail == 0 < status.f_files:
            found.append(failing("disk", text, advice))
        elif free < LITTLE_BYTES:
            found.append(warning("disk", text, advice))
        else:
            found.append(good("disk", text))
    return found
